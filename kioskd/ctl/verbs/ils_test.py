"""`kioskctl ils-test`: what is said on the line to the library system, masked, with times, field by field."""

import argparse
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import CtlError, WrongUsage
from kioskd.ctl.output import Colour, clean, mark, say, say_json

if TYPE_CHECKING:
    from kioskd.model.settings import IlsSettings

LONGEST_POLL_S: Final = 40.0
"""Longer than `ils.poll_offline_s` by default: within this a daemon says something, up or down."""
ANSWER: Final = "98"
WAYS: Final = {"out": ">", "in": "<"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A masked line: which way, when (seconds since the first), how long after what it answers."""

    way: str
    line: str
    at_s: float
    took_ms: float | None


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "ils-test",
        parents=parents,
        help="what is said on the line to the library system, field by field",
        description="Listens to the daemon's own line until an answer to its poll (99) came; nobody's number is shown.",
    )
    verb.add_argument(
        "--own-line",
        action="store_true",
        help="open a second connection, log in and ask 99 (it may take a licensed seat while it lasts)",
    )
    verb.add_argument("--wait", type=_seconds, default=LONGEST_POLL_S, metavar="SECONDS", help="how long to listen")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the transcript. Raises CtlError where no 98 came."""
    from kioskd.sip2.told import told  # noqa: PLC0415 # other verbs start without

    lines = []
    good: bool | None = None
    problem = "no answer to 99 came"
    try:
        for heard in _own_line(asked) if asked.options.own_line else _daemons_line(asked):
            name, fields = told(heard.line)
            lines.append({**asdict(heard), "message": name, "fields": [asdict(each) for each in fields]})
            if not asked.json:
                _show(heard, name, [(each.code, each.name, each.value, each.meaning) for each in fields])
            # Who began to listen between a 99 and its 98 waits for the next pair.
            if heard.took_ms is not None and heard.line.startswith(ANSWER):
                good = heard.line[2:3] == "Y"
                problem = "98 says off line"
                break
    except Ended as ended:
        problem = str(ended)
    if asked.json:
        say_json({"lines": lines, "good": bool(good), "problem": None if good else problem})
    if not good:
        raise CtlError(f"ils-test: {problem}; kioskctl doctor says what to do")


class Ended(Exception):  # noqa: N818 # named for what happened, as all of the house's
    """Raised when the line gives no more."""


def _daemons_line(asked: Asked) -> Iterator[Heard]:
    """Return what the daemon says and hears from now on. Raises CtlError, Ended."""
    with asked.connect() as client:
        client.call("diagnostics.watch")
        until_s = time.monotonic() + asked.options.wait
        times = _Times()
        while True:
            try:
                message = client.notification(max(until_s - time.monotonic(), 0.001))
            except TimeoutError:
                problem = (client.call("status.get")["ils"] or {}).get("problem")
                raise Ended(
                    f"nothing but silence for {asked.options.wait:g} s; {problem or 'no trouble known'}"
                ) from None
            fields = message.get("params", {})
            if message.get("method") == "diagnostics" and fields.get("kind") == "sip2":
                yield times.heard(str(fields["way"]), str(fields["line"]))


class _Times:
    """Gives each line its time, and each answer how long it took."""

    def __init__(self) -> None:
        self._first_s: float | None = None
        self._asked_s: float | None = None

    def heard(self, way: str, line: str) -> Heard:
        now_s = time.monotonic()
        self._first_s = now_s if self._first_s is None else self._first_s
        took_ms = None
        if way == "out":
            self._asked_s = now_s
        elif self._asked_s is not None:
            took_ms, self._asked_s = round((now_s - self._asked_s) * 1000, 1), None
        return Heard(way, line, round(now_s - self._first_s, 3), took_ms)


def _own_line(asked: Asked) -> Iterator[Heard]:
    """Log in and ask 99 on a connection of our own. Raises CtlError, Ended."""
    yield from spoken(settings_of(asked))


def spoken(ils: "IlsSettings") -> Iterator[Heard]:
    """Log in and ask 99 as these settings say. Raises CtlError, Ended."""
    import socket  # noqa: PLC0415 # these are for this alone

    from kioskd.sip2.encode import encode  # noqa: PLC0415
    from kioskd.sip2.frame import LineBuffer  # noqa: PLC0415
    from kioskd.sip2.masked import masked  # noqa: PLC0415
    from kioskd.sip2.pin import Pin  # noqa: PLC0415
    from kioskd.sip2.requests import Login, ScStatus  # noqa: PLC0415

    if not ils.host:
        raise WrongUsage("no library system is configured: ils.host is empty; sudo kioskctl setup")
    dialect = _dialect(ils)
    requests: list[Any] = [Login(ils.login_user, Pin(str(ils.login_password)))] if ils.login_user else []
    times = _Times()
    try:
        with socket.create_connection((ils.host, ils.port), ils.timeout_s) as line:
            incoming = LineBuffer()
            for sequence, request in enumerate([*requests, ScStatus()]):
                sent = encode(request, dialect, sequence)
                line.sendall(sent)
                yield times.heard("out", masked(sent))
                answer = masked(_answer(line, incoming, ils.timeout_s))
                yield times.heard("in", answer)
                if answer.startswith("940"):
                    raise Ended("94 refuses the login: name or password is wrong, or no seat is free")
    except OSError as problem:
        raise Ended(f"{ils.host}:{ils.port}: {problem.strerror or problem}") from None


def _answer(line: Any, incoming: Any, timeout_s: float) -> bytes:  # noqa: ANN401 # a socket and a LineBuffer, imported late
    until_s = time.monotonic() + timeout_s
    while (left_s := until_s - time.monotonic()) > 0:
        line.settimeout(left_s)
        try:
            chunk = line.recv(65_536)
        except TimeoutError:
            break
        if not chunk:
            raise Ended("the other side closed the line: login, ils.terminator and ils.encoding are the first suspects")
        for whole in incoming.feed(chunk):
            if whole.strip():
                return bytes(whole)
    raise Ended(f"no answer within {timeout_s:g} s")


def settings_of(asked: Asked) -> "IlsSettings":
    """Return `[ils]`. Raises WrongUsage."""
    from kioskd.config import BadConfiguration, load  # noqa: PLC0415
    from kioskd.ctl.place import DEFAULT_CONFIG  # noqa: PLC0415

    try:
        path = asked.where.config or DEFAULT_CONFIG
        return load(path, asked.where.environ, need_file=asked.where.config is not None).settings.ils
    except BadConfiguration as problem:
        raise WrongUsage(str(problem)) from None


def _dialect(ils: "IlsSettings") -> Any:  # noqa: ANN401 # imported late
    from kioskd.sip2.dialect import Dialect, Terminator  # noqa: PLC0415

    return Dialect(
        error_detection=ils.error_detection,
        terminator=Terminator(ils.terminator.value),
        encoding=ils.encoding,
        institution_id=ils.institution_id,
        location_code=ils.location_code,
    )


def _show(heard: Heard, name: str, fields: list[tuple[str, str, str, str]]) -> None:
    took = f", {heard.took_ms:g} ms later" if heard.took_ms is not None else ""
    say(f"{heard.at_s:8.3f} {WAYS.get(heard.way, heard.way)} {mark(clean(name), Colour.GOOD)}{took}")
    for code, what, value, meaning in fields:
        say(f"{'':11}{code:<3}{clean(what)}: {clean(value) or '(empty)'}" + (f" ({meaning})" if meaning else ""))


def _seconds(text: str) -> float:
    try:
        wanted = float(text)
    except ValueError:
        wanted = 0.0
    if not 0 < wanted <= 3600:
        raise argparse.ArgumentTypeError("expected seconds, to 3600")
    return wanted
