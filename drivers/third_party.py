"""Drivers that other packages bring, by entry points; the tables in `drivers` come first and cannot be replaced."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, Final

GROUP: Final = "kioskd.drivers"


class NotLoaded(LookupError):  # noqa: N818 (it says what happened)
    """Raised when no installed package brings a driver of that name, or the one that does cannot be imported."""


def names() -> frozenset[str]:
    """Return the names of the drivers that installed packages bring; none of them is imported."""
    return frozenset(point.name for point in entry_points(group=GROUP))


def load(name: str) -> Callable[..., Any]:
    """Return what opens the device: the object behind the entry point `name`. Raises NotLoaded."""
    points = entry_points(group=GROUP, name=name)
    if not points:
        raise NotLoaded(f"no installed package brings a driver {name!r}")
    try:
        found = next(iter(points)).load()
    except Exception as error:
        raise NotLoaded(f"driver {name!r} cannot be imported: {error!r}") from error
    if not callable(found):
        raise NotLoaded(f"driver {name!r} is nothing that could be called")
    return found  # type: ignore[no-any-return]
