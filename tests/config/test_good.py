"""What is accepted, and what it becomes."""

import datetime as dt
import json
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from drivers import hid_pos, input_signal, key_assembler, line_assembler, serial_line
from drivers.escpos_encode import CODEPAGES as PRINTABLE
from drivers.layouts import LAYOUTS
from drivers.printer_profiles import PROFILES as PRINTERS
from kioskd.config import BadConfiguration, kinds, load
from kioskd.config.keys import LOGIN_USER, SECTIONS
from kioskd.config.kinds import CODEPAGES, PRINTER_PROFILES
from kioskd.config.loading import own_id
from kioskd.config.names import variable
from kioskd.config.profiles import PROFILES
from kioskd.model import settings as s
from kioskd.model.downtime import ProbeKind
from tests.config.conftest import Load

ONE_LINE = 'ils.host = "sip2.example"\n'
CONTRACT = (Path(__file__).parent / "contract.toml").read_text()


def test_one_line_is_enough_and_all_else_is_the_default(read: Load) -> None:
    loaded = read(ONE_LINE)
    station = s.StationSettings(id=own_id(os.uname().nodename))
    assert loaded.settings == s.Settings(station, s.IlsSettings("sip2.example", login_user=LOGIN_USER))
    assert [warning.partition(":")[0] for warning in loaded.warnings] == ["[ils] login_password_file"]


def test_the_contracts_example_is_the_defaults_but_for_names_and_devices(read: Load) -> None:
    settings = read(CONTRACT).settings
    plain = read(ONE_LINE).settings
    assert settings.station == replace(plain.station, id="CENTRAL-3", library="CENTRAL")
    assert settings.ils == replace(plain.ils, host="127.0.0.1")
    for same in ("socket", "staff", "barcodes", "offline", "session", "journal", "rfid_driver", "helpdesk_phone"):
        assert getattr(settings, same) == getattr(plain, same)
    assert settings.scanners == (s.ScannerSettings("front", s.ScannerDriver.SERIAL, "/dev/serial/by-id/..."),)
    assert settings.printer == s.PrinterSettings(
        s.PrinterDriver.NETWORK, "127.0.0.1:9100", columns=42, codepage="cp858"
    )


BEYOND = {"ils": {"no_block_due", "no_block_forces", "min_renew_days"}, "barcodes": {"not_for_loan"}}
"""Keys that the contract leaves to the house."""


def test_the_contracts_example_names_every_key() -> None:
    import tomllib

    example = tomllib.loads(CONTRACT)
    for name, section in SECTIONS.items():
        if name in (
            "registration",
            "library",
            "crates",
            "related",
            "rescue",
            "door",
        ):  # younger than the example; docs/CONFIG.md has it
            continue
        content = example[name][0] if section.many else example[name]
        optional = {"device", "port"} if name in {"scanner", "printer"} else BEYOND.get(name, set())
        optional |= {"profile", "baud", "flow", "options"} if name == "printer" else set()
        if name == "scanner":  # what a scanner may be set to besides stands in docs/CONFIG.md alone
            optional |= set(section.keys) - {"name", "driver", "port", "baud"}
        assert set(section.keys) - optional <= set(content)


def test_every_setting_has_a_key() -> None:
    for name, section in SECTIONS.items():
        if section.settings is None:
            continue
        settings = {field.name for field in fields(section.settings)}
        assert settings == {key.removesuffix("_file") if "password" in key else key for key in section.keys}, name


