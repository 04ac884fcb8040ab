"""`kioskctl setup`: from an installed package to a station that lends, by a short dialogue or a file for many."""

import argparse
import getpass
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import CtlError, NoAnswer, WrongUsage
from kioskd.ctl.learn import CannotTell, learn
from kioskd.ctl.new_file import write_whole
from kioskd.ctl.output import get, say, say_json
from kioskd.ctl.place import DEFAULT_CONFIG
from kioskd.ctl.toml_text import toml
from kioskd.ctl.verbs import print_test

CONNECT_S: Final = 4.0
PASSWORD: Final = "ils-password"  # noqa: S105 - a file's name
ENOUGH: Final = 3
"""Samples from which patterns are worth something."""

Config = dict[str, dict[str, Any]]
Ask = Callable[[str, str], str]
"""Asks a question with a default answer."""


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "setup",
        parents=parents,
        help="set this station up: library system, barcodes, devices",
        description="Asks a few questions, or reads the answers from a file: [common] and [each.NAME] hold sections "
        "as in kioskd.toml, this station's go before what all share. Writes the configuration whole or not "
        "at all, after kioskd --check called it good; the one before stays beside it.",
    )
    verb.add_argument("--from", type=Path, metavar="FILE", dest="from_", help="the answers; asks nothing")
    verb.add_argument("--station", metavar="NAME", help="which of them this is; default: the host's name")
    verb.add_argument("--password-stdin", action="store_true", help="read the library system's password from stdin")
    verb.add_argument("--no-restart", action="store_true", help="write the configuration, and leave the daemon alone")
    verb.add_argument("--no-slip", action="store_true", help="print no test slip")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Set the station up."""
    options = asked.options
    path = asked.where.config or DEFAULT_CONFIG
    if options.from_ is not None:
        config = from_file(options.from_, options.station or socket.gethostname())
        password = sys.stdin.readline().rstrip("\r\n") if options.password_stdin else ""
    else:
        if not sys.stdin.isatty():
            raise WrongUsage("setup: there is no terminal to ask at; use --from FILE")
        config = dialogue(_ask, say)
        password = getpass.getpass("Its password (empty: none): ") if config["ils"].get("login_user") else ""
    line = try_line(str(config["ils"]["host"]), int(config["ils"].get("port", 6001)))
    install(path, config, password)
    slip: str | None = None

    def between() -> None:
        nonlocal slip
        slip = None if options.no_slip else try_printer(asked)

    restarted = not options.no_restart and restart(between)
    status = _status(asked)
    if status is None and not restarted:
        between()
    if asked.json:
        say_json({"config": str(path), "line": line, "slip": slip, "restarted": restarted, "status": status})
        return
    say(f"{path}: written")
    say(f"library system: {line}")
    if slip is not None:
        say(f"printer: {slip}")
    if restarted and status is not None:
        ils = get(status, "ils", "problem") or get(status, "ils", "state")
        say(f"the daemon says: mode {get(status, 'mode', 'name')}, ILS {ils}")
        for device in get(status, "devices") or []:
            say(f"  {get(device, 'name')}: {get(device, 'state')}  {get(device, 'advice') or ''}".rstrip())
    else:
        say("start it: systemctl restart kioskd")


def dialogue(ask: Ask, tell: Callable[[str], None]) -> Config:
    """Return the configuration that a person's answers make. Raises CtlError."""
    tell("Enter takes what stands in brackets.")
    config: Config = {"station": {}, "ils": {}}
    config["station"]["id"] = ask("This station's name, as on slips", socket.gethostname()[:32])
    config["station"]["library"] = ask("The library it stands in", "")
    config["station"]["timezone"] = ask("Time zone", _timezone())
    config["ils"]["profile"] = ask(
        "Library system (generic, symphony, koha, evergreen, folio, polaris, sierra)", "generic"
    )
    config["ils"]["host"] = ask("Its SIP2 server, name or address", "127.0.0.1")
    config["ils"]["port"] = _whole(ask("Its port", "6001"))
    tell(try_line(config["ils"]["host"], config["ils"]["port"]))
    config["ils"]["login_user"] = ask("Login of this station there (empty: none)", "kiosk")
    tell(f"Now type, or scan into this window, at least {ENOUGH} cards, one a line; an empty line ends.")
    cards = _samples(ask)
    tell(f"And {ENOUGH} items, as different ones as you have.")
    items = _samples(ask)
    if cards and items:
        try:
            found = learn(cards, items)
        except CannotTell as problem:
            raise CtlError(f"setup: {problem}; nothing was written") from None
        config["barcodes"] = {"patron": list(found.patron), "item": list(found.item)}
        tell(f"cards: {', '.join(found.patron)}\nitems: {', '.join(found.item)}")
        if min(len(set(cards)), len(set(items))) < ENOUGH:
            tell("These are few: look at the patterns, and try other cards and items at the station.")
    phone = ask("Whom staff calls when it is down (a telephone number)", "")
    if phone:
        config["helpdesk"] = {"phone": phone}
    return config


