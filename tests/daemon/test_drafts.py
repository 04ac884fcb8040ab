"""Drafts on a real disk, sealed with real keys: there again with a code, nowhere in clear, gone when dropped."""

import stat
from pathlib import Path
from typing import Any

import pytest

from kioskd.daemon.drafts import Drafts
from kioskd.model.calls import RequestId
from kioskd.model.downtime import DraftForm
from kioskd.model.effects import DropDrafts, KeepDraft
from kioskd.model.inputs import CannotSeal
from kioskd.vault import Vault
from kioskd.vault.keys import keys_file

CODE = "correct horse"
TYPED = {"last": "Čapek-Nováková", "birth_date": "02/3", "address": "17 Unforgettable Lane\n", "": "\x00 “”"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Vault.new(keys_file(tmp_path / "codes"), "KM", CODE)
    (tmp_path / "state").mkdir()
    return tmp_path


def drafts(folder: Path) -> Drafts:
    return Drafts(folder / "codes", folder / "state")


def keep(number: int, content: Any = None, form: DraftForm = DraftForm.REGISTER) -> KeepDraft:
    return KeepDraft(RequestId(number), number, form, TYPED if content is None else content)


def test_it_is_there_again_after_a_restart_with_a_code_alone(folder: Path) -> None:
    assert drafts(folder).keep(keep(1)).problem is None
    again = drafts(folder)
    assert again.opened("KM", "wrong") == {}
    assert again.opened("AB", CODE) == {}
    assert again.opened("KM", CODE) == {DraftForm.REGISTER: TYPED}


def test_nothing_of_it_is_on_the_disk_in_clear(folder: Path) -> None:
    kept = drafts(folder)
    for number in range(1, 4):
        kept.keep(keep(number))
    files = [path for path in (folder / "state").rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["draft-register"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    for secret in ("apek", "Unforgettable", "02/3"):
        assert secret.encode() not in files[0].read_bytes()


def test_of_two_that_cross_the_later_one_counts(folder: Path) -> None:
    kept = drafts(folder)
    kept.keep(keep(2, {"last": "second"}))
    kept.keep(keep(1, {"last": "first"}))
    assert kept.opened("KM", CODE) == {DraftForm.REGISTER: {"last": "second"}}
    kept.drop(DropDrafts(4, tuple(DraftForm)))
    kept.keep(keep(3, {"last": "third"}))
    assert kept.opened("KM", CODE) == {}
    assert list((folder / "state").iterdir()) == []


def test_one_form_does_not_touch_the_other(folder: Path) -> None:
    kept = drafts(folder)
    kept.keep(keep(1))
    kept.keep(keep(2, {"card": "21168045918653"}, DraftForm.SHEET))
    kept.drop(DropDrafts(3, (DraftForm.REGISTER,)))
    assert kept.opened("KM", CODE) == {DraftForm.SHEET: {"card": "21168045918653"}}


def test_without_keys_or_disk_it_says_why(folder: Path, tmp_path: Path) -> None:
    assert Drafts(None, tmp_path).keep(keep(1)).problem is CannotSeal.NO_KEYS
    assert Drafts(folder / "others", tmp_path).keep(keep(1)).problem is CannotSeal.NO_KEYS
    assert Drafts(folder / "codes", folder / "not there").keep(keep(1)).problem is CannotSeal.NOT_WRITTEN
    keys_file(folder / "codes").write_text("{")
    assert drafts(folder).keep(keep(1)).problem is CannotSeal.UNREADABLE


def test_a_damaged_one_is_nobodys(folder: Path) -> None:
    kept = drafts(folder)
    kept.keep(keep(1))
    (folder / "state" / "draft-register").write_bytes(b"\xff\x00")
    assert kept.opened("KM", CODE) == {}
