"""No key is accepted that changes nothing."""

import ast

from kioskd.config.keys import SECTIONS
from tests.docs.pages import REPO

BY_ANOTHER_NAME = {
    "ils.protocol",  # one value
    "ils.profile",  # becomes other keys' defaults
    "ils.login_password_file",  # becomes `login_password`
    "ils.upload_login_password_file",  # likewise
    "door.password_file",  # becomes `password`
    "socket.screen_users",  # these three are looked up by the name of the role
    "socket.staff_users",
    "socket.technician_users",
}


def read_in_code() -> set[str]:
    """Every attribute that code beyond the configuration reads, a connection's own aside."""
    found: set[str] = set()
    for path in (REPO / "kioskd").rglob("*.py"):
        if path.parent.name not in ("config", "front"):
            found |= {
                node.attr
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
            }
    return found


def test_every_key_is_read_somewhere() -> None:
    read = read_in_code()
    if "helpdesk_phone" in read:
        read.add("phone")
    idle = {f"{name}.{key}" for name, found in SECTIONS.items() for key in found.keys if key not in read}
    assert idle <= BY_ANOTHER_NAME, f"{idle - BY_ANOTHER_NAME} change nothing"


def test_each_exception_is_a_key() -> None:
    assert {f"{name}.{key}" for name, found in SECTIONS.items() for key in found.keys} >= BY_ANOTHER_NAME