OTHER: dict[str, tuple[Any, Any]] = {
    "station.id": ("WEST.1", "WEST.1"),
    "station.library": ("Westside", "Westside"),
    "station.kind": ("staff", s.StationKind.STAFF),
    "station.state_dir": ("/srv/kioskd", Path("/srv/kioskd")),
    "station.timezone": ("Europe/Vienna", "Europe/Vienna"),
    "station.languages": (["ru", "zh-Hans"], ("ru", "zh-Hans")),
    "station.gates": (True, True),
    "socket.path": ("/tmp/k.sock", Path("/tmp/k.sock")),
    "socket.screen_users": (["a", "b_c$"], ("a", "b_c$")),
    "socket.staff_users": (["desk"], ("desk",)),
    "socket.technician_users": (["t"], ("t",)),
    "staff.codes_file": ("/etc/kioskd/codes", Path("/etc/kioskd/codes")),
    "staff.unlock_minutes": (0.5, 0.5),
    "staff.idle_lock_minutes": (10, 10),
    "ils.protocol": ("sip2", "sip2"),
    "ils.profile": ("koha", "koha"),
    "ils.host": ("fe80::1%eth0", "fe80::1%eth0"),
    "ils.port": (6002, 6002),
    "ils.login_user": ("", ""),
    "ils.upload_login_user": ("up", "up"),
    "ils.upload_port": (6003, 6003),
    "ils.institution_id": ("CNTRL ü", "CNTRL ü"),
    "ils.location_code": ("West", "West"),
    "ils.error_detection": (False, False),
    "ils.timeout_s": (0.5, 0.5),
    "ils.poll_online_s": (5, 5.0),
    "ils.poll_offline_s": (5, 5.0),
    "ils.poll_return_s": (0.05, 0.05),
    "ils.answers_to_return": (2, 2),
    "ils.probe_patron": ("21168000000000", "21168000000000"),
    "ils.no_block": (False, False),
    "ils.no_block_due": ("bookmark", s.NoBlockDue.BOOKMARK),
    "ils.no_block_forces": (True, True),
    "ils.min_renew_days": (14, 14),
    "ils.connections": (2, 2),
    "ils.upload_spread_s": (0, 0.0),
    "ils.upload_per_s": (2.5, 2.5),
    "ils.quiet_hours": (
        ["23:30-04:00", "12:00-24:00"],
        (s.QuietHours(dt.time(23, 30), dt.time(4)), s.QuietHours(dt.time(12), dt.time(0))),
    ),
    "ils.checkin": (True, True),
    "ils.trust_flags": (True, True),
    "ils.terminator": ("crlf", s.Terminator.CRLF),
    "ils.encoding": ("cp850", "cp850"),
    "ils.verify_checksum": (False, False),
    "ils.ask_pin": (True, True),
    "barcodes.patron": ([r"21168\d{9}", r"^9\d{5}$"], (r"^(?:21168\d{9})$", r"^9\d{5}$")),
    "barcodes.item": ([r"(?i)^b\d+$|^c\d+$"], (r"(?i)^(?:^b\d+$|^c\d+$)$",)),
    "barcodes.extract": ([r"^CARD:(\d{14})$"], (r"^CARD:(\d{14})$",)),
    "barcodes.check_digit": ("require", s.CheckDigit.REQUIRE),
    "barcodes.repeat_s": (0, 0.0),
    "barcodes.typed_twice": (False, False),
    "barcodes.not_for_loan": ([r"39\d+"], (r"^(?:39\d+)$",)),
    "library.contact": ("library.example", "library.example"),
    "library.opens": ("10:30", dt.time(10, 30)),
    "crates.destination": ("Annex", "Annex"),
    "crates.mail_to": (["leads@sort.example"], ("leads@sort.example",)),
    "offline.max_items": (30, 30),
    "offline.bookmark_days": ([21, 7, 0, 7], (21, 7)),
    "offline.closed_weekdays": (["sun", "Monday"], (6, 0)),
    "offline.closed_dates": (["2026-12-25"], (dt.date(2026, 12, 25),)),
    "offline.block_list": ("/var/lib/blocks", Path("/var/lib/blocks")),
    "offline.block_list_days": (30, 30),
    "session.idle_s": (90, 90),
    "session.warning_s": (30, 30),
    "session.confirm_after_s": (20, 20),
    "journal.keep_settled_days": (0, 0),
    "door.url": ("http://localhost:8080/x", "http://localhost:8080/x"),
    "door.user": ("uploader", "uploader"),
    "door.branch": ("4", "4"),
    "door.workstation": ("BR4-kiosk", "BR4-kiosk"),
    "door.client_id": ("KIOSK", "KIOSK"),
    "door.ca_file": ("/etc/kioskd/ca.pem", Path("/etc/kioskd/ca.pem")),
    "door.timeout_s": (30.0, 30.0),
    "rescue.recipient": (
        "kioskd-public-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "kioskd-public-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ),
    "rescue.key_file": ("/etc/kioskd/library.key", Path("/etc/kioskd/library.key")),
    "registration.libraries": (["CENTRAL", "WEST"], ("CENTRAL", "WEST")),
    "registration.languages": (["English"], ("English",)),
    "registration.profiles": (["ADULT"], ("ADULT",)),
    "registration.categories": (["1 = ADULT", "LOC=WEST"], ("1=ADULT", "LOC=WEST")),
    "registration.ticks": (["id_seen"], ("id_seen",)),
    "registration.minor_age": (16, 16),
    "printer.driver": ("none", s.PrinterDriver.NONE),
    "printer.url": ("[fe80::1]:9100", "[fe80::1]:9100"),
    "printer.device": ("/dev/usb/lp1", "/dev/usb/lp1"),
    "printer.port": ("/dev/ttyUSB0", "/dev/ttyUSB0"),
    "printer.columns": (32, 32),
    "printer.codepage": ("cp437", "cp437"),
    "printer.profile": ("generic-58", "generic-58"),
    "printer.baud": (9600, 9600),
    "printer.flow": ("xonxoff", s.FlowControl.XONXOFF),
    "printer.options": ({"folder": "/srv/slips", "cut": True}, (("cut", True), ("folder", "/srv/slips"))),
    "rfid.driver": ("none", "none"),
    "helpdesk.phone": ("x85100", "x85100"),
}
FLAT = {"rfid.driver": "rfid_driver", "helpdesk.phone": "helpdesk_phone"}


