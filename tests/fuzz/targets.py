"""What is fuzzed: each reads bytes and may refuse them in its own words; whatever else it raises is a fault.

Not here yet, because nothing reads them yet: RFID tags. They get a row when their reader comes.
"""

import datetime as dt
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.aim import symbology_of
from drivers.base import Code
from drivers.escpos_status import Query, Reports, read_answer, status_of
from drivers.hid_descriptor import BadDescriptor
from drivers.hid_pos import NoScanner, ReportAssembler, layout
from drivers.key_assembler import KeyAssembler
from drivers.line_assembler import MAX_CODE_BYTES, LineAssembler
from kioskd.config import BadConfiguration
from kioskd.config.loading import load
from kioskd.front import rpc
from kioskd.journal.carve import true_rows
from kioskd.journal.log import commits_beyond
from kioskd.model.settings import BarcodeSettings
from kioskd.moving import archive, rescue
from kioskd.rules.recognise import recognise
from kioskd.sip2.decode import decode
from kioskd.sip2.dialect import Dialect
from kioskd.sip2.errors import BadAnswer, BadChecksum, BadFrame
from kioskd.sip2.exchange import Exchange
from kioskd.sip2.frame import LineBuffer, split
from kioskd.sip2.masked import masked
from kioskd.sip2.requests import ItemInformation, PatronInformation, ScStatus
from kioskd.trace.stand_in import stand_in

FOLDER: Final = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
NOON: Final = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
BARCODES: Final = BarcodeSettings(extract=(r"https://card\.example/(\d+)",))


@dataclass(frozen=True)
class Target:
    """One reader. `words`: what its inputs are made of. `share`: of all inputs, how many parts are for it."""

    read: Callable[[bytes], object]
    words: Sequence[bytes]
    share: int
    longest: int = 4000


def sip2_stream(given: bytes) -> None:
    """A stream in pieces, while a question is open: the pieces change nothing, and what is held is bounded."""
    whole, parts = LineBuffer(), LineBuffer()
    lines = whole.feed(given)
    cut = given[0] if given else 0
    size = cut % 37 + 1
    pieces = [line for start in range(0, len(given), size) for line in parts.feed(given[start : start + size])]
    assert pieces == lines
    exchange = Exchange(Dialect())
    asks = (
        ScStatus(),
        PatronInformation(patron="21168045918653", at=NOON),
        ItemInformation(item="31168012345672", at=NOON),
    )
    exchange.ask(asks[cut % 3])
    for line in lines:
        exchange.hear(line)
        masked(line)


def sip2_answer(given: bytes) -> None:
    """One line: an answer, or a refusal that says why."""
    try:
        decode(split(given, verify=False), "utf-8")
    except (BadFrame, BadChecksum, BadAnswer):
        return


def socket_line(given: bytes) -> None:
    """A request, or an answer in JSON to what is none."""
    found = rpc.parse(given)
    if isinstance(found, rpc.Refusal) and found.answer is not None:
        assert found.answer.endswith(b"\n")
        # Not by our own reader: an id is echoed as it came, be it 11e999.
        json.loads(found.answer, parse_int=str, parse_float=str)


def printer_bytes(given: bytes) -> None:
    """Status bytes, asked for or by themselves."""
    reports = Reports()
    for start in range(0, len(given), 3):
        reports.feed(given[start : start + 3])
    status_of([answer for n, byte in enumerate(given) if (answer := read_answer(list(Query)[n % 4], byte))])


def key_events(given: bytes) -> None:
    """Keys and presses in any order; codes never grow without end, and a pause leaves nothing behind."""
    keys = KeyAssembler(
        layout=("us", "de", "fr")[len(given) % 3], terminator="any" if len(given) % 2 else "none", patterns=[r"\d{14}"]
    )
    for start in range(0, len(given) - 1, 2):
        for event in keys.feed(given[start], given[start + 1] % 3):
            assert not isinstance(event, Code) or event.text
        if given[start + 1] == 200:
            keys.overflow()
    keys.break_off()
    assert not keys.pending


