"""The bench over real HTTP, between real simulators."""

import http.client
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

Start = Callable[..., Any]


class Page:
    """What a browser does: fetch, click, listen."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc

    def fetch(self, path: str, *, host: str | None = None) -> tuple[int, dict[str, str], bytes]:
        line = http.client.HTTPConnection(self.host, timeout=20)
        try:
            line.request("GET", path, headers={"Host": host or self.host})
            answer = line.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            line.close()

    def click(self, body: object, *, kind: str = "application/json") -> tuple[int, Any]:
        line = http.client.HTTPConnection(self.host, timeout=20)
        try:
            line.request("POST", "/do", body=json.dumps(body), headers={"Content-Type": kind})
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()

    def listen(self) -> Iterator[tuple[str, Any]]:
        line = http.client.HTTPConnection(self.host, timeout=20)
        try:
            line.request("GET", "/events")
            answer = line.getresponse()
            while True:
                name = answer.readline().decode()
                if name.startswith("event: "):
                    yield name[7:].strip(), json.loads(answer.readline()[6:])
        finally:
            line.close()


@pytest.fixture
def desk(start: Start, tmp_path: Path) -> dict[str, Any]:
    ils, scanner = start("ils"), start("scanner", "--link", tmp_path / "scanner")
    printer = start("printer")
    controls = [f"--{name}={sim.ready['control']}" for name, sim in (("ils", ils), ("scanner", scanner))]
    bench = start("bench", *controls, "--printer", printer.ready["control"], "--screen", "http://127.0.0.1:8080/")
    return {"ils": ils, "scanner": scanner, "printer": printer, "page": Page(bench.ready["bench"])}


def test_the_page_is_whole_and_loads_nothing_from_elsewhere(desk: dict[str, Any]) -> None:
    for path in ("/", "/bench.css", "/bench.js", "/icon.svg"):
        status, headers, body = desk["page"].fetch(path)
        assert status == 200
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        text = body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text
    page = desk["page"].fetch("/")[2].decode()
    assert "style=" not in page, "the policy forbids it"
    assert "onclick" not in page


def test_every_button_is_in_the_table_of_acts(desk: dict[str, Any]) -> None:
    page = desk["page"].fetch("/")[2].decode() + desk["page"].fetch("/bench.js")[2].decode()
    named = {piece.split('"')[0] for piece in page.split('data-act="')[1:]}
    named |= {piece.split('"')[0] for piece in page.split('act("')[1:]}
    assert len(named) > 15
    _, refusal = desk["page"].click({"act": "dance"})
    assert {name for name in named if f" {name}," not in refusal["error"] + ","} == set()


def test_a_click_scans_and_the_page_sees_what_comes_of_it(desk: dict[str, Any]) -> None:
    page = desk["page"]
    seen = page.listen()
    name, about = next(seen)
    assert (name, about["screen"]) == ("bench", "http://127.0.0.1:8080/")
    pictures: dict[str, Any] = {}

    def until(met: Callable[[], bool]) -> None:
        while not met():
            name, picture = next(seen)
            pictures[name] = picture

    until(lambda: len(pictures) == 3 and not any(picture.get("gone") for picture in pictures.values()))
    assert page.click({"act": "scan", "value": "20000000000014"}) == (200, {"heard": False})
    fd = os.open(desk["scanner"].ready["link"], os.O_RDWR | os.O_NOCTTY)
    try:
        assert page.click({"act": "scan", "value": "20000000000014"}) == (200, {"heard": True})
        assert os.read(fd, 100) == b"20000000000014\r"
    finally:
        os.close(fd)
    assert page.click({"act": "ils_down"})[0] == 200
    until(lambda: pictures["ils"]["state"]["faults"] == {"down": True})
    assert page.click({"act": "ils_up"})[0] == 200
    until(lambda: pictures["ils"]["state"]["faults"] == {})
    assert page.click({"act": "cover_open"})[0] == 200
    until(lambda: pictures["printer"]["state"]["cover_open"])
    assert page.click({"act": "unplug"})[0] == 200
    until(lambda: not pictures["scanner"]["state"]["plugged"])
    card, book = (pictures["ils"]["catalog"][kind][0]["barcode"] for kind in ("patrons", "items"))
    desk["ils"].good("/world", {"do": "loan", "patron": card, "item": book})
    until(lambda: bool(pictures["ils"]["ledger"]))
    assert page.click({"act": "bring_back", "value": book})[0] == 200
    until(lambda: [entry["kind"] for entry in pictures["ils"]["ledger"]] == ["loan", "return"])
    desk["ils"].stop()
    until(lambda: bool(pictures["ils"].get("gone")))
    status, answer = page.click({"act": "ils_up"})
    assert (status, "does not answer" in answer["error"]) == (502, True)
    seen.close()


def test_only_this_machine_and_only_this_page(desk: dict[str, Any]) -> None:
    page = desk["page"]
    assert page.fetch("/", host="evil.example:80")[0] == 403
    assert page.click({"act": "ils_down"}, kind="text/plain")[0] == 415
    assert page.click({"act": "ils_down", "more": 1})[0] == 400
    assert page.click([])[0] == 400
    assert desk["ils"].good("/state")["faults"] == {}
