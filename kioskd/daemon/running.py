"""Bringing a station up, and down again: each room made with what it must know, and nothing more."""

import asyncio
import logging
import os
import signal
import sys
import uuid
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from typing import Final

from kioskd import __version__
from kioskd.clock import WallClock
from kioskd.daemon.answering import Answering
from kioskd.daemon.block_list import read_block_list
from kioskd.daemon.carrying import Rooms
from kioskd.daemon.drafts import Drafts
from kioskd.daemon.drill import Drills
from kioskd.daemon.notify import Heartbeat, notify, watchdog_limit_s
from kioskd.daemon.open_session import OpenSession, left_open
from kioskd.daemon.sealing import Sealing
from kioskd.daemon.station import Station
from kioskd.front.greeting import HelloInfo
from kioskd.front.listening import SocketTrouble
from kioskd.front.server import Front
from kioskd.journal.errors import JournalError, NotWritten
from kioskd.journal.in_memory import lies_in_memory, read_mounts
from kioskd.journal.journal import Journal
from kioskd.journal.salvage import Salvage
from kioskd.journal.thread import JournalThread
from kioskd.model import inputs
from kioskd.model.entry import StorageProblem
from kioskd.model.settings import Settings
from kioskd.rules.outage import NOTE as OUTAGE
from kioskd.rules.state import initial
from kioskd.staff import StaffCodes
from kioskd.trace.ring import Ring

log: Final = logging.getLogger("kioskd")

REMEDY: Final = {
    StorageProblem.FULL: "make space on that disk, a few MiB will do",
    StorageProblem.READ_ONLY: "mount it writable; a card that turned so by itself is worn out, replace it",
    StorageProblem.BROKEN: "look at the kernel's log (dmesg) for this disk",
}
"""What a technician does where station.state_dir takes no rows."""


SWITCH_S: Final = 0.0005
"""So long the journal's thread may go on while the loop wants to.

Python's own 5 ms is as long as a library system takes to answer: a message, or a scan, waited for rows being written.
"""


class CannotStart(Exception):  # noqa: N818 - it says what happened
    """Raised when the daemon cannot start; the text says what is wrong, where, and what to do."""


def run(settings: Settings) -> None:
    """Run the station until it is told to stop (SIGTERM, SIGINT). Raises CannotStart."""
    try:
        journal = Journal.open(settings.station.state_dir, timezone=settings.station.timezone)
    except NotWritten as trouble:
        where = settings.station.state_dir
        raise CannotStart(f"{where}: the journal cannot be written: {trouble}; {REMEDY[trouble.problem]}") from trouble
    except JournalError as trouble:
        raise CannotStart(str(trouble)) from trouble
    except OSError as trouble:
        raise CannotStart(
            f"{settings.station.state_dir}: {trouble.strerror}; station.state_dir must be a folder that the "
            "daemon's user may write to"
        ) from trouble
    sys.setswitchinterval(SWITCH_S)
    asyncio.run(_serve(settings, journal))


async def _serve(settings: Settings, journal: Journal) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        await _bring_up(settings, journal, stack)
        notify("READY=1")
        limit_s = watchdog_limit_s(os.environ, os.getpid())
        if limit_s is not None:
            stack.callback(Heartbeat(loop, limit_s).stop)
        await stop.wait()
        notify("STOPPING=1")


async def _bring_up(settings: Settings, journal: Journal, stack: AsyncExitStack) -> None:
    loop = asyncio.get_running_loop()
    clock = WallClock(loop)
    instance = str(uuid.uuid4())
    station = Station(initial(settings), clock, Ring(settings.barcodes))
    deliver = station.deliver

    note = journal.last_note("mode")
    outage = tuple(journal.notes(OUTAGE))
    summary = journal.summary()
    session_was = left_open(settings.station.state_dir, journal)
    if journal.salvaged is not None:
        _tell_salvage(journal.salvaged)
    if lies_in_memory(settings.station.state_dir, read_mounts()):
        log.warning("journal_in_memory where=%s", settings.station.state_dir)
    queue = JournalThread(journal, loop.call_soon_threadsafe, _tell_salvage)
    stack.callback(queue.stop)

    front = Front(
        settings.socket,
        # People are the station's, or the drill's.
        lambda request, role, call: drills.deliver(inputs.Asked(request, role, call)),
        HelloInfo(
            station=settings.station.id,
            library=settings.station.library,
            version=__version__,
            languages=settings.station.languages,
            instance=instance,
        ),
    )
    drills = Drills(settings, front, clock, station)
    stack.callback(drills.close)
    codes_file = settings.staff.codes_file
    rooms = Rooms(
        deliver=deliver,
        journal=queue,
        front=drills.shown,
        staff_codes=lambda: StaffCodes.load(codes_file) if codes_file is not None else None,
        answering=Answering(settings, queue, front, lambda: clock.now().wall_s, station.ring),
        session=OpenSession(settings.station.state_dir, queue),
        sealing=Sealing(codes_file),
        drafts=Drafts(codes_file, settings.station.state_dir),
        read_blocks=partial(read_block_list, settings.offline.block_list),
    )
    station.begin(rooms)
    stack.callback(station.end)
    forced = note.content.get("reason") if note is not None and note.content.get("mode") == "offline" else None
    deliver(
        inputs.Started(
            instance=instance,
            summary=summary,
            clock=clock.trust(),
            forced_reason=forced,
            interrupted=session_was,
            outage=outage,
        )
    )
    try:
        await front.start()
    except SocketTrouble as trouble:
        raise CannotStart(str(trouble)) from trouble
    stack.push_async_callback(front.close)
    # Line and devices take as long to import as all else together: the socket answers meanwhile.
    peripherals = await asyncio.to_thread(import_module, "kioskd.daemon.peripherals")
    await peripherals.attach(settings, station, drills=drills, rooms=rooms, front=front, clock=clock, stack=stack)
    rooms.count_up()


def _tell_salvage(found: Salvage) -> None:
    log.error(
        "journal_salvaged aside=%s entries=%d rows=%d missing=%d detail=%r",
        found.aside,
        found.entries,
        found.rows,
        found.missing,
        found.detail,
    )
