"""Staff codes: checked, added, never stored."""

import base64
import hashlib
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kioskd.staff import StaffCodes, StaffCodesTrouble
from kioskd.staff.hashing import Recipe, parsed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "codes"


def add(path: Path, **codes: str) -> None:
    for initials, code in codes.items():
        StaffCodes.load_or_new(path).add(initials, code)


def test_a_code_is_its_owners_and_is_not_in_the_file(path: Path) -> None:
    add(path, AB="4711", CD="secret words")
    again = StaffCodes.load(path)
    assert again.check("4711") == "AB"
    assert again.check("secret words") == "CD"
    assert [again.check(wrong) for wrong in ("4712", "", "47110", "4711 ")] == [None] * 4
    assert path.stat().st_mode & 0o777 == 0o600
    assert "4711" not in path.read_text()
    assert "secret" not in path.read_text()
    assert list(path.parent.iterdir()) == [path]


def test_the_line_is_plain_scrypt(path: Path) -> None:
    add(path, AB="4711")
    initials, _, rest = path.read_text().strip().partition(":")
    kind, log2_n, r, p, salt, digest = rest.split("$")
    assert (initials, kind) == ("AB", "scrypt")
    expected = hashlib.scrypt(
        b"4711", salt=base64.b64decode(salt), n=2 ** int(log2_n), r=int(r), p=int(p), maxmem=1 << 26, dklen=32
    )
    assert base64.b64decode(digest) == expected
    assert 128 * int(r) * 2 ** int(log2_n) >= 1 << 24, "cheap to guess"


def test_a_new_code_replaces_the_old_one_and_remarks_stay(path: Path) -> None:
    add(path, AB="4711", CD="9090")
    path.write_text("# branch Central\n\n" + path.read_text())
    add(path, AB="1147")
    codes = StaffCodes.load(path)
    assert (codes.check("4711"), codes.check("1147"), codes.check("9090")) == (None, "AB", "CD")
    assert codes.initials == ("CD", "AB")
    assert path.read_text().startswith("# branch Central\n\n")


def test_the_same_code_again_is_no_mistake(path: Path) -> None:
    add(path, AB="4711")
    add(path, AB="4711")
    assert StaffCodes.load(path).initials == ("AB",)


@pytest.mark.parametrize(
    ("initials", "code"),
    [
        ("AB", "471"),
        ("AB", " 4711"),
        ("AB", "1111"),
        ("AB", "47\n11"),
        ("AB", "4" * 127 + "71"),
        ("A:B", "4711"),
        ("A B", "4711"),
        ("#AB", "4711"),
        ("A" * 13, "4711"),
        ("", "4711"),
    ],
)
def test_weak_codes_and_odd_initials_are_refused(path: Path, initials: str, code: str) -> None:
    with pytest.raises(StaffCodesTrouble) as refused:
        StaffCodes.load_or_new(path).add(initials, code)
    assert code not in str(refused.value)
    assert not path.exists()


def test_somebody_elses_code_is_refused_without_saying_whose(path: Path) -> None:
    add(path, AB="4711")
    before = path.read_bytes()
    with pytest.raises(StaffCodesTrouble) as refused:
        add(path, CD="4711")
    assert "AB" not in str(refused.value)
    assert "4711" not in str(refused.value)
    assert path.read_bytes() == before


def test_letters_are_the_same_however_a_keyboard_composes_them(path: Path) -> None:
    StaffCodes.load_or_new(path).add("Ñ.A", "pi\u00f1ata")
    assert StaffCodes.load(path).check("pin\u0303ata") == "Ñ.A"


@pytest.mark.parametrize(
    "line",
    [
        "rubbish",
        "AB:",
        ":scrypt$14$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAA",
        "CD:md5$1$00",
        "CD:scrypt$14$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "CD:scrypt$20$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "CD:scrypt$0$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AB:scrypt$14$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ],
)
def test_a_spoilt_line_is_named_and_nothing_is_written_over_it(path: Path, line: str) -> None:
    add(path, AB="4711")
    path.write_text(spoilt := path.read_text() + line + "\n")
    with pytest.raises(StaffCodesTrouble, match="line 2"):
        StaffCodes.load(path)
    with pytest.raises(StaffCodesTrouble, match="line 2"):
        add(path, EF="2468")
    assert path.read_text() == spoilt


def test_bytes_that_are_no_text_name_their_line(path: Path) -> None:
    path.write_bytes(b"# one\n# two\n\xff\n")
    with pytest.raises(StaffCodesTrouble, match="line 3"):
        StaffCodes.load(path)


def test_a_missing_file_says_how_to_make_it(path: Path) -> None:
    with pytest.raises(StaffCodesTrouble, match="kioskctl staff add"):
        StaffCodes.load(path)


def test_a_folder_in_its_place_is_said(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StaffCodesTrouble, match="cannot be read"):
        StaffCodes.load(path)


def test_two_at_once_lose_nobody(path: Path) -> None:
    people = [f"P{number}" for number in range(6)]
    codes = StaffCodes.load_or_new(path)
    begin = threading.Barrier(len(people))

    def join(initials: str) -> None:
        begin.wait()
        codes.add(initials, f"code of {initials}")

    threads = [threading.Thread(target=join, args=(initials,)) for initials in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(StaffCodes.load(path).initials) == people


@given(
    st.text(max_size=80) | st.from_regex(r"scrypt\$\d{1,3}\$\d{1,3}\$\d\$[A-Z=]{0,70}\$[A-Z=]{0,90}", fullmatch=True)
)
def test_any_text_is_a_hash_or_a_value_error(text: str) -> None:
    try:
        recipe, digest = parsed(text)
    except ValueError:
        return
    assert recipe.line(digest).startswith("scrypt$")


@settings(max_examples=20)
@given(st.text(max_size=20), st.binary(min_size=16, max_size=16))
def test_what_is_written_is_read_again(code: str, salt: bytes) -> None:
    recipe = Recipe(salt, log2_n=4)
    assert parsed(recipe.line(recipe.hash(code))) == (recipe, recipe.hash(code))
