"""`kioskctl label print`: what stands on the station's case: its name, its address, whom to call."""

import argparse
import html
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import CtlError
from kioskd.ctl.output import say, say_json

if TYPE_CHECKING:
    from kioskd.model.settings import Settings

STYLE: Final = "body{font:14pt/1.4 sans-serif;margin:8mm}h1{font-size:24pt;margin:0}svg{width:30mm}"


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser("label", parents=parents, help="a label for the station's case")
    below = verb.add_subparsers(dest="label_verb", required=True, metavar="print")
    printed = below.add_parser(
        "print",
        parents=parents,
        help="print station, address and helpdesk",
        description="On the receipt printer (on USB or a serial line: stop the daemon first), or with --out as a page.",
    )
    printed.add_argument("--out", type=Path, metavar="FILE", help="write a page (HTML) instead")
    printed.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print it, or write the page. Raises CtlError, WrongUsage."""
    from drivers.base import DriverError  # noqa: PLC0415 # the drivers are for this verb and its like alone
    from drivers.escpos_encode import encode  # noqa: PLC0415
    from drivers.slip import Align, QrCode, Slip, SlipLine, SlipRow  # noqa: PLC0415
    from kioskd.ctl.devices.printing import open_at, settings_of  # noqa: PLC0415
    from kioskd.ctl.verbs.print_test import place_of  # noqa: PLC0415

    settings = settings_of(asked)
    lines = label(settings)
    out: Path | None = asked.options.out
    if out is not None:
        try:
            out.write_text(page(lines), encoding="utf-8")
        except OSError as problem:
            raise CtlError(f"{out}: {problem.strerror or problem}") from None
    else:
        place = place_of(asked)
        head, *rest = lines
        rows: tuple[SlipRow, ...] = (
            SlipLine(head, Align.CENTRE, bold=True, size=2),
            *(SlipLine(line, Align.CENTRE) for line in rest),
            QrCode(" ".join(lines)),
        )
        try:
            with open_at(place) as printer:
                printer.write(encode(Slip(rows), place.paper).payload)
        except DriverError as problem:
            raise CtlError(f"label print: {problem}; kioskctl devices and doctor say more") from None
    if asked.json:
        say_json({"lines": lines, "file": str(out) if out is not None else None})
    else:
        say(f"{out}: open it in a browser and print it" if out is not None else "printed")


def label(settings: "Settings") -> list[str]:
    """Return the label's lines: name first; what is not known is left out."""
    found = [settings.station.id, settings.station.library, socket.gethostname(), _address(settings)]
    if settings.helpdesk_phone:
        found.append(f"Helpdesk: {settings.helpdesk_phone}")
    return [line for line in found if line]


def _address(settings: "Settings") -> str:
    """Return the address by which the library system sees this machine; nothing is sent. Empty: there is no way."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.connect((settings.ils.host, settings.ils.port))
            return str(line.getsockname()[0])
    except OSError:
        return ""


def page(lines: list[str]) -> str:
    """Return the label as one HTML file that loads nothing."""
    from kioskd.ctl.qr import svg  # noqa: PLC0415

    head, *rest = map(html.escape, lines)
    told = "".join(f"<div>{line}</div>\n" for line in rest)
    begin = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{head}</title>\n<style>{STYLE}</style>\n'
    )
    return f"{begin}<h1>{head}</h1>\n{told}{svg(' '.join(lines))}</html>\n"
