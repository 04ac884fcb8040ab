"""`kioskctl scan-test`: what a scanner sends, raw, how it is read and recognised, and the lines that configure it."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import CtlError
from kioskd.ctl.new_file import write_whole
from kioskd.ctl.output import Colour, clean, mark, paragraph, say, say_json
from kioskd.ctl.place import DEFAULT_CONFIG

if TYPE_CHECKING:
    from drivers.identity import Found
    from kioskd.ctl.devices.scan_test import Scan, Settings
    from kioskd.model.settings import BarcodeSettings

RAW_SHOWN: Final = 12
"""Raw events of a scan that are shown; `--raw` shows all."""


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "scan-test",
        parents=parents,
        help="what a scanner sends, how it is read, and the lines that configure it",
        description="Print the sheet (--sheet), then scan it. A scanner that the daemon holds is silent here: "
        "sudo systemctl stop kioskd.socket kioskd first. Nothing is grabbed: what is typed reaches the desktop too.",
    )
    verb.add_argument("--sheet", action="store_true", help="write the test sheet (HTML with known barcodes)")
    verb.add_argument("--out", type=Path, metavar="FILE", help="of the sheet (default: to stdout)")
    verb.add_argument("--device", type=Path, metavar="PATH", help="listen to this one alone: an event device or a tty")
    verb.add_argument("--baud", type=int, default=9600, help="of serial scanners (default: 9600)")
    verb.add_argument("--code", action="append", default=[], metavar="TEXT", help="another barcode's text, as printed")
    verb.add_argument("--phone", action="store_true", help="the scan is a card on a phone: find its number in it")
    verb.add_argument("--count", type=int, default=0, metavar="N", help="end after N scans (default: when none comes)")
    verb.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help="how long to wait for a scan")
    verb.add_argument("--raw", action="store_true", help="show every raw event")
    verb.add_argument("--record", type=Path, metavar="FILE", help="write the first scan for kiosk-sim scanner --play")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Write the sheet, or listen. Raises CtlError."""
    options = asked.options
    if options.sheet:
        _sheet(asked)
        return
    from kioskd.ctl.devices.listening import Listener, recording  # noqa: PLC0415 # the drivers are for this verb alone
    from kioskd.ctl.devices.scan_test import settings_of  # noqa: PLC0415
    from kioskd.ctl.devices.sheet import SHEET  # noqa: PLC0415

    barcodes = _barcodes(asked)
    known = [*options.code, *(each.text for each in SHEET)]
    scans: list[dict[str, Any]] = []
    best: Settings | None = None
    with Listener(_devices(options.device), baud=options.baud) as listener:
        if not asked.json:
            for deaf in listener.deaf:
                paragraph("", f"{deaf.path}: not listened to: {deaf.why}")
            say(f"scan now; listening to {len(listener.ears)} devices, for {options.wait:.0f} s")
        for scan, lines in listener.scans(options.wait):
            found = settings_of(scan, known)
            best = found or best
            scans.append(_document(scan, found, barcodes, phone=options.phone))
            if not asked.json:
                _tell(scan, scans[-1], whole=options.raw)
            if options.record is not None and len(scans) == 1:
                _record(options.record, recording(scan, lines), quiet=asked.json)
            if len(scans) == options.count:
                break
        deaf_paths = [asdict(each) for each in listener.deaf]
    lines_to_use = best.lines() if best is not None else []
    if asked.json:
        say_json({"scans": scans, "deaf": deaf_paths, "lines": lines_to_use})
    elif lines_to_use:
        say("\nfor the configuration:\n" + "\n".join(clean(line) for line in lines_to_use))
    if not scans:
        raise CtlError("scan-test: no scan came; does the daemon hold the scanner (kioskctl devices)?")


def _sheet(asked: Asked) -> None:
    from kioskd.ctl.devices.sheet import SHEET, page  # noqa: PLC0415

    if asked.options.out is not None:
        try:
            asked.options.out.write_text(page(), encoding="utf-8")
        except OSError as problem:
            raise CtlError(f"{asked.options.out}: {problem.strerror or problem}") from None
    if asked.json:
        file = str(asked.options.out) if asked.options.out else None
        say_json({"file": file, "codes": [each.text for each in SHEET], "page": None if file else page()})
    elif asked.options.out is None:
        say(page())
    else:
        say(f"{asked.options.out}: open it in a browser and print it at 100 %")


