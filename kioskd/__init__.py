"""kioskd: a library station that keeps lending when the library system is down."""

from typing import Final

__version__: Final = "0.1.0"
