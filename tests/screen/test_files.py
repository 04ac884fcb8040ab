"""The page's files as they stand: complete in every language, small, of this machine alone, readable for all eyes."""

import json
import re
import sys
from itertools import combinations
from pathlib import Path

import pytest

from kioskd import texts
from kioskd.config import kinds
from kioskd.model.choices import ResolveAction
from kioskd.model.device import DeviceCause, DeviceState
from kioskd.model.downtime import SystemState
from kioskd.model.entry import How, Kind, ModeName
from kioskd.model.ils import LineTrouble
from kioskd.model.time import ClockSource
from kioskd.model.view import LineResult, Paper, Screen
from kioskd.rules.form import TICKS
from kioskd.screen import pages
from kioskd.screen.pages import labels, labels_name, labels_of
from kioskd.texts import form, label
from tests.screen.views import LANGUAGES

PAGE = Path(__file__).parents[2] / "kioskd/screen/page"
FILES = sorted(PAGE.iterdir())
SCRIPTS = {file.name: file.read_text() for file in FILES if file.suffix == ".js"}

FIELDS = {
    *re.findall(r'\{ name: "(\w+)", keys', SCRIPTS["forms.js"]),
    *re.findall(r'\b(?:words|name_of)\("(\w+)"', SCRIPTS["forms.js"]),
}

# Labels that are chosen by a value: the values come from the model.
BY_VALUE = {
    *(result.value for result in LineResult),
    *(f"mode_{mode.value}" for mode in ModeName),
    *(f"paper_is_{paper.value}" for paper in Paper),
    *(state.value for state in DeviceState),
    *(f"cause_{cause.value}" for cause in DeviceCause),
    *(f"how_{how.value}" for how in How),
    *(f"help_{step}" for step in (1, 2, 3)),
    *(f"why_{trouble.value}" for trouble in LineTrouble),
    "why_forced",
    *(f"rule_{rule}" for rule in re.findall(r'"(\w+)"', re.search(r"const RULES = \[(.*?)\]", SCRIPTS["staff.js"])[1])),
    "tab_station",
    "tab_devices",
    "tab_rules",
    *(f"system_{state.value}" for state in SystemState),
    *(f"clock_{source.value}" for source in ClockSource),
    *(f"entry_{kind.value}" for kind in Kind),
    *(f"action_{action.value}" for action in ResolveAction),
    *(f"open_{item}" for item in ("pin", "text_phone", "form_reviewed")),
    *(f"field_{name}" for name in FIELDS),
    *(f"choice_{kind}" for kind in ("checkout", "renewal")),
    *(f"tick_{tick}" for tick in TICKS),
    *(f"key_{key}" for key in re.findall(r'\b(?:turn|other)\("(\w+)"', SCRIPTS["keyboard.js"])),
}
HINTS = {f"hint_{name}" for name in FIELDS}
"""A field may have one."""


def tables() -> dict[str, dict[str, str | dict[str, str]]]:
    """The labels, as the bridge puts them into the page."""
    shared = json.loads(labels().decode().removeprefix("export const LABELS = ").removesuffix(";\n"))
    found: dict[str, dict[str, str | dict[str, str]]] = {}
    for language, few in shared.items():
        own = json.loads(labels_of(language).decode().removeprefix("export default ").removesuffix(";\n"))
        assert not few.keys() & own.keys(), "sent twice"
        found[language] = few | own
    return found


def forms(label: str | dict[str, str]) -> list[str]:
    return list(label.values()) if isinstance(label, dict) else [label]


def test_every_language_has_every_label() -> None:
    found = tables()
    assert set(found) == set(LANGUAGES)
    assert len({tuple(table) for table in found.values()}) == 1, "same keys, in the same order"
    for one, other in combinations(LANGUAGES, 2):
        assert found[one].keys() == found[other].keys()
    assert all(text.strip() for table in found.values() for label in table.values() for text in forms(label))


def test_every_language_fills_in_the_same_values() -> None:
    found = tables()
    for key, english in found["en"].items():
        wanted = {name for text in forms(english) for name in re.findall(r"\{(\w+)\}", text)}
        for language in LANGUAGES:
            for text in forms(found[language][key]):
                assert set(re.findall(r"\{(\w+)\}", text)) == wanted, (language, key)


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", {"one", "other"}),
        ("es", {"one", "many", "other"}),
        ("vi", {"other"}),
        ("ru", {"one", "few", "many", "other"}),
        ("zh-Hans", {"other"}),
    ],
)
def test_numbers_have_the_forms_of_the_language(language: str, wanted: set[str]) -> None:
    """The categories of Unicode's plural rules (CLDR) for whole numbers."""
    plurals = [label for label in tables()[language].values() if isinstance(label, dict)]
    assert plurals
    assert all(label.keys() == wanted for label in plurals)