def toml(given: object) -> str:
    """JSON's spelling is TOML's, but for tables."""
    if isinstance(given, dict):
        return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in given.items()) + " }"
    return json.dumps(given)


def setting(settings: s.Settings, key: str) -> Any:
    name, _, part = key.partition(".")
    return getattr(settings, FLAT[key]) if key in FLAT else getattr(getattr(settings, name), part)


def test_every_key_is_tried() -> None:
    keys = {f"{name}.{key}" for name, section in SECTIONS.items() if not section.many for key in section.keys}
    assert set(OTHER) == {key for key in keys if not key.endswith("password_file")}


BESIDE = {"door.url": {"ils.profile": "koha", "door.user": "uploader", "door.branch": "4"}}
"""What a key needs beside it."""


@pytest.mark.parametrize("key", OTHER)
def test_every_key_by_file_and_by_environment(key: str, tmp_path: Path) -> None:
    given, becomes = OTHER[key]
    name = variable(*key.split("."))
    as_text = given if isinstance(given, str) else json.dumps(given)
    path = tmp_path / "kioskd.toml"
    beside = BESIDE.get(key, {})
    more = "".join(f"{each} = {json.dumps(value)}\n" for each, value in beside.items())
    path.write_text(f"{key} = {toml(given)}\n{more}" + ("" if key == "ils.host" else ONE_LINE))
    by_file = load(path, {}, need_file=True).settings
    host = {"KIOSKD_ILS__HOST": "sip2.example", **{variable(*each.split(".")): value for each, value in beside.items()}}
    by_environment = load(None, {**host, name: as_text}, need_file=False).settings
    assert setting(by_file, key) == becomes
    assert by_environment == by_file
    path.write_text(more + ONE_LINE)
    assert load(path, {name: as_text}, need_file=True).settings == by_environment, "the environment beats the file"


