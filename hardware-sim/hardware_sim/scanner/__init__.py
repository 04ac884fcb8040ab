"""A serial barcode scanner on a pseudo-terminal: what it reads, it types.

Not simulated: baud rate and framing (a pseudo-terminal has neither), modem lines, flow control, set-up commands from
the host (nothing is read), keyboard wedges and HID scanners (they need a kernel device), beeps, and what a real port
keeps for a reader that comes late: with nobody listening a code is lost.
"""

from .pty_scanner import PtyScanner

__all__ = ["PtyScanner"]