def test_no_language_was_left_in_english() -> None:
    found = tables()
    same = {"enter", "seconds", "no", "helpdesk_phone", "open_pin"}
    for language in LANGUAGES[1:]:
        copied = {key for key, label in found[language].items() if label == found["en"][key]}
        assert copied <= same, language


def test_every_label_is_used_and_every_use_has_its_label() -> None:
    source = "\n".join(SCRIPTS.values())
    labels = set(tables()["en"])
    assert labels >= BY_VALUE
    said = set(re.findall(r'say\(\s*(?:\w+ \? )?"(\w+)"', source)) | set(re.findall(r'say\([^")]* \? "(\w+)"', source))
    said |= set(re.findall(r'say\([^")]* \? "\w+" : "(\w+)"', source)) | set(re.findall(r'\bfact\("(\w+)"', source))
    assert said <= labels, said - labels
    assert {label for label in labels if not re.search(rf'"{label}"|\b{label}\b(?=:)', source)} - BY_VALUE - HINTS <= {
        "name"
    }


def test_every_screen_of_the_model_is_drawn() -> None:
    table = re.search(r"const SCREENS = \{(.*?)\};", SCRIPTS["draw.js"], re.DOTALL)
    assert table is not None
    assert set(re.findall(r"(\w+): ", table[1])) == {screen.value for screen in Screen}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_small(language: str) -> None:
    """All that a page in one language loads; another language, once it is chosen, comes on top."""
    assert sum(file.stat().st_size for file in FILES) + len(labels()) + len(labels_of(language)) < 150_000


def test_each_language_is_a_module_that_can_be_asked_for() -> None:
    assert {labels_name(language) for language in LANGUAGES} <= pages.load("token").keys()


@pytest.mark.parametrize(
    ("language", "n", "wanted"),
    [("en", 1, "one"), ("en", 0, "other"), ("es", 1_000_000, "many"), ("es", 2, "other"), ("vi", 1, "other")]
    + [("ru", n, form) for n, form in ((1, "one"), (21, "one"), (11, "many"), (3, "few"), (13, "many"), (0, "many"))],
)
def test_a_number_takes_the_form_that_its_language_has_for_it(language: str, n: int, wanted: str) -> None:
    assert form(language, n) == wanted
    assert label(language, "count", n=n).startswith(str(n))


def test_another_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beside the others is all that a language takes: texts, page and configuration know it by its name."""
    english = Path(texts.__file__).parent / "en.py"
    (tmp_path / "pt_br.py").write_text(english.read_text().replace("Scan your library card.", "Passe o cartão."))
    monkeypatch.setattr(texts, "__path__", [*texts.__path__, str(tmp_path)])
    known = texts.languages_in(texts.__path__)
    assert set(known) == {*LANGUAGES, "pt-BR"}
    monkeypatch.setattr(texts, "MODULES", known)
    monkeypatch.setattr(pages, "MODULES", known)
    try:
        assert texts.say("pt-BR", "scan_card") == "Passe o cartão."
        assert set(tables()) == set(known)
    finally:
        texts.table.cache_clear()
        sys.modules.pop("kioskd.texts.pt_br", None)


def test_the_configuration_takes_every_language_that_has_a_file() -> None:
    assert set(kinds.LANGUAGES) == set(texts.MODULES)


def test_nothing_is_loaded_from_elsewhere_and_nothing_stands_inline() -> None:
    index = (PAGE / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)[^>]*>", index)
    for file in FILES:
        outside = re.findall(
            r"(?:https?:)?//[a-z][\w.-]*\.\w+[^\s\"'`]*", re.sub(r"^\s*//.*$", "", file.read_text(), flags=re.MULTILINE)
        )
        assert set(outside) <= {"http://www.w3.org/2000/svg"}, file.name


def test_every_module_is_asked_for_before_it_is_needed() -> None:
    index = (PAGE / "index.html").read_text()
    assert {name for name in {*SCRIPTS, "labels.js"} if f'"{name}"' in index} == {*SCRIPTS, "labels.js"}


def test_nothing_of_a_session_is_kept_or_told() -> None:
    for name, text in SCRIPTS.items():
        assert not re.search(
            r"localStorage|sessionStorage|indexedDB|document\.cookie|console\.|history\.|innerHTML", text
        ), name


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of #rrggbb."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "paper"),
        ("ink", "card"),
        ("ink", "brand-pale"),
        ("ink", "ok-pale"),
        ("ink", "stop-pale"),
        ("soft", "paper"),
        ("soft", "card"),
        ("soft", "ok-pale"),
        ("on-brand", "brand"),
        ("brand-deep", "brand-pale"),
        ("ok", "card"),
        ("ok", "ok-pale"),
        ("ask", "ask-pale"),
        ("warn", "warn-pale"),
        ("stop", "stop-pale"),
        ("card", "soft"),
    ],
)
def test_what_is_read_has_a_contrast_of_seven(ink: str, ground: str) -> None:
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", (PAGE / "style.css").read_text()))
    light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 7
