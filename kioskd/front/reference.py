"""The tables of docs/PROTOCOL.md that the code knows best. `python -m kioskd.front.reference` prints them."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from kioskd.front.params import ALL_METHODS, MAX_TEXT, DiagnosticsWatch, Hello, Method, ViewWatch
from kioskd.front.protocol import INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, TOO_MANY_CONNECTIONS
from kioskd.model import calls, downtime_calls
from kioskd.model.calls import NEEDS, Role
from kioskd.model.errors import CODES, ErrorKind

OWN_NEEDS: Final[Mapping[type[Any], Role]] = {
    Hello: Role.SCREEN,
    ViewWatch: Role.SCREEN,
    DiagnosticsWatch: Role.TECHNICIAN,
}

RESULTS: Final[Mapping[type[Any], str]] = {
    Hello: "`station`, `library`, `version`, `protocol`, `role`, `languages`, `instance`",
    ViewWatch: "View; then `view` notifications",
    DiagnosticsWatch: "`{}`; then `diagnostics` notifications",
    calls.StatusGet: "Status",
    calls.ModeSet: "Status",
    calls.ItemCheckin: "the library system's answer",
    calls.RfidRead: "the tags on the pad",
    calls.RfidSecure: "the tags on the pad",
    calls.PaymentTake: "always refused",
    calls.HoldsProcess: "always refused",
    calls.JournalSummary: "the journal in numbers",
    calls.UploadStart: "the journal in numbers",
    calls.JournalList: "`entries`, oldest first; `next`: what `after` must be for more, or null",
    calls.ExceptionsList: "`exceptions`, oldest first; `next` likewise",
    calls.JournalShow: "the entry, with `story`: its rows, oldest first",
    calls.ExceptionsResolve: "the journal in numbers",
    calls.JournalWithdraw: "the journal in numbers",
    calls.JournalHandOver: "the journal in numbers",
    calls.JournalHandedOver: "`numbers`: of the entries, as `1-57,60`; `count`: how many",
    calls.JournalTakeBack: "`taken`: how many",
    calls.JournalTakeIn: "`taken`, `known`: how many entries were new, and how many were here already",
    calls.DrillStart: "`card`, `items`: the barcodes of the drill; `seconds`: when it ends by itself",
    calls.DrillEnd: "`recorded`, `unsent`: what the drill's own journal held",
    calls.SheetAdd: "`seq`: the entry's number",
    calls.PatronRegister: "`seq`: the entry's number",
    calls.RegistrationsList: "`registrations`: entries, each with `sealed`, `open`, `ticked`, `keys` if rescued",
    downtime_calls.DowntimeGet: "`downtime`: as in the View, or null: there is no outage to be worked on",
    downtime_calls.WorklistGet: "`classes`, each with `entries`",
    downtime_calls.ReportGet: "the outage: `outage`, `seen`, `counts`, `clock`, `crates`, `steps`, `timeline`",
    downtime_calls.SlipPrint: "`printed`: true",
    downtime_calls.CrateCount: "`crate`: its number",
    downtime_calls.DraftKeep: "`{}`",
    downtime_calls.DraftGet: "`fields`: an object of texts",
    downtime_calls.DraftDrop: "`{}`",
    calls.StatsGet: "`lines`, oldest first: `day`, `hour` or `mode` if asked, and a number for each thing done",
    calls.TraceGet: "`first`: the first input's number; `state` or null; `inputs`; `next`: `after` for more, or null",
    downtime_calls.FormChoices: "`choices`: `library`, `profile`, `categories`, `language`, `ticks`, each a list",
    downtime_calls.FormScan: "`code`, or null; `other`: another client waits now",
}
"""What a method answers; all others answer the View."""

MEANINGS: Final[Mapping[int, tuple[str, str]]] = {
    PARSE_ERROR: ("", "not JSON, not UTF-8, half a surrogate pair, nested too deeply; `id` is null"),
    INVALID_REQUEST: ("", "JSON but no request; a batch; a line of more than 65,536 bytes (then the connection ends)"),
    METHOD_NOT_FOUND: ("", "no such method"),
    CODES[ErrorKind.BAD_PARAMS]: (
        "bad_params",
        "the message says which field and what is expected; `data.field`, and of a form `data.text`",
    ),
    CODES[ErrorKind.INTERNAL]: ("internal", "a fault of kioskd's; it is in the log"),
    TOO_MANY_CONNECTIONS: ("", "every connection is taken; `id` is null, the connection ends"),
    CODES[ErrorKind.REFUSED_OFFLINE]: (
        "refused_offline",
        "not while the library system is down or entries are unsent; `data.action`, `reason`, `instead`",
    ),
    CODES[ErrorKind.NOT_ALLOWED]: ("not_allowed", "this role may not; `data.needs`"),
    CODES[ErrorKind.NOT_NOW]: ("not_now", "not in this state; `data.choices` lists what is possible"),
    CODES[ErrorKind.DEVICE]: ("device", "a peripheral is missing or failed; `data.device`, `data.advice`"),
    CODES[ErrorKind.ILS]: ("ils", "the library system refused; `data.message` is its own screen message"),
    CODES[ErrorKind.STORAGE]: ("storage", "the journal cannot be written; nothing was accepted"),
    CODES[ErrorKind.ELSEWHERE]: ("elsewhere", "not done at this station, online either; `data` as with -32010"),
}


AT_MOST: Final = f" of at most {MAX_TEXT} characters"
"""Said once for all texts."""


def methods_table() -> str:
    """Return every method with its parameters, result and least role, as Markdown."""
    rows = ["| method | params | result | who |", "| --- | --- | --- | --- |"]
    for method in ALL_METHODS.values():
        who = "all" if method.call is Hello else _needs(method).name.lower()
        rows.append(f"| `{method.name}` | {_params(method)} | {RESULTS.get(method.call, 'View')} | {who} |")
    return "\n".join(rows)


def errors_table() -> str:
    """Return every error code, as Markdown."""
    rows = ["| code | `data.kind` | meaning |", "| --- | --- | --- |"]
    for code, (kind, meaning) in MEANINGS.items():
        rows.append(f"| {code} | {f'`{kind}`' if kind else ''} | {meaning} |")
    return "\n".join(rows)


def _needs(method: Method) -> Role:
    return OWN_NEEDS.get(method.call) or NEEDS[method.call]  # type: ignore[index] # what is not our own is a Call


def _params(method: Method) -> str:
    if not fields(method.call):
        return ""
    return "; ".join(
        f"`{param.name}`{'' if param.required else '?'}: {param.expected.replace(AT_MOST, '')}"
        for param in method.params
        if param.name != "session"
    )


if __name__ == "__main__":
    print(methods_table(), errors_table(), sep="\n\n")
