"""Random streams with faults in them, beside a plain model of what a person scanned whole: a few thousand events here,
more than a million in the long tier. What the assemblers pass must be that and nothing else, in that order."""

import random
from collections.abc import Iterator

import pytest

from drivers.base import Code, ScanEvent
from drivers.hid_pos import ReportAssembler, layout
from drivers.key_assembler import KeyAssembler
from drivers.line_assembler import LineAssembler
from tests.drivers import hid

DIGITS = dict(zip("1234567890", range(2, 12), strict=True))
LETTERS = {"A": 30, "B": 48, "C": 46, "D": 32}
SHIFT, ENTER, F5, REPEAT = 42, 28, 63, 2
MOST = 40
MILLION = 1_000_000
SIZES = [pytest.param(20_000, id="short"), pytest.param(MILLION, id="million", marks=pytest.mark.long)]
Keys = list[tuple[int, int]]


def typed(chance: random.Random, text: str) -> Keys:
    events: Keys = []
    for char in text:
        shifted = char in LETTERS
        key = LETTERS[char] if shifted else DIGITS[char]
        events += [(SHIFT, 1)] if shifted else []
        events += [(key, 1), *([(key, REPEAT)] * chance.choice((0, 0, 0, 3))), (key, 0)]
        events += [(SHIFT, 0)] if shifted else []
    return [*events, (ENTER, 1), (ENTER, 0)]


def begun(events: Keys) -> bool:
    return any(press == 1 and key != SHIFT for key, press in events)


def codes(events: list[ScanEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Code)]


@pytest.mark.cell("evdev", "overflow", on="bytes")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", SIZES)
def test_keys(size: int) -> None:
    chance, assembler = random.Random(2911), KeyAssembler(max_characters=MOST)
    fed, whole, broken, lost = 0, 0, False, 0
    while fed < size:
        text = "".join(chance.choices("1234567890ABCD", k=chance.randint(2, 30)))
        fate = chance.choice(("whole", "whole", "silence", "no end", "overflow", "unreadable", "too long"))
        if fate == "too long":
            text = text.ljust(MOST + chance.randint(1, 20), "1")
        events = typed(chance, text)
        at = chance.randrange(len(events) - 2)
        said: list[ScanEvent] = []
        expected = [] if broken else [text]
        if fate == "unreadable":
            events[at:at] = [(F5, 1), (F5, 0)]
            expected = []
        if fate in ("whole", "unreadable", "too long"):
            said = [scan for event in events for scan in assembler.feed(*event)]
            expected = [] if fate == "too long" else expected
            broken = False
        elif fate == "overflow":
            gap = chance.randint(1, len(events) - at)
            said = [scan for event in events[:at] for scan in assembler.feed(*event)]
            said += assembler.overflow()
            said += [scan for event in events[at + gap :] for scan in assembler.feed(*event)]
            expected, broken = [], (ENTER, 1) not in events[at + gap :]
        else:
            said = [scan for event in events[:at] for scan in assembler.feed(*event)]
            said += assembler.break_off()
            if fate == "silence":
                said += [scan for event in events[at:] for scan in assembler.feed(*event)]
                expected, broken = ([] if begun(events[:at]) else expected), False
            else:
                expected, broken = [], broken or begun(events[:at])
                said += [scan for key in (SHIFT,) for scan in assembler.feed(key, 0)]
        fed += len(events)
        assert codes(said) == expected, (fate, at, text)
        whole += len(expected)
        lost += len(said) - len(codes(said))
    assert whole > size // 500
    assert lost > size // 500
    print(f"{fed} events: {whole} codes whole, {lost} times told that one was lost")


