"""Passwords: where they are looked for, and that they are never shown."""

from pathlib import Path

import pytest

from kioskd.config import keys, secrets
from tests.config.conftest import Load, Told

HOST = 'ils.host = "h"\n'


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("hunter2\n")
    path.chmod(0o600)
    return path


def test_a_file_that_is_named(read: Load, password: Path) -> None:
    loaded = read(f'{HOST}ils.login_password_file = "{password}"\n')
    assert loaded.settings.ils.login_password == "hunter2"
    assert loaded.warnings == ()
    assert "hunter2" not in repr(loaded)


def test_uploads_have_their_own(read: Load, password: Path) -> None:
    other = f'ils.login_user = ""\nils.upload_login_user = "up"\nils.upload_login_password_file = "{password}"\n'
    ils = read(HOST + other).settings.ils
    assert (ils.login_password, ils.upload_login_password) == ("", "hunter2")


def test_a_credential_goes_before_the_file(read: Load, password: Path, tmp_path: Path) -> None:
    (tmp_path / "ils-password").write_text("from systemd")
    (tmp_path / "ils-upload-password").write_text("for uploads")
    text = f'{HOST}ils.login_password_file = "{password}"\nils.upload_login_user = "up"\n'
    loaded = read(text, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert loaded.settings.ils.login_password == "from systemd"
    assert loaded.settings.ils.upload_login_password == "for uploads"
    assert loaded.warnings == ()


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True), (0o602, True)])
def test_what_others_can_read_is_warned_about(read: Load, password: Path, mode: int, warned: bool) -> None:
    password.chmod(mode)
    loaded = read(f'{HOST}ils.login_password_file = "{password}"\n')
    assert loaded.settings.ils.login_password == "hunter2"
    assert any(f"chmod 600 {password}" in warning for warning in loaded.warnings) is warned


def test_codes_that_others_can_read_are_warned_about(read: Load, password: Path) -> None:
    password.chmod(0o644)
    warnings = read(f'{HOST}ils.login_user = ""\nstaff.codes_file = "{password}"\n').warnings
    assert [warning.partition(":")[0] for warning in warnings] == ["[staff] codes_file"]


def test_a_missing_default_is_an_empty_password(read: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = tmp_path / "default"
    monkeypatch.setattr(secrets, "LOGIN_PASSWORD_FILE", default)
    loaded = read(f'{HOST}ils.login_password_file = "{default}"\n')
    assert loaded.settings.ils.login_password == ""
    assert str(default) in loaded.warnings[0]
    default.write_text("hunter2")
    default.chmod(0o600)
    assert read(f'{HOST}ils.login_password_file = "{default}"\n').settings.ils.login_password == "hunter2"


def test_the_default_is_documented_where_it_is_known() -> None:
    assert Path("/etc/kioskd/ils-password") == keys.LOGIN_PASSWORD_FILE


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "cannot be read: No such file"),
        (b"two\nlines\n", "several lines"),
        (b"hunter2|", "SIP2 field cannot carry"),
        (b"\xff", "is not UTF-8"),
        (b"x" * 5000, "more than 255 bytes"),
    ],
)
def test_a_bad_file_is_a_problem(told: Told, tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    (problem,) = told(f'{HOST}ils.login_password_file = "{path}"\n')
    assert problem.startswith(f"[ils] login_password_file: {path} ")
    assert expected in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    "line",
    [
        'ils.login_password = "hunter2"',
        'ils.login_password_file = "hunter2"',
        'ils.login_password_file = ["hunter2"]',
        'ils.login_password_file = {value = "hunter2"}',
        'ils.pasword = "hunter2"',
        'login_password = "hunter2"',
        "ils.probe_patron = 21168000001111",
    ],
)
def test_no_problem_repeats_a_secret(told: Told, line: str) -> None:
    (problem,) = told(f"{HOST}{line}\n")
    assert "hunter2" not in problem
    assert "2116" not in problem


@pytest.mark.parametrize("name", ["KIOSKD_ILS__LOGIN_PASSWORD", "KIOSKD_ILS__LOGIN_PASSWORD_FILE", "KIOSKD_PASSWORD"])
def test_no_problem_repeats_a_secret_variable(told: Told, name: str) -> None:
    (problem,) = told(HOST, {name: "hunter2"})
    assert "hunter2" not in problem


def test_an_empty_user_needs_no_password(read: Load) -> None:
    assert read(f'{HOST}ils.login_user = ""\nils.login_password_file = "/nowhere"\n').warnings == ()
