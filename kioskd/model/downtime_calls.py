"""The socket's methods of the downtime procedure as values, all of them staff's; `kioskd.model.calls` has the rest."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from kioskd.model.downtime import BoardStep, DraftForm
from kioskd.model.entry import Seq
from kioskd.model.settings import Secret
from kioskd.model.slip import StaffSlip
from kioskd.model.written_late import dataclass


@dataclass(frozen=True, slots=True)
class DowntimeGet:
    """`downtime.get`: the downtime board, whether or not the View shows it."""


@dataclass(frozen=True, slots=True)
class DowntimeReview:
    """`downtime.review`: station, library and clock are as they should be; `time`: what staff say it is."""

    time: dt.datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class DowntimeTick:
    """`downtime.tick`: a step of the recovery board is done, or with `done` false is not after all."""

    step: BoardStep
    done: bool = True
    by: str = ""


@dataclass(frozen=True, slots=True)
class CrateCount:
    """`crate.count`: a crate holds so many returned items; `crate` 0: a new one."""

    items: int
    crate: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True)
class RegistrationTick:
    """`registration.tick`: something of a registration that was still to be done is done."""

    seq: Seq
    item: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class WorklistGet:
    """`worklist.get`: what waits for a person, by class, with what is known and what can be done."""

    reveal: bool = False


@dataclass(frozen=True, slots=True)
class ReportGet:
    """`report.get`: an outage in numbers; `outage` 0 is the last one, 1 the one before, and so on."""

    outage: int = 0


@dataclass(frozen=True, slots=True)
class SlipPrint:
    """`slip.print`; `n`: the crate's or the registration's number."""

    what: StaffSlip
    n: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class DraftKeep:
    """`draft.keep`: a form as far as it is filled in, whatever stands in its fields."""

    form: DraftForm
    fields: Mapping[str, Secret]

    def __repr__(self) -> str:
        return f"DraftKeep({self.form})"


@dataclass(frozen=True, slots=True)
class DraftGet:
    """`draft.get`."""

    form: DraftForm


@dataclass(frozen=True, slots=True)
class DraftDrop:
    """`draft.drop`."""

    form: DraftForm


@dataclass(frozen=True, slots=True)
class FormChoices:
    """`form.choices`: what the fields of the registration form may be chosen from."""


@dataclass(frozen=True, slots=True)
class FormScan:
    """`form.scan`: wait for the next code that a scanner reads; it is answered here and opens no visit."""


DowntimeCall = (
    DowntimeGet
    | DowntimeReview
    | DowntimeTick
    | CrateCount
    | RegistrationTick
    | WorklistGet
    | ReportGet
    | SlipPrint
    | DraftKeep
    | DraftGet
    | DraftDrop
    | FormChoices
    | FormScan
)

DOWNTIME_METHODS: Final[Mapping[str, type[DowntimeCall]]] = {
    "downtime.get": DowntimeGet,
    "downtime.review": DowntimeReview,
    "downtime.tick": DowntimeTick,
    "crate.count": CrateCount,
    "registration.tick": RegistrationTick,
    "worklist.get": WorklistGet,
    "report.get": ReportGet,
    "slip.print": SlipPrint,
    "draft.keep": DraftKeep,
    "draft.get": DraftGet,
    "draft.drop": DraftDrop,
    "form.choices": FormChoices,
    "form.scan": FormScan,
}
