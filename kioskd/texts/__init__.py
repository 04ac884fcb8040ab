"""Every word that people read: a file a language, English the one that all others are checked against.

A new language is one file beside the others, named by its tag in small letters (`pt_br.py`: pt-BR): `TEXTS` are the
station's words, on screen and paper; `PAGE` those that screens write themselves; `form` says how it counts.
"""

import datetime as dt
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Final, cast

_SCRIPT_LETTERS: Final = 4


def _tag(name: str) -> str:
    """Return a language's tag by its file's name: `zh_hans` is zh-Hans, `pt_br` is pt-BR."""
    first, *rest = name.split("_")
    return "-".join([first, *(part.title() if len(part) == _SCRIPT_LETTERS else part.upper() for part in rest)])


def languages_in(folders: Iterable[str]) -> dict[str, str]:
    """Return the languages whose files lie in these folders, and each one's module."""
    modules = (found.name for found in pkgutil.iter_modules(folders) if not found.ispkg)
    return {_tag(name): f"{__name__}.{name}" for name in modules}


MODULES: Final[Mapping[str, str]] = languages_in(__path__)


@lru_cache
def table(language: str) -> Mapping[str, str]:
    """Return the texts of a language by key. An unknown language is a KeyError: the settings were checked."""
    own = cast("Mapping[str, str]", import_module(MODULES[language]).TEXTS)
    name = MODULES[language].rpartition(".")[2]
    try:
        procedure = import_module(f"{__name__}.downtime.{name}").TEXTS
    except ModuleNotFoundError:
        # A language that somebody added: `say` has the English words for staff.
        return own
    return {**own, **procedure}


def page(language: str) -> Mapping[str, str | Mapping[str, str]]:
    """Return what screens write themselves; a text with a number has several forms, by their Unicode names."""
    return cast("Mapping[str, str | Mapping[str, str]]", import_module(MODULES[language]).PAGE)


def form(language: str, n: int) -> str:
    """Return which form a language uses for a whole number: `one`, `few`, `many` or `other`. Source: Unicode CLDR."""
    return cast("Callable[[int], str]", import_module(MODULES[language]).form)(n)


def say(language: str, key: str, **params: str) -> str:
    """Return a text in a language with its parameters filled in."""
    text = table(language).get(key) or table("en")[key]
    return text.format_map(params) if params else text


def label(language: str, key: str, **params: object) -> str:
    """Return a screen's own text in a language, the form for `n` where it has several."""
    text = page(language)[key]
    if not isinstance(text, str):
        text = text[form(language, cast("int", params["n"]))]
    return text.format_map(params) if params else text


def long_date(language: str, day: dt.date) -> str:
    """Return a day as people of that language write it out, weekday first where they do."""
    texts = table(language)
    return texts["date_long"].format(
        weekday=texts[f"weekday_{day.weekday()}"], month=texts[f"month_{day.month}"], day=day.day, year=day.year
    )
