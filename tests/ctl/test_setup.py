"""kioskctl setup: patterns out of samples, TOML that reads back, the dialogue, a file for many stations."""

import json
import re
import socket
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.config import load
from kioskd.ctl.__main__ import main
from kioskd.ctl.errors import CtlError
from kioskd.ctl.learn import CannotTell, learn
from kioskd.ctl.toml_text import toml
from kioskd.ctl.verbs.setup import dialogue

CARDS = ("21234000004567", "21234000011111", "21234900000003")
ITEMS = ("31234000000012", "31234550000020", "31234000900038")


@pytest.mark.parametrize(
    ("cards", "items", "patron", "item"),
    [
        (CARDS, ITEMS, (r"^21234\d{9}$",), (r"^31234\d{9}$",)),
        (("0012345", "0099999"), ("P00123", "P99887"), (r"^0\d{6}$",), (r"^[A-Z]\d{5}$",)),
        (("D1234567",), ("39001234567890",), (r"^D\d{7}$",), (r"^3\d{13}$",)),
        # Two ranges of cards around the items' one.
        (("10000000", "30000000"), ("20000000",), (r"^1\d{7}$", r"^3\d{7}$"), (r"^2\d{7}$",)),
    ],
)
def test_patterns_of_known_numbers(
    cards: tuple[str, ...], items: tuple[str, ...], patron: tuple[str, ...], item: tuple[str, ...]
) -> None:
    found = learn(cards, items)
    assert (found.patron, found.item) == (patron, item)


CODES = st.lists(st.text(alphabet="0123ABx-", min_size=1, max_size=14), min_size=1, max_size=6)


@given(CODES, CODES)
def test_each_sample_is_what_it_was_and_never_both(cards: list[str], items: list[str]) -> None:
    try:
        found = learn(cards, items)
    except CannotTell:
        # Only where a code is both, or one's pattern could not be narrower than the code itself.
        assert set(cards) & set(items)
        return
    for own, patterns, others in ((cards, found.patron, found.item), (items, found.item, found.patron)):
        for code in own:
            assert any(re.fullmatch(pattern, code) for pattern in patterns)
            assert not any(re.fullmatch(pattern, code) for pattern in others)


def test_a_command_barcode_is_no_sample() -> None:
    with pytest.raises(CannotTell, match="command"):
        learn(("KIOSK01",), ITEMS)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True),
        st.dictionaries(
            st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
            st.one_of(
                st.booleans(),
                st.integers(-(2**63), 2**63 - 1),
                st.text(st.characters(codec="utf-8")),
                st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=3),
            ),
            min_size=1,
            max_size=4,
        ),
        max_size=4,
    )
)
def test_what_is_written_reads_back(tables: dict[str, dict[str, object]]) -> None:
    assert tomllib.loads(toml(tables)) == tables


def test_a_list_of_tables_reads_back() -> None:
    tables = {"scanner": [{"name": "a", "baud": 9600}, {"name": "b"}]}
    assert tomllib.loads(toml(tables)) == tables


def answers(*said: str) -> Iterator[str]:
    return iter(said)


def test_a_dialogue_makes_a_configuration_that_the_daemon_takes(tmp_path: Path) -> None:
    said = answers(
        "CENTRAL-3", "CENTRAL", "Europe/Berlin", "koha", "127.0.0.1", "1", "kiosk", *CARDS, "", *ITEMS, "", "0800 1234"
    )  # fmt: skip
    told: list[str] = []
    config = dialogue(lambda _question, default: next(said) or default, told.append)
    file = tmp_path / "kioskd.toml"
    file.write_text(toml(config))
    settings = load(file, {}, need_file=True).settings
    assert settings.station.id == "CENTRAL-3"
    assert settings.barcodes.patron == (r"^21234\d{9}$",)
    assert settings.helpdesk_phone == "0800 1234"
    assert any("Connection refused" in line for line in told)


