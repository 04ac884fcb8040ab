"""Each verb against a daemon's socket: what is asked, what is printed, how it ends."""

import asyncio
import datetime as dt
import json
import signal
from dataclasses import asdict, replace
from typing import Any

import pytest

from kioskd.model import calls
from kioskd.model.calls import Call
from kioskd.model.entry import EntryState, ModeName, Seq
from kioskd.model.errors import CallError, ErrorKind
from kioskd.model.settings import Secret
from kioskd.model.view import UploadView

from .conftest import MODE, STATUS, SUMMARY, VIEW, Daemon, begin, kioskctl

ENTRIES = [
    {
        "seq": seq,
        "id": f"0000-{seq}",
        "kind": "checkout",
        "at": "2026-11-24T09:12:00-08:00",
        "item": f"3{seq:013d}",
        "patron": "…4567",
        "state": "exception" if seq % 7 == 0 else "recorded",
        "outcome": "patron_blocked" if seq % 7 == 0 else None,
        "answer": None,
    }
    for seq in range(1, 451)
]


def page_of(name: str, entries: list[dict[str, Any]]) -> Any:
    def answer(call: Call) -> dict[str, Any]:
        assert isinstance(call, calls.JournalList | calls.ExceptionsList)
        page = [entry for entry in entries if entry["seq"] > call.after][: call.limit]
        more = page and page[-1] != entries[-1]
        return {name: page, "next": page[-1]["seq"] if more else None}

    return answer


@pytest.mark.parametrize("before", [True, False])
async def test_options_stand_before_or_after_the_verb(daemon: Daemon, *, before: bool) -> None:
    options = ("--json", "--socket", daemon.path)
    verb = ("journal", "summary")
    done = await kioskctl(*(*options, *verb) if before else (*verb, *options))
    assert (done.status, done.err) == (0, "")
    assert done.document == asdict(SUMMARY)


async def test_status_as_json_is_the_status(daemon: Daemon) -> None:
    done = await kioskctl("status", "--json", "--socket", daemon.path)
    assert done.status == 0
    assert done.document["devices"][1]["state"] == "failing"
    assert set(done.document) == set(STATUS.__slots__)


async def test_status_for_people_fits_and_says_what_to_do(daemon: Daemon) -> None:
    done = await kioskctl("status", "--socket", daemon.path)
    assert done.status == 0
    assert all(len(line) <= 80 for line in done.out.splitlines()), done.out
    for word in ("CENTRAL-3", "online", "12 ms", "3 unsent", "812 MiB", "trusted", "ntp", "2 h 1 min"):
        assert word in done.out
    assert "no answer from 10.0.0.9" in done.out
    assert "\x1b" not in done.out


async def test_a_mode_is_forced_with_its_reason(daemon: Daemon) -> None:
    offline = replace(MODE, name=ModeName.OFFLINE, forced=True, reason="maintenance")
    daemon.answers["ModeSet"] = replace(STATUS, mode=offline)
    done = await kioskctl("--socket", daemon.path, "mode", "offline", "--reason", "maintenance")
    assert done.status == 0
    assert daemon.calls == [calls.ModeSet(calls.ModeWish.OFFLINE, "maintenance")]
    assert done.out == "mode     offline, forced by staff, maintenance, since 2026-11-24 10:00\n"


async def test_a_mode_is_not_forced_without_a_reason(daemon: Daemon) -> None:
    done = await kioskctl("--socket", daemon.path, "mode", "offline")
    assert done.status == 2
    assert "--reason" in done.err
    assert daemon.calls == []


async def test_back_to_automatic_and_show(daemon: Daemon) -> None:
    assert (await kioskctl("--socket", daemon.path, "mode", "auto", "--json")).document["mode"]["name"] == "online"
    assert (await kioskctl("--socket", daemon.path, "mode")).out.startswith("mode     online")
    assert daemon.calls == [calls.ModeSet(calls.ModeWish.AUTO), calls.StatusGet()]


async def test_the_journal_is_listed_whole_page_by_page(daemon: Daemon) -> None:
    daemon.answers["JournalList"] = page_of("entries", ENTRIES)
    done = await kioskctl("journal", "list", "--json", "--socket", daemon.path)
    assert done.document == {"entries": ENTRIES}
    assert [call.after for call in daemon.calls if isinstance(call, calls.JournalList)] == [0, 200, 400]


