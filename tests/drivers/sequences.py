"""What typical keyboard scanners type, as recordings of events: `python -m tests.drivers.sequences` writes them anew.

Built from the kernel's key codes (input-event-codes.h), the HID usage tables and the settings that manuals name; **not
captured** from scanners. The format is the one in which a branch's own recording comes (`evemu-record`,
`umockdev-record --evemu-events`): `E: seconds.microseconds type code value`, with these comments before it:

    # origin: built, or who captured it, on which model and firmware
    # settings: what the driver must be told, as JSON
    # reads: the code, as JSON
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "scanners"
EV_SYN, EV_KEY, EV_MSC, MSC_SCAN = 0, 1, 4, 4
BUILT = "built from key codes and manuals, not captured"

# Name → key code (Linux) and HID usage, which the kernel tells as MSC_SCAN.
KEYS = {
    **{str(n): (n + 1, 0x70000 | 0x1D + n) for n in range(1, 10)},
    "0": (11, 0x70027),
    **{
        letter: (code, 0x70004 + ord(letter) - ord("A"))
        for row, first in (("QWERTYUIOP", 16), ("ASDFGHJKL", 30), ("ZXCVBNM", 44))
        for code, letter in enumerate(row, first)
    },
    **{f"KP{n}": (code, 0x70058 + n) for n, code in enumerate((79, 80, 81, 75, 76, 77, 71, 72, 73), 1)},
    "KP0": (82, 0x70062),
    "MINUS": (12, 0x7002D), "LEFTBRACE": (26, 0x7002F), "RIGHTBRACE": (27, 0x70030), "BACKSLASH": (43, 0x70031),
    "SLASH": (53, 0x70038), "DOT": (52, 0x70037), "SPACE": (57, 0x7002C), "GRAVE": (41, 0x70035),
    "ENTER": (28, 0x70028), "TAB": (15, 0x7002B), "CAPS": (58, 0x70039), "NUMLOCK": (69, 0x70053),
    "KPENTER": (96, 0x70058), "CTRL": (29, 0x700E0), "SHIFT": (42, 0x700E1), "ALT": (56, 0x700E2),
    "ALTGR": (100, 0x700E6),
}  # fmt: skip


@dataclass(frozen=True)
class Recording:
    name: str
    setting: str
    """As the manuals call it."""
    reads: str
    presses: tuple[str, ...]
    """`A`, `SHIFT+A`; with commas several keys while one is held: `ALT+KP0,KP6,KP5`."""
    settings: dict[str, str] = field(default_factory=dict)
    gap_ms: int = 0
    """Between characters, by the scanner's setting; a report takes 1 ms besides."""


def alt(*codes: str) -> tuple[str, ...]:
    return tuple("ALT+" + ",".join(f"KP{digit}" for digit in code) for code in codes)


RECORDINGS = (
    Recording("us-enter", "USB keyboard (PC), US, suffix CR: the factory setting of most", "21168000000014",
              (*"21168000000014", "ENTER")),
    Recording("us-tab-codabar", "start and stop characters sent, suffix Tab", "A21168000000014B",
              ("SHIFT+A", *"21168000000014", "SHIFT+B", "TAB"), {"terminator": "tab"}),
    Recording("us-aim-prefix", "AIM identifier before each code", "]F021168000000014",
              ("RIGHTBRACE", "SHIFT+F", "0", *"21168000000014", "ENTER")),
    Recording("keypad", "digits by the numeric keypad, keypad Enter, num lock on around them", "31168000000012",
              ("NUMLOCK", *(f"KP{digit}" for digit in "31168000000012"), "KPENTER", "NUMLOCK")),
    Recording("alt-codes", "every character as Alt and four digits on the keypad", "31168-A7",
              (*alt(*(f"{ord(char):04}" for char in "31168-A7")), "ENTER")),
    Recording("alt-codes-dos", "the same with three digits, code page 437", "B 12",
              (*alt("066", "032", "049", "050"), "ENTER")),
    Recording("gs1-control", "control characters as Ctrl and a key: GS of a GS1-128", "]C1010950600013435221X\x1d10AB",
              ("RIGHTBRACE", "SHIFT+C", "1", *"010950600013435221", "SHIFT+X", "CTRL+RIGHTBRACE", *"10", "SHIFT+A",
               "SHIFT+B", "ENTER")),
    Recording("de", "country Germany", "Z7-Y/21168",
              ("SHIFT+Y", "7", "SLASH", "SHIFT+Z", "SHIFT+7", *"21168", "ENTER"), {"layout": "de"}),
    Recording("fr", "country France", "21168QA",
              (*(f"SHIFT+{digit}" for digit in "21168"), "SHIFT+A", "SHIFT+Q", "ENTER"), {"layout": "fr"}),
    Recording("fr-caps", "country France, digits by caps lock", "31168000000012",
              ("CAPS", *"31168000000012", "CAPS", "ENTER"), {"layout": "fr"}),
    Recording("caps-letters", "caps lock instead of shift for capitals", "KIOSK07",
              ("CAPS", *"KIOSK", "CAPS", *"07", "ENTER")),
    Recording("prefix-suffix", "custom prefix ~ and suffix #, 20 ms between characters", "21168000000014",
              ("SHIFT+GRAVE", *"21168000000014", "SHIFT+3", "ENTER"), {"prefix": "~", "suffix": "#"}, gap_ms=20),
    Recording("two-of-one-trigger", "two codes of one trigger", "21168000000014\n31168000000012",
              (*"21168000000014", "ENTER", *"31168000000012", "ENTER")),
)  # fmt: skip


def events(recording: Recording) -> Iterator[tuple[int, int, int, int]]:
    """Yield time (µs), type, code and value of each event, as a USB keyboard's reports become events."""
    at = 0

    def change(key: str, value: int) -> Iterator[tuple[int, int, int, int]]:
        nonlocal at
        code, usage = KEYS[key]
        yield at, EV_MSC, MSC_SCAN, usage
        yield at, EV_KEY, code, value
        yield at, EV_SYN, 0, 0
        at += 1000

    for press in recording.presses:
        *held, last = press.split("+")
        for key in held:
            yield from change(key, 1)
        for key in last.split(","):
            yield from change(key, 1)
            yield from change(key, 0)
        for key in reversed(held):
            yield from change(key, 0)
        at += recording.gap_ms * 1000


def text(recording: Recording) -> str:
    head = (
        f"# {recording.setting}\n# origin: {BUILT}\n# settings: {json.dumps(recording.settings)}\n"
        f"# reads: {json.dumps(recording.reads)}\n"
    )
    rows = (
        f"E: {at // 1_000_000}.{at % 1_000_000:06} {kind:04x} {code:04x} {value:04d}\n"
        for at, kind, code, value in events(recording)
    )
    return head + "".join(rows)


def read(path: Path) -> tuple[dict[str, object], list[tuple[float, int, int, int]]]:
    """Return what a recording says of itself, and its events: seconds, type, code, value."""
    said: dict[str, object] = {}
    found = []
    for line in path.read_text().splitlines():
        if line.startswith("# ") and ": " in line:
            name, _, value = line[2:].partition(": ")
            said[name] = json.loads(value) if name in ("settings", "reads") else value
        elif line.startswith("E: "):
            at, kind, code, value = line[3:].split()[:4]
            found.append((float(at), int(kind, 16), int(code, 16), int(value)))
    return said, found


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in RECORDINGS:
        (FOLDER / f"{each.name}.events").write_text(text(each))
