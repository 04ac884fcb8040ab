"""Gives a USB printer back to the kernel's driver when the program that took it has died. A process of its own.

`python -I -S usb_guard.py NODE INTERFACE`: it waits on its standard input. A byte there means that all is well and ends
it. An end of input without one means that the other side crashed: then it asks usbfs to let the kernel's drivers have
the interface again. It imports next to nothing, for it waits as long as the printer is open.
Source: Linux, include/uapi/linux/usbdevice_fs.h (USBDEVFS_IOCTL, USBDEVFS_CONNECT).
"""

import errno
import fcntl
import os
import signal
import struct
import sys
import time

IOCTL_FORMAT = "@iiP"
USBDEVFS_IOCTL = 3 << 30 | struct.calcsize(IOCTL_FORMAT) << 16 | ord("U") << 8 | 18
USBDEVFS_CONNECT = ord("U") << 8 | 23
TRIES = 40
BETWEEN_S = 0.05
"""The dead program's descriptors are closed one after the other: until its claim is, the answer is EBUSY."""


def give_back(node: int, interface: int) -> None:
    """Let the kernel's drivers look at the interface. Raises OSError."""
    fcntl.ioctl(node, USBDEVFS_IOCTL, struct.pack(IOCTL_FORMAT, interface, USBDEVFS_CONNECT, 0))


def main(path: str, interface: int) -> int:
    """Wait, and give back if need be; return the exit status."""
    # A service manager ends the rest of a crashed service with SIGTERM: this work is still to be done then.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    node = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    os.write(1, b".")
    if os.read(0, 1):
        return 0
    for _ in range(TRIES):
        try:
            give_back(node, interface)
        except OSError as error:
            if error.errno != errno.EBUSY:
                return 1
            time.sleep(BETWEEN_S)
        else:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
