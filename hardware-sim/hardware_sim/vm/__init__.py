"""A machine in a machine: QEMU, Debian's own kernel, a small Debian; for what only a real kernel does.

`image.py` makes the disk once and keeps it in the user's cache, `initramfs.py` puts the working tree beside it at each
start, `machine.py` starts QEMU and calls functions in the guest, `agent.py` is the guest's end of that, `disk.py` is a
disk whose unflushed writes can be lost, `medium.py` looks at what was left.

Not simulated: real USB timing and electricity (dummy_hcd is a cable without a cable), graphics, a real-time clock
without a battery, and speed: without KVM everything takes about ten times as long as on the host.
"""
