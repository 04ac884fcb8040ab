"""What works but should be changed."""

import pytest

from tests.config.conftest import Load

HOST = 'ils.host = "h"\nils.login_user = ""\n'


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("", []),
        ("session.warning_s = 5", ["[session] warning_s: below 20 s slow people cannot answer (WCAG 2.2.1)"]),
        ("staff.codes_file = '/none'", ["[staff] codes_file: there is no /none yet; `kioskctl staff add` makes it"]),
        ("offline.block_list = '/none'", ["[offline] block_list: there is no /none: no card is blocked while offline"]),
        (
            "ils.upload_login_user = 'u'",
            ["[ils] upload_login_user is set but upload_login_password_file is not:"],
        ),
        ("printer = {driver = 'none', url = 'p:1'}", []),
        ("printer = {driver = 'serial', port = '/dev/a', url = 'p:1'}", ["[printer] url is not used by driver serial"]),
        (
            "scanner = [{driver = 'hidraw', layout = 'de', baud = 9600, prefix = 'x'}]",
            ["[[scanner]] 1 layout is not used by driver hidraw"],
        ),
        ("scanner = [{driver = 'evdev', port = '/dev/a'}]", ["[[scanner]] 1 port is not used by driver evdev"]),
    ],
)
def test_warnings(read: Load, text: str, warnings: list[str]) -> None:
    found = read(HOST + text + "\n").warnings
    assert len(found) == len(warnings)
    assert all(told.startswith(expected) for told, expected in zip(found, warnings, strict=True))
