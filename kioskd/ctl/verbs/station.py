"""`kioskctl station`: move a station's entries to another machine, once; decide what becomes of the old one."""

import argparse
import datetime as dt
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kioskd import __version__
from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.errors import CtlError, WrongUsage
from kioskd.ctl.machine import machine
from kioskd.ctl.new_file import write_whole
from kioskd.ctl.output import say, say_json
from kioskd.ctl.place import DEFAULT_CONFIG, journal_place

if TYPE_CHECKING:
    from kioskd.journal.moved import Moved

STOP_IT: Final = "systemctl stop kioskd.socket kioskd"


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verbs."""
    station = verbs.add_parser("station", parents=parents, help="move this station to another machine")
    actions = station.add_subparsers(dest="action", required=True, metavar="move|take-back|start-anew")
    move = actions.add_parser(
        "move",
        parents=parents,
        help="its entries, configuration and staff codes, by one file",
        description=f"The daemon must be down on both machines: {STOP_IT}. The file holds whole card numbers (0600).",
    )
    way = move.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--out", type=Path, metavar="FILE", help="on the old machine: write it; nothing is sent from here then"
    )
    way.add_argument("--in", type=Path, metavar="FILE", dest="in_", help="on the new machine: take it in")
    move.add_argument(
        "--without-config", action="store_true", help="with --in: leave configuration and codes as they are"
    )
    move.set_defaults(run=run_move)
    back = actions.add_parser("take-back", parents=parents, help="the file was never taken in: go on here")
    back.add_argument("--file-is-destroyed", action="store_true", help="say so; else it asks")
    back.set_defaults(run=run_take_back)
    anew = actions.add_parser("start-anew", parents=parents, help="the file was taken in: set the old journal aside")
    anew.set_defaults(run=run_start_anew)
    for verb in (move, back, anew):
        state_dir(verb)


def run_move(asked: Asked) -> None:
    """Move out, or in."""
    if asked.options.out is not None:
        _out(asked)
    else:
        _in(asked)


def run_take_back(asked: Asked) -> None:
    """Take the mark off: the entries are this machine's again."""
    from kioskd.journal import moved  # noqa: PLC0415 # SQLite is for the verbs that touch a journal

    def act(folder: Path) -> dict[str, Any]:
        mark = _marked(folder)
        if not asked.options.file_is_destroyed and not _asked(
            f"Is {mark.file} destroyed, and was it taken in nowhere?"
        ):
            raise CtlError("station take-back: nothing was changed")
        moved.take_off(folder)
        return {"unsent": mark.unsent, "archive": mark.archive}

    done = _locked(asked, act)
    _tell(asked, done, f"{done['unsent']} unsent entries are this machine's again; start it: systemctl start kioskd")


def run_start_anew(asked: Asked) -> None:
    """Set the journal aside and take the mark off."""
    from kioskd.journal import moved  # noqa: PLC0415 # as above

    def act(folder: Path) -> dict[str, Any]:
        _marked(folder)
        return {"aside": str(moved.set_aside(folder))}

    done = _locked(asked, act)
    _tell(asked, done, f"the old journal is {done['aside']}; this machine begins anew: systemctl start kioskd")


def _out(asked: Asked) -> None:
    from kioskd.moving.moving_out import move_out  # noqa: PLC0415 # as above

    out = asked.options.out.absolute()
    config = asked.where.config or DEFAULT_CONFIG
    others = {name: path for name, path in _others(asked).items() if path.is_file()}
    folder, _ = journal_place(asked.where)
    with _troubles():
        manifest = move_out(
            folder, out, station=station_name(config), version=__version__, now=dt.datetime.now(dt.UTC), others=others
        )
    _tell(
        asked,
        {"file": str(out), "archive": manifest.id, "entries": manifest.entries, "unsent": manifest.unsent},
        f"{out}: {manifest.entries} entries, {manifest.unsent} unsent. Nothing is sent from here any more.\n"
        f"On the new machine: kioskctl station move --in {out.name}",
    )


