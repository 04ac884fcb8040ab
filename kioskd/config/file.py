"""The TOML file, read whole; what stands in it is checked elsewhere."""

import tomllib
from pathlib import Path
from typing import Any, Final

from kioskd.config.problems import BadConfiguration, Problem, printable

LARGEST_BYTES: Final = 1 << 20

Tables = dict[str, Any]
"""Section → table, or for lists of tables section → list of tables."""


def read_toml(path: Path) -> Tables:
    """Return the file's content. Raises FileNotFoundError; BadConfiguration for what cannot be read."""
    source = printable(str(path))
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BadConfiguration([Problem(source, "", f"cannot be read: {error.strerror}")]) from None
    except ValueError as error:
        raise BadConfiguration([Problem(source, "", f"cannot be read: {error}")]) from None
    if len(content) > LARGEST_BYTES:
        raise BadConfiguration([Problem(source, "", "is too large for a configuration", "1 MiB at most")])
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadConfiguration([Problem(source, f"line {line}", "is not UTF-8")]) from None
    except RecursionError:
        raise BadConfiguration([Problem(source, "", "is nested too deeply")]) from None
    except ValueError as error:
        raise BadConfiguration([Problem(source, "", f"is not TOML: {_without_values(error)}")]) from None


def _without_values(error: ValueError) -> str:
    """Return what tomllib says, in one line; it quotes a character or a key at most."""
    return " ".join(str(error).split())[:200] if isinstance(error, tomllib.TOMLDecodeError) else "a number is too large"
