"""Line and devices: what the station reaches out to, attached once its socket answers."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from kioskd.clock import Clocks
from kioskd.daemon.carrying import Rooms
from kioskd.daemon.drill import Drills
from kioskd.daemon.station import Station
from kioskd.devices.printer import PrinterThread
from kioskd.devices.scanners import Scanners
from kioskd.front.server import Front
from kioskd.ils.lines import Lines
from kioskd.model import inputs
from kioskd.model.barcode import masked
from kioskd.model.commands import COMMAND
from kioskd.model.door import door_of
from kioskd.model.settings import PrinterDriver, Settings
from kioskd.model.view import Paper
from kioskd.rules.wording import local_rfc3339

if TYPE_CHECKING:
    from kioskd.doors.door import DoorLine


async def attach(
    settings: Settings,
    station: Station,
    *,
    drills: Drills,
    rooms: Rooms,
    front: Front,
    clock: Clocks,
    stack: AsyncExitStack,
) -> None:
    """Make the line, the printer and the scanners, and let the station have them until `stack` closes."""
    zone = station.state.zone

    def now_rfc3339() -> str:
        return local_rfc3339(clock.now().wall_s, zone)

    def told(what: inputs.Input) -> None:
        """Let technicians who watch see what a device brings, codes masked, and take it in."""
        if front.diagnosed:
            match what:
                case inputs.Scanned(scanner, code):
                    front.diagnose("scan", {"scanner": scanner, "code": masked(code), "length": len(code)})
                case inputs.ScanLost(scanner):
                    front.diagnose("scan", {"scanner": scanner, "code": None, "length": 0})
                case inputs.DeviceChanged(status):
                    about = {"name": status.name, "state": status.state.value, "problem": status.problem}
                    front.diagnose("device", about)
                case _:
                    pass
        drills.deliver(what)

    line = Lines(
        settings.ils,
        zone,
        station.deliver,
        lambda: clock.now().wall_s,
        trace=lambda way, line: front.diagnose("sip2", {"way": way, "line": line}),
        traced=lambda: front.diagnosed,
        door=_door(settings, station),
    )
    stack.push_async_callback(line.close)
    printer = None
    if settings.printer is None or settings.printer.driver != PrinterDriver.NONE:
        printer = PrinterThread(
            settings.printer,
            told,
            now_rfc3339,
            trace=lambda sent: front.diagnose("printer", {"bytes": sent.hex()}),
        )
    codes = settings.barcodes
    patterns = (*codes.patron, *codes.item, *codes.extract, COMMAND.pattern)
    scanners = Scanners(settings.scanners, told, now_rfc3339, patterns=patterns)
    rooms.attach(line, printer, scanners, station.state)
    drills.attach(printer, scanners)
    scanners.start()
    stack.callback(scanners.close)
    if printer is not None:
        printer.start()
        stack.callback(printer.close)
    else:
        drills.deliver(inputs.PrinterChanged(Paper.NONE, ready=False))


def _door(settings: Settings, station: Station) -> "DoorLine | None":
    """Return the library system's own door for uploads, if one is configured."""
    door = door_of(settings)
    if door is None:
        return None
    # TLS takes 20 ms and some MiB: only who uses it pays for it.
    from kioskd.doors.opened import opened  # noqa: PLC0415

    return opened(settings, door, station.state.zone, station.deliver)
