"""A whole station on one desk: every simulator, the daemon and the front screen as processes of their own.

It knows the daemon only by its command line and its socket, as any program outside this project would. What it does
not show: USB, udev, systemd and real paper.
"""
