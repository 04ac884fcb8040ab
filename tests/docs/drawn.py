"""Tables of the documents that the code knows best. `python -m tests.docs` puts them between their marks."""

from collections.abc import Callable, Mapping
from typing import Final

from drivers.base import WhyNot
from drivers.printer_profiles import PROFILES, PrinterProfile
from kioskd.ctl.doctor.faults import FAULTS
from kioskd.devices import advice
from kioskd.model.commands import COMMANDS
from kioskd.model.device import DeviceKind
from kioskd.model.entry import EntryState
from kioskd.rules.evidence import Step
from kioskd.rules.outcome import STATE, Outcome
from kioskd.rules.verdict import COLUMNS, STARTS, TABLE, WITHOUT, Row, Without

HOW_FOUND: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.LENT: ("12 says yes", ""),
    Outcome.RENEWED: ("30 says yes; or 12 says yes with *renewal ok*: this patron had it already", ""),
    Outcome.FOUND_ON_LOAN: ("the answer was lost; 64 lists the item (AU) among this patron's loans", ""),
    Outcome.FOUND_RENEWED: ("the answer was lost; 18 has another due date than it had just before 29", ""),
    Outcome.ALREADY_DONE: (
        (
            "never sent; this patron has it (64, or 12's *renewal ok*) and 18's due date is as late as a renewal at "
            "the entry's time would make it (`ils.min_renew_days`)"
        ),
        "",
    ),
    Outcome.DONE_DESPITE_REFUSAL: ("12 or 30 says no; the look afterwards (63, 17) shows it done", ""),
    Outcome.PATRON_NOT_FOUND: ("12 says no; 64 says that the card is not valid (BL)", "find the person, lend by hand"),
    Outcome.CARD_NOT_REGISTERED: (
        (
            "a registration of this card waits for a person here, and 64 does not know the card (BL); tried again each "
            "night, and when the registration is ticked"
        ),
        "register the card, then `kioskctl exceptions resolve` the registration",
    ),
    Outcome.PATRON_BLOCKED: (
        "12 says no; 64 says *charge denied* or *card lost*",
        "clear the block or leave it, lend by hand",
    ),
    Outcome.ITEM_NOT_FOUND: ("12 or 30 says no; 18 says *other* without a title", "find the item's record"),
    Outcome.ON_LOAN_TO_ANOTHER: (
        "12 says no; 18 says *charged*. Or an answer was lost, another has it, and no-block would take it from them",
        "ask both; the one who has the book decides",
    ),
    Outcome.LATER_ACTIVITY: (
        (
            "18: a renewal's item is back; or another has it by a loan that began after this one (its due date is "
            "later than any loan's of that time); or a renewal's item is not among this patron's loans (64)"
        ),
        "nothing, mostly: the item has been back since. Drop it, or note the loan",
    ),
    Outcome.ON_HOLD: ("12 says no; 18 says *hold shelf*", "tell the one who waits, lend by hand"),
    Outcome.REFUSED: ("12 says no, and neither 64 nor 18 says why; AF stands with the entry", "lend by hand"),
    Outcome.NOT_DONE: (
        "12 says yes to no-block, and neither 64 nor 18 shows the loan",
        "lend by hand",
    ),
    Outcome.RENEWAL_REFUSED: ("30 says no; 18 shows the due date unmoved", "tell the patron when it is due"),
    Outcome.DUE_DATE_NOT_KEPT: (
        "12 or 30 says yes, with another due date than staff had set; it *is* on loan",
        "correct the date there",
    ),
    Outcome.BEHIND: ("not sent: an earlier entry of the same item waits as an exception", "decide the earlier one"),
    Outcome.UNSURE: (
        (
            "whether it was done cannot be told: 64's list is not whole and 18 says *charged*; a renewal's due date is "
            "not told, or stands as before and is so late that a renewal of that day leaves it there; or the line died "
            "of it three times and a look did not find it done"
        ),
        "look at the account, then lend by hand or drop it",
    ),
    Outcome.UNSENDABLE: ("not sent: a number holds what SIP2 cannot carry", "find the right number"),
    Outcome.REGISTER_BY_HAND: (
        "not sent: SIP2 has no message for a registration",
        "register the person, then `kioskctl exceptions resolve SEQ done_by_hand`",
    ),
    Outcome.CHECK_THIS_IN: ("withdrawn at the station after it may have been sent", "check the item in"),
}
"""Outcome → how it is found, and what a person does about an exception."""


def command_barcodes() -> str:
    """Every command barcode."""
    head = ["| barcode | what it does |", "| --- | --- |"]
    return "\n".join([*head, *(f"| `KIOSK{number}` | {row.meaning} |" for number, row in COMMANDS.items())])


def outcomes() -> str:
    """Every outcome of an upload, the settled ones first."""
    head = ["| outcome | state | how it is found | what a person does |", "| --- | --- | --- | --- |"]
    ordered = sorted(Outcome, key=lambda outcome: STATE[outcome] is not EntryState.SETTLED)
    return "\n".join(
        [*head, *(f"| `{outcome}` | {STATE[outcome]} | {' | '.join(HOW_FOUND[outcome])} |" for outcome in ordered)]
    )


