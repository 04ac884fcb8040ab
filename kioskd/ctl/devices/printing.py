"""The printer of the configuration, opened by the technician's own hands while the daemon does not hold it."""

from typing import TYPE_CHECKING

from kioskd.ctl.arguments import Asked
from kioskd.ctl.errors import WrongUsage
from kioskd.ctl.place import DEFAULT_CONFIG

if TYPE_CHECKING:
    from drivers.base import Printer
    from kioskd.devices.printer_place import Place
    from kioskd.model.settings import Settings


def settings_of(asked: Asked) -> "Settings":
    """Return the whole configuration. Raises WrongUsage."""
    from kioskd.config import BadConfiguration, load  # noqa: PLC0415 # pydantic is for the verbs that read all of it

    path = asked.where.config or DEFAULT_CONFIG
    try:
        return load(path, asked.where.environ, need_file=asked.where.config is not None).settings
    except BadConfiguration as problem:
        raise WrongUsage(str(problem)) from None


def open_at(place: "Place") -> "Printer":
    """Open it. Raises CannotOpen."""
    from drivers import PRINTERS  # noqa: PLC0415

    return PRINTERS[place.driver](**place.arguments)
