"""Benchmarks of virtbus, side by side with libvirt and with QEMU started by hand.

`python -m bench` measures every row of the benchmark table in one run. Both
managers get the same guests from the same kind of client process, each under
a sub-reaper, sample by sample in turn, so that both see the same noise.

This file imports nothing: clients/ runs under Debian's own Python as well.
"""
