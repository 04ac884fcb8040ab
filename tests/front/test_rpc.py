"""Lines in, calls or refusals out: JSON-RPC 2.0, case by case, without a socket."""

import datetime as dt
import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.front import rpc
from kioskd.front.params import ALL_METHODS, MAX_TEXT, Hello, ViewWatch
from kioskd.model import calls
from kioskd.model.calls import METHODS, CodeAs, DueDateScope
from kioskd.model.entry import EntryState
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.settings import NO_SECRET, Secret
from kioskd.model.slip import SlipKind
from kioskd.model.view import Flow


def request(method: str, params: object = None, **more: object) -> bytes:
    body = {"jsonrpc": "2.0", "id": 7, "method": method} | more
    return json.dumps(body | ({} if params is None else {"params": params})).encode()


def refusal(line: bytes) -> dict[str, Any] | None:
    parsed = rpc.parse(line)
    assert isinstance(parsed, rpc.Refusal), parsed
    if parsed.answer is None:
        return None
    answer = json.loads(parsed.answer)
    assert parsed.answer.endswith(b"}\n")
    assert parsed.answer.count(b"\n") == 1
    assert answer["jsonrpc"] == "2.0"
    assert set(answer) == {"jsonrpc", "id", "error"}
    return answer


CALLS = [
    ("view.get", None, calls.ViewGet()),
    ("view.get", {"session": "x", "later": [1]}, calls.ViewGet()),
    ("session.show", {"screen": "finish"}, calls.SessionShow(calls.ShowScreen.FINISH)),
    ("session.start", {"flow": "renew", "session": "s1"}, calls.SessionStart(Flow.RENEW, "s1")),
    ("session.input", {"code": "31234567890128"}, calls.SessionInput(Secret("31234567890128"))),
    ("session.input", {"code": "x", "as": "item"}, calls.SessionInput(Secret("x"), CodeAs.ITEM)),
    ("session.input", {"code": "x", "as_": "item"}, calls.SessionInput(Secret("x"))),
    ("session.input", {"code": "ł\u0000🎉", "as": None}, calls.SessionInput(Secret("ł\u0000🎉"))),
    ("session.confirm", {"yes": False}, calls.SessionConfirm(yes=False)),
    ("session.withdraw", {"n": 2, "reason": "left behind"}, calls.SessionWithdraw(2, "left behind")),
    ("session.finish", None, calls.SessionFinish()),
    ("session.finish", {"paper": ["bookmark"]}, calls.SessionFinish((SlipKind.BOOKMARK,))),
    ("session.due_date", {"date": None}, calls.SessionDueDate(None)),
    (
        "session.due_date",
        {"date": "2026-12-14", "scope": "session"},
        calls.SessionDueDate(dt.date(2026, 12, 14), DueDateScope.SESSION),
    ),
    ("staff.lock", {}, calls.StaffLock(NO_SECRET)),
    ("item.checkin", {"code": "3"}, calls.ItemCheckin("3")),
    (
        "journal.list",
        {"after": 5, "limit": 200, "state": "exception", "since": "2026-11-24T10:00:00-08:00"},
        calls.JournalList(
            5,
            200,
            EntryState.EXCEPTION,
            dt.datetime(2026, 11, 24, 18, tzinfo=dt.UTC),
        ),
    ),
    ("journal.hand_over", {"seqs": [1, 2], "to": "koc"}, calls.JournalHandOver((1, 2), "koc")),
    ("scan.inject", {"code": "3"}, calls.ScanInject(Secret("3"))),
    ("hello", None, Hello()),
    ("hello", {"client": "demo", "protocol": 1, "role": "screen"}, Hello("demo", 1, "screen")),
    ("view.watch", {}, ViewWatch()),
]


@pytest.mark.parametrize(("method", "params", "call"), CALLS)
def test_a_request_becomes_its_call(method: str, params: object, call: object) -> None:
    parsed = rpc.parse(request(method, params))
    assert parsed == rpc.Request(b"7", method, call)
    assert isinstance(parsed, rpc.Request)
    for field in fields(parsed.call):
        assert type(getattr(parsed.call, field.name)) is type(getattr(call, field.name)), field.name


def test_a_pin_is_a_secret_from_the_wire_on() -> None:
    parsed = rpc.parse(request("session.input", {"code": "4711"}))
    assert "4711" not in repr(parsed)


