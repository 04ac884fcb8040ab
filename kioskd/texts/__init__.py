"""Every word that people read: a table a language, English the one that all others are checked against."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Final, cast

MODULES: Final[Mapping[str, str]] = {
    "en": "kioskd.texts.en",
    "es": "kioskd.texts.es",
    "vi": "kioskd.texts.vi",
    "ru": "kioskd.texts.ru",
    "zh-Hans": "kioskd.texts.zh_hans",
}


@lru_cache
def table(language: str) -> Mapping[str, str]:
    """Return the texts of a language by key. An unknown language is a KeyError: the settings were checked."""
    return cast("Mapping[str, str]", import_module(MODULES[language]).TEXTS)


def say(language: str, key: str, **params: str) -> str:
    """Return a text in a language with its parameters filled in."""
    text = table(language).get(key) or table("en")[key]
    return text.format_map(params) if params else text


def long_date(language: str, day: dt.date) -> str:
    """Return a day as people of that language write it out, weekday first where they do."""
    texts = table(language)
    return texts["date_long"].format(
        weekday=texts[f"weekday_{day.weekday()}"], month=texts[f"month_{day.month}"], day=day.day, year=day.year
    )
