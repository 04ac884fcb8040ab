"""Requests and answers over a real socket: order, half lines, hello, watching, bounds."""

import asyncio
import json
from pathlib import Path

import pytest

from kioskd.front.limits import Limits
from kioskd.model import calls
from kioskd.model.calls import Call, RequestId, Role
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.settings import Secret
from kioskd.model.view import TimerView

from .conftest import FIRST_VIEW, Station, running

GET = b'{"jsonrpc":"2.0","id":%d,"method":"view.get"}\n'


async def test_a_call_reaches_the_core_with_its_role_and_its_answer_comes_back(station: Station) -> None:
    client = await station.client()
    station.act = lambda request, call: station.front.reply(request, {"seq": 3})
    answer = await client.ask("session.input", {"code": "31234567890128"}, id_="a")
    assert answer == {"jsonrpc": "2.0", "id": "a", "result": {"seq": 3}}
    [(_, role, call)] = station.calls
    assert (role, call) == (Role.TECHNICIAN, calls.SessionInput(Secret("31234567890128")))


async def test_no_result_is_the_view_as_it_stands(station: Station) -> None:
    client = await station.client()

    def act(request: RequestId, call: Call) -> None:
        station.change(unsent=3)
        station.front.reply(request)

    station.act = act
    result = (await client.ask("session.cancel"))["result"]
    assert result["seq"] == 2
    assert result["unsent"] == 3
    assert set(result) == set(FIRST_VIEW.__slots__)


async def test_a_refused_call_is_an_error_answer(station: Station) -> None:
    client = await station.client()
    error = CallError(ErrorKind.NOT_NOW, "not now", {"choices": ("session.start",)})
    station.act = lambda request, call: station.front.fail(request, error)
    answer = await client.ask("session.confirm", {"yes": True})
    assert answer["error"] == {
        "code": -32012,
        "message": "not now",
        "data": {"kind": "not_now", "choices": ["session.start"]},
    }


async def test_answers_come_in_the_order_of_requests_whenever_the_core_answers(station: Station) -> None:
    client = await station.client()
    station.act = lambda request, call: None
    lines = b"".join(
        (
            GET % 1,
            b"nonsense\n",
            GET % 2,
            b'{"jsonrpc":"2.0","id":3,"method":"hello"}\n',
            b'{"jsonrpc":"2.0","method":"session.cancel"}\n',
            GET % 4,
            b'{"jsonrpc":"2.0","id":5,"method":"view.watch"}\n',
        )
    )
    await client.send(lines)
    await station.until_calls(4)
    for request, _, call in reversed(station.calls):
        station.front.reply(request, {"answers": type(call).__name__, "number": request})
    got = [await client.next() for _ in range(6)]
    assert [message["id"] for message in got] == [1, None, 2, 3, 4, 5]
    assert [message["result"]["number"] for message in got if "number" in message.get("result", {})] == [1, 2, 4]
    assert got[1]["error"]["code"] == -32700
    assert got[5]["result"]["seq"] == 1


async def test_a_result_that_is_not_utf_8_is_an_error_of_that_call_alone(station: Station) -> None:
    client = await station.client()
    station.act = lambda request, call: station.front.reply(request, {"text": "\udcff"})
    assert (await client.ask("status.get"))["error"]["code"] == -32603
    station.act = None
    assert "result" in await client.ask("view.get")


@pytest.mark.parametrize("size", [1, 7, 64])
async def test_a_line_may_come_in_pieces(station: Station, size: int) -> None:
    client = await station.client()
    lines = GET % 1 + GET % 2
    for start in range(0, len(lines), size):
        await client.send(lines[start : start + size])
        await asyncio.sleep(0)
    assert [(await client.next())["id"] for _ in range(2)] == [1, 2]


async def test_a_half_line_at_the_end_is_told_and_never_executed(station: Station) -> None:
    client = await station.client()
    await client.send(GET % 1 + GET.rstrip() % 2)
    client.writer.write_eof()
    got = await client.rest()
    assert [message["id"] for message in got] == [1, None]
    assert got[1]["error"]["code"] == -32700
    assert len(station.calls) == 1


async def test_a_client_that_ends_its_side_gets_all_answers_first(station: Station) -> None:
    client = await station.client()
    station.act = lambda request, call: None
    await client.send(b"".join(GET % n for n in range(100)))
    client.writer.write_eof()
    answered = 0
    while answered < 100:
        await station.until_calls(answered + 1)
        for request, _, _ in station.calls[answered:]:
            answered += 1
            station.front.reply(request, {})
    assert [message["id"] for message in await client.rest()] == list(range(100))


async def test_the_longest_request_passes_and_one_byte_more_is_refused_and_closed(station: Station) -> None:
    client = await station.client()
    line = GET.rstrip() % 1
    await client.send(line + b" " * (64 * 1024 - len(line)) + b"\n")
    assert (await client.next())["id"] == 1
    await client.send(GET % 2 + line + b" " * (64 * 1024 - len(line) + 1) + b"\n" + GET % 3)
    got = await client.rest()
    assert [message["id"] for message in got] == [2, None]
    assert got[1]["error"]["code"] == -32600
    assert "65536" in got[1]["error"]["message"]
    assert len(station.calls) == 2


async def test_a_line_without_end_is_refused_before_it_ends_and_the_answer_is_not_lost(station: Station) -> None:
    client = await station.client()
    client.writer.write(b"x" * 4_000_000)
    [answer] = await client.rest()
    assert answer["error"]["code"] == -32600
    other = await station.client()
    assert "result" in await other.ask("view.get")


