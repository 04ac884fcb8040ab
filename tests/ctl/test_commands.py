"""The card of command barcodes: complete, in every language, and read by a scanner that is not ours."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from kioskd.ctl.verbs.commands import page, words
from kioskd.model.commands import COMMANDS
from kioskd.texts import MODULES


def barcodes(html: str) -> list[str]:
    """Each drawing, laid on paper and read by zxing."""
    found = []
    for width, height, drawn in re.findall(r'<svg [^>]*viewBox="0 0 (\d+) (\d+)"[^>]*>(.*?)</svg>', html):
        paper = Image.new("L", (int(width) * 3, int(height) * 3), 255)
        pen = ImageDraw.Draw(paper)
        for x, wide, high in re.findall(r'<rect x="(\d+)" width="(\d+)" height="(\d+)"/>', drawn):
            pen.rectangle((int(x) * 3, 0, (int(x) + int(wide)) * 3 - 1, int(high) * 3), fill=0)
        (read,) = zxingcpp.read_barcodes(paper)
        assert read.format is zxingcpp.BarcodeFormat.Code128
        found.append(read.text)
    return found


def test_every_command_is_on_the_card_and_can_be_read() -> None:
    html = page("en", patrons=False)
    assert barcodes(html) == [f"KIOSK{number}" for number in COMMANDS]
    assert not re.search(r"https?://|<script|<link|url\(", html)


def test_patrons_get_none_of_staffs() -> None:
    html = page("en", patrons=True)
    assert "KIOSK16" in html
    assert "KIOSK40" not in html
    assert "KIOSK62" not in html


@pytest.mark.parametrize("language", MODULES)
def test_each_has_words_of_its_own_in_every_language(language: str) -> None:
    said = [words(language, row.command) for row in COMMANDS.values()]
    assert all(said)
    assert len(set(said)) == len(said)


def test_the_verb_writes_the_page_and_says_what_to_do_with_it(tmp_path: Path) -> None:
    out = tmp_path / "card.html"
    kioskctl = [sys.executable, "-m", "kioskd.ctl", "commands"]
    done = subprocess.run(
        [*kioskctl, "--print", "--language", "ru", "--out", str(out)], capture_output=True, text=True, check=True
    )
    assert "print it at 100 %" in done.stdout
    assert 'lang="ru"' in out.read_text()
    failed = subprocess.run([*kioskctl, "--print", "--out", str(tmp_path)], capture_output=True, text=True, check=False)
    assert (failed.returncode, "choose another place" in failed.stderr) == (1, True)
    listed = subprocess.run([*kioskctl, "--json"], capture_output=True, text=True, check=True)
    assert listed.stdout.count("KIOSK") == len(COMMANDS)
    assert io.StringIO(listed.stdout).readline().startswith("{")
