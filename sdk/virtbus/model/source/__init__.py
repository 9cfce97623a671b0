"""Storage sources: where content is kept and how to get at it.

Shared by disks, volumes, pools, snapshots, backups and host devices.
"""
