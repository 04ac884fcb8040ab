"""Keys that are accepted and change nothing are named as such, and no others."""

import ast
import re

from kioskd.config.keys import SECTIONS
from tests.docs.pages import REPO, page, section

HEADING = "## Keys that change nothing yet"
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


def test_the_idle_keys_are_named_and_no_others() -> None:
    read = read_in_code()
    if "helpdesk_phone" in read:
        read.add("phone")
    idle = {f"{name}.{key}" for name, found in SECTIONS.items() for key in found.keys if key not in read}
    told = {
        key
        for name in ("docs/OPERATIONS.md",)
        for key in re.findall(r"`([a-z]+\.\w+)`", section(page(name), HEADING).partition("Without\n")[0])
    }
    assert told == idle - BY_ANOTHER_NAME


def test_each_exception_is_a_key() -> None:
    assert {f"{name}.{key}" for name, found in SECTIONS.items() for key in found.keys} >= BY_ANOTHER_NAME
