"""`kioskctl rescue`: unsent entries out of a station that cannot send them, on a stick, into one that can; once."""

import argparse
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kioskd import __version__
from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.errors import CtlError, NoAnswer, WrongUsage
from kioskd.ctl.machine import machine
from kioskd.ctl.new_file import write_whole
from kioskd.ctl.output import say, say_json
from kioskd.ctl.place import DEFAULT_CONFIG, codes_file, journal_place

if TYPE_CHECKING:
    from kioskd.config.loaded import Loaded
    from kioskd.moving.rescue import Cover
    from kioskd.moving.rescue_out import Sealing

# ruff: noqa: PLC0415 (SQLite, PyNaCl and pydantic are for the verbs that need them: others start faster without)


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verbs."""
    rescue = verbs.add_parser("rescue", parents=parents, help="carry unsent entries to another station, sealed")
    actions = rescue.add_subparsers(dest="action", required=True, metavar="key|export|import|show|settle")
    key = actions.add_parser("key", parents=parents, help="make the library's key pair, once")
    key.add_argument("--out", type=Path, required=True, metavar="FILE", help="where its private half goes (0600)")
    key.set_defaults(run=run_key)
    export = actions.add_parser(
        "export",
        parents=parents,
        help="write an archive of unsent entries",
        description="From a running station, or with --state-dir from the card of one that does not run any more. "
        "Nothing of it is sent from there then.",
    )
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to; it must not exist yet")
    export.add_argument("--recipient", metavar="KEY", help="default: recipient of [rescue]")
    export.add_argument("--keys-file", type=Path, metavar="FILE", help="what opens forms of registrations; default: "
                        "beside codes_file of [staff]")  # fmt: skip
    export.set_defaults(run=run_export)
    import_ = actions.add_parser("import", parents=parents, help="take an archive in at this station, once")
    import_.add_argument("file", type=Path, metavar="FILE")
    import_.add_argument("--key", type=Path, metavar="FILE", help="the private key; default: key_file of [rescue]")
    import_.set_defaults(run=run_import)
    show = actions.add_parser("show", parents=parents, help="what an archive is, without its key")
    show.add_argument("file", type=Path, metavar="FILE")
    show.set_defaults(run=run_show)
    settle = actions.add_parser(
        "settle", parents=parents, help="at the station it came from: it was taken in elsewhere, go on with the rest"
    )
    settle.set_defaults(run=run_settle)
    for verb in (export, settle):
        state_dir(verb)


def run_key(asked: Asked) -> None:
    """Make the pair."""
    from kioskd.vault.recipient import fingerprint, new_pair

    out: Path = asked.options.out
    if out.exists():
        raise CtlError(f"{out}: there is a file already; a key that was overwritten opens nothing any more")
    public, private = new_pair()
    write_whole(out, private.encode() + b"\n")
    if asked.json:
        say_json({"recipient": public, "fingerprint": fingerprint(public), "key_file": str(out)})
    else:
        say(f'in every station\'s configuration:  [rescue] recipient = "{public}"')
        say(f"{out} opens the archives: keep it at the one station that takes them in, and a copy in a safe")


def run_export(asked: Asked) -> None:
    """Write an archive, from the daemon or from a state directory."""
    out: Path = asked.options.out.absolute()
    with _troubles():
        sealing, keys = _sealing(asked), _keys(asked)
        if asked.where.state_dir is not None and asked.where.socket is None:
            cover = _from_card(asked, out, sealing, keys)
        else:
            try:
                client = asked.connect()
            except NoAnswer as away:
                raise NoAnswer(f"{away}. Of a station that cannot run: --state-dir DIR") from None
            from kioskd.ctl import rescuing

            with client:
                cover = rescuing.out(client, out, sealing, keys)
    if asked.json:
        say_json({"file": str(out), **asdict(cover)})
        return
    say(f"{out}: {cover.entries} unsent entries of {cover.station}, sealed to {cover.recipient}")
    say(f"they are not sent from there any more. At another station: kioskctl rescue import {out.name}")


def _from_card(asked: Asked, out: Path, sealing: "Sealing", keys: str) -> "Cover":
    from kioskd.ctl.verbs.station import station_name
    from kioskd.moving.rescue_out import rescue_out

    folder, zone = journal_place(asked.where)
    return rescue_out(
        folder,
        out,
        station=station_name(asked.where.config or DEFAULT_CONFIG),
        version=__version__,
        now=dt.datetime.now(dt.UTC),
        zone=zone,
        sealing=sealing,
        keys=keys,
    )


def run_import(asked: Asked) -> None:
    """Claim an archive and hand its entries to the daemon."""
    from kioskd.ctl import rescuing
    from kioskd.moving.moving_in import claim
    from kioskd.moving.rescue import unpack
    from kioskd.vault.recipient import open_with

    path: Path = asked.options.file.absolute()
    with asked.connect() as client, _troubles():
        archive = unpack(path.read_bytes(), str(path), partial(open_with, _private_key(asked)))
        claim(path, archive.cover.id, f"{client.greeting['station']} {machine()}")
        done = rescuing.take_in(client, archive)
    if asked.json:
        say_json({"archive": archive.cover.id, "station": archive.cover.station, **asdict(done)})
        return
    say(f"{archive.cover.station}: {done.taken} entries are this station's now")
    if done.known:
        say(f"{done.known} were here already, and stay as they are")
    if any(each.get("sealed") for each in archive.entries):
        say(f"registrations among them open with the staff codes of {archive.cover.station}: kioskctl registrations")


def run_show(asked: Asked) -> None:
    """Print an archive's cover."""
    from kioskd.moving.rescue import cover_of

    with _troubles():
        cover = cover_of(asked.options.file.read_bytes(), str(asked.options.file))
    taken = asked.options.file.with_name(f"{asked.options.file.name}.taken").exists()
    if asked.json:
        say_json({**asdict(cover), "taken": taken})
    else:
        say(f"{cover.station}, {cover.at}: {cover.entries} entries ({cover.numbers}), sealed to {cover.recipient}")
        say("a station took it in" if taken else "nobody took it in here")