def test_a_dialogue_ends_where_cards_and_items_cannot_be_told_apart() -> None:
    said = answers("A", "", "", "", "127.0.0.1", "1", "", "20000000000014", "", "20000000000014", "")
    with pytest.raises(CtlError, match="cannot be told apart"):
        dialogue(lambda _question, default: next(said) or default, lambda _text: None)


MANY = """
[common]
ils = { host = "127.0.0.1", port = 1, login_user = "" }
station.library = "CENTRAL"

[each.CENTRAL-1]
station.kind = "staff"

[each.CENTRAL-2]
ils.port = 2
"""


def setup(tmp_path: Path, *arguments: str) -> int:
    (tmp_path / "many.toml").write_text(MANY)
    words = ["--config", str(tmp_path / "kioskd.toml"), "--json", "setup", "--no-restart", "--no-slip"]
    return main([*words, "--from", str(tmp_path / "many.toml"), *arguments])


def test_one_file_sets_many_stations_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, kind, port in (("CENTRAL-1", "staff", 1), ("CENTRAL-2", "self", 2)):
        assert setup(tmp_path, "--station", name) == 0
        assert json.loads(capsys.readouterr().out)["restarted"] is False
        settings = load(tmp_path / "kioskd.toml", {}, need_file=True).settings
        assert (settings.station.id, settings.station.library) == (name, "CENTRAL")
        assert (settings.station.kind, settings.ils.port) == (kind, port)
    assert 'kind = "staff"' in (tmp_path / "kioskd.toml.before-setup").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kioskd.toml", "kioskd.toml.before-setup", "many.toml"]


def test_a_station_that_the_file_does_not_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert setup(tmp_path, "--station", "NORTH-1") == 2
    assert "it knows CENTRAL-1, CENTRAL-2" in capsys.readouterr().err


def test_what_the_daemon_would_refuse_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kioskd.toml").write_text("ils.host = 'old'\n")
    (tmp_path / "bad.toml").write_text('[common]\nils = { host = "h", port = 70000 }\n')
    words = ["--config", str(tmp_path / "kioskd.toml"), "setup", "--no-restart", "--from", str(tmp_path / "bad.toml")]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "port" in said
    assert "nothing was written" in said
    assert (tmp_path / "kioskd.toml").read_text() == "ils.host = 'old'\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.toml", "kioskd.toml"]


def test_a_test_slip_comes_out_before_the_daemon_has_the_printer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as printer, ThreadPoolExecutor(1) as hands:
        url = f"127.0.0.1:{printer.getsockname()[1]}"
        (tmp_path / "one.toml").write_text(
            f'[common]\nils = {{ host = "127.0.0.1", port = 1 }}\nsocket.path = "{tmp_path}/none.sock"\n'
            f'printer = {{ driver = "network", url = "{url}" }}\n'
        )
        paper = hands.submit(taken, printer)
        words = ["--config", str(tmp_path / "kioskd.toml"), "--json", "setup", "--no-restart"]
        assert main([*words, "--from", str(tmp_path / "one.toml")]) == 0
        assert b"KIOSKD" in paper.result(timeout=20).upper()
    assert json.loads(capsys.readouterr().out)["slip"] == f"a test slip went to network {url}: is it whole, and cut?"


def test_a_printer_that_is_not_there_does_not_keep_a_station_from_its_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.toml").write_text(
        f'[common]\nils = {{ host = "127.0.0.1", port = 1 }}\nsocket.path = "{tmp_path}/none.sock"\n'
        'printer = { driver = "network", url = "127.0.0.1:1" }\n'
    )
    words = ["--config", str(tmp_path / "kioskd.toml"), "setup", "--no-restart", "--from", str(tmp_path / "one.toml")]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "kioskd.toml: written" in said
    assert "printer: no test slip: 127.0.0.1:1" in said


def taken(printer: socket.socket) -> bytes:
    """What a printer that answers nothing took."""
    line, _ = printer.accept()
    with line:
        whole = b""
        while some := line.recv(1 << 16):
            whole += some
        return whole
