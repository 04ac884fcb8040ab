"""The Status, which a technician reads: drawn from the state, as the View is."""

from dataclasses import replace

from kioskd import __version__
from kioskd.model.view import ClockStatus, DiskStatus, IlsStatus, Status
from kioskd.rules import board
from kioskd.rules.link import Phase
from kioskd.rules.project import mode_view
from kioskd.rules.state import State
from kioskd.rules.turn import unsent
from kioskd.rules.wording import local_rfc3339


def draw(state: State, *, wall_s: float, free_mib: int | None) -> Status:
    """Return the Status as it stands."""
    link = state.link
    answered = link.last_answer_wall_s
    return Status(
        mode=mode_view(state),
        ils=IlsStatus(
            state="ready" if link.phase is Phase.UP else link.phase.value,
            last_answer=local_rfc3339(answered, state.zone) if answered is not None else None,
            round_trip_ms=round(link.round_trip_s * 1000, 1) if link.round_trip_s is not None else None,
            problem=_problem(state),
            flags=link.flags,
            upload_problem=link.upload_problem or None,
        ),
        devices=tuple(sorted(state.devices, key=lambda device: (device.kind, device.name))),
        journal=replace(state.summary, unsent=unsent(state)),
        clock=ClockStatus(state.clock.trusted, state.clock.source.value),
        disk=DiskStatus(free_mib, state.storage.value if state.storage else None),
        version=__version__,
        uptime_s=max(0, round(wall_s - state.started_wall_s)),
        alarm=board.alarm(state, wall_s),
    )


def _problem(state: State) -> str | None:
    link = state.link
    if link.trouble is None:
        return None
    return f"{link.trouble.value}: {link.detail}" if link.detail else link.trouble.value
