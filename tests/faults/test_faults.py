"""Each fault of the table is found when it is there, with its cause and remedy; none is found when it is not."""

import contextlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kioskd.ctl.doctor.facts import Facts
from kioskd.ctl.doctor.fault import find
from kioskd.ctl.doctor.faults import FAULTS

from .real import REAL, Real, Station, station
from .values import HEALTHY, Case, cases

CASES = cases()
NOBODYS = Path(__file__).with_name("door.pem")
"""A key and a certificate that no authority signed, made for this test."""


@pytest.fixture
def made() -> Iterator[Station]:
    with tempfile.TemporaryDirectory(prefix="kioskd-") as name, station(Path(name)) as made:
        yield made


def test_nothing_is_found_where_nothing_is_wrong_or_known() -> None:
    assert list(find(FAULTS, HEALTHY)) == []
    assert list(find(FAULTS, Facts())) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_by_its_facts(case: Case) -> None:
    found = list(find(FAULTS, case.facts))
    assert {each.code for each in found} == case.codes
    assert not case.codes or any(case.needs in each.do for each in found)


@pytest.mark.parametrize("case", REAL, ids=lambda case: case.name)
def test_a_fault_for_real(case: Real, made: Station) -> None:
    case.make(made)
    status, document = made.doctor()
    assert {each["code"] for each in document["findings"]} == case.codes | {case.daemon}
    assert status == 1


def test_each_row_of_the_table_is_produced_and_has_a_cause_and_a_remedy() -> None:
    codes = [fault.code for fault in FAULTS]
    assert len(codes) == len(set(codes)) >= 40
    produced = {code for case in CASES for code in case.codes}
    produced |= {code for case in REAL for code in (*case.codes, case.daemon)}
    assert produced == set(codes)
    for case in CASES:
        assert all(each.cause and each.do for each in find(FAULTS, case.facts))


def test_an_own_line_names_what_is_refused(made: Station) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made.config.write_text(
            made.config.read_text().replace("[station]", f"port = {free.getsockname()[1]}\n[station]")
        )
        _, document = made.doctor("--own-line")
        assert "ILS-18" in {each["code"] for each in document["findings"]}
        free.listen()
        _, document = made.doctor("--own-line")
    assert "ILS-18" not in {each["code"] for each in document["findings"]}


def test_an_own_line_to_the_door_names_what_is_refused_and_whom_not_to_trust(made: Station) -> None:
    def codes(port: int) -> set[str]:
        door = f'[door]\nurl = "https://127.0.0.1:{port}"\nuser = "uploader"\nbranch = "4"\n'
        made.config.write_text(plain.replace("[station]", 'profile = "koha"\n[station]') + door)
        _, document = made.doctor("--own-line")
        return {each["code"] for each in document["findings"] if each["code"] in {"ILS-20", "ILS-21"}}

    plain = made.config.read_text()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert codes(free.getsockname()[1]) == {"ILS-20"}
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(NOBODYS)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with contextlib.suppress(OSError), server.accept()[0] as line:
                context.wrap_socket(line, server_side=True).close()

        thread = threading.Thread(target=greet)
        thread.start()
        assert codes(server.getsockname()[1]) == {"ILS-21"}
        thread.join()


def test_nothing_is_written(made: Station) -> None:
    def prints() -> dict[str, tuple[int, bytes]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in made.folder.rglob("*") if path.is_file()
        }

    before = prints()
    made.doctor()
    assert prints() == before
