"""Log lines as systemd's journal takes them, with fields, where stderr leads there; else plain lines on stderr.

A line has a stable event name: `KIOSKD_EVENT=line_down`, and each of its values a field of its own, so that
`journalctl KIOSKD_EVENT=line_down KIOSKD_TROUBLE=no_answer` finds it. Source: systemd, Native Journal Protocol;
`JOURNAL_STREAM` in systemd.exec(5).
"""

import logging
import os
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

JOURNAL_SOCKET: Final = Path("/run/systemd/journal/socket")
PRIORITY: Final[Mapping[int, int]] = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}
"""syslog's levels."""
EVENT: Final = re.compile(r"[a-z]+(_[a-z]+)+")
FIELD: Final = re.compile(r"(\w+)=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\S+)")
LONGEST: Final = 60_000
"""Bytes of a field: a datagram has its limit, and a trace that long says no more."""


def event_of(template: str) -> str:
    """Return the stable name of a log line, from the words that never change: its event, else its sentence.

    >>> event_of("journal_purged entries=%d"), event_of("client refused: pid %d, uid %d")
    ('journal_purged', 'client_refused_pid_uid')
    """
    found = EVENT.match(template)
    if found is not None:
        return found[0]
    words = re.findall(r"[a-z]+", re.sub(r"%[-#0-9.]*[a-z]|\([^)]*\)", " ", template.lower()))
    return "_".join(words[:6])


class JournalHandler(logging.Handler):
    """Sends each line to the journal's socket; one that it does not take goes to stderr, which leads there too."""

    def __init__(self, path: Path = JOURNAL_SOCKET) -> None:
        super().__init__()
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        # The journal may be slow; the loop that logs may not.
        self._socket.setblocking(False)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line."""
        try:
            self._socket.sendto(datagram(self.fields(record)), self._path)
        except OSError:
            sys.stderr.write(f"{record.levelname} {record.name} {self.format(record)}\n")

    def fields(self, record: logging.LogRecord) -> dict[str, str]:
        """Return a line's fields."""
        message = record.getMessage()
        # The rules' lines come as event and fields in one text.
        whole = message if record.msg == "%s %s" else str(record.msg)
        found = {
            "MESSAGE": self.format(record),
            "PRIORITY": str(PRIORITY.get(record.levelno, 6)),
            "SYSLOG_IDENTIFIER": "kioskd",
            "KIOSKD_EVENT": event_of(whole),
            "KIOSKD_LOGGER": record.name,
        }
        for name, value in FIELD.findall(message):
            found[f"KIOSKD_{name.upper()}"] = value.strip("'\"")
        return found

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()


def datagram(fields: Mapping[str, str]) -> bytes:
    """Return fields in the journal's native form: a value of several lines goes with its length."""
    parts = []
    for name, value in fields.items():
        content = value.encode("utf-8", "replace")[:LONGEST]
        if b"\n" in content:
            parts.append(name.encode() + b"\n" + len(content).to_bytes(8, "little") + content + b"\n")
        else:
            parts.append(name.encode() + b"=" + content + b"\n")
    return b"".join(parts)


def leads_to_journal(environ: Mapping[str, str], fd: int) -> bool:
    """Whether what is written to `fd` goes to the journal, as systemd says of its services' stderr."""
    named = environ.get("JOURNAL_STREAM", "")
    try:
        about = os.fstat(fd)
    except OSError:
        return False
    return named == f"{about.st_dev}:{about.st_ino}"


def set_up(level: int, environ: Mapping[str, str], path: Path = JOURNAL_SOCKET) -> None:
    """Let the daemon's lines go where they are read."""
    if leads_to_journal(environ, sys.stderr.fileno()) and path.exists():
        logging.basicConfig(level=level, format="%(message)s", handlers=[JournalHandler(path)])
    else:
        logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
