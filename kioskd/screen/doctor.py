"""The doctor's line as a QR code, for the phone of a technician who is not there: `kioskctl doctor --svg`, run beside.

It works with the daemon down as well, reads and changes nothing, and says nothing of a person.
"""

import asyncio
import contextlib
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

GOOD_FOR_S: Final = 60.0
"""The doctor looks at a whole machine: not anew for each page that is loaded."""
LONGEST_S: Final = 20.0


class DoctorsCode:
    """Asks the doctor, one at a time. `core`: the daemon's socket."""

    def __init__(self, core: Path) -> None:
        self._core: Final = core
        self._asking: Final = asyncio.Lock()
        self._known: bytes | None = None
        self._asked_s: float | None = None

    async def svg(self) -> bytes | None:
        """Return the picture; None: there is no kioskctl, or it gave none in time."""
        async with self._asking:
            if self._asked_s is None or time.monotonic() - self._asked_s > GOOD_FOR_S:
                self._known = await self._ask()
                self._asked_s = time.monotonic()
            return self._known

    async def _ask(self) -> bytes | None:
        program = _kioskctl()
        if program is None:
            return None
        with tempfile.TemporaryDirectory(prefix="kioskd-code-") as folder:
            picture = Path(folder) / "code.svg"
            try:
                asked = await asyncio.create_subprocess_exec(
                    *(program, "--socket", str(self._core), "doctor", "--svg", str(picture)),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                )
            except OSError:
                return None
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LONGEST_S):
                        await asked.wait()
            finally:
                # Also when the server ends meanwhile: nobody else would end it.
                if asked.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        asked.kill()
                    await asked.wait()
            try:
                return picture.read_bytes()
            except OSError:
                return None


def _kioskctl() -> str | None:
    beside = (Path(program).with_name("kioskctl") for program in (sys.argv[0], sys.executable))
    return next((str(path) for path in beside if path.is_file()), None) or shutil.which("kioskctl")