def scanner_bytes(given: bytes) -> None:
    """What a serial scanner sends: whole codes, the same however the bytes are cut."""
    whole, parts = LineAssembler(), LineAssembler()
    at_once = whole.feed(given)
    size = (given[0] if given else 0) % 11 + 1
    assert at_once == [event for s in range(0, len(given), size) for event in parts.feed(given[s : s + size])]
    for event in at_once:
        if isinstance(event, Code):
            assert len(event.raw) <= MAX_CODE_BYTES + 1
            symbology_of(event.text)


def hid_reports(given: bytes) -> None:
    """A report descriptor (after its length), then reports by it."""
    size = given[0] + 1 if given else 0
    try:
        scanner = layout(given[1:size])
    except (BadDescriptor, NoScanner):
        return
    reports = ReportAssembler(scanner)
    for start in range(size, len(given), 64):
        reports.feed(given[start : start + 64])
    reports.break_off()


def barcodes(given: bytes) -> None:
    """A code: what it is; and its stand-in for the trace is of the same kind and not the same number."""
    code = given.decode("utf-8", "replace")
    for typed in (False, True):
        found = recognise(code, BARCODES, typed=typed)
        assert type(found).__name__.startswith("Is")
    other = stand_in(code, BARCODES)
    if type(recognise(code, BARCODES, typed=False)).__name__ in ("IsCard", "IsItem"):
        assert type(recognise(other, BARCODES, typed=False)) is type(recognise(code, BARCODES, typed=False))
        assert other != code


def configuration(given: bytes) -> None:
    """A configuration file: settings, or every mistake at once."""
    path = FOLDER / f"kioskd-{os.getpid()}.toml"
    path.write_bytes(given)
    refused = None
    try:
        load(path, {}, need_file=True)
    except BadConfiguration as bad:
        refused = str(bad)
    assert refused != ""


def damaged_journal(given: bytes) -> None:
    """A damaged journal and its log (the first two bytes say where that begins): true rows, or none."""
    at = int.from_bytes(given[:2], "big") if len(given) > 2 else 0
    path = FOLDER / f"journal-{os.getpid()}.sqlite3"
    path.write_bytes(given[2:at])
    log = path.with_name(path.name + "-wal")
    log.write_bytes(given[max(2, at) :])
    for table, cells in true_rows(path):
        assert len(cells) >= len(table.columns) - 1
    commits_beyond(log, 0, 1024)


def station_archive(given: bytes) -> None:
    """A station's archive from a stick: its members, each of its sum; or a refusal, and nothing beside the folder."""
    path = FOLDER / f"moved-{os.getpid()}.tar"
    path.write_bytes(given)
    into = FOLDER / f"moved-{os.getpid()}"
    into.mkdir()
    try:
        archive.unpack(path, into)
    except (archive.BadArchive, OSError):
        return
    finally:
        assert {each.name for each in into.iterdir()} <= archive.MEMBERS
        shutil.rmtree(into)


def rescue_archive(given: bytes) -> None:
    """A rescue archive, its seal already broken; what is in it packs to the same again."""
    try:
        found = rescue.unpack(given, "stick", lambda sealed: sealed)
    except archive.BadArchive:
        return
    assert rescue.unpack(rescue.pack(found, lambda packed: packed), "stick", lambda sealed: sealed) == found


