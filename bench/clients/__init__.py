"""The two client programs: the same operations asked of libvirt and of virtbus.

Each is a process of its own that reads one JSON request a line and answers
with one JSON line. Times are taken inside it, around the API call alone.
"""