def chunks(chance: random.Random, stream: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(stream):
        step = chance.randint(1, 9)
        yield stream[at : at + step]
        at += step


@pytest.mark.timeout(600)
@pytest.mark.parametrize("terminator", ["any", "crlf", "stx_etx"])
@pytest.mark.parametrize("size", SIZES)
def test_bytes(size: int, terminator: str) -> None:
    chance, assembler = random.Random(1029), LineAssembler(terminator=terminator, max_bytes=MOST)
    head, end = {"any": (b"", b"\r"), "crlf": (b"", b"\r\n"), "stx_etx": (b"\x02", b"\x03")}[terminator]
    fed, whole, broken = 0, 0, False
    while fed < size:
        text = "".join(chance.choices("0123456789ABCDabcd-]\x1d", k=chance.randint(2, 30)))
        fate = chance.choice(("whole", "whole", "silence", "no end", "too long"))
        longer = text.ljust(MOST + chance.randint(3, 20), "1")
        body = head + (longer if fate == "too long" else text).encode() + end
        at = chance.randint(1 + len(head), len(body) - len(end) - 1)
        said: list[ScanEvent] = []
        if fate in ("whole", "too long"):
            said = [scan for chunk in chunks(chance, body) for scan in assembler.feed(chunk)]
            # Only a frame has a beginning by which the code after a broken one is known to be whole.
            expected = [text] if fate == "whole" and (not broken or head) else []
            broken = False
        else:
            said = [scan for chunk in chunks(chance, body[:at]) for scan in assembler.feed(chunk)]
            said += assembler.break_off()
            said += assembler.feed(body[at:]) if fate == "silence" else []
            expected, broken = [], fate == "no end"
        fed += len(body)
        assert codes(said) == expected, (fate, at, text)
        whole += len(expected)
    assert whole > size // 500
    print(f"{fed} bytes: {whole} codes whole")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", SIZES)
def test_bytes_that_only_a_pause_ends(size: int) -> None:
    chance = random.Random(77)
    assembler = LineAssembler(terminator="none", patterns=[r"2\d{13}", r"3\d{13}"], max_bytes=MOST)
    fed, whole = 0, 0
    while fed < size:
        text = chance.choice("23") + "".join(chance.choices("0123456789", k=13))
        fate = chance.choice(("whole", "whole", "cut", "two in one", "noise"))
        sent = {
            "whole": text,
            "cut": text[: chance.randint(1, 13)],
            "two in one": text + chance.choice(("", "\r")) + text,
            "noise": "".join(chance.choices("0123456789X\r\n\x00", k=chance.randint(1, 13))),
        }[fate].encode()
        said = [scan for chunk in chunks(chance, sent) for scan in assembler.feed(chunk)]
        assert said == [], "nothing before the pause"
        said = assembler.break_off()
        assert codes(said) == ([text] if fate == "whole" else []), (fate, sent)
        fed += len(sent)
        whole += fate == "whole"
    print(f"{fed} bytes: {whole} codes whole")


@pytest.mark.cell("hidraw", "overflow", on="bytes")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", SIZES)
def test_reports(size: int) -> None:
    chance, scanner = random.Random(812), layout(hid.SCANNER)
    assembler = ReportAssembler(scanner, terminator="none", encoding="latin-1", max_bytes=400)
    fed, whole, broken = 0, 0, False
    while fed < size:
        body = chance.randbytes(chance.randint(1, 250))
        fate = chance.choice(("whole", "whole", "overflow", "silence", "bad report", "too long"))
        longer = body.ljust(chance.randint(401, 600), b"1")
        sent = list(hid.reports(longer if fate == "too long" else body, chance.choice((b"]C0", b"]Q1"))))
        at = chance.randrange(len(sent))
        said: list[ScanEvent] = []
        expected = [] if broken else [body]
        if fate == "overflow":
            said = [scan for report in sent[:at] for scan in assembler.feed(report)]
            said += assembler.overflow()
            said += [scan for report in sent[at + 1 :] for scan in assembler.feed(report)]
            assembler.break_off()
            expected, broken = [], False
        elif fate == "silence":
            said = [scan for report in sent[:at] for scan in assembler.feed(report)]
            said += assembler.break_off()
            said += [scan for report in sent[at:] for scan in assembler.feed(report)]
            expected, broken = ([] if at else expected), False
        else:
            if fate == "bad report":
                sent[at] = sent[at][:1] + b"\xff" + sent[at][2:]
            said = [scan for report in sent for scan in assembler.feed(report)]
            expected, broken = (expected if fate == "whole" else []), False
        fed += sum(map(len, sent))
        assert [scan.raw for scan in said if isinstance(scan, Code)] == expected, (fate, at)
        whole += len(expected)
    print(f"{fed} bytes of reports: {whole} codes whole")