def _in(asked: Asked) -> None:
    from kioskd.moving.moving_in import move_in  # noqa: PLC0415 # as above

    folder, _ = journal_place(asked.where)
    with _troubles():
        taken = move_in(
            folder, asked.options.in_.absolute(), machine=machine(), now_wall_s=dt.datetime.now(dt.UTC).timestamp()
        )
    replaced = [] if asked.options.without_config else _put_others(asked, taken.others)
    manifest = taken.manifest
    _tell(
        asked,
        {"archive": manifest.id, "station": manifest.station, "entries": manifest.entries, "unsent": manifest.unsent,
         "replaced": replaced},
        f"{manifest.station}: {manifest.entries} entries, {manifest.unsent} unsent, are this machine's now.\n"
        + "".join(f"replaced {path}\n" for path in replaced)
        + "Passwords do not travel: see ils.login_password_file. Then: "
        "kioskd --check && systemctl start kioskd.socket kioskd",
    )  # fmt: skip


def _put_others(asked: Asked, others: dict[str, bytes]) -> list[str]:
    """Put configuration and codes where this machine has them; what was there stays beside it."""
    replaced = []
    # The configuration first, for it says where the codes are.
    for name, new_mode in (("kioskd.toml", 0o644), ("staff-codes", 0o600)):
        path = _others(asked).get(name)
        if path is None or name not in others:
            continue
        mode = new_mode
        if path.exists():
            mode = path.stat().st_mode & 0o777
            if path.read_bytes() != others[name]:
                write_whole(path.with_name(f"{path.name}.before-move"), path.read_bytes())
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, others[name])
        path.chmod(mode)
        replaced.append(str(path))
    return replaced


def _others(asked: Asked) -> dict[str, Path]:
    """Return what goes along with the journal, by its name in the archive."""
    from kioskd.config import BadConfiguration, load_paths  # noqa: PLC0415 # for this verb alone

    config = asked.where.config or DEFAULT_CONFIG
    try:
        codes = load_paths(config, asked.where.environ).codes_file
    except BadConfiguration as problem:
        raise WrongUsage(str(problem)) from None
    return {"kioskd.toml": config} | ({"staff-codes": codes} if codes is not None else {})


def station_name(config: Path) -> str:
    """Return the id that a configuration gives its station, or the host's name."""
    from kioskd.config.file import read_toml  # noqa: PLC0415 # as above

    try:
        table = read_toml(config).get("station")
    except Exception:  # noqa: BLE001 - a name for the archive's cover; without one the host's will do
        table = None
    named = table.get("id") if isinstance(table, dict) else None
    return str(named or socket.gethostname())


def _locked(asked: Asked, act: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Carry out what changes a state directory while no daemon has it."""
    from kioskd.journal.lock import Lock  # noqa: PLC0415 # as above

    folder, _ = journal_place(asked.where)
    with _troubles():
        lock = Lock.exclusive(folder)
        try:
            return act(folder)
        finally:
            lock.release()


def _marked(folder: Path) -> "Moved":
    from kioskd.journal import moved  # noqa: PLC0415 # as above

    mark = moved.look(folder)
    if mark is None:
        raise CtlError(f"{folder}: nothing was moved away from here; nothing was changed")
    return mark


@contextmanager
def _troubles() -> Iterator[None]:
    """Say in a line what went wrong. Raises CtlError."""
    from kioskd.journal.errors import JournalError, JournalHeld  # noqa: PLC0415 # as above
    from kioskd.moving.archive import BadArchive  # noqa: PLC0415 # as above
    from kioskd.moving.moving_in import NotTakenIn  # noqa: PLC0415 # as above
    from kioskd.moving.moving_out import UnfinishedElsewhere  # noqa: PLC0415 # as above

    try:
        yield
    except JournalHeld as problem:
        raise CtlError(f"{problem}: {STOP_IT}") from None
    except FileExistsError as problem:
        raise CtlError(f"{problem}: is there already; give another name") from None
    except (JournalError, BadArchive, NotTakenIn, UnfinishedElsewhere) as problem:
        raise CtlError(str(problem)) from None
    except OSError as problem:
        raise CtlError(f"station: {problem}") from None


def _asked(question: str) -> bool:
    if not sys.stdin.isatty():
        raise WrongUsage("station take-back: there is no terminal to ask at; use --file-is-destroyed")
    return input(f"{question} Type yes: ").strip() == "yes"


def _tell(asked: Asked, document: dict[str, Any], text: str) -> None:
    if asked.json:
        say_json(document)
    else:
        say(text)
