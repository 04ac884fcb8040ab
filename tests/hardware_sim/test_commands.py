"""`kiosk-sim` as a command: what it prints, how it ends, what it refuses; and the control address over HTTP."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.__main__ import main

DATE = "20261123    222122"


@pytest.mark.parametrize(
    "words",
    [
        ["ils", "--listen", "nowhere"],
        ["ils", "--listen", "127.0.0.1:99999"],
        ["ils", "--control", "0.0.0.0:0"],
        ["ils", "--control", "example.org:80"],
        ["ils", "--fault", "gremlins"],
        ["ils", "--fault", "encoding=klingon"],
        ["ils", "--catalog", "/does/not/exist"],
        ["ils", "--login", "nopassword"],
        ["ils", "--latency-ms", "-1"],
        ["scanner", "--link", "/does/not/exist/scanner"],
        ["printer", "--fault", "paper=blue"],
        ["printer", "--pty", "/does/not/exist/printer"],
        ["bench", "--listen", "0.0.0.0:0", "--ils", "http://127.0.0.1:1"],
        ["bench", "--ils", "http://example.org:1"],
        ["scanner"],
    ],
)
def test_wrong_usage_is_status_2_with_one_line_of_reason(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"kiosk-sim {words[0]}: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["toaster"], ["ils", "--what"], ["ils", "--latency-ms", "x"]])
def test_argparse_says_the_same(words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2


@pytest.mark.parametrize("words", [["ils", "--listen"], ["ils", "--control"], ["printer", "--listen"]])
def test_an_address_in_use_is_status_1(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main([*words, f"127.0.0.1:{taken.getsockname()[1]}"]) == 1
    assert "cannot listen" in capsys.readouterr().err


def test_only_the_chosen_simulator_is_imported() -> None:
    code = "import sys; from hardware_sim.__main__ import main\n"
    code += "try: main(['scanner', '--help'])\nexcept SystemExit: pass\n"
    code += "print([m for m in sys.modules if 'hardware_sim.ils' in m or 'hardware_sim.printer' in m], file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr.strip() == "[]"


@pytest.mark.parametrize("simulator", ["ils", "printer"])
def test_the_table_of_switches_can_be_printed(simulator: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([simulator, "--list-faults"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 8


def test_the_library_systems_control_address(start: Callable[..., Any], tmp_path: Path) -> None:
    ils = start("ils", "--ledger", tmp_path / "ledger", "--institution", "CENTRAL", "--login", "kiosk:secret")
    catalog = ils.good("/catalog")
    card, book = catalog["patrons"][0]["barcode"], catalog["items"][0]["barcode"]
    host, port = ils.ready["sip2"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as line:
        answers = line.makefile("rb")

        def ask(body: str) -> bytes:
            line.sendall(body.encode() + b"\r")
            raw = b""
            while not raw.endswith(b"\r"):
                raw += answers.read(1)
            return raw

        assert ask("9300CNkiosk|COwrong|") == b"940\r"
        assert ask("9300CNkiosk|COsecret|") == b"941\r"
        assert b"|AOCENTRAL|" in b"|" + ask(f"11NN{DATE}{DATE}AOCENTRAL|AA{card}|AB{book}|AC|")[24:]
        (entry,) = ils.good("/ledger?wait_s=10&count=1&kind=loan")["entries"]
        assert (entry["patron"], entry["item"], entry["kind"]) == (card, book, "loan")
        state = ils.good("/state")
        assert state["requests"] == {"93": 2, "11": 1}
        assert [caller["login"] for caller in state["connections"]] == ["kiosk"]
        assert [row["direction"] for row in ils.good("/transcript")["lines"]] == [">", "<"] * 3
        assert ils.good("/fault", {"drop_after_act": 1})["faults"] == {"drop_after_act": 1}
        line.sendall(b"9900802.00\r")
        assert answers.read(1) == b""
    assert ils.good("/reset", {"only": ["faults"]})["faults"] == {}
    assert ils.good("/reset", {})["ledger"] == 0
    assert (tmp_path / "ledger").read_bytes() == b""
    assert ils.stop() == 0


def test_other_peoples_doings(start: Callable[..., Any]) -> None:
    ils = start("ils", "--items", "16")
    catalog = ils.good("/catalog")
    card, book = catalog["patrons"][0]["barcode"], catalog["items"][0]["barcode"]
    assert ils.good("/world", {"do": "loan", "patron": card, "item": book})["done"][0]["item"] == book
    doings = [
        {"do": "renew", "item": book},
        {"do": "return", "item": book},
        {"do": "hold", "item": book, "patron": card},
    ]
    ils.good("/world", doings)
    assert [e["kind"] for e in ils.good("/ledger")["entries"]] == ["loan", "renewal", "return"]
    assert ils.good("/world", {"do": "add_items", "count": 3})["done"][0]["count"] == 3
    assert len(ils.good("/catalog")["items"]) == 19
    ils.good("/world", {"do": "block", "patron": card})
    assert ils.ask("/world", {"do": "loan", "patron": card, "item": book})[0] == 409
    assert ils.good("/world", {"do": "loan", "patron": card, "item": book, "force": True})
    assert ils.good(f"/loans?patron={card}")["loans"][0]["item"] == book
    assert ils.ask("/world", {"do": "block", "patron": "1"})[0] == 404
    for wrong in ({"do": "burn"}, {"do": "loan"}, {}, "loan", {"do": "return", "item": 3}):
        status, answer = ils.ask("/world", wrong)
        assert (status, "error" in answer) == (400, True)


def test_wrong_http_is_answered_clearly(start: Callable[..., Any]) -> None:
    ils = start("ils")
    assert ils.ask("/nothing")[0] == 404
    assert ils.ask("/state", {})[0] == 405
    assert ils.ask("/ledger?after=x")[0] == 400
    assert ils.ask("/fault", {"hangs": True})[1]["error"].startswith("Object contains unknown field `hangs`")
    with socket.create_connection(tuple(ils.ready["control"][7:].split(":")), timeout=10) as line:  # type: ignore[arg-type]
        line.sendall(b"POST /fault HTTP/1.0\r\nContent-Length: 5\r\n\r\n{bad}")
        assert b" 400 " in line.recv(4096)


def test_a_catalogue_from_a_file(start: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "catalog.json"
    rows = {"patrons": [{"barcode": "P1", "name": "A"}], "items": [{"barcode": "I1", "title": "B"}]}
    path.write_text(json.dumps(rows))
    assert start("ils", "--catalog", path).good("/catalog")["items"][0]["title"] == "B"
    for wrong in ({**rows, "loans": [{"patron": "P1", "item": "I2"}]}, {**rows, "patrons": [{"name": "x"}]}):
        path.write_text(json.dumps(wrong))
        assert main(["ils", "--catalog", str(path)]) == 2


def test_what_a_killed_desk_started_ends_with_it(tmp_path: Path) -> None:
    script = f"""
import os, signal, sys
from hardware_sim.demo.processes import Sim
sim = Sim("scanner", "--link", {str(tmp_path / "scanner")!r})
print(sim.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    desk = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert desk.returncode == -signal.SIGKILL
    with suppress(ProcessLookupError):  # it is gone already
        left = os.pidfd_open(int(desk.stdout))
        assert select.select([left], [], [], 20)[0], "the scanner lives on"
        os.close(left)