def _devices(path: Path | None) -> "Sequence[Found]":
    from drivers.identity import Evidence, Found, Verdict  # noqa: PLC0415
    from kioskd.ctl.devices.looking import look  # noqa: PLC0415

    if path is None:
        return [found for found in look(Path("/")) if found.driver in ("evdev", "serial")]
    if not path.exists():
        raise CtlError(f"{path}: there is no such device; kioskctl devices lists them")
    driver = "evdev" if path.resolve().parent.name == "input" else "serial"
    return [Found(driver, str(path), "", Verdict.CANDIDATE, Evidence.SAYS_SO, None)]


def _barcodes(asked: Asked) -> "BarcodeSettings":
    from kioskd.config import BadConfiguration, load  # noqa: PLC0415
    from kioskd.model.settings import BarcodeSettings  # noqa: PLC0415

    try:
        path = asked.where.config or DEFAULT_CONFIG
        return load(path, asked.where.environ, need_file=asked.where.config is not None).settings.barcodes
    except BadConfiguration:
        return BarcodeSettings()


def _document(scan: "Scan", found: "Settings | None", barcodes: "BarcodeSettings", *, phone: bool) -> dict[str, Any]:
    from kioskd.ctl.devices.scan_test import extract_for, told  # noqa: PLC0415

    reading = found.layout if found is not None and scan.driver == "evdev" else next(iter(scan.readings), "")
    text = scan.readings.get(reading, next(iter(scan.readings.values()), ""))
    if found is not None:
        text = text.removeprefix(found.prefix).removesuffix(found.suffix)
    how = told(text, barcodes)
    return {
        "driver": scan.driver,
        "path": scan.path,
        "raw": [{"at_ms": round(1000 * (each.at_s - scan.raw[0].at_s), 3), "what": each.shown} for each in scan.raw],
        "gaps_ms": [round(gap, 3) for gap in scan.gaps_ms] if scan.gaps_ms else None,
        "terminator": scan.terminator,
        "readings": dict(scan.readings),
        "code": text,
        "kind": how.kind,
        "rule": how.rule,
        "settings": asdict(found) if found is not None else None,
        "extract": extract_for(text, barcodes) if phone else None,
    }


def _tell(scan: "Scan", document: dict[str, Any], *, whole: bool) -> None:
    say(f"\n{mark(scan.driver, Colour.GOOD)} {clean(scan.path)}")
    shown = document["raw"] if whole else document["raw"][:RAW_SHOWN]
    for each in shown:
        say(f"  {each['at_ms']:>9.3f} ms  {clean(each['what'])}")
    if len(shown) < len(document["raw"]):
        say(f"  … {len(document['raw']) - len(shown)} more (--raw)")
    if document["gaps_ms"]:
        least, middle, most = document["gaps_ms"]
        say(f"  gaps: {least:.1f} to {most:.1f} ms, as a rule {middle:.1f}; ends by {scan.terminator}")
    for layout, text in scan.readings.items():
        say(f"  {layout:<8} {clean(text)}")
    say(f"  recognised as {document['kind']}: {clean(document['rule'])}")
    found = document["settings"]
    for doubt in found["doubts"] if found else ():
        say(f"  {mark('note', Colour.WARN)}: {clean(doubt)}")
    if found is None:
        say("  none of the known barcodes is in it: scan the test sheet, or name its text with --code")
    if document["extract"]:
        say(f"  for [barcodes]: extract = ['{document['extract']}']")


def _record(path: Path, text: str, *, quiet: bool) -> None:
    if path.exists():
        raise CtlError(f"{path}: there is a file already, and it is not overwritten; choose another name")
    write_whole(path, text.encode())
    if not quiet:
        say(f"{path}: recorded; it holds the code that was scanned. kiosk-sim scanner --link PATH --play {path}")
