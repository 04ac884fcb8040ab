"""Log lines in the journal's native form, at a socket that stands where systemd's stands."""

import logging
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kioskd.daemon.carrying import write_log
from kioskd.daemon.journald import JournalHandler, datagram, event_of, leads_to_journal
from kioskd.model.effects import Log
from tests.docs.log_events import logged


@pytest.fixture
def journal() -> Iterator[tuple[socket.socket, JournalHandler]]:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        path = Path(folder) / "socket"
        listener.bind(str(path))
        listener.settimeout(5)
        handler = JournalHandler(path)
        log = logging.getLogger("kioskd")
        level = log.level
        log.setLevel(logging.INFO)
        log.addHandler(handler)
        yield listener, handler
        log.removeHandler(handler)
        log.setLevel(level)
        handler.close()


def fields(received: bytes) -> dict[str, str]:
    """Read the native form as systemd's page describes it."""
    found = {}
    while received:
        name, _, received = received.partition(b"\n")
        if b"=" in name:
            key, _, value = name.partition(b"=")
        else:
            key, length = name, int.from_bytes(received[:8], "little")
            value, received = received[8 : 8 + length], received[8 + length + 1 :]
        found[key.decode()] = value.decode()
    return found


def test_an_event_has_its_name_and_its_values(journal: tuple[socket.socket, JournalHandler]) -> None:
    listener, _ = journal
    write_log(Log("warning", "line_down", {"trouble": "no_answer", "detail": "it hung up"}))
    found = fields(listener.recv(65536))
    assert found["KIOSKD_EVENT"] == "line_down"
    assert (found["KIOSKD_TROUBLE"], found["KIOSKD_DETAIL"]) == ("no_answer", "it hung up")
    assert (found["PRIORITY"], found["SYSLOG_IDENTIFIER"], found["KIOSKD_LOGGER"]) == ("4", "kioskd", "kioskd")
    assert found["MESSAGE"] == "line_down trouble=no_answer detail='it hung up'"


def test_a_sentence_and_a_trace_too(journal: tuple[socket.socket, JournalHandler]) -> None:
    listener, _ = journal
    logging.getLogger("kioskd.front").warning("client refused: pid %d, uid %d", 4, 1000)
    assert fields(listener.recv(65536))["KIOSKD_EVENT"] == "client_refused_pid_uid"
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("kioskd").exception("a result cannot be written as UTF-8")
    assert "Traceback" in fields(listener.recv(65536))["MESSAGE"]


def test_a_journal_that_is_gone_loses_no_line(
    journal: tuple[socket.socket, JournalHandler], capfd: pytest.CaptureFixture[str]
) -> None:
    listener, _ = journal
    listener.close()
    write_log(Log("error", "storage_failed", {}))
    assert "ERROR kioskd storage_failed" in capfd.readouterr().err


def test_every_line_has_a_name_of_its_own() -> None:
    # The documents' `…` stands where the code has a value.
    names: dict[str, set[str]] = {}
    for line in logged():
        names.setdefault(event_of(line.words.replace("…", "%s")), set()).add(line.words)
    assert "" not in names
    assert {name: words for name, words in names.items() if len(words) > 1} == {}


def test_only_stderr_that_leads_to_the_journal_is_taken_for_it(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("w") as stream:
        about = os.fstat(stream.fileno())
        assert leads_to_journal({"JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"}, stream.fileno())
        assert not leads_to_journal({"JOURNAL_STREAM": "1:1"}, stream.fileno())
        assert not leads_to_journal({}, stream.fileno())
    assert datagram({"A": "one\ntwo"}) == b"A\n" + (7).to_bytes(8, "little") + b"one\ntwo\n"
