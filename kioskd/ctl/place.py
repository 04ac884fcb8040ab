"""Where things are: what an option says, else what the daemon's own configuration says."""

from pathlib import Path
from typing import Final

from kioskd.ctl.arguments import Where
from kioskd.ctl.errors import WrongUsage
from kioskd.model.settings import StationSettings

DEFAULT_CONFIG: Final = Path("/etc/kioskd/kioskd.toml")


def socket_path(where: Where) -> Path:
    """Return the daemon's socket. Raises WrongUsage."""
    if where.socket is not None:
        return where.socket
    from kioskd.config import BadConfiguration, load_paths  # noqa: PLC0415 # not needed where an option says all

    try:
        return load_paths(where.config, where.environ).socket
    except BadConfiguration as problem:
        raise WrongUsage(str(problem)) from None


def journal_place(where: Where) -> tuple[Path, str]:
    """Return the state directory and the station's time zone. Raises WrongUsage."""
    from kioskd.config import BadConfiguration, load_paths  # noqa: PLC0415

    try:
        paths = load_paths(where.config, where.environ)
    except BadConfiguration as problem:
        if where.state_dir is None or where.config is not None:
            raise WrongUsage(str(problem)) from None
        # Another station's journal is read here: this machine's configuration may be bad, or none.
        return where.state_dir, StationSettings(id="").timezone
    return where.state_dir or paths.state_dir, paths.timezone


def codes_file(where: Where) -> Path:
    """Return `codes_file` of [staff]. Raises WrongUsage."""
    from kioskd.config import BadConfiguration, load_paths  # noqa: PLC0415

    try:
        path = load_paths(where.config, where.environ).codes_file
    except BadConfiguration as problem:
        raise WrongUsage(str(problem)) from None
    if path is None:
        raise WrongUsage("staff: the configuration names no codes_file in [staff]; set it, or use --codes-file FILE")
    return path