async def test_filters_reach_the_daemon(daemon: Daemon) -> None:
    daemon.answers["JournalList"] = {"entries": [], "next": None}
    options = ("--state", "exception", "--since", "2026-11-24T10:00:00-08:00", "--until", "2026-11-24", "--reveal")
    environ = {"TZ": "UTC0"}
    done = await kioskctl("journal", "list", *options, "--socket", daemon.path, environ=environ)
    assert (done.status, done.out) == (0, "no entries\n")
    assert daemon.calls == [
        calls.JournalList(
            0,
            200,
            EntryState.EXCEPTION,
            dt.datetime(2026, 11, 24, 18, tzinfo=dt.UTC),
            dt.datetime(2026, 11, 25, tzinfo=dt.UTC),
            reveal=True,
        )
    ]


async def test_a_list_for_people_is_a_table(daemon: Daemon) -> None:
    daemon.answers["JournalList"] = page_of("entries", ENTRIES[:8])
    done = await kioskctl("journal", "list", "--socket", daemon.path)
    lines = done.out.splitlines()
    assert lines[0].split() == ["seq", "at", "kind", "item", "patron", "state", "outcome"]
    assert lines[7].startswith("7    2026-11-24 09:12  checkout  30000000000007  …4567   exception  patron")
    assert all(len(line) <= 80 for line in lines)


async def test_one_entry_is_shown_whole(daemon: Daemon) -> None:
    looked = {"at": "2026-11-24T12:30:01-08:00", "asked": "63", "heard": {"BL": "Y", "AU": "not listed"}}
    row = {"at": "2026-11-24T12:30:02-08:00", "state": "exception", "outcome": "patron_blocked", "by": None}
    row |= {"decided": "no_blocked", "answer": {"AF": "Too many fines"}, "looked": [looked], "due_before": None}
    daemon.answers["JournalShow"] = ENTRIES[13] | {"story": [row]}
    done = await kioskctl("journal", "show", "14", "--json", "--socket", daemon.path)
    assert done.document == ENTRIES[13] | {"story": [row]}
    assert daemon.calls == [calls.JournalShow(14)]
    shown = (await kioskctl("journal", "show", "14", "--socket", daemon.path)).out.splitlines()
    assert shown[-2:] == [
        "2026-11-24 12:30:01  asked 63: BL Y, AU not listed",
        "2026-11-24 12:30:02  exception, patron_blocked by row no_blocked: AF Too many fines",
    ]
    daemon.answers["JournalShow"] = CallError(ErrorKind.NOT_NOW, "seq: there is no entry 999")
    missing = await kioskctl("journal", "show", "999", "--socket", daemon.path)
    assert (missing.status, missing.out) == (1, "")
    assert "999" in missing.err


async def test_an_exception_is_resolved(daemon: Daemon) -> None:
    daemon.answers |= {"ExceptionsResolve": {}, "JournalSummary": SUMMARY}
    options = ("--reason", "lost", "--by", "KM", "--socket", daemon.path)
    done = await kioskctl("exceptions", "resolve", "7", "drop", *options)
    assert (done.status, done.out) == (0, "drop: 7; 1 exceptions, 3 unsent\n")
    assert daemon.calls[0] == calls.ExceptionsResolve(Seq(7), calls.ResolveAction.DROP, "lost", "KM")
    assert (await kioskctl("exceptions", "resolve", "7", "burn", *options)).status == 2


async def test_exceptions_are_listed(daemon: Daemon) -> None:
    waiting = [entry | {"class": "patron_blocked", "message": "Too many fines"} for entry in ENTRIES[6:7]]
    daemon.answers["ExceptionsList"] = page_of("exceptions", waiting)
    done = await kioskctl("exceptions", "list", "--json", "--socket", daemon.path)
    assert done.document == {"exceptions": waiting}
    told = (await kioskctl("exceptions", "list", "--socket", daemon.path)).out
    assert "patron_blocked, Too many fines" in " ".join(told.split())
    assert all(len(line) <= 80 for line in told.splitlines())


async def test_a_scan_is_injected_from_stdin_too(daemon: Daemon) -> None:
    done = await kioskctl("scan", "31234567890128", "--scanner", "front", "--json", "--socket", daemon.path)
    assert done.document["seq"] == VIEW.seq
    await kioskctl("scan", "-", "--socket", daemon.path, stdin="21168000000001\n")
    assert daemon.calls == [
        calls.ScanInject(Secret("31234567890128"), "front"),
        calls.ScanInject(Secret("21168000000001")),
    ]


