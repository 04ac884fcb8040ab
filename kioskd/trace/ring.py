"""The ring: the last inputs of `step`, in memory, codes and names replaced as they go in."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kioskd.model import calls as c
from kioskd.model import ils
from kioskd.model.barcode import ItemBarcode, PatronBarcode
from kioskd.model.entry import Entry
from kioskd.model.inputs import (
    Answered,
    Asked,
    BlockListRead,
    EntriesRead,
    Event,
    ExceptionsFetched,
    Fetched,
    Input,
    Scanned,
    Sealed,
    TakenRead,
)
from kioskd.model.settings import BarcodeSettings, Secret
from kioskd.model.time import Instant
from kioskd.rules.recognise import recognise
from kioskd.trace.stand_in import stand_in

KEPT: Final = 2000
HIDDEN: Final = Secret("***")


@dataclass(frozen=True, slots=True)
class Traced:
    """One input as it may be shown. `recognised`: what its code was, where it had one."""

    at: Instant
    input: Input
    recognised: str | None = None


class Ring:
    """Keeps the last inputs."""

    def __init__(self, settings: BarcodeSettings, kept: int = KEPT) -> None:
        self._settings = settings
        self._ring: deque[Traced] = deque(maxlen=kept)

    def add(self, event: Event) -> None:
        """Keep an input, without anybody's number."""
        what = event.input
        recognised = None
        if isinstance(what, Scanned):
            recognised = self._name(what.code, typed=False)
            what = replace(what, code=Secret(self._for(what.code)))
        elif isinstance(what, Asked):
            what, recognised = self._asked(what)
        elif isinstance(what, Answered):
            what = replace(what, answer=self._answer(what.answer))
        elif isinstance(what, BlockListRead):
            what = replace(what, blocks=None)
        elif isinstance(what, Sealed):
            what = replace(what, sealed="", twin="")
        elif isinstance(what, Fetched | ExceptionsFetched | EntriesRead | TakenRead):
            what = replace(what, entries=tuple(self._entry(entry) for entry in what.entries))
        self._ring.append(Traced(event.at, what, recognised))

    def kept(self) -> Sequence[Traced]:
        """Return what is in the ring, the oldest first."""
        return tuple(self._ring)

    def _name(self, code: str, *, typed: bool) -> str:
        return type(recognise(code, self._settings, typed=typed)).__name__

    def _for(self, code: str) -> str:
        return stand_in(code, self._settings)

    def _asked(self, asked: Asked) -> tuple[Asked, str | None]:
        call = asked.call
        recognised = None
        if isinstance(call, c.SessionInput):
            # It may be a PIN: what is no code of ours is not even kept in shape.
            recognised = self._name(call.code, typed=True)
            shown = HIDDEN if recognised == "IsNothing" else Secret(self._for(call.code))
            call = replace(call, code=shown)
        elif isinstance(call, c.ScanInject):
            recognised = self._name(call.code, typed=False)
            call = replace(call, code=Secret(self._for(call.code)))
        elif isinstance(call, c.SheetAdd):
            patron = Secret(self._for(call.patron)) if call.patron else call.patron
            call = replace(call, item=Secret(self._for(call.item)), patron=patron)
        elif isinstance(call, c.PatronRegister):
            # Of a person nothing is kept, not even how long a name is.
            call = c.PatronRegister(Secret(self._for(call.card)), HIDDEN, HIDDEN, "", sure=call.sure)
        elif isinstance(call, c.JournalTakeIn):
            call = replace(call, entries=())
        elif isinstance(call, c.StaffUnlock | c.StaffLock):
            call = replace(call, code=HIDDEN)
        elif isinstance(call, c.ItemCheckin):
            call = replace(call, code=ItemBarcode(self._for(call.code)))
        return replace(asked, call=call), recognised

    def _answer(self, answer: ils.Answer) -> ils.Answer:
        item: Callable[[str], ItemBarcode] = lambda text: ItemBarcode(self._for(text) if text else "")  # noqa: E731
        match answer:
            case ils.PatronAnswer():
                return replace(
                    answer,
                    patron=PatronBarcode(self._for(answer.patron)),
                    charged=tuple(item(each) for each in answer.charged),
                    holds=tuple(item(each) for each in answer.holds),
                    message="",
                )
            case ils.ItemAnswer():
                return replace(answer, item=item(answer.item), title="", message="")
            case ils.LoanAnswer():
                patron = self._for(answer.patron) if answer.patron else ""
                return replace(answer, item=item(answer.item), patron=patron, title="", message="")
            case ils.RenewAllAnswer():
                renewed = tuple(item(each) for each in answer.renewed)
                unrenewed = tuple(item(each) for each in answer.unrenewed)
                return replace(answer, renewed=renewed, unrenewed=unrenewed, message="")
            case ils.CheckinAnswer():
                return replace(answer, item=item(answer.item), title="", message="")
            case ils.StatusAnswer() | ils.EndSessionAnswer():
                return answer

    def _entry(self, entry: Entry) -> Entry:
        what = entry.what
        patron = PatronBarcode(self._for(what.patron)) if what.patron is not None else None
        item = ItemBarcode(self._for(what.item)) if what.item is not None else None
        return replace(entry, what=replace(what, patron=patron, item=item), answer=None, reason=None)
