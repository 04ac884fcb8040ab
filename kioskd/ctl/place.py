"""Where things are: what an option says, else what the daemon's own configuration says."""

from pathlib import Path
from typing import Final

from kioskd.ctl.arguments import Where
from kioskd.ctl.errors import WrongUsage

DEFAULT_CONFIG: Final = Path("/etc/kioskd/kioskd.toml")


def socket_path(where: Where) -> Path:
    """Return the daemon's socket. Raises WrongUsage."""
    return where.socket or _configured(where).socket


def _configured(where: Where) -> "Paths":
    from kioskd.config import BadConfiguration, load_paths  # noqa: PLC0415 # not needed where an option says all

    try:
        return load_paths(where.config or DEFAULT_CONFIG, where.environ)
    except BadConfiguration as problem:
        raise WrongUsage(str(problem)) from None
