"""What is wrong in a field that somebody filled in: named, and worded in plain English and in the screen's language."""

import dataclasses
from collections.abc import Mapping
from typing import Final

from kioskd.model.errors import ErrorKind
from kioskd.rules.turn import Turn
from kioskd.texts import label, say

ENGLISH: Final = "en"


@dataclasses.dataclass(frozen=True, slots=True)
class Wrong:
    """A field that cannot stay so, or is doubted. `key`: of the texts, what is expected there, or what was noticed.

    `params` fill it in; `labels` are those whose values are keys of the page's own words.
    """

    field: str
    key: str
    params: Mapping[str, str] = dataclasses.field(default_factory=dict)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def words(self, language: str) -> str:
        """Return what is expected, in a language."""
        words = {name: label(language, key) for name, key in self.labels.items()}
        return say(language, self.key, **self.params, **words)

    @property
    def expected(self) -> str:
        """The same in English, for programs' logs and command lines."""
        return self.words(ENGLISH)


def refuse(turn: Turn, wrong: Wrong) -> None:
    """Refuse the call: `field` says where, `text` what is expected there, in the language of whoever reads it."""
    more = {"field": wrong.field, "text": wrong.words(turn.state.language)}
    turn.fail(ErrorKind.BAD_PARAMS, f"{wrong.field}: expected {wrong.expected}", more)


def doubt(turn: Turn, wrong: Wrong) -> None:
    """Refuse the call unless whoever asks is sure, and says so."""
    more = {"field": wrong.field, "sure": True, "text": wrong.words(turn.state.language)}
    told = f"{wrong.field}: {wrong.expected} With `sure` it is recorded all the same."
    turn.fail(ErrorKind.BAD_PARAMS, told, more)
