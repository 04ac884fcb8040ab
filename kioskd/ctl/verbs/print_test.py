"""`kioskctl print-test`: the printer's status bit by bit, a slip with all it can, and the columns by one question."""

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.devices.printing import open_at, settings_of
from kioskd.ctl.errors import CtlError, WrongUsage
from kioskd.ctl.output import Colour, clean, mark, say, say_json

if TYPE_CHECKING:
    from drivers.base import Printer
    from kioskd.devices.printer_place import Place

QUESTION: Final = "How many signs has the first line of the ruler (the last number in it, plus the dots after it)? "


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "print-test",
        parents=parents,
        help="the printer's status bit by bit, a test slip, and its columns",
        description="Opens the printer of the configuration. One on USB or a serial line is the daemon's as long as it "
        "runs: sudo systemctl stop kioskd.socket kioskd first.",
    )
    verb.add_argument("--status", action="store_true", help="ask for the status alone, print nothing")
    verb.add_argument("--columns", metavar="N", help="the answer to the question, where nobody can be asked")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Ask, print, and say the lines for the configuration. Raises CtlError, WrongUsage."""
    # The drivers are for this verb and its like alone: others start faster without.
    from drivers.base import DriverError  # noqa: PLC0415
    from kioskd.ctl.devices.print_test import columns_of, said  # noqa: PLC0415

    options = asked.options
    place = place_of(asked)
    columns = None
    if options.columns is not None:
        columns = columns_of(options.columns)
        if columns is None:
            raise WrongUsage("--columns: a number from 16 to 64")
    try:
        with open_at(place) as printer:
            answers = printer.answers() if hasattr(printer, "answers") else {}
            status = [said(query, byte) for query, byte in answers.items()]
            if not asked.json:
                _tell_status(place, status)
            if not options.status:
                _put_out(place, printer)
    except DriverError as problem:
        raise CtlError(f"print-test: {problem}; kioskctl devices and doctor say more") from None
    if not options.status and columns is None and not asked.json and sys.stdin.isatty():
        columns = columns_of(input(QUESTION).strip())
    lines = [f"columns = {columns}"] if columns is not None else []
    if asked.json:
        document: dict[str, Any] = {
            "driver": place.driver,
            "place": place.identity,
            "profile": place.profile,
            "status": [asdict(each) for each in status],
            "printed": not options.status,
            "columns": columns,
            "lines": ["[printer]", *lines] if lines else [],
        }
        say_json(document)
        return
    if options.status:
        return
    say("printed: a ruler, a line a code page, a slip with sizes, dots, barcode and QR code, and a cut")
    if lines and columns != place.paper.columns:
        say(f"\nfor the configuration:\n[printer]\n{lines[0]}")
    elif lines:
        say(f"{columns} columns: as it is configured")


def print_slip(place: "Place") -> None:
    """Put the test slip out there. Raises CtlError."""
    from drivers.base import DriverError  # noqa: PLC0415 # as above

    try:
        with open_at(place) as printer:
            _put_out(place, printer)
    except DriverError as problem:
        raise CtlError(str(problem)) from None


def _put_out(place: "Place", printer: "Printer") -> None:
    from drivers.escpos_encode import encode  # noqa: PLC0415 # as above
    from kioskd.ctl.devices.print_test import code_pages, raw_ruler, slip  # noqa: PLC0415

    about = (f"{place.driver} {place.identity}", f"profile {place.profile}, {place.paper.codepage}")
    printer.write(raw_ruler())
    printer.write(code_pages(place.paper))
    printer.write(encode(slip(about), place.paper).payload)


def _tell_status(place: "Place", status: list[Any]) -> None:
    say(f"{place.driver} {clean(place.identity)}, profile {place.profile}, {place.paper.columns} columns")
    for each in status:
        if each.byte is None:
            say(f"DLE EOT {each.query}: no answer")
            continue
        say(f"DLE EOT {each.query}: {each.byte:02x} = {each.byte:08b}")
        for bit in each.bits:
            say(f"  bit {bit.bit} {bit.value}  {mark(bit.meaning, Colour.BAD) if bit.trouble else bit.meaning}")
    if status and all(each.byte is None for each in status):
        say("it answers nothing: whether it has paper cannot be known (profile of a printer that tells nothing?)")


def place_of(asked: Asked) -> "Place":
    """Return the printer of the configuration, or the one that is found. Raises CtlError, WrongUsage."""
    from kioskd.devices.advice import Trouble  # noqa: PLC0415
    from kioskd.devices.printer_place import PrinterPlace, find_attached_printers  # noqa: PLC0415

    settings = settings_of(asked).printer
    if settings is not None and settings.driver == "none":
        raise CtlError('print-test: by its configuration this station has no printer ([printer] driver = "none")')
    place = PrinterPlace(settings, find_attached_printers).now()
    if isinstance(place, Trouble):
        raise CtlError(f"print-test: {place.problem}; {place.advice}")
    return place
