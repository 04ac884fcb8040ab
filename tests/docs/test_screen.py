"""docs/SCREEN.md shows every state of the front screen, and a sheet of each language."""

import re

from kioskd.model.view import Screen
from kioskd.texts import MODULES
from tests.docs.pages import REPO, page
from tests.screen.scenes import PANELS, scenes

PAGE = page("docs/SCREEN.md")
MOST_KIB = 6 * 1024


def test_every_state_has_its_picture() -> None:
    shown = set(re.findall(r"\]\(pictures/([\w-]+)\.webp\)", PAGE))
    assert shown == {*scenes("en"), *PANELS, "down"}
    assert {screen.value for screen in Screen} <= shown


def test_every_language_has_its_sheet() -> None:
    assert set(re.findall(r"\]\(pictures/sheet\.([\w-]+)\.webp\)", PAGE)) == set(MODULES)


def test_the_pictures_are_there_and_small() -> None:
    folder = REPO / "docs/pictures"
    assert {file.name for file in folder.iterdir()} == set(re.findall(r"\]\(pictures/([^)]+)\)", PAGE))
    assert sum(file.stat().st_size for file in folder.iterdir()) < MOST_KIB * 1024