TARGETS: Final[Mapping[str, Target]] = {
    "sip2_stream": Target(
        sip2_stream,
        (
            b"98YYYYYY600003",
            b"64              00120261123    222122",
            b"AO",
            b"AA",
            b"AB",
            b"|",
            b"AY0AZ",
            b"\r",
            b"\n",
            b"96AZFEF6",
            b"94",
            b"18030101",
            b"20261123    222122",
            b"login:",
            b"\0",
            b" ",
        ),
        20,
    ),
    "sip2_answer": Target(
        sip2_answer,
        (
            b"98",
            b"94",
            b"64",
            b"18",
            b"12",
            b"30",
            b"66",
            b"10",
            b"36",
            b"26",
            b"24",
            b"20261123    222122",
            b"|AA",
            b"|AB",
            b"|AH",
            b"|AU",
            b"|BLY",
            b"|AF",
            b"AY1AZ",
            "|AJß漢".encode(),
            b"9999",
            b"    ",
        ),
        20,
    ),
    "socket_line": Target(
        socket_line,
        (
            b'{"jsonrpc":"2.0","id":1,"method":"',
            b'"params":{',
            b'"session.input"',
            b'"code":',
            b"null",
            b"[",
            b"{",
            b"}",
            b"]",
            b",",
            b'"',
            b"1e999",
            b"\\ud800",
            b"\xff",
            b"true",
            b'"date":"2026-02-30"',
            b'"as":"item"',
            b'"limit":201',
        ),
        20,
    ),
    "printer_bytes": Target(printer_bytes, (b"\x12", b"\x16", b"\x10\x00\x00\x00", b"\x13", b"\x11", b"\x1a"), 10, 200),
    "key_events": Target(
        key_events, tuple(bytes((key, 1, key, 0)) for key in (2, 11, 28, 42, 54, 56, 58, 96, 100, 30, 79, 82)), 10, 400
    ),
    "scanner_bytes": Target(
        scanner_bytes, (b"31168012345672\r", b"]C1", b"\n", b"\x1d", b"\r\n", b"\xff", b"\x02"), 5, 20_000
    ),
    "hid_reports": Target(
        hid_reports,
        (
            b"\x05\x8c",
            b"\x09\x02",
            b"\xa1\x01",
            b"\x85\x02",
            b"\x15\x00",
            b"\x26\xff\x00",
            b"\x75\x08",
            b"\x95\x38",
            b"\x09\xfe",
            b"\x81\x02",
            b"\xc0",
            b"\xa4",
            b"\xb4",
            b"\xfe\x01",
            b"\x96\xff\xff",
        ),
        10,
        700,
    ),
    "barcodes": Target(
        barcodes,
        (
            b"21168045918653",
            b"31168012345672",
            b"9780306406157",
            b"KIOSK01",
            b"]C0",
            b"https://card.example/2116804",
            "２１１６８".encode(),
            b" ",
            b"*",
            b"A",
            b"\0",
        ),
        10,
        200,
    ),
    "configuration": Target(
        configuration,
        (
            b"[ils]\n",
            b"host = ",
            b'"ils"\n',
            b"[station]\n",
            b"[[scanner]]\n",
            b"port = 6001\n",
            b"[barcodes]\n",
            b"patron = [",
            b"'^2'",
            b"]\n",
            b"timeout_s = ",
            b"nan",
            b"1e400",
            b"-1",
            b"1979-05-27",
            b'"""',
            b"[printer]\n",
            b"driver = ",
            b"true",
        ),
        1,
        1500,
    ),
    "damaged_journal": Target(
        damaged_journal,
        (b"SQLite format 3\0", b"\x0d", b"\x00\x00\x00\x01", b"\x37\x7f\x06\x82", b"\x81\x80", b"\xff" * 9),
        2,
        9000,
    ),
    "station_archive": Target(
        station_archive,
        (
            b"manifest.json\0",
            b"journal.sqlite3\0",
            b"../../etc/passwd\0",
            b"ustar\x0000",
            b'{"format": "kioskd-move", "version": 1, "sums": {}',
            b"[" * 3000,
            b"0000600\0",
            b"\0" * 512,
        ),
        2,
        8000,
    ),
    "rescue_archive": Target(
        rescue_archive,
        (
            b'{"format": "kioskd-rescue", "version": 1, "id": "',
            b'"entries": 1',
            b'"cover": {',
            b'"numbers": "1-3,5"',
            b"\n",
            b"x\x9c",
            b"[" * 3000,
            b"null",
        ),
        4,
        8000,
    ),
}