def run_settle(asked: Asked) -> None:
    """Take the mark of a rescue off: its entries are handed over."""
    from kioskd.moving.rescue_out import settle

    folder, zone = journal_place(asked.where)
    with _troubles():
        number = settle(folder, zone=zone, now=dt.datetime.now(dt.UTC))
    if asked.json:
        say_json({"handed_over": number})
    else:
        say(f"{number} entries are handed over; this station may go on: systemctl start kioskd.socket kioskd")


def _sealing(asked: Asked) -> "Sealing":
    from kioskd.moving.rescue_out import Sealing
    from kioskd.vault.recipient import fingerprint, seal_to

    public = asked.options.recipient or _loaded(asked).settings.rescue.recipient
    if not public:
        raise WrongUsage("rescue export: there is no recipient in [rescue]; `kioskctl rescue key` makes a pair")
    return Sealing(partial(seal_to, public), fingerprint(public))


def _keys(asked: Asked) -> str:
    """Return the file of keys that opens this station's forms, if it can be found."""
    from kioskd.vault.keys import keys_file

    path = asked.options.keys_file
    if path is None:
        if asked.where.state_dir is not None:
            # Whose codes lie on this machine is not for a card out of another one to say.
            return ""
        try:
            path = keys_file(codes_file(asked.where))
        except WrongUsage:
            return ""
        if not path.exists():
            return ""
    return str(path.read_text())


def _private_key(asked: Asked) -> str:
    path = asked.options.key or _loaded(asked).settings.rescue.key_file
    if path is None:
        raise WrongUsage("rescue import: no key_file in [rescue]; name the private key with --key FILE")
    return str(path.read_text())


def _loaded(asked: Asked) -> "Loaded":
    from kioskd.config import BadConfiguration, load

    try:
        return load(asked.where.config or DEFAULT_CONFIG, asked.where.environ, need_file=asked.where.config is not None)
    except BadConfiguration as problem:
        raise WrongUsage(str(problem)) from None


@contextmanager
def _troubles() -> Iterator[None]:
    """Say in a line what went wrong. Raises CtlError."""
    from kioskd.journal.errors import JournalError, JournalHeld
    from kioskd.moving.archive import BadArchive
    from kioskd.moving.moving_in import NotTakenIn
    from kioskd.moving.moving_out import UnfinishedElsewhere
    from kioskd.moving.rescue_out import NothingUnsent, NotRescued
    from kioskd.vault import VaultTrouble

    troubles: tuple[type[Exception], ...] = (
        JournalError, BadArchive, NotTakenIn, NothingUnsent, NotRescued, UnfinishedElsewhere, VaultTrouble,
    )  # fmt: skip
    try:
        yield
    except JournalHeld as problem:
        raise CtlError(f"{problem}: it runs; leave out --state-dir, or stop it first") from None
    except FileExistsError as problem:
        raise CtlError(f"{problem}: there is a file already, and it is not overwritten; choose another name") from None
    except troubles as problem:
        raise CtlError(str(problem)) from None
    except OSError as problem:
        raise CtlError(f"rescue: {problem}") from None
