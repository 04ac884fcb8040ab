"""Paper sheets and registrations on a whole station: entered by command, sealed on disk, opened by a code alone."""

import datetime as dt
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.demo.client import RpcError
from hardware_sim.demo.processes import BIN, clean_environment
from tests.station.conftest import Bench

NAME, STREET, CODE = "Čapek-Nováková", "17 Unforgettable Lane", "correct horse"


@pytest.fixture
def offline(bench: Bench) -> Bench:
    """A station with staff codes whose library system is away."""
    bench.start_ils("--fault", "down")
    bench.stock(2, 6)
    codes = bench.folder / "codes"
    bench.start_daemon(staff={"codes_file": str(codes)}, station={"state_dir": str(bench.folder / "state")})
    bench.offline()
    return bench


def kioskctl(bench: Bench, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "kioskctl"), "--config", str(bench.daemon.config), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
        check=False,
    )


def form(card: str, **changes: Any) -> dict[str, Any]:
    return {
        "card": card,
        "first": "Zoë",
        "last": NAME,
        "birth_date": "02/29/1996",
        "language": "English",
        "address": STREET,
        "ticks": ["paper_form_kept"],
    } | changes


def test_a_sheet_is_entered_from_a_file_and_goes_up(offline: Bench) -> None:
    cards, items = offline.cards, offline.items
    sheet = offline.folder / "sheet.csv"
    today = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    sheet.write_text(
        "time,kind,card,item,due date,initials\n"
        f"09:05,C,{cards[0]},{items[0]},,KM\n"
        f"09:06,X,{cards[0]},{items[1]},,KM\n"
        f"09:10,C,{cards[1]},{items[2]}\n\n"
    )
    done = kioskctl(offline, "sheet", "enter", str(sheet), "--date", today.isoformat())
    assert done.returncode == 1
    assert "line 3: kind: expected checkout or renewal, or C or R as on the sheet" in done.stdout
    assert "2 rows entered, 1 refused" in done.stdout
    again = kioskctl(offline, "--json", "sheet", "enter", str(sheet), "--date", today.isoformat())
    assert again.returncode == 1
    assert offline.daemon.ctl("journal", "summary")["unsent"] == 2
    entries = offline.daemon.ctl("journal", "list")["entries"]
    assert [(entry["source"], entry["by"], entry["at"][11:16]) for entry in entries] == [
        ("sheet", "KM", entries[0]["at"][11:16]),
        ("sheet", None, entries[1]["at"][11:16]),
    ]
    moments = [dt.datetime.fromisoformat(entry["at"]).astimezone().strftime("%H:%M") for entry in entries]
    assert moments == ["09:05", "09:10"]
    offline.ils.fault(down=False)
    offline.settled()
    assert [(entry["patron"], entry["item"]) for entry in offline.ledger()] == [
        (cards[0], items[0]),
        (cards[1], items[2]),
    ]


def test_a_registration_lies_sealed_and_a_code_opens_it(offline: Bench) -> None:
    with pytest.raises(RpcError) as refused:
        offline.client.call("patron.register", **form(offline.cards[0]))
    assert refused.value.message.endswith("`kioskctl staff add INITIALS` makes them")
    added = kioskctl(offline, "staff", "add", "KM", "--code-stdin", stdin=CODE + "\n")
    assert "KM can open registrations with it" in added.stdout
    card = offline.cards[0]
    assert offline.client.call("patron.register", **form(card)) == {"seq": 1}
    listed = offline.daemon.ctl("registrations", "list")["registrations"]
    assert [(each["seq"], each["kind"], each["patron"]) for each in listed] == [(1, "registration", "…" + card[-4:])]
    assert "sealed" not in listed[0]
    opened = kioskctl(offline, "registrations", "list", "--open", "KM", "--code-stdin", stdin=CODE + "\n")
    assert NAME in opened.stdout
    assert STREET in opened.stdout
    wrong = kioskctl(offline, "registrations", "list", "--open", "KM", "--code-stdin", stdin="other code\n")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "that is not the code of KM" in wrong.stderr
    offline.daemon.stop()
    raw = b"".join(path.read_bytes() for path in Path(offline.folder).rglob("*") if path.is_file())
    for secret in (NAME, STREET, "02/29/1996", "1996-02-29", CODE):
        assert secret.encode() not in raw, secret