def test_every_method_of_the_model_is_a_method_of_the_socket() -> None:
    assert set(METHODS) | {"hello", "view.watch", "diagnostics.watch"} == set(ALL_METHODS)


BAD_PARAMS = [
    ("session.start", None, "flow", "`checkout`, `renew`"),
    ("session.start", {"flow": "buy"}, "flow", "`checkout`, `renew`"),
    ("session.start", {"flow": 1}, "flow", "`checkout`, `renew`"),
    ("session.start", {"flow": "renew", "session": 5}, "session", "a text"),
    ("session.input", {"code": 31234567890128}, "code", "a text"),
    ("session.input", {"code": "x" * (MAX_TEXT + 1)}, "code", f"{MAX_TEXT} characters"),
    ("session.input", {"code": "x", "as": "book"}, "as", "`item`, `patron`"),
    ("session.confirm", {"yes": 1}, "yes", "true or false"),
    ("session.confirm", {}, "yes", "true or false"),
    ("session.withdraw", {"n": 1.5}, "n", "a whole number"),
    ("session.withdraw", {"n": -1}, "n", "a whole number"),
    ("session.withdraw", {"n": 2**53}, "n", "a whole number"),
    ("session.withdraw", {"n": True}, "n", "a whole number"),
    ("session.finish", {"paper": "receipt"}, "paper", "a list, each one of `receipt`, `bookmark`"),
    ("session.finish", {"paper": ["receipt", "map"]}, "paper", "a list, each one of `receipt`, `bookmark`"),
    ("session.due_date", {"date": "14.12.2026"}, "date", "YYYY-MM-DD"),
    ("session.due_date", {"date": "2026-02-30"}, "date", "YYYY-MM-DD"),
    ("session.due_date", {}, "date", "YYYY-MM-DD"),
    ("journal.list", {"limit": 201}, "limit", "from 1 to 200"),
    ("journal.list", {"limit": 0}, "limit", "from 1 to 200"),
    ("journal.list", {"since": "2026-11-24T10:00:00"}, "since", "with its offset"),
    ("journal.list", {"since": "yesterday"}, "since", "RFC 3339"),
    ("journal.withdraw", {"seq": 0}, "seq", "an entry's number"),
    ("journal.hand_over", {"seqs": [1, "2"], "to": "koc"}, "seqs", "a list, each an entry's number"),
    ("hello", {"protocol": "1"}, "protocol", "a whole number"),
    ("view.get", [], None, "an object"),
    ("view.get", "x", None, "an object"),
    ("view.get", 5, None, "an object"),
]


@pytest.mark.parametrize(("method", "params", "field", "words"), BAD_PARAMS)
def test_bad_params_name_the_field_and_what_is_expected(
    method: str, params: object, field: str | None, words: str
) -> None:
    answer = refusal(request(method, params))
    assert answer is not None
    assert answer["id"] == 7
    assert answer["error"]["code"] == -32602
    assert answer["error"]["data"]["kind"] == "bad_params"
    assert answer["error"]["data"].get("field") == field
    assert answer["error"]["message"].startswith(f"{field or 'params'}: expected ")
    assert words in answer["error"]["message"]


def test_params_of_null_are_no_object() -> None:
    answer = refusal(b'{"jsonrpc":"2.0","id":7,"method":"view.get","params":null}')
    assert answer is not None
    assert answer["error"]["code"] == -32602


