"""What reading a configuration gives."""

from dataclasses import dataclass
from pathlib import Path

from kioskd.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Loaded:
    """`warnings`: what works but should be changed, a sentence each."""

    settings: Settings
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """What kioskctl needs; `codes_file` None: no staff codes are configured."""

    socket: Path
    state_dir: Path
    codes_file: Path | None