async def test_any_method_can_be_called(daemon: Daemon) -> None:
    done = await kioskctl("call", "session.start", '{"flow": "renew"}', "--json", "--socket", daemon.path)
    assert done.document["screen"] == "idle"
    assert daemon.calls == [calls.SessionStart(calls.Flow.RENEW)]


@pytest.mark.parametrize("params", ["{flow: renew}", "[]", '"x"', "[" * 50_000])
async def test_params_that_are_no_object_are_wrong_usage(daemon: Daemon, params: str) -> None:
    done = await kioskctl("call", "session.start", "-", "--socket", daemon.path, stdin=params)
    assert (done.status, done.out) == (2, "")


async def test_a_refusal_ends_with_1_and_says_why(daemon: Daemon) -> None:
    more = {"action": "checkin", "reason": "needs it", "instead": "keep it in the crate"}
    daemon.answers["ItemCheckin"] = CallError(ErrorKind.REFUSED_OFFLINE, "not while offline", more)
    call = ("call", "item.checkin", '{"code": "3"}', "--socket", daemon.path)
    done = await kioskctl(*call)
    assert (done.status, done.out) == (1, "")
    assert done.err == "kioskctl: item.checkin: not while offline; keep it in the crate\n"
    done = await kioskctl(*call, "--json")
    assert done.status == 1
    assert done.document["error"]["data"] == {"kind": "refused_offline", **more}


async def test_an_upload_is_followed_to_its_end(daemon: Daemon) -> None:
    recovering = replace(MODE, name=ModeName.RECOVERING)
    daemon.change(mode=recovering, unsent=3)

    def start(call: Call) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        for n in (1, 2):
            progress = UploadView(n, 3 - n, 2.0)
            loop.call_later(0.02 * n, lambda n=n, p=progress: daemon.change(mode=recovering, unsent=3 - n, upload=p))
        loop.call_later(0.06, lambda: daemon.change(unsent=0))
        return asdict(SUMMARY)

    daemon.answers["UploadStart"] = start
    daemon.answers["JournalSummary"] = replace(SUMMARY, unsent=0, settled=11)
    done = await kioskctl("upload", "--socket", daemon.path)
    assert done.status == 0, done.err
    assert done.out.splitlines()[-1] == "0 unsent, 1 exceptions"
    assert "2 done, 1 left, 2.0/s" in done.out


async def test_an_upload_that_the_library_system_leaves_ends_with_1(daemon: Daemon) -> None:
    recovering = replace(MODE, name=ModeName.RECOVERING)
    daemon.change(mode=recovering, unsent=3)

    def start(call: Call) -> dict[str, Any]:
        away = replace(MODE, name=ModeName.OFFLINE, reason="no answer")
        asyncio.get_running_loop().call_later(0.02, lambda: daemon.change(mode=away, unsent=2))
        return asdict(SUMMARY)

    daemon.answers["UploadStart"] = start
    done = await kioskctl("upload", "--json", "--socket", daemon.path)
    assert (done.status, done.out) == (1, "")
    assert "2 unsent: no answer" in done.err


async def test_watch_prints_every_view_until_ctrl_c(daemon: Daemon) -> None:
    watching = await begin("watch", "--json", "--socket", daemon.path)
    assert watching.stdout is not None
    assert b'"unsent": 0' in await watching.stdout.readline()
    daemon.change(unsent=4)
    assert b'"unsent": 4' in await watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, err = await watching.communicate()
    assert (watching.returncode, err) == (0, b"")


async def test_watch_for_people_and_for_a_number_of_views(daemon: Daemon) -> None:
    done = await kioskctl("watch", "--count", "1", "--socket", daemon.path)
    assert done.out == "10:04  online  idle\n"


async def test_raw_watching_shows_what_devices_and_line_say(daemon: Daemon) -> None:
    process = await begin("watch", "--raw", "--json", "--count", "2", "--socket", daemon.path)
    assert process.stdout is not None
    assert b'"screen"' in await process.stdout.readline()
    while not daemon.front.diagnosed:  # noqa: ASYNC110 # the client asks for it a moment later
        await asyncio.sleep(0.01)
    daemon.front.diagnose("scan", {"scanner": "front", "code": "…4567", "length": 14})
    told = await process.stdout.readline()
    assert json.loads(told) == {"diagnostics": {"kind": "scan", "scanner": "front", "code": "…4567", "length": 14}}
    daemon.change(unsent=1)
    assert b'"screen"' in await process.stdout.readline()
    assert await process.wait() == 0
