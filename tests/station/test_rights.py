"""Who may do what at the socket, by the kernel's word; rights lent by a staff code; and what no log may hold."""

import json
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.demo.client import Client, RpcError
from hardware_sim.demo.processes import BIN, Daemon, clean_environment
from tests.station.conftest import Bench, luhn14

LISTED, UNLISTED = "nobody", "daemon"
CODE, PIN, LICENCE = "83917465", "70519", "@ANSI 6360000DLDAQX1234567DCSMUSTERMANN"
WRONG = [f"5500{number}1" for number in range(5)]
TALK = """
import json, os, socket, sys
path, uid, calls = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
os.setuid(uid)
line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
line.settimeout(10)
line.connect(path)
answers = line.makefile("rb")
try:
    for number, (method, params) in enumerate(calls):
        line.sendall(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\\n")
    for _ in calls:
        sys.stdout.write(answers.readline().decode())
except (BrokenPipeError, ConnectionResetError):
    sys.stdout.write(answers.readline().decode())
"""


@pytest.fixture
def doorstep() -> Iterator[Path]:
    """A folder that other users may enter; the test's own is the tester's alone."""
    folder = Path(tempfile.mkdtemp(prefix="kioskd-door-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def guarded(bench: Bench, doorstep: Path) -> Bench:
    """A station with staff codes, a listed screen user, and a library system that asks for PINs."""
    bench.start_ils()
    bench.stock(1, 30)
    card = luhn14("2", 9_999)
    bench.ils.post("/world", {"do": "add_patron", "patron": {"barcode": card, "name": "Reader", "pin": PIN}})
    bench.cards.append(card)
    bench.start_scanner()
    config = {
        "socket": {"path": str(doorstep / "kioskd.sock"), "screen_users": [LISTED]},
        "staff": {"codes_file": str(bench.folder / "codes")},
        "ils": {"ask_pin": True, "checkin": True},
    }
    add = subprocess.run(
        [str(BIN / "kioskctl"), "staff", "add", "mk", "--code-stdin", "--codes-file", str(bench.folder / "codes")],
        input=CODE + "\n",
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert add.returncode == 0, add
    assert CODE not in add.stdout + add.stderr + (bench.folder / "codes").read_text()
    bench.daemon = Daemon(bench.folder, bench.config(**config))
    bench.daemon.socket = doorstep / "kioskd.sock"
    bench.daemon.start()
    bench._stack.callback(bench.daemon.stop)
    bench.connect()
    bench.online()
    return bench


def talk(bench: Bench, user: str, *calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Let another user's process make calls; its group stays, so that the file's mode is no obstacle."""
    uid = str(pwd.getpwnam(user).pw_uid)
    done = subprocess.run(
        [sys.executable, "-c", TALK, str(bench.daemon.socket), uid, json.dumps(calls)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def refusal(client: Client, method: str, /, **params: Any) -> RpcError:
    with pytest.raises(RpcError) as error:
        client.call(method, **params)
    return error.value


def test_a_user_who_is_not_listed_is_refused(guarded: Bench) -> None:
    (answer,) = talk(guarded, UNLISTED, ("view.get", {}), ("status.get", {}))
    assert answer["error"]["code"] == -32011
    assert UNLISTED in answer["error"]["message"]
    assert oct(guarded.daemon.socket.stat().st_mode & 0o777) == "0o660"
    assert "client refused" in guarded.daemon.log.read_text()


def test_a_listed_screen_user_is_a_screen_and_no_more(guarded: Bench) -> None:
    staff: list[tuple[str, dict[str, Any]]] = [
        ("mode.set", {"mode": "offline", "reason": "x"}),
        ("item.checkin", {"code": guarded.items[0]}),
        ("journal.summary", {}),
        ("journal.list", {}),
        ("exceptions.list", {}),
        ("upload.start", {}),
        ("session.due_date", {"date": "2030-01-01"}),
        ("payment.take", {}),
        ("rfid.read", {}),
        ("journal.withdraw", {"seq": 1, "reason": "x"}),
        ("journal.hand_over", {"seqs": [1], "to": "x"}),
        ("hello", {"client": "x", "protocol": 1, "role": "staff"}),
    ]
    technician: list[tuple[str, dict[str, Any]]] = [
        ("scan.inject", {"scanner": "front", "code": guarded.items[0]}),
        ("diagnostics.watch", {}),
        ("hello", {"client": "x", "protocol": 1, "role": "technician"}),
    ]
    screen: list[tuple[str, dict[str, Any]]] = [
        ("hello", {"client": "x", "protocol": 1}),
        ("view.get", {}),
        ("status.get", {}),
        ("session.start", {"flow": "checkout"}),
    ]
    answers = talk(guarded, LISTED, *screen, *staff, *technician)
    for (method, _), answer in zip(screen, answers, strict=False):
        assert "result" in answer, (method, answer)
    assert answers[0]["result"]["role"] == "screen"
    for (method, params), answer in zip([*staff, *technician], answers[len(screen) :], strict=True):
        assert answer["error"]["code"] == -32011, (method, answer)
        assert answer["error"]["data"]["kind"] == "not_allowed"
        needs = "technician" if (method, params) in technician else "staff"
        assert answer["error"]["data"]["needs"] == needs, (method, answer)
    assert guarded.client.call("view.get")["mode"]["name"] == "online"


def test_the_due_date_screen_is_for_staff(guarded: Bench) -> None:
    guarded.client.call("session.input", code=guarded.cards[-1])
    guarded.screen("pin")
    guarded.client.call("session.input", code=PIN)
    guarded.screen("items")
    show: tuple[str, dict[str, Any]] = ("session.show", {"screen": "due_date"})
    (answer,) = talk(guarded, LISTED, show)
    assert answer["error"]["data"] == {"kind": "not_allowed", "needs": "staff"}
    guarded.client.call("staff.unlock", code=CODE)
    (answer,) = talk(guarded, LISTED, show)
    assert answer["result"]["screen"] == "due_date"


def test_a_lesser_role_that_was_asked_for_is_kept(guarded: Bench) -> None:
    with Client(guarded.daemon.socket) as client:
        assert client.call("hello", client="page", protocol=1, role="screen")["role"] == "screen"
        assert refusal(client, "mode.set", mode="offline", reason="x").code == -32011
        assert refusal(client, "hello", client="page", protocol=1, role="technician").code == -32011


def test_a_staff_code_lends_rights_to_every_screen_until_locked(guarded: Bench) -> None:
    with Client(guarded.daemon.socket) as one, Client(guarded.daemon.socket) as other:
        for client in (one, other):
            client.call("hello", client="page", protocol=1, role="screen")
        assert refusal(one, "staff.unlock", code=WRONG[0]).code == -32011
        view = one.call("staff.unlock", code=CODE)
        assert view["staff"] == {"unlocked": True, "by": "mk"}
        other.call("mode.set", mode="offline", reason="the ILS is being moved")
        guarded.offline()
        other.call("mode.set", mode="auto")
        assert talk(guarded, LISTED, ("journal.summary", {}))[0]["result"]["recorded"] == 0
        assert other.call("staff.lock")["staff"]["unlocked"] is False
        assert refusal(one, "mode.set", mode="offline", reason="x").data["needs"] == "staff"
        # Technicians' own methods were not lent.
        one.call("staff.unlock", code=CODE)
        assert refusal(one, "scan.inject", scanner="front", code="x").data["needs"] == "technician"


def test_five_wrong_codes_wait(guarded: Bench) -> None:
    with Client(guarded.daemon.socket) as client:
        client.call("hello", client="page", protocol=1, role="screen")
        for code in WRONG:
            assert refusal(client, "staff.unlock", code=code).code == -32011
        error = refusal(client, "staff.unlock", code=CODE)
        assert error.code == -32011
        view = client.call("view.get")
        assert view["message"]["key"] == "staff_wait"
        assert 50 <= int(view["message"]["params"]["seconds"]) <= 60
        assert view["staff"]["unlocked"] is False
        assert CODE not in json.dumps(view) + str(error)


def test_no_log_holds_a_secret_or_a_card(guarded: Bench) -> None:
    card, item = guarded.cards[-1], guarded.items[0]
    guarded.client.call("diagnostics.watch")
    for code in WRONG:
        refusal(guarded.client, "staff.unlock", code=code)
    refusal(guarded.client, "staff.unlock", code=CODE)
    guarded.client.call("session.input", code=LICENCE)
    guarded.client.call("session.start", flow="checkout")
    guarded.client.call("session.input", code=card)
    guarded.screen("pin")
    guarded.client.call("session.input", code=PIN)
    guarded.screen("items")
    guarded.client.call("session.input", code=item)
    guarded.result(item, "checked_out")
    guarded.client.call("session.finish", paper=[])
    guarded.ils.fault(down=True)
    guarded.offline()
    guarded.client.call("session.input", code=card)
    guarded.screen("items")
    guarded.client.call("session.input", code=guarded.items[1])
    guarded.result(guarded.items[1], "recorded")
    guarded.ils.fault(down=False)
    guarded.settled()
    guarded.daemon.stop()
    log = guarded.daemon.log.read_text()
    seen = json.dumps([guarded.client.views, guarded.client.others])
    on_disk = b"".join(path.read_bytes() for path in guarded.daemon.state_dir.iterdir()).decode("latin-1")
    assert "sip2" in seen, "the diagnostics were watched"
    for secret in (CODE, PIN, LICENCE, "MUSTERMANN", *WRONG):
        for place, text in (("log", log), ("views and diagnostics", seen), ("state_dir", on_disk)):
            assert secret not in text, (secret, place)
    for place, text in (("log", log), ("views and diagnostics", seen)):
        assert card not in text, place
