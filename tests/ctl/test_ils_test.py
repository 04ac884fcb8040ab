"""`kioskctl ils-test`: the daemon's line by its diagnostics, and a line of its own."""

import asyncio
from pathlib import Path

import pytest

from kioskd.sip2.masked import masked
from kioskd.sip2.told import told

from .conftest import Daemon, begin, kioskctl

UP = b"98YYNNNN08000320261124    1000002.00AOCENTRAL|BXYYYYYYYYYYYNYYYY|AY1AZD4F1\r"
DOWN = b"98NYYYYN999999                  2.00AO|\r"
PATRON = b"64%14s00020261124    100000%024dAOX|AA21168000001234|AEHopper, Grace|AFHi|AY2AZFFFF\r" % (b"", 0)


def test_98_is_explained_flag_by_flag() -> None:
    name, fields = told(masked(UP))
    meant = {each.name: (each.value, each.meaning) for each in fields}
    assert name == "98 acs status"
    assert meant["online"] == ("Y", "the library system is up")
    assert meant["checkout ok"][1].startswith("says that it takes no checkouts")
    assert meant["timeout"] == ("080", "it may take 8 s for an answer")
    assert meant["institution"] == ("CENTRAL", "")
    assert meant["sequence"][0] == "1"
    assert {each.name: each.meaning for each in told(masked(DOWN))[1]}["timeout"] == "not told"


def test_nobody_is_in_what_is_told() -> None:
    _, fields = told(masked(PATRON))
    values = " ".join(each.value for each in fields)
    assert "…1234" in values
    for somebody in ("21168000001234", "Hopper", "Hi"):
        assert somebody not in values
    assert told("login: ") == ("no known message", ())


async def test_the_daemons_line(daemon: Daemon) -> None:
    running = await begin("--socket", daemon.path, "ils-test")
    while running.returncode is None:  # what is said before it listens is not for it
        daemon.front.diagnose("sip2", {"way": "out", "line": masked(b"9900802.00AY1AZFCA0\r")})
        await asyncio.sleep(0.02)
        daemon.front.diagnose("sip2", {"way": "in", "line": masked(UP)})
    assert running.stdout is not None
    assert running.stderr is not None
    out, err = await running.stdout.read(), await running.stderr.read()
    assert (running.returncode, err) == (0, b"")
    assert b"> 99 sc status" in out
    assert b"ms later" in out
    assert b"checkout ok: N (says that it takes no checkouts" in out


async def test_silence_is_1_and_says_the_trouble(daemon: Daemon) -> None:
    done = await kioskctl("--socket", daemon.path, "--json", "ils-test", "--wait", "0.2")
    assert done.status == 1
    assert done.document["good"] is False
    assert "silence" in done.document["problem"]


@pytest.mark.parametrize(
    ("answers", "status", "problem"),
    [
        ([b"941\r", UP], 0, None),
        ([b"941\r", DOWN], 1, "off line"),
        ([b"940\r"], 1, "refuses the login"),
        ([b"941\r", b""], 1, "closed the line"),
    ],
)
async def test_a_line_of_its_own(folder: Path, answers: list[bytes], status: int, problem: str | None) -> None:
    asked: list[bytes] = []

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            asked.append(await reader.readuntil(b"\r"))
            writer.write(answer)
        writer.close()

    async with await asyncio.start_server(server, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        (folder / "pw").write_text("tr0ub4dor")
        (folder / "pw").chmod(0o600)
        (folder / "kioskd.toml").write_text(
            f'[ils]\nhost = "127.0.0.1"\nport = {port}\nlogin_user = "kiosk"\nlogin_password_file = "{folder / "pw"}"\n'
            '[station]\nid = "T"\n'
        )
        done = await kioskctl("--config", folder / "kioskd.toml", "--json", "ils-test", "--own-line")
    assert [line[:2] for line in asked] == [b"93", b"99"][: len(answers)]
    assert b"COtr0ub4dor|" in asked[0]
    assert "tr0ub4dor" not in done.out + done.err
    assert done.status == status
    assert [each["message"][:2] for each in done.document["lines"]][:3] == ["93", "94", "99"][: 1 + len(answers)]
    assert done.document["problem"] is None if problem is None else problem in done.document["problem"]