def test_what_scanners_can_be_set_to_is_what_the_drivers_know() -> None:
    assert set(kinds.LAYOUTS) == LAYOUTS.keys()
    assert {driver: set(names) for driver, names in kinds.TERMINATORS.items()} == {
        "evdev": key_assembler.TERMINATORS.keys(),
        "hidraw": hid_pos.TRAILERS.keys(),
        "serial": line_assembler.TERMINATORS.keys(),
    }
    assert {driver: set(names) for driver, names in kinds.SIGNALS.items()} == {
        "evdev": input_signal.SIGNALS.keys(),
        "hidraw": hid_pos.SIGNALS.keys(),
    }
    assert set(kinds.PARITIES) == serial_line.PARITIES.keys()
    assert set(kinds.FLOWS) == set(serial_line.FLOWS)


def test_everything_that_a_scanner_can_be_told(read: Load) -> None:
    (scanner,) = read(
        ONE_LINE
        + "[[scanner]]\nport = '/dev/ttyS0'\nbaud = 19200\nbits = 7\nparity = 'even'\nstop_bits = 2\nflow = 'xonxoff'\n"
        "terminator = 'stx_etx'\nprefix = \"\\u0016]\"\nsuffix = '#'\nencoding = 'cp1252'\ncharacter_gap_s = 0.2\n"
        "accepted = \"\\u0016\\u0007\\r\"\nrefused = 'none'\noptions = {b = 2, a = true}\n"
    ).settings.scanners
    assert scanner == s.ScannerSettings(
        "scanner-1", s.ScannerDriver.SERIAL, port="/dev/ttyS0", baud=19200, bits=7, parity="even", stop_bits=2,
        flow="xonxoff", terminator="stx_etx", prefix="\x16]", suffix="#", encoding="cp1252", character_gap_s=0.2,
        accepted="\x16\x07\r", refused="none", options=(("a", True), ("b", 2)),
    )  # fmt: skip


def test_related_systems_by_file_and_by_environment(read: Load) -> None:
    listed = [
        {"name": "Web", "probe": "http", "address": "https://web.example/", "up": "use it", "down": "later"},
        {"name": "Sorter", "probe": "tcp", "address": "[fe80::1]:6051"},
        {"name": "Forms", "down": "do not use them"},
    ]
    expected = (
        s.RelatedSettings("Web", ProbeKind.HTTP, "https://web.example/", "use it", "later"),
        s.RelatedSettings("Sorter", ProbeKind.TCP, "[fe80::1]:6051"),
        s.RelatedSettings("Forms", down="do not use them"),
    )
    tables = "\n".join(
        "[[related]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in each.items()) for each in listed
    )
    assert read(ONE_LINE + tables).settings.related == expected
    assert read(ONE_LINE, {"KIOSKD_RELATED": json.dumps(listed)}).settings.related == expected


def test_scanners_by_file_and_by_environment(read: Load) -> None:
    listed = [{"port": "/dev/ttyACM0", "baud": 115200}, {"name": "hand", "driver": "evdev"}, {"device": "/dev/hidraw1"}]
    expected = (
        s.ScannerSettings("scanner-1", s.ScannerDriver.SERIAL, port="/dev/ttyACM0", baud=115200),
        s.ScannerSettings("hand", s.ScannerDriver.EVDEV),
        s.ScannerSettings("scanner-3", s.ScannerDriver.HIDRAW, device="/dev/hidraw1"),
    )
    tables = "\n".join(
        "[[scanner]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in each.items()) for each in listed
    )
    assert read(ONE_LINE + tables).settings.scanners == expected
    environ = {"KIOSKD_SCANNER": json.dumps(listed)}
    assert read(ONE_LINE + "[[scanner]]\nname = 'other'\n", environ).settings.scanners == expected
    assert read(ONE_LINE + tables, {"KIOSKD_SCANNER": "[]"}).settings.scanners == ()


@pytest.mark.parametrize(
    ("table", "driver"),
    [
        ('url = "p:9100"', s.PrinterDriver.NETWORK),
        ('port = "/dev/ttyS0"', s.PrinterDriver.SERIAL),
        ("columns = 32", s.PrinterDriver.USBLP),
    ],
)
def test_a_printers_driver_follows_from_how_it_is_reached(read: Load, table: str, driver: s.PrinterDriver) -> None:
    printer = read(f"{ONE_LINE}[printer]\n{table}\n").settings.printer
    assert printer is not None
    assert printer.driver is driver


