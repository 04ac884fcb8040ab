"""`kioskctl support-bundle`: whole or not at all, 0600, and nothing of anybody in it wherever it was put."""

import os
import stat
import tarfile
from pathlib import Path

import pytest

from kioskd.ctl.errors import CtlError
from kioskd.ctl.personal import GONE, Known
from kioskd.ctl.verbs.support_bundle import Part, archive, check
from kioskd.journal import Journal
from kioskd.model.entry import AddEntry, AddRow, EntryState, Seq

from .conftest import kioskctl
from .test_journal_file import NOON_S, entry

CARD, ITEM, TEST_CARD = "21168000001234", "30000000000001", "77005"
NAME, PIN, PASSWORD = "Hopper, Grace", "4711", "tr0ub4dor"
CONFIG = """# card {card} of {card_in_groups}
[ils]
host = "ils.example"
login_password = "{password}"
# was {{ ask = 1, upload_password = 'ch4nged', keep = 2 }}
probe_patron = "{test_card}"
[station]
id = "T"
library = "{item}"
state_dir = "{state}"
"""
LOG = f"""INFO kioskd odd patron={CARD}
DEBUG sip2 64 AO|AA{CARD}|AE{NAME}|AD{PIN}|BD1 Main St|AFHello {NAME}|
PIN: {PIN}
"""


@pytest.fixture
def seeded(folder: Path) -> Path:
    """A station that has somebody's numbers in every place from which the bundle is made."""
    state = folder / "state"
    with Journal.open(state, timezone="America/Los_Angeles") as journal:
        journal.write([AddEntry(entry(1))])
        row = AddRow(
            Seq(1), EntryState.EXCEPTION, NOON_S + 9e5, outcome="patron_blocked", answer={"AF": f"{NAME} owes"}
        )
        journal.write([row])
    config = CONFIG.format(
        card=CARD, card_in_groups="2116 8000 0012 34", password=PASSWORD, test_card=TEST_CARD, item=ITEM, state=state
    )
    (folder / "kioskd.toml").write_text(config)
    (folder / "ils-password").write_text(PASSWORD + "\n")
    programs = folder / "bin"
    programs.mkdir()
    (programs / "log").write_text(LOG + f"password was {PASSWORD}\n")
    (programs / "journalctl").write_text(f"#!/bin/sh\ncat {programs / 'log'}\n")
    (programs / "journalctl").chmod(0o755)
    return folder


async def bundle(folder: Path, *more: str | Path) -> tuple[int, dict[str, str], str]:
    """Make it; return the exit status, the files in it, and what was said."""
    out = folder / "b.tar.gz"
    done = await kioskctl(
        "--config",
        folder / "kioskd.toml",
        "--socket",
        folder / "none",
        "--state-dir",
        folder / "state",
        "support-bundle",
        "--root",
        folder,
        "--out",
        out,
        *more,
        environ={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"},
    )
    files = {}
    if out.exists():
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        with tarfile.open(out) as tar:
            for member in tar.getmembers():
                content = tar.extractfile(member)
                assert content is not None
                files[member.name] = content.read().decode()
    return done.status, files, done.out + done.err


async def test_nothing_seeded_is_in_it(seeded: Path) -> None:
    status, files, said = await bundle(seeded)
    assert status == 0, said
    whole = "\n".join([*files, *files.values(), said])
    for secret in (
        CARD,
        ITEM,
        TEST_CARD,
        NAME,
        "ch4nged",
        "Hopper",
        "Main St",
        PASSWORD,
        "2116 8000",
        f"PIN: {PIN}",
        f"AD{PIN}",
    ):
        assert secret not in whole
    assert "kioskd odd patron=" + GONE in files["kioskd-support/log.txt"]  # the rest of a line stays
    assert '"outcome": "patron_blocked"' in files["kioskd-support/journal.json"]
    assert 'host = "ils.example"' in files["kioskd-support/config.toml"]
    assert set(files) == {
        f"kioskd-support/{name}"
        for name in (
            "doctor.json",
            "status.json",
            "config.toml",
            "versions.txt",
            "journal.json",
            "trace.jsonl",
            "log.txt",
        )
    }


async def test_show_writes_nothing_and_an_old_file_is_not_overwritten(seeded: Path) -> None:
    status, files, said = await bundle(seeded, "--show")
    assert (status, files) == (0, {})
    assert "log.txt" in said
    (seeded / "b.tar.gz").write_bytes(b"mine")
    done = await kioskctl("--config", seeded / "kioskd.toml", "support-bundle", "--out", seeded / "b.tar.gz")
    assert done.status == 1
    assert (seeded / "b.tar.gz").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "text",
    [CARD, "2116-8000-0012-34", "ab 77005 cd", f"|AE{NAME}|", f"64 AD{PIN}|", f'"pin": "{PIN}"', f"AA{TEST_CARD}9|"],
)
def test_the_scan_of_the_archive_finds_it_and_does_not_repeat_it(text: str) -> None:
    known = Known([TEST_CARD])
    with pytest.raises(CtlError) as refused:
        check(archive([Part("x.txt", "", f"before {text} after")]), known)
    assert text not in str(refused.value)
    clean, count = known.without(f"before {text} after")
    assert count >= 1
    check(archive([Part("x.txt", "", clean)]), known)


def test_what_is_nobodys_stays() -> None:
    text = "2026-11-24T10:00:00-08:00 round_trip_ms=12345 AA…1234|AE***|AD***| PIN unknown 99900302.00|AY1AZFCA0"
    assert Known(["1"]).without(text) == (text, 0)
    check(archive([Part("x.txt", "", text)]), Known(["1"]))
