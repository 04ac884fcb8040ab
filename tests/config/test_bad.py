"""What is refused: everything at once, each with its place, what was found and what may stand there."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kioskd.config import BadConfiguration, Loaded, load
from kioskd.config.keys import SECTIONS
from kioskd.config.names import variable
from tests.config.conftest import Told

HOST = 'ils.host = "h"\n'

WRONG = [
    ("[station]\nid = 'a b'", "[station] id: 'a b': not of that form; allowed: 1 to 32 of A-Z a-z 0-9 . _ -"),
    ("[station]\nid = ''", "[station] id: ''"),
    ("[station]\nid = 3", "[station] id: 3: not a text"),
    ("[station]\nkind = 'robot'", "[station] kind: 'robot': not one of them; allowed: self, staff"),
    ("[station]\nstate_dir = 'var'", "[station] state_dir: 'var': not an absolute path"),
    ("[station]\ntimezone = 'Mars/Base'", "[station] timezone: 'Mars/Base': there is no such time zone here"),
    ("[station]\ntimezone = '../../etc/passwd'", "[station] timezone: '../../etc/passwd': there is no such"),
    ("[station]\nlanguages = ['en', 'fr']", "[station] languages, number 2: 'fr': not one of them; allowed: a list"),
    ("[station]\nlanguages = 'en'", "[station] languages: 'en'; allowed: a list, not empty, of en, es"),
    ("[station]\nlanguages = []", "[station] languages: an empty list; allowed"),
    ("[station]\nlanguages = ['en', 'en']", "[station] languages: a language twice"),
    ("[station]\ngates = 1", "[station] gates: 1; allowed: true or false"),
    ("[station]\ngates = 'true'", "[station] gates: 'true'; allowed: true or false"),
    ('[station]\nlibrary = "a\\u001bc"', r"[station] library: 'a\x1bc': it holds a control character"),
    ("[socket]\nstaff_users = ['a:b']", "[socket] staff_users, number 1: 'a:b': not of that form"),
    ("[staff]\nunlock_minutes = 0", "[staff] unlock_minutes: 0; allowed: a number above 0"),
    ("[ils]\nport = '6001'", "[ils] port: '6001'; allowed: a whole number from 1 to 65535"),
    ("[ils]\nport = 0", "[ils] port: 0; allowed: a whole number from 1"),
    ("[ils]\nport = 65536", "[ils] port: 65536"),
    ("[ils]\nport = 6001.0", "[ils] port: 6001.0"),
    ("[ils]\nport = true", "[ils] port: true"),
    ("[ils]\nport = 0x" + "f" * 5000, "[ils] port: a very large number"),
    ("[ils]\nprotocol = 'ncip'", "[ils] protocol: 'ncip': not one of them; allowed: sip2"),
    ("[ils]\nprofile = 'Koha'", "[ils] profile: 'Koha': not one of them; allowed: generic, symphony, koha"),
    ("[ils]\nhost2 = 'x'", "[ils] host2: unknown key; did you mean host?; allowed: protocol, profile, host, port"),
    ("[ils]\ninstitution_id = 'a|b'", "[ils] institution_id: 'a|b': a SIP2 field cannot carry it"),
    ("[ils]\ntimeout_s = nan", "[ils] timeout_s: nan; allowed: a number above 0 up to 120"),
    ("[ils]\ntimeout_s = inf", "[ils] timeout_s: inf"),
    ("[ils]\npoll_online_s = true", "[ils] poll_online_s: true"),
    ("[ils]\nconnections = 0", "[ils] connections: 0; allowed: a whole number from 1 to 16"),
    ("[ils]\nquiet_hours = ['0:00-4:30']", "[ils] quiet_hours, number 1: '0:00-4:30': not two times of the day"),
    ("[ils]\nquiet_hours = ['04:00-04:00']", "[ils] quiet_hours, number 1: '04:00-04:00': it ends when it begins"),
    ("[ils]\nencoding = 'utf-16'", "[ils] encoding: 'utf-16': it does not spell ASCII as ASCII"),
    ("[ils]\nencoding = 'klingon'", "[ils] encoding: 'klingon': there is no such encoding"),
    ("[ils]\nencoding = 'rot13'", "[ils] encoding: 'rot13': there is no such encoding"),
    ("[ils]\nterminator = 'lf'", "[ils] terminator: 'lf': not one of them; allowed: cr, crlf"),
    ("[barcodes]\npatron = ['^2(']", "[barcodes] patron, number 1: '^2(': it does not compile: missing )"),
    ("[barcodes]\npatron = ['.+']", "[barcodes] patron, number 1: '.+': it takes in the command barcode KIOSK00"),
    ("[barcodes]\nitem = ['[a-z]{5}77']", "it takes in the command barcode KIOSK77"),
    (r"[barcodes]" + "\nitem = ['\\d*']", "[barcodes] item, number 1: '\\d*': it matches the empty code"),
    ("[barcodes]\nitem = []", "[barcodes] item: an empty list"),
    ("[barcodes]\nitem = [3]", "[barcodes] item, number 1: 3: not a regular expression"),
    ("[barcodes]\nextract = ['abc']", "[barcodes] extract, number 1: 'abc': it has 0 groups, not one"),
    ("[barcodes]\nextract = ['(a)(b)']", "it has 2 groups, not one"),
    ("[barcodes]\nextract = ['(K.*)']", "it takes in the command barcode KIOSK00"),
    ("[barcodes]\ncheck_digit = true", "[barcodes] check_digit: true: not a text; allowed: off, warn, require"),
    ("[offline]\nbookmark_days = [21, -1]", "[offline] bookmark_days: a list: not a number of days"),
    ("[offline]\nbookmark_days = 1.5", "[offline] bookmark_days: 1.5: not a number of days"),
    ("[offline]\nclosed_weekdays = ['caturday']", "[offline] closed_weekdays, number 1: 'caturday': not a weekday"),
    ("[offline]\nclosed_weekdays = [0]", "[offline] closed_weekdays, number 1: 0: not a text"),
    ("[offline]\nclosed_dates = ['2026-02-30']", "[offline] closed_dates, number 1: '2026-02-30'"),
    ("[offline]\nclosed_dates = [2026-02-01T00:00:00]", "[offline] closed_dates, number 1: 2026-02-01 00:00:00"),
    ("[[scanner]]\ndriver = 'serial'", "[[scanner]] 1: port: not set, and driver serial needs it"),
    ("[[scanner]]\ndriver = 'acme'", "[[scanner]] 1: driver: 'acme': not one of them, and no installed package brings"),
    (
        "[[scanner]]\nprefix = '€'",
        "[[scanner]] 1: prefix: '€': it holds a character that is no byte; allowed: at most 32",
    ),
    ("[[scanner]]\nsuffix = 1", "[[scanner]] 1: suffix: 1: not a text"),
    ("[[scanner]]\nlayout = 'dvorak'", "[[scanner]] 1: layout: 'dvorak': not one of them; allowed: us, de, fr"),
    ("[[scanner]]\nterminator = 'cr'", "terminator: 'cr', with driver evdev; allowed: any, enter, tab, none"),
    ("[[scanner]]\nrefused = 'trumpet'", "refused: 'trumpet', with driver evdev; allowed: bell, scroll_lamp"),
    ("[[scanner]]\noptions = {a = [1]}", "[[scanner]] 1: options: a table: not a table of single values"),
    ("[[scanner]]\nname='a'\n[[scanner]]\nname='a'", "[[scanner]] 2: name: 'a', as another scanner"),
    ("[[scanner]]\nbaud = 9601", "[[scanner]] 1: baud: 9601: no usual speed; allowed: 300, 600"),
    ("[[scanner]]\nprot = '/dev/x'", "[[scanner]] 1: prot: unknown key; did you mean port?; allowed: name, driver"),
    ("[scanner]\nname = 'a'", "[[scanner]]: a table; allowed: a list of tables, each [[scanner]]"),
    ("scanner = [1]", "[[scanner]]: a list; allowed: a list of tables"),
    ("printer = 'usb'", "[printer]: a text; allowed: a table, [printer]"),
    ("[printer]\ndriver = 'network'", "[printer] url: not set, and driver network needs it; allowed: host:port"),
    ("[printer]\nurl = '1.2.3.4'", "[printer] url: '1.2.3.4': not host:port"),
    ("[printer]\nurl = '1.2.3.4:99999'", "[printer] url: '1.2.3.4:99999': not host:port"),
    ("[printer]\ndriver = 'serial'", "[printer] port: not set, and driver serial needs it"),
    ("[printer]\ncodepage = 'utf-8'", "[printer] codepage: 'utf-8': not one of them; allowed: cp437"),
    ("[rfid]\ndriver = 'pad'", "[rfid] driver: 'pad': not one of them; allowed: none"),
    ("[helpdesk]\nphone = 85100", "[helpdesk] phone: 85100: not a text"),
    ("[library]\nopens = '9 am'", "[library] opens: '9 am': no time of the day; allowed: a time of the day, HH:MM"),
    ("[crates]\nmail_to = ['nobody']", "[crates] mail_to, number 1: 'nobody': not of that form"),
    ("[[related]]\nprobe = 'none'", "[[related]] 1: name"),
    ("[[related]]\nname = 'S'\nprobe = 'ping'", "[[related]] 1: probe: 'ping': not one of them; allowed: none, tcp"),
    ("[[related]]\nname = 'S'\nprobe = 'tcp'", "[[related]] 1: address: '', with probe tcp; allowed: host:port"),
    ("[[related]]\nname='S'\nprobe='http'\naddress='s:80'", "'s:80', with probe http; allowed: an address, as"),
    ("[barcodes]\nnot_for_loan = ['(']", "[barcodes] not_for_loan, number 1"),
    ("[registration]\ncategories = ['ADULT']", "[registration] categories, number 1: 'ADULT': it is not NAME=VALUE"),
    ("[registration]\ncategories = ['1=A', '10=B']", "[registration] categories, number 2: '10=B': user category 10"),
    ("[registration]\ncategories = ['los=A']", "[registration] categories, number 1: 'los=A': user category los stays"),
    ("[stations]\nid = 'a'", "[stations]: unknown section; did you mean station?; allowed: [station], [socket]"),
    ("timeout_s = 3", "timeout_s: stands outside of all sections; allowed: under [ils]"),
    ("[station]\nport = 3", "[station] port: unknown key; it belongs under [ils] or [[scanner]] or [printer]"),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_a_wrong_value_is_told_with_place_and_allowed_values(told: Told, text: str, expected: str) -> None:
    top, section = (text + "\n", "") if not text.startswith("[") else ("", text + "\n")
    if section.startswith("[ils]"):
        section += 'host = "h"\n'
        problems = told(section)
    else:
        problems = told(HOST + top + section)
    assert len(problems) == 1, problems
    assert expected in problems[0]
    assert "; allowed: " in problems[0]


def test_everything_at_once_the_file_and_the_environment(told: Told) -> None:
    text = "".join(f"{case}\n" for case in ("[station]\nid = 'a b'\ngates = 1", "[ils]\nport = 0", "[colour]"))
    problems = told(text, {"KIOSKD_ILS__CONNECTIONS": "many", "KIOSKD_COLOR": "1"})
    assert sorted(each.partition(";")[0] for each in problems) == [
        "KIOSKD_COLOR: unknown variable",
        "KIOSKD_ILS__CONNECTIONS: [ils] connections: 'many'",
        "[colour]: unknown section",
        "[ils] host: not set",
        "[ils] port: 0",
        "[station] gates: 1",
        "[station] id: 'a b': not of that form",
    ]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("KIOSKD_ILS__PROT", "1", "unknown variable; did you mean KIOSKD_ILS__PORT?; allowed: KIOSKD_ILS__PROTOCOL"),
        ("KIOSKD_ILS_PORT", "1", "unknown variable; did you mean KIOSKD_ILS__PORT?; allowed: KIOSKD_<SECTION>__<KEY>"),
        ("KIOSKD_ils__port", "1", "unknown variable; did you mean KIOSKD_ILS__PORT?"),
        ("KIOSKD_ILS", '{"port": 1}', "unknown variable"),
        ("KIOSKD_SCANNER__0__NAME", "a", "unknown variable; did you mean KIOSKD_SCANNER?; allowed: KIOSKD_SCANNER, a"),
        ("KIOSKD_SCANNER", "front", ": no JSON; allowed: a list of tables as JSON"),
        ("KIOSKD_SCANNER", '{"name": "a"}', ": a table; allowed: a list of tables as JSON"),
        ("KIOSKD_SCANNER", '[{"baud": 1}]', "[[scanner]] 1: baud: 1: no usual speed"),
        ("KIOSKD_ILS__PORT", "6_001", "[ils] port: '6_001'; allowed: a whole number"),
        ("KIOSKD_ILS__PORT", "9" * 5000, "[ils] port: '9999"),
        ("KIOSKD_ILS__TIMEOUT_S", "nan", "[ils] timeout_s: 'nan'; allowed: a number above 0"),
        ("KIOSKD_ILS__CHECKIN", "maybe", "[ils] checkin: 'maybe'; allowed: true or false"),
        ("KIOSKD_STATION__LANGUAGES", "en", "[station] languages: 'en'; allowed: a list"),
        ("KIOSKD_STATION__LANGUAGES", "[" * 5000, "[station] languages: '[[[["),
        ("KIOSKD_STATION__ID", "a\udcff", r"[station] id: 'a\udcff'"),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(told: Told, name: str, value: str, expected: str) -> None:
    (problem,) = told(HOST, {name: value})
    assert problem.startswith(f"{name}: ")
    assert expected in problem


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[ils\n", "is not TOML: Expected ']'"),
        (b"a = 1\na = 2\n", "is not TOML: Cannot overwrite a value (at line 2"),
        (b"[ils]\nhost = '\xff'\n", "line 2: is not UTF-8"),
        (b"a = " + b"[" * 5000, "is nested too deeply"),
        (b"a = " + b"9" * 5000, "is not TOML: a number is too large"),
        (b"#" * (1 << 20) + b"#", "is too large"),
    ],
)
def test_what_is_no_toml_is_told_beside_wrong_variables(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "kioskd.toml"
    path.write_bytes(content)
    with pytest.raises(BadConfiguration) as bad:
        load(path, {"KIOSKD_ILS__PORT": "0"}, need_file=True)
    first, second = (str(each) for each in bad.value.problems)
    assert expected in first
    assert first.startswith(str(path))
    assert second.startswith("KIOSKD_ILS__PORT: ")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot be read: Is a directory"):
        load(tmp_path, {}, need_file=True)


KEYS = [(name, key) for name, section in SECTIONS.items() for key in section.keys]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates() | st.datetimes()
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3))
QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def toml(value: Any) -> str:
    match value:
        case bool() | int():
            return json.dumps(value)
        case float():
            return repr(value)
        case str():
            return json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(toml(each) for each in value)}]"
        case dict():
            return "{" + ", ".join(f"{toml(str(key))} = {toml(each)}" for key, each in value.items()) + "}"
        case None:
            return '""'
        case _:
            return str(value.isoformat())


def judged(path: Path | None, environ: dict[str, str]) -> None:
    """Settings, or problems that can be printed."""
    try:
        loaded = load(path, environ, need_file=False)
    except BadConfiguration as refused:
        bad = refused
    else:
        assert isinstance(loaded, Loaded)
        return
    assert bad.problems
    assert len(str(bad).splitlines()) == 1 + len(bad.problems)
    assert all(line.isprintable() for line in str(bad).splitlines())


@QUICK
@given(st.dictionaries(st.sampled_from(KEYS) | st.tuples(st.sampled_from(list(SECTIONS)), st.text(max_size=8)), VALUES))
def test_any_toml_is_settings_or_problems(tmp_path: Path, values: dict[tuple[str, str], Any]) -> None:
    tables: dict[str, dict[str, Any]] = {}
    for (name, key), value in values.items():
        tables.setdefault(name, {})[key] = value
    text = "".join(
        f"[[{name}]]\n" * SECTIONS[name].many
        + f"[{name}]\n" * (not SECTIONS[name].many)
        + "".join(f"{toml(key)} = {toml(value)}\n" for key, value in content.items())
        for name, content in tables.items()
    )
    path = tmp_path / "kioskd.toml"
    path.write_text(text, encoding="utf-8")
    judged(path, {})


@QUICK
@given(st.binary(max_size=60), st.dictionaries(st.text(max_size=8), VALUES, max_size=4))
def test_any_file_is_settings_or_problems(tmp_path: Path, noise: bytes, top: dict[str, Any]) -> None:
    path = tmp_path / "kioskd.toml"
    path.write_bytes(noise)
    judged(path, {})
    path.write_text("".join(f"{toml(key)} = {toml(value)}\n" for key, value in top.items()), encoding="utf-8")
    judged(path, {})


KNOWN = st.sampled_from([*(variable(*key) for key in KEYS), "KIOSKD_SCANNER"])
NAMES = KNOWN | st.text(max_size=8).map("KIOSKD_{}".format)
TEXTS = st.text(max_size=12) | VALUES.map(lambda value: json.dumps(value, default=str))


@QUICK
@given(st.dictionaries(NAMES, TEXTS, max_size=6))
def test_any_environment_is_settings_or_problems(environ: dict[str, str]) -> None:
    judged(None, environ)
