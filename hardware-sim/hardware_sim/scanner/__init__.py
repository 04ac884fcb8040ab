"""A barcode scanner: what it reads, it types, on a pseudo-terminal or as a device of the kernel's.

Not simulated: baud rate and framing (a pseudo-terminal has neither), modem lines, flow control, set-up commands from
the host (nothing is read), beeps, and what a real port keeps for a reader that comes late: with nobody listening a code
is lost. Keyboards and HID-POS scanners need uinput and uhid (`kernel_scanner`), or run as a recording (`recording`).
"""

from .pty_scanner import PtyScanner

__all__ = ["PtyScanner"]