DEEP = b"[" * 30_000 + b"]" * 30_000
NOT_REQUESTS = [
    (b"", -32700, None),
    (b" ", -32700, None),
    (b"hello", -32700, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"view.get"', -32700, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"view.get"} {}', -32700, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"view.get\xff"}', -32700, None),
    (b'{"jsonrpc":"2.0","id":"\xff","method":"view.get"}', -32700, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"view.get","x":"\xc3"}', -32700, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"view.get","params":{"session":"\\ud800"}}', -32700, None),
    (b'{"jsonrpc":"2.0","id":"\\ud800","method":"view.get"}', -32700, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"view.get","params":' + DEEP + b"}", -32700, None),
    (b'{"jsonrpc":5,"id":1,"method":"view.get", nonsense', -32700, None),
    (b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"view.get"}', -32700, None),
    (b"null", -32600, None),
    (b"17", -32600, None),
    (b'"view.get"', -32600, None),
    (b"[]", -32600, None),
    (b'[{"jsonrpc":"2.0","id":1,"method":"view.get"}]', -32600, None),
    (b"{}", -32600, None),
    (b'{"jsonrpc":"2.0"}', -32600, None),
    (b'{"jsonrpc":"2.0","method":1,"params":"bar"}', -32600, None),
    (b'{"jsonrpc":"2.0","id":4,"method":1}', -32600, 4),
    (b'{"jsonrpc":"1.0","id":4,"method":"view.get"}', -32600, 4),
    (b'{"id":4,"method":"view.get"}', -32600, 4),
    (b'{"jsonrpc":"2.0","id":{},"method":"view.get"}', -32600, None),
    (b'{"jsonrpc":"2.0","id":[1],"method":"view.get"}', -32600, None),
    (b'{"jsonrpc":"2.0","id":true,"method":"view.get"}', -32600, None),
    (b'{"jsonrpc":"2.0","id":4,"method":"view.steal"}', -32601, 4),
    (b'{"jsonrpc":"2.0","id":4,"method":""}', -32601, 4),
]


@pytest.mark.parametrize(("line", "code", "id_"), NOT_REQUESTS)
def test_what_is_no_request_is_refused_by_the_book(line: bytes, code: int, id_: object) -> None:
    answer = refusal(line)
    assert answer is not None
    assert (answer["error"]["code"], answer["id"]) == (code, id_)


@pytest.mark.parametrize("id_", ['"a"', '""', "0", "-1", "1.5", "1e400", "9" * 5000, "null", '"\\u00e9\\ud83c\\udf89"'])
def test_an_id_is_echoed_as_it_came(id_: str) -> None:
    for spaced in (id_, f"  {id_} "):
        parsed = rpc.parse(f'{{"jsonrpc":"2.0","id":{spaced},"method":"view.get"}}'.encode())
        assert isinstance(parsed, rpc.Request)
        assert parsed.id == id_.encode()
    assert rpc.answer(id_.encode(), b"{}") == f'{{"jsonrpc":"2.0","id":{id_},"result":{{}}}}\n'.encode()


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","method":"no.such"}',
        b'{"jsonrpc":"2.0","method":"session.start","params":{"flow":"buy"}}',
        b'{"jsonrpc":"2.0","method":"session.start","params":[]}',
    ],
)
def test_a_notification_is_never_answered(line: bytes) -> None:
    assert rpc.parse(line) == rpc.Refusal(None)


def test_a_notification_is_a_request_without_an_id() -> None:
    line = b'{"jsonrpc":"2.0","method":"session.cancel","params":{}}\r'
    assert rpc.parse(line) == rpc.Request(None, "session.cancel", calls.SessionCancel())


def test_a_failed_call_tells_code_kind_and_more() -> None:
    error = CallError(ErrorKind.REFUSED_OFFLINE, "no", {"action": "checkin", "reason": "r", "instead": "i"})
    answer = json.loads(rpc.failure(b"1", error))
    assert answer["error"] == {
        "code": -32010,
        "message": "no",
        "data": {"kind": "refused_offline", "action": "checkin", "reason": "r", "instead": "i"},
    }


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parser(line: bytes) -> None:
    refusal(line)  # random bytes are never a call


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
field_names = st.sampled_from(sorted({param.name for method in ALL_METHODS.values() for param in method.params}))


@given(
    method=st.sampled_from(sorted(ALL_METHODS)),
    params=st.dictionaries(field_names, json_values | st.sampled_from(["item", "offline", "2026-12-14"]), max_size=6),
    id_=json_values,
)
def test_any_json_is_a_call_or_one_proper_answer(method: str, params: object, id_: object) -> None:
    line = json.dumps({"jsonrpc": "2.0", "id": id_, "method": method, "params": params}).encode()
    parsed = rpc.parse(line)
    if isinstance(parsed, rpc.Request):
        assert parsed.id is not None
        assert json.loads(parsed.id) == id_
        assert isinstance(parsed.call, ALL_METHODS[method].call)
    else:
        answer = refusal(line)
        assert answer is not None
        assert answer["error"]["code"] in {-32600, -32602}
