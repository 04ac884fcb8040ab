"""What the kernel sees and what the station makes of it, as a tree: pure, from what was found and the Status."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from drivers.identity import Evidence, Found, Verdict

WHY: Final[Mapping[Evidence, str]] = {
    Evidence.TAGGED: "a udev rule names it as the station's",
    Evidence.SAYS_SO: "it says of itself what it is",
    Evidence.MAKER: "its maker makes nothing else",
    Evidence.LOOKS_LIKE_A_KEYBOARD: "it may be a person's keyboard: scan with it (kioskctl scan-test), or name it in "
    "[[scanner]]",
    Evidence.COULD_BE_ANY_PRINTER: "it does not say that it speaks ESC/POS: name it in [printer] if it is one",
    Evidence.COULD_BE_ANY_SERIAL_DEVICE: "behind a serial line may be anything: name it in [[scanner]] if it is one",
    Evidence.CANNOT_TYPE_A_CODE: "it has no keys for a barcode",
    Evidence.TELLS_NO_CODES: "its reports hold no barcode",
    Evidence.BUILT_IN: "it hangs on neither USB nor Bluetooth",
    Evidence.NO_PERMISSION: "this user may not look at it: sudo kioskctl devices",
}
TAKEN_ELSEWHERE: Final = "the station uses this device another way"
ADDRESSED: Final = "the configuration gives its address"
NOT_TAKEN: Final = "the configuration names other devices"
UNKNOWN: Final = "whether the station uses it is not known: the daemon does not answer"


@dataclass(frozen=True, slots=True)
class Node:
    """One way to a device. `used_as`: the station's name for it, None where it is not used; `why`: why, or why not."""

    driver: str
    path: str
    verdict: str
    evidence: str
    used_as: str | None
    state: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One device, by what tells it from others."""

    identity: str | None
    name: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What the station wants and the kernel does not show."""

    name: str
    kind: str
    driver: str
    state: str
    problem: str | None
    advice: str | None


def tree(found: Iterable[Found], status: Mapping[str, Any] | None) -> tuple[list[Branch], list[Missing]]:
    """Return each device with its nodes, and what is wanted and not there. `status` None: no daemon answers."""
    wanted: list[Mapping[str, Any]] = list((status or {}).get("devices") or ())
    groups: dict[str, list[Found]] = {}
    for device in found:
        groups.setdefault(str(device.identity or "") or device.path, []).append(device)
    used: list[Mapping[str, Any]] = []
    branches = []
    for devices in groups.values():
        users = {device.path: _user(device, wanted) for device in devices}
        used += [user for user in users.values() if user is not None]
        ours = any(users.values())
        nodes = tuple(_node(device, users[device.path], ours=ours, asked=status is not None) for device in devices)
        first = devices[0]
        name = next((device.name for device in devices if device.name), "nameless")
        branches.append(Branch(str(first.identity) if first.identity is not None else None, name, nodes))
    branches += [_addressed(each) for each in wanted if each not in used and each.get("state") == "ready"]
    branches.sort(key=lambda branch: (not any(node.used_as for node in branch.nodes), branch.name))
    missing = [_missing(each) for each in wanted if each not in used and each.get("state") != "ready"]
    return branches, missing


def _user(found: Found, wanted: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    for device in wanted:
        identity = str(device.get("identity") or "")
        here = identity.startswith("/") and os.path.realpath(identity) == os.path.realpath(found.path)
        by_name = found.identity is not None and identity == str(found.identity)
        if device.get("driver") == found.driver and (here or by_name):
            return device
    return None


def _node(found: Found, user: Mapping[str, Any] | None, *, ours: bool, asked: bool) -> Node:
    why = WHY[found.evidence]
    if user is not None:
        why = str(user.get("problem") or "") or why
        if user.get("advice"):
            why = f"{why}; {user['advice']}"
    elif ours:
        why = TAKEN_ELSEWHERE
    elif found.verdict is Verdict.TAKE:
        why = NOT_TAKEN if asked else UNKNOWN
    return Node(
        found.driver,
        found.path,
        found.verdict.value,
        found.evidence.value,
        str(user["name"]) if user is not None else None,
        str(user["state"]) if user is not None else None,
        why,
    )


def _addressed(device: Mapping[str, Any]) -> Branch:
    """Return what the station uses and no list of the kernel's shows: a printer in the network, a line of one's own."""
    name, driver, state, path = (str(device.get(key) or "") for key in ("name", "driver", "state", "identity"))
    node = Node(driver, path, Verdict.TAKE.value, "configured", name, state, ADDRESSED)
    return Branch(None, str(device.get("kind") or name), (node,))


def _missing(device: Mapping[str, Any]) -> Missing:
    texts = (str(device.get(name) or "") for name in ("name", "kind", "driver", "state"))
    name, kind, driver, state = texts
    return Missing(name, kind, driver, state, device.get("problem"), device.get("advice"))
