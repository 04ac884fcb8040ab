"""Where things are, for kioskctl: cheap, and lenient towards all that it does not need."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kioskd.config import checks
from kioskd.config.file import read_toml
from kioskd.config.loaded import Paths
from kioskd.config.names import variable
from kioskd.config.problems import BadConfiguration, Problem, printable, shown
from kioskd.model.settings import SocketSettings, StationSettings

DEFAULT_FILE: Final = Path("/etc/kioskd/kioskd.toml")
_PLACES: Final[Mapping[str, tuple[str, str, Path | None]]] = {
    "socket": ("socket", "path", SocketSettings().path),
    "state_dir": ("station", "state_dir", StationSettings("any").state_dir),
    "codes_file": ("staff", "codes_file", None),
}


def load_paths(path: Path | None, environ: Mapping[str, str]) -> Paths:
    """Return the places. A default file that is missing, or not for this user to read, says nothing.

    Raises BadConfiguration if a file that was named cannot be read, if the file is no TOML, or if a place is no path.
    """
    places = {name: environ.get(variable(section, key)) for name, (section, key, _) in _PLACES.items()}
    tables: dict[str, Any] = {}
    if path is not None and None in places.values():
        tables = _tables(path)
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for name, (section, key, default) in _PLACES.items():
        source, content = variable(section, key), places[name]
        if content is None:
            source, table = printable(str(path)), tables.get(section)
            content = table.get(key) if isinstance(table, dict) else None
        try:
            found[name] = default if content is None or (default is None and content == "") else checks.path(content)
        except ValueError:
            problems.append(Problem(source, f"[{section}] {key}", shown(content), "an absolute path"))
    if problems:
        raise BadConfiguration(problems)
    return Paths(**found)


def _tables(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except FileNotFoundError:
        if path == DEFAULT_FILE:
            return {}
        raise BadConfiguration([Problem(printable(str(path)), "", "there is no such file")]) from None
    except BadConfiguration:
        if path == DEFAULT_FILE and not _readable(path):
            return {}
        raise


def _readable(path: Path) -> bool:
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True