def from_file(path: Path, name: str) -> Config:
    """Return what a file for many stations says of this one. Raises WrongUsage."""
    from kioskd.config import BadConfiguration  # noqa: PLC0415 # the configuration's libraries are for this verb alone
    from kioskd.config.file import read_toml  # noqa: PLC0415 # as above

    try:
        tables = read_toml(path)
    except FileNotFoundError:
        raise WrongUsage(f"{path}: there is no such file") from None
    except BadConfiguration as problem:
        raise WrongUsage(str(problem)) from None
    if unknown := set(tables) - {"common", "each"}:
        raise WrongUsage(f"{path}: {', '.join(sorted(unknown))}: only [common] and [each.NAME] may stand there")
    each = tables.get("each", {})
    if each and name not in each:
        raise WrongUsage(f"{path}: has nothing for {name}; it knows {', '.join(sorted(each))} (--station NAME)")
    config: Config = {"station": {"id": name}, "ils": {}}
    for part in (tables.get("common", {}), each.get(name, {})):
        for section, keys in part.items():
            config[section] = {**config.get(section, {}), **keys} if isinstance(keys, dict) else keys
    if "host" not in config["ils"]:
        raise WrongUsage(f"{path}: says no ils.host for {name}")
    return config


def install(path: Path, config: Config, password: str) -> None:
    """Write password and configuration, the latter only if the daemon calls it good. Raises CtlError, WrongUsage."""
    trial = path.with_name(f".{path.name}.setup")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise CtlError(f"{path.parent}: {problem.strerror}") from None
    text = "# Written by kioskctl setup; kioskd.toml(5) explains each key.\n\n" + toml(config)
    write_whole(trial, text.encode())
    try:
        judged = subprocess.run(  # noqa: S603 - our own daemon
            [*_daemon(), "--config", str(trial), "--check"], capture_output=True, text=True, check=False
        )
        if judged.returncode:
            raise WrongUsage(judged.stderr.strip().replace(str(trial), str(path)) + "\nsetup: nothing was written")
        if password:
            write_whole(path.with_name(PASSWORD), password.encode() + b"\n")
        if path.exists() and path.read_bytes() != text.encode():
            write_whole(path.with_name(f"{path.name}.before-setup"), path.read_bytes())
        write_whole(path, text.encode())
        path.chmod(0o644)
    finally:
        trial.unlink(missing_ok=True)


def try_line(host: str, port: int) -> str:
    """Return in words how far a connection to the library system comes; none is kept, and nobody logs in."""
    try:
        with socket.create_connection((host, port), CONNECT_S):
            return f"{host}:{port} takes connections"
    except socket.gaierror:
        return f"{host} leads to no address: is the name right, does this machine have a name server?"
    except TimeoutError:
        return f"{host}:{port} does not answer: is there a firewall between?"
    except OSError as problem:
        return f"{host}:{port}: {problem.strerror or problem}: is the port right, does the SIP2 server run?"


def try_printer(asked: Asked) -> str:
    """Print a test slip and return in words what became of it."""
    try:
        place = print_test.place_of(asked)
        print_test.print_slip(place)
    except CtlError as problem:
        return f"no test slip: {problem}"
    return f"a test slip went to {place.driver} {place.identity}: is it whole, and cut?"


def restart(between: Callable[[], None]) -> bool:
    """Have the daemon read it, where systemd runs one and this user may; return whether it did. Raises CtlError.

    `between` is called while it stands still and holds no device.
    """
    systemctl = shutil.which("systemctl")
    if os.geteuid() != 0 or systemctl is None or not Path("/run/systemd/system").is_dir():
        return False
    units = ("kioskd.socket", "kioskd.service")
    subprocess.run([systemctl, "stop", *units], capture_output=True, check=False)  # noqa: S603 - found by its name
    try:
        between()
    finally:
        done = subprocess.run([systemctl, "start", *units], capture_output=True, text=True, check=False)  # noqa: S603 - as above
    if done.returncode:
        raise CtlError(f"setup: the configuration is written, and the daemon does not start: {done.stderr.strip()}")
    return True


def _status(asked: Asked) -> Any:  # noqa: ANN401 # any JSON
    try:
        with asked.connect() as client:
            return client.call("status.get")
    except NoAnswer:
        return None


def _samples(ask: Ask) -> Sequence[str]:
    found: list[str] = []
    while code := ask(f"{len(found) + 1}", "").strip():
        found.append(code)
    return found


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise CtlError(f"setup: {text!r} is no port; nothing was written")
    return int(text)


def _timezone() -> str:
    link = Path("/etc/localtime")
    zone = str(link.readlink()).partition("zoneinfo/")[2] if link.is_symlink() else ""
    return zone or "America/Los_Angeles"


def _daemon() -> list[str]:
    beside = Path(sys.argv[0]).with_name("kioskd")
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "kioskd"]


def _ask(question: str, default: str) -> str:
    return input(f"{question} [{default}]: ").strip() or default
