"""Staff codes: checked, added, never stored."""

from pathlib import Path

import pytest

from kioskd.staff import StaffCodes, StaffCodesTrouble


def test_a_code_is_its_owners_and_is_not_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "codes"
    codes = StaffCodes.load_or_new(path).add("AB", "4711").add("CD", "secret words")
    assert codes.check("4711") == "AB"
    again = StaffCodes.load(path)
    assert again.check("secret words") == "CD"
    assert again.check("4712") is None
    assert again.check("") is None
    assert path.stat().st_mode & 0o777 == 0o600
    assert "4711" not in path.read_text()
    assert "secret" not in path.read_text()


def test_a_new_code_replaces_the_old_one(tmp_path: Path) -> None:
    codes = StaffCodes.load_or_new(tmp_path / "codes").add("AB", "4711").add("AB", "1147")
    assert (codes.check("4711"), codes.check("1147")) == (None, "AB")
    assert codes.initials == ("AB",)


@pytest.mark.parametrize(("initials", "code"), [("AB", "471"), ("AB", " 4711"), ("A:B", "4711"), ("", "4711")])
def test_weak_codes_and_odd_initials_are_refused(tmp_path: Path, initials: str, code: str) -> None:
    with pytest.raises(StaffCodesTrouble):
        StaffCodes.load_or_new(tmp_path / "codes").add(initials, code)
    assert not (tmp_path / "codes").exists()


def test_somebody_elses_code_is_refused_without_saying_whose(tmp_path: Path) -> None:
    codes = StaffCodes.load_or_new(tmp_path / "codes").add("AB", "4711")
    with pytest.raises(StaffCodesTrouble) as refused:
        codes.add("CD", "4711")
    assert "AB" not in str(refused.value)


@pytest.mark.parametrize(
    "line", ["rubbish", "AB:md5:1:1:1:00:00", "AB:scrypt:16385:8:1:00:00", "AB:scrypt:x:8:1:zz:00"]
)
def test_a_spoilt_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "codes"
    StaffCodes.load_or_new(path).add("AB", "4711")
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(StaffCodesTrouble, match="line 2"):
        StaffCodes.load(path)


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(StaffCodesTrouble, match="kioskctl staff add"):
        StaffCodes.load(tmp_path / "none")