@pytest.mark.parametrize(("text", "days"), [("0", ()), ("14", (14,)), ("[]", ()), ("[0]", ()), ("[7, 21, 7]", (7, 21))])
def test_no_bookmark_is_zero_or_nothing(read: Load, text: str, days: tuple[int, ...]) -> None:
    assert read(f"{ONE_LINE}[offline]\nbookmark_days = {text}\n").settings.offline.bookmark_days == days
    assert read(ONE_LINE, {"KIOSKD_OFFLINE__BOOKMARK_DAYS": text}).settings.offline.bookmark_days == days


def test_a_toml_date_is_a_date(read: Load) -> None:
    offline = read(f"{ONE_LINE}[offline]\nclosed_dates = [2026-12-25, '2027-01-01']\n").settings.offline
    assert offline.closed_dates == (dt.date(2026, 12, 25), dt.date(2027, 1, 1))


@pytest.mark.parametrize("word", ["true", "YES", "on", "1"])
def test_flags_as_people_write_them_in_variables(read: Load, word: str) -> None:
    assert read(ONE_LINE, {"KIOSKD_ILS__CHECKIN": word}).settings.ils.checkin is True


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_sets_defaults_that_keys_override(read: Load, profile: str) -> None:
    plain, chosen = read(ONE_LINE).settings.ils, read(f'{ONE_LINE}ils.profile = "{profile}"\n').settings.ils
    changes: Any = dict(PROFILES[profile].defaults)
    assert chosen == replace(plain, profile=profile, **changes)
    for key in PROFILES[profile].defaults:
        kept = getattr(plain, key)
        said = str(kept).lower() if isinstance(kept, bool) else f'"{kept}"'
        explicit = read(f'{ONE_LINE}ils.profile = "{profile}"\nils.{key} = {said}\n').settings.ils
        assert getattr(explicit, key) == kept


def test_a_default_file_that_is_missing_leaves_it_to_the_environment(tmp_path: Path) -> None:
    settings = load(tmp_path / "none", {"KIOSKD_ILS__HOST": "h"}, need_file=False).settings
    assert settings.ils.host == "h"
    with pytest.raises(BadConfiguration, match=r"none: \[ils\] host: not set.*KIOSKD_ILS__HOST"):
        load(tmp_path / "none", {}, need_file=False)
    with pytest.raises(BadConfiguration, match=r"none: there is no such file$"):
        load(tmp_path / "none", {}, need_file=True)


@pytest.mark.parametrize(
    ("host", "station"),
    [("central-3", "central-3"), ("bücher_1", "b-cher_1"), ("a" * 40, "a" * 32), ("-.", "kiosk"), ("", "kiosk")],
)
def test_the_hosts_name_is_made_to_fit(host: str, station: str) -> None:
    assert own_id(host) == station


def test_the_codepages_are_the_encoders() -> None:
    assert set(CODEPAGES) == set(PRINTABLE)


def test_the_printer_profiles_are_the_drivers() -> None:
    assert set(PRINTER_PROFILES) == set(PRINTERS)


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ('ils.profile = "sierra"', "profile sierra has none"),
        ('ils.profile = "koha"\ndoor.user = "u"', "[door] branch: not set"),
        ('ils.profile = "evergreen"\ndoor.user = "u"\ndoor.branch = "CENTRAL"\ndoor.workstation = "w"', "org unit"),
        ('ils.profile = "symphony"\ndoor.user = "u"', "[door] client_id: not set"),
        ('ils.profile = "koha"\ndoor.user = "u"\ndoor.branch = "b"\ndoor.url = "http://koha.example"', "https://"),
    ],
)
def test_a_door_that_cannot_be_opened_is_refused_at_the_start(more: str, wrong: str, read: Load) -> None:
    url = "" if "door.url" in more else 'door.url = "https://koha.example"\n'
    with pytest.raises(BadConfiguration) as bad:
        read(ONE_LINE + url + more + "\n")
    assert wrong in str(bad.value)
