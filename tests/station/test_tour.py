"""The tour passes; and with a daemon that breaks any one promise it fails, and says where."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hardware_sim.demo.processes import BIN, clean_environment

STEPS = 14
LIMIT_S = 120.0

SABOTAGE = {
    "the journal writes nothing": (
        """
        from kioskd.journal.journal import Journal, Written
        from kioskd.model.entry import AddEntry, Seq
        numbers = itertools.count(1)
        def write(self, writes):
            return Written(tuple(Seq(next(numbers)) for each in writes if isinstance(each, AddEntry)), self.summary())
        Journal.write = write
        """,
        4,
        "1 unsent",
    ),
    "the journal forgets all at a restart": (
        """
        from kioskd.journal.journal import Journal
        real = Journal.open
        def open_another(state_dir, **more):
            state_dir.mkdir(exist_ok=True)
            return real(Path(tempfile.mkdtemp(dir=state_dir)), **more)
        Journal.open = open_another
        """,
        10,
        "how many items were recorded",
    ),
    "the upload sends each loan twice": (
        """
        from dataclasses import replace
        from kioskd.ils.conversation import Conversation
        from kioskd.model.ils import AskCheckout, AskId, Urgency
        real = Conversation.ask
        def ask(self, what):
            real(self, what)
            if what.urgency is Urgency.UPLOAD and isinstance(what.question, AskCheckout):
                real(self, replace(what, ask=AskId(-what.ask)))
        Conversation.ask = ask
        """,
        12,
        "exactly once",
    ),
    "the receipt holds a title": (
        """
        from dataclasses import replace
        from kioskd.model.slip import SlipLine
        from kioskd.rules import slips
        real = slips.receipt
        def receipt(turn):
            slip = real(turn)
            titles = [SlipLine(line.title) for line in turn.session.lines if line.title]
            return replace(slip, lines=(*slip.lines, *titles))
        slips.receipt = receipt
        """,
        3,
        "no title on the receipt",
    ),
    "the receipt holds a card": (
        """
        from dataclasses import replace
        from kioskd.model.slip import SlipLine
        from kioskd.rules import slips
        real = slips.receipt
        def receipt(turn):
            slip = real(turn)
            return replace(slip, lines=(*slip.lines, SlipLine(turn.session.patron)))
        slips.receipt = receipt
        """,
        3,
        "nothing of the patron on the receipt",
    ),
    "items are checked in offline": (
        """
        from kioskd.model.effects import Reply
        from kioskd.rules import policy
        real = policy.refuse
        def refuse(turn, act):
            if act is not policy.Act.CHECKIN:
                return real(turn, act)
            turn.do(Reply(turn.request, {"ok": True}))
            turn.request = None
        policy.refuse = refuse
        """,
        7,
        "item.checkin refused",
    ),
    "an exception is forgotten": (
        """
        from kioskd.model.entry import EntryState
        from kioskd.rules import outcome
        outcome.STATE[outcome.Outcome.ON_LOAN_TO_ANOTHER] = EntryState.SETTLED
        """,
        13,
        "1 exception, not 0",
    ),
}
"""What is wrong, the code that makes it so, the step that must notice, and what it must miss."""


def folder_of_commands(folder: Path, code: str) -> Path:
    """The commands, with a daemon that is the real one but for `code`."""
    folder.mkdir()
    for program in BIN.iterdir():
        if program.name != "kioskd":
            (folder / program.name).symlink_to(program.absolute())
    body = "\n".join(line.removeprefix("        ") for line in code.strip("\n").splitlines())
    head = f"#!{sys.executable}\nimport itertools, sys, tempfile\nfrom pathlib import Path\n"
    kioskd = folder / "kioskd"
    kioskd.write_text(f"{head}{body}\nfrom kioskd.__main__ import main\nsys.exit(main())\n")
    kioskd.chmod(kioskd.stat().st_mode | stat.S_IXUSR)
    return folder


def start(folder: Path, commands: Path = BIN) -> "subprocess.Popen[str]":
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [str(BIN / "kiosk-sim"), "demo", "--tour", "--no-browser"],
        env=clean_environment(KIOSK_SIM_BIN=str(commands), TMPDIR=str(folder)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(tour: "subprocess.Popen[str]") -> tuple[int, list[str], str]:
    """Its exit status, the steps that it saw, and what it said went wrong."""
    lines, trouble = tour.communicate(timeout=LIMIT_S)
    return tour.returncode, lines.splitlines(), trouble


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(("items are checked in offline",), id="one"),
        pytest.param(tuple(SABOTAGE), id="all", marks=pytest.mark.long),
    ],
)
@pytest.mark.timeout(240)
def test_the_tour_fails_at_the_very_step_that_is_broken(tmp_path: Path, broken: tuple[str, ...]) -> None:
    tours = {
        name: start(tmp_path / f"t{number}", folder_of_commands(tmp_path / f"b{number}", SABOTAGE[name][0]))
        for number, name in enumerate(broken)
    }
    found = {name: told(tour) for name, tour in tours.items()}
    for name, (status, lines, trouble) in found.items():
        _, step, missed = SABOTAGE[name]
        print(f"\n{name}: exit {status} at step {len(lines) + 1}: {trouble.splitlines()[0] if trouble else ''}")
        assert status == 1, name
        assert len(lines) == step - 1, (name, lines, trouble)
        assert missed in trouble, (name, trouble)
        assert "Traceback" not in trouble


@pytest.mark.long  # The tour itself is run beside the tests.
def test_the_tour_passes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    status, lines, trouble = told(start(tmp_path / "t"))
    assert (status, trouble) == (0, "")
    assert [int(line.partition(".")[0]) for line in lines[:-1]] == list(range(1, STEPS + 1))
    assert not list((tmp_path / "t").iterdir())
