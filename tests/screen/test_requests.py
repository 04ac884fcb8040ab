"""What a page may ask: the allow list, and the line that a request becomes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kioskd.model.calls import METHODS
from kioskd.screen.requests import ALLOWED, BadRequestError, request

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_every_allowed_method_is_one_of_the_sockets() -> None:
    assert set(METHODS) >= ALLOWED


@pytest.mark.parametrize(
    "method",
    [
        "hello",
        "view.watch",
        "scan.inject",
        "diagnostics.watch",
        "journal.list",
        "exceptions.list",
        "upload.start",
        "rfid.read",
        "",
        "SESSION.INPUT",
    ],
)
def test_other_methods_are_unknown_to_a_page(method: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        request(json.dumps({"jsonrpc": "2.0", "id": 4, "method": method}))
    answer = json.loads(refused.value.answer)
    assert (answer["id"], answer["error"]["code"]) == (4, -32601)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", -32700),
        ("{", -32700),
        ("[" * 9000, -32700),
        ("[]", -32600),
        ('[{"id":1,"method":"view.get"}]', -32600),
        ('{"method":"view.get"}', -32600),
        ('{"id":"hello","method":"view.get"}', -32600),
        ('{"id":true,"method":"view.get"}', -32600),
        ('{"id":-1,"method":"view.get"}', -32600),
        ('{"id":1,"method":["view.get"]}', -32601),
        ('{"id":1,"method":"view.get","params":[1]}', -32602),
        ('{"id":1,"method":"view.get","params":null}', -32602),
    ],
)
def test_what_is_no_request_is_refused_with_the_code_of_its_fault(text: str, code: int) -> None:
    with pytest.raises(BadRequestError) as refused:
        request(text)
    assert json.loads(refused.value.answer)["error"]["code"] == code


def test_only_the_checked_parts_go_on() -> None:
    sent = '{\n"id":7,"method":"scan.inject","method":"session.input",\n"params":{"code":"1\\n2"},"more":1}'
    number, line = request(sent)
    assert number == 7
    assert json.loads(line) == {"jsonrpc": "2.0", "id": 7, "method": "session.input", "params": {"code": "1\n2"}}
    assert "\n" not in line


@given(st.text() | JSON.map(json.dumps))
def test_no_text_at_all_becomes_more_than_one_allowed_line(text: str) -> None:
    try:
        _, line = request(text)
    except BadRequestError:
        return
    else:
        assert json.loads(line)["method"] in ALLOWED


@given(st.sampled_from(sorted(ALLOWED)), st.dictionaries(st.text(), JSON, max_size=4), st.integers(0, 2**53 - 1))
def test_an_allowed_request_arrives_whole_in_one_line(method: str, params: dict[str, object], number: int) -> None:
    _, line = request(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
    assert "\n" not in line
    assert "\r" not in line
    assert json.loads(line) == {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