async def test_requests_without_an_answer_are_bounded_and_none_is_lost(path: Path) -> None:
    async with running(path, Limits(outstanding=4)) as station:
        client = await station.client()
        station.act = lambda request, call: None
        await client.send(b"".join(GET % n for n in range(50)))
        other = await station.client()
        await other.ask("hello")
        assert len(station.calls) == 4
        for n in range(50):
            await station.until_calls(n + 1)
            assert len(station.calls) <= n + 4
            station.front.reply(station.calls[n][0], {"n": n})
            assert (await client.next())["id"] == n


async def test_a_client_that_leaves_is_forgotten_with_its_calls(station: Station) -> None:
    client = await station.client()
    station.act = lambda request, call: None
    await client.send(GET % 1)
    await station.until_calls(1)
    client.writer.transport.abort()
    other = await station.client()
    station.act = lambda request, call: station.front.reply(request, {})
    await other.ask("view.get")
    station.front.reply(station.calls[0][0], {})
    station.front.fail(station.calls[0][0], CallError(ErrorKind.INTERNAL, "late"))
    assert "result" in await other.ask("view.get")


# hello


async def test_hello_tells_the_station(station: Station) -> None:
    client = await station.client()
    answer = await client.ask("hello", {"client": "test", "protocol": 1})
    assert answer["result"] == {
        "station": "CENTRAL-3",
        "library": "CENTRAL",
        "version": "0.1.0",
        "protocol": 1,
        "role": "technician",
        "languages": ["en", "es"],
        "instance": "instance-1",
    }
    assert station.calls == []


async def test_an_unsupported_protocol_names_the_supported_ones(station: Station) -> None:
    client = await station.client()
    error = (await client.ask("hello", {"protocol": 2}))["error"]
    assert error["code"] == -32602
    assert "supported: 1" in error["message"]
    assert error["data"] == {"kind": "bad_params", "field": "protocol", "supported": [1]}


async def test_a_lesser_role_is_held_to_and_never_given_back(station: Station) -> None:
    client = await station.client()
    assert (await client.ask("hello", {"role": "screen"}))["result"]["role"] == "screen"
    await client.ask("view.get")
    assert station.calls[-1][1] is Role.SCREEN
    error = (await client.ask("hello", {"role": "staff"}))["error"]
    assert (error["code"], error["data"]) == (-32011, {"kind": "not_allowed", "needs": "staff"})
    assert (await client.ask("hello"))["result"]["role"] == "screen"
    assert (await client.ask("hello", {"role": "boss"}))["error"]["code"] == -32602
    assert (await client.ask("diagnostics.watch"))["error"]["data"] == {"kind": "not_allowed", "needs": "technician"}
    other = await station.client()
    assert (await other.ask("hello"))["result"]["role"] == "technician"


# Watching


async def test_a_watcher_has_the_view_and_then_every_change(station: Station) -> None:
    client = await station.client()
    assert (await client.ask("view.watch"))["result"]["seq"] == 1
    for unsent in (1, 2, 3):
        station.change(unsent=unsent)
    got = [await client.next() for _ in range(3)]
    assert [message["params"]["unsent"] for message in got] == [1, 2, 3]
    assert {message["method"] for message in got} == {"view"}
    assert all("id" not in message for message in got)


async def test_many_watchers_all_have_the_newest_view(station: Station) -> None:
    clients = [await station.client() for _ in range(100)]
    for client in clients:
        await client.ask("view.watch")
    station.change()
    last = station.change()
    for client in clients:
        while (await client.next())["params"]["seq"] != last.seq:
            pass


async def test_to_watch_before_the_first_view_is_to_wait_for_it(path: Path) -> None:
    async with running(path, view=None) as station:
        client = await station.client()
        await client.send(
            b'{"jsonrpc":"2.0","id":1,"method":"view.watch"}\n{"jsonrpc":"2.0","id":2,"method":"hello"}\n'
        )
        other = await station.client()
        await other.ask("hello")
        station.front.publish(FIRST_VIEW)
        assert [(await client.next())["id"] for _ in range(2)] == [1, 2]


async def test_watching_asked_for_by_a_notification_begins_with_one(station: Station) -> None:
    client = await station.client()
    await client.send(b'{"jsonrpc":"2.0","method":"view.watch"}\n')
    assert (await client.next())["params"]["seq"] == 1
    station.change()
    assert (await client.next())["params"]["seq"] == 2


async def test_a_countdown_says_what_is_left_when_it_is_sent(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await station.client()
    station.change(timer=TimerView(20, "idle"))
    loop = asyncio.get_running_loop()
    now = loop.time()
    for later_s, left_s in ((0.5, 20), (3.2, 17), (30.0, 0)):
        monkeypatch.setattr(loop, "time", lambda later_s=later_s: now + later_s)
        assert (await client.ask("view.get"))["result"]["timer"] == {"ends_in_s": left_s, "kind": "idle"}
    monkeypatch.undo()


async def test_diagnostics_come_to_those_who_watch_them(station: Station) -> None:
    client = await station.client()
    assert not station.front.diagnosed
    assert (await client.ask("diagnostics.watch"))["result"] == {}
    assert station.front.diagnosed
    station.front.diagnose("sip2", {"line": "9900302.00"})
    assert await client.next() == {
        "jsonrpc": "2.0",
        "method": "diagnostics",
        "params": {"kind": "sip2", "line": "9900302.00"},
    }


async def test_json_in_an_answer_is_one_line(station: Station) -> None:
    client = await station.client()
    station.act = lambda request, call: station.front.reply(request, {"text": "a\nb\u2028c"})
    await client.send(GET % 1)
    line = await client.reader.readline()
    assert json.loads(line)["result"] == {"text": "a\nb\u2028c"}