MESSAGE: Final[Mapping[Step, str]] = {
    Step.LOOK_CARD: "63",
    Step.LOOK_PATRON: "63",
    Step.LOOK_ITEM: "17",
    Step.LOOK_DUE: "17",
    Step.SEND: "11, 29",
    Step.VERIFY_PATRON: "63",
    Step.VERIFY_ITEM: "17",
}
FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "dated": ("staff gave a date", "staff gave none"),
    "by_item": ("no card", "with a card"),
    "forces": ("no-block forces", "no-block does not force"),
    "doubted": ("the line died of it three times", "the line did not"),
    "refused": ("it was refused before, honestly", "not refused before by who was never seen to lie"),
}


def verdicts() -> str:
    """The table by which each answer is judged."""
    head = ["| row | asked | what | so far | what is known | so |", "| --- | --- | --- | --- | --- | --- |"]
    rows = [
        f"| `{row.name}` | {MESSAGE[row.at]}, `{row.at}` | {_cell(row.deed)} | {_cell(row.past)} | {_known(row)} | "
        f"{'→ ' if isinstance(row.then, Step) else ''}`{row.then}`{', as a renewal' if row.turns else ''} |"
        for row in TABLE
    ]
    rows += [f"| `{why}` | nothing | any | any | | `{outcome}` |" for why, outcome in WITHOUT.items()]
    return "\n".join([*head, *rows])


def _cell(values: object) -> str:
    return "any" if values is None else " or ".join(sorted(str(value) for value in values))  # type: ignore[attr-defined]


def _known(row: Row) -> str:
    found = []
    for name in COLUMNS[2:]:
        value = getattr(row, name)
        if isinstance(value, bool):
            found.append(FLAGS[name][not value])
        elif value is not None:
            label = "due date " if name == "due" else "card " if name == "card" else ""
            found.append(label + " or ".join(sorted(value)))
    return "; ".join(found) or "anything else"


def upload_machine() -> str:
    """The steps of an entry on its way up."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for step, words in STARTS:
        arrows["[*]", step.value] = [words]
    arrows["[*]", "exception"] = [str(Without.BEHIND), str(Without.REGISTRATION), str(Without.UNSENDABLE)]
    arrows["mark", "send"] = ["the sending row is durable"]
    for row in TABLE:
        to = row.then.value if isinstance(row.then, Step) else STATE[row.then].value
        arrows.setdefault((row.at.value, to), []).append(row.name)
    lines = [f"    {source} --> {to} : {', '.join(names)}" for (source, to), names in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def device_faults() -> str:
    """Every cause for which a device cannot be used, with its advice, as `kioskctl status` words it."""
    head = ["| device | problem | advice |", "| --- | --- | --- |"]
    rows = [
        (kind.value, f"cannot be opened: {why.value}", advice.advice(kind, why))
        for kind in (DeviceKind.SCANNER, DeviceKind.PRINTER)
        for why in WhyNot
    ]
    rows.append((DeviceKind.SCANNER.value, "fails while it is open", advice.SCANNER_FAILED))
    rows += [(DeviceKind.PRINTER.value, each.problem, each.advice) for each in troubles()]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def printer_profiles() -> str:
    """Every printer profile."""
    columns = ["profile", "printers", "columns", "text", "cutter", "status", "draws", "known", "tried"]
    titles = {"text": "text is tried in", "status": "tells of itself", "draws": "draws by itself", "known": "known by"}
    titles |= {"tried": "tried on the machine"}
    head = [f"| {' | '.join(titles.get(column, column) for column in columns)} |", "| --- " * len(columns) + "|"]
    return "\n".join([*head, *(f"| `{key}` | {' | '.join(_profile(row))} |" for key, row in PROFILES.items())])


def _profile(row: PrinterProfile) -> list[str]:
    paper = row.paper
    others = [page for page, _ in paper.pages if page != paper.codepage]
    codes = [name for name, own in (("Code 128", paper.own_barcodes), ("QR", paper.own_qr)) if own]
    usb = [f"{vendor:04x}:{'*' if product is None else f'{product:04x}'}" for vendor, product in sorted(row.usb)]
    return [
        row.about,
        str(paper.columns),
        paper.codepage + (f", then {', '.join(others)}" if others else ""),
        "yes" if paper.cutter else "no",
        row.status.value,
        ", ".join(codes) or "nothing",
        ", ".join((["its name"] if row.names else []) + usb) or "",
        "yes" if row.seen else "never",
    ]


def troubles() -> list[advice.Trouble]:
    """All that can stop an open printer, as the module lists it."""
    single = [value for value in vars(advice).values() if isinstance(value, advice.Trouble)]
    return [*single, *advice.FAULTS.values()]


def station_faults() -> str:
    """Every fault that `kioskctl doctor` knows."""
    head = ["| code | about | cause | what to do |", "| --- | --- | --- | --- |"]
    rows = [(fault.code, fault.about.value, fault.cause, fault.do or "as the finding says") for fault in FAULTS]
    return "\n".join([*head, *(f"| {' | '.join(cell.replace('|', BAR) for cell in row)} |" for row in rows)])


BAR: Final = r"\|"

DRAWN: Final[Mapping[tuple[str, str], Callable[[], str]]] = {
    ("docs/PROTOCOL.md", "command barcodes"): command_barcodes,
    ("docs/ILS.md", "outcomes"): outcomes,
    ("docs/ILS.md", "verdicts"): verdicts,
    ("docs/ARCHITECTURE.md", "upload"): upload_machine,
    ("docs/OPERATIONS.md", "device faults"): device_faults,
    ("docs/OPERATIONS.md", "station faults"): station_faults,
    ("docs/PRINTERS.md", "printer profiles"): printer_profiles,
}
"""Page and mark → the table that stands there."""
