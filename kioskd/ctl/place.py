"""Where things are: what an option says, else what the daemon's own configuration says.

`kioskd.config` is imported only where no option says all, for most calls are scripts' and have to start fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kioskd.ctl.arguments import Where
from kioskd.ctl.errors import WrongUsage

if TYPE_CHECKING:
    from kioskd.config import Paths

DEFAULT_CONFIG: Final = Path("/etc/kioskd/kioskd.toml")


def socket_path(where: Where) -> Path:
    """Return the daemon's socket. Raises WrongUsage."""
    return where.socket or _places(where).socket


def journal_place(where: Where) -> tuple[Path, str]:
    """Return the state directory and the station's time zone. Raises WrongUsage."""
    return where.state_dir or _places(where).state_dir, _timezone(where)


def codes_file(where: Where) -> Path:
    """Return `codes_file` of [staff]. Raises WrongUsage."""
    path = _places(where).codes_file
    if path is None:
        raise WrongUsage("staff: the configuration names no codes_file in [staff]; set it, or use --codes-file FILE")
    return path


def _places(where: Where) -> "Paths":
    from kioskd.config import BadConfiguration, load_paths  # noqa: PLC0415

    try:
        return load_paths(where.config or DEFAULT_CONFIG, where.environ)
    except BadConfiguration as problem:
        raise WrongUsage(str(problem)) from None


def _timezone(where: Where) -> str:
    """Return the configured time zone; the default where there is no configuration, or none that says a zone."""
    from kioskd.config import BadConfiguration  # noqa: PLC0415
    from kioskd.config.environment import variable  # noqa: PLC0415
    from kioskd.config.file import read_toml  # noqa: PLC0415
    from kioskd.model.settings import StationSettings  # noqa: PLC0415

    zone: Any = where.environ.get(variable("station", "timezone"))
    if zone is None:
        try:
            station = read_toml(where.config or DEFAULT_CONFIG).get("station")
        except (BadConfiguration, OSError):
            station = None  # times are shown in another zone then, with their offset, and true all the same
        zone = station.get("timezone") if isinstance(station, dict) else None
    try:
        return str(ZoneInfo(zone).key)
    except (ZoneInfoNotFoundError, TypeError, ValueError, OSError):
        return StationSettings(id="").timezone
