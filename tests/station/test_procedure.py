"""An outage day of staff on a whole station: by command, over a kill, with the raw files searched for every name."""

import subprocess
from pathlib import Path

import pytest

from hardware_sim.demo.client import RpcError
from hardware_sim.demo.processes import BIN, clean_environment
from tests.station.conftest import Bench
from tests.station.test_by_hand import form

NAME, STREET, CODE = "Čapek-Nováková", "17 Unforgettable Lane", "correct horse"
TYPED = {"first": "Zoë", "last": NAME, "address": STREET, "birth_date": "02/3"}


def ctl(bench: Bench, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(BIN / "kioskctl"), "--config", str(bench.daemon.config), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def raw(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def nowhere(folder: Path, *secrets: str) -> None:
    content = raw(folder)
    for secret in secrets:
        assert secret.encode() not in content, secret


@pytest.mark.long
def test_an_outage_day_by_command(bench: Bench) -> None:
    bench.start_ils("--fault", "down")
    bench.stock(2, 6)
    bench.start_printer()
    codes, state = bench.folder / "codes", bench.folder / "state"
    bench.start_daemon(
        staff={"codes_file": str(codes)},
        station={"state_dir": str(state), "kind": "staff"},
        journal={"keep_settled_days": 0},
        helpdesk={"phone": "x85100"},
        crates={"mail_to": ["leads@sort.example"]},
        related=[{"name": "Sorter", "probe": "tcp", "address": "127.0.0.1:1", "down": "leave it off"}],
    )
    ctl(bench, "staff", "add", "KM", "--code-stdin", stdin=CODE + "\n")
    card, new = bench.cards[0], bench.cards[1]

    # It shows, staff look the settings over, and count a crate.
    view = bench.until(lambda view: bool(view["downtime"]) and view["downtime"]["systems"][0]["state"] == "silent")
    board = view["downtime"]
    assert (board["helpdesk"], board["systems"][0]["text"]) == ("x85100", "leave it off")
    assert "This is CENTRAL, station TEST-1." in board["read_out"]
    stated = ("--time", "2026-11-24T12:00:00-08:00") if board["review"]["clock"] == "none" else ()
    ctl(bench, "downtime", "review", "--by", "KM", *stated)
    assert "looked over  KM" in ctl(bench, "downtime", "show").stdout
    bench.until(lambda view: bool(view["offers"]), what="with a printer")
    assert "crate 1: 12 items" in ctl(bench, "downtime", "crate", "12", "--by", "KM", "--print").stdout
    (label,) = bench.printer.get("/slips?count=1&wait_s=15")["slips"]
    assert "DO NOT CHECK IN" in " ".join(label["text"].split())

    # A form is begun, the daemon is killed amid it, and a code brings it back.
    bench.client.call("staff.unlock", code=CODE)
    bench.client.call("draft.keep", form="register", fields=TYPED)
    nowhere(bench.folder, NAME, STREET, CODE)
    bench.daemon.kill()
    nowhere(bench.folder, NAME, STREET, CODE)
    bench.restart_daemon()
    with pytest.raises(RpcError):
        bench.client.call("draft.get", form="register")
    assert bench.client.call("staff.unlock", code=CODE)["drafts"] == ["register"]
    assert bench.client.call("draft.get", form="register") == {"fields": TYPED}
    assert bench.client.call("patron.register", **form(new)) == {"seq": 1}
    assert bench.client.call("view.get")["drafts"] == []
    nowhere(bench.folder, NAME, STREET, CODE)
    bench.client.call("staff.lock")

    # A loan, then the library system comes back.
    bench.client.call("scan.inject", code=card)
    bench.client.call("scan.inject", code=bench.items[0])
    bench.client.call("session.finish")
    bench.ils.fault(down=False)
    bench.settled()
    (registered,) = bench.daemon.ctl("registrations", "list")["registrations"]
    assert registered["open"] == ["pin", "text_phone", "form_reviewed", "email", "phone", "library", "profile"]
    ctl(bench, "registrations", "tick", "1", "pin", "--by", "KM")
    (registered,) = bench.daemon.ctl("registrations", "list")["registrations"]
    assert (registered["open"][0], registered["ticked"][0]["by"]) == ("text_phone", "KM")

    # What waits for a person, the papers, the report.
    page = bench.folder / "worklist.html"
    ctl(bench, "worklist", "--out", str(page))
    assert new in page.read_text()
    page.unlink()
    classes = bench.daemon.ctl("worklist")["classes"]
    assert [(each["class"], len(each["entries"])) for each in classes] == [("register_by_hand", 1)]
    ctl(bench, "slip", "settlement")
    ctl(bench, "exceptions", "resolve", "1", "done_by_hand", "--by", "KM")
    ctl(bench, "downtime", "tick", "other_pcs", "--by", "KM")
    for step in ("unsent", "sheets", "registrations", "crates", "report"):
        bench.client.call("downtime.tick", step=step, by="KM")
    assert "no outage" in ctl(bench, "downtime", "show").stdout
    report = bench.daemon.ctl("report")
    assert report["counts"]["recorded"] == 2
    assert [mode["mode"] for mode in report["timeline"]["modes"]][:2] == ["online", "offline"]
    assert [step["by"] for step in report["steps"]] == ["KM"] * 6
    html = bench.folder / "report.html"
    ctl(bench, "report", "--out", str(html))
    for personal in (card, new, NAME, STREET):
        assert personal not in html.read_text()

    # What is over goes when the next visit ends, out of the raw files too.
    bench.client.call("scan.inject", code=card)
    bench.client.call("session.cancel")
    for _ in range(100):
        if not bench.daemon.ctl("journal", "list")["entries"]:
            break
    bench.daemon.stop()
    nowhere(state, card, new, NAME, STREET, CODE)


def test_a_sheet_is_printed_without_a_daemon(tmp_path: Path) -> None:
    for name in ("letter", "a4", "receipt"):
        out = tmp_path / f"{name}.pdf"
        done = subprocess.run(
            [str(BIN / "kioskctl"), "sheet", "print", "--format", name, "--out", str(out), "--library", "CENTRAL"],
            capture_output=True,
            text=True,
            env=clean_environment(),
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert out.read_bytes().startswith(b"%PDF-1.4")
