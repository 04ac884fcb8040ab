"""A scanner in HID-POS mode: no keyboard, its codes stand in fields that its report descriptor describes.

Source: USB HID Point of Sale Usage Tables 1.02, bar code scanner page 0x8C. The fields' lengths are this device's own.
"""

from typing import Final

from .uhid import UhidRaw

DATA_BYTES: Final = 56
DESCRIPTOR: Final = bytes.fromhex(
    "058c0902a101"  # bar code scanner, an application
    "150026ff007508"  # fields of a byte, 0 to 255
    "0501093b95018102"  # byte count, on the desktop page
    "058c09fb09fc09fd95038102"  # the symbology identifier's three characters
    "09fe9538820201"  # decoded data, 56 buffered bytes
    "09ff2501750195018102"  # decoded data continued: a bit
    "75078103"  # and seven to fill the byte
    "c0"
)


class HidPosScanner(UhidRaw):
    """A scanner that tells its symbology."""

    def __init__(self, uniq: str = "POS1") -> None:
        super().__init__(DESCRIPTOR, name="Bar Code Scanner", uniq=uniq, product=0x0B6C)

    def scan(self, code: bytes, *, symbology: str = "]C0") -> None:
        """Send a code, in as many reports as it needs."""
        parts = [code[at : at + DATA_BYTES] for at in range(0, len(code), DATA_BYTES)] or [b""]
        for number, part in enumerate(parts, 1):
            self._send_part(part, symbology, more=number < len(parts))

    def begin(self, code: bytes, *, symbology: str = "]C0") -> None:
        """Send the first report of a code that goes on, and no more."""
        self._send_part(code[:DATA_BYTES], symbology, more=True)

    def _send_part(self, part: bytes, symbology: str, *, more: bool) -> None:
        self.send(bytes((len(part),)) + symbology.encode() + part.ljust(DATA_BYTES, b"\0") + bytes((more,)))
