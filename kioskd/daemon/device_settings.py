"""What the drivers make of the settings of their devices."""

from collections.abc import Sequence

from kioskd.devices.wrong_settings import wrong_settings
from kioskd.model.settings import Settings


def judged(settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
    """Return what is refused and what is warned about: a driver that this version lacks stops nothing else."""
    wrong = wrong_settings(settings.scanners, settings.printer)
    refused = [str(found) for found in wrong if not found.key.endswith("driver")]
    return refused, [str(found) for found in wrong if found.key.endswith("driver")]
