"""The text screen: every state of the View draws, what is pressed reaches the daemon, and it heals."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from textual.widgets import Button, Input, Static

from kioskd.ctl.text_screen.app import TextScreen
from kioskd.ctl.text_screen.drawing import draw
from kioskd.texts import say
from tests.screen.fake_core import FakeCore, fake_core
from tests.screen.scenes import scenes
from tests.screen.view_shapes import VIEWS
from tests.screen.views import LANGUAGES, line, message, view


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_draws_in_every_language(language: str) -> None:
    for name, shown in scenes(language).items():
        drawn = draw(shown, LANGUAGES)
        text = "\n".join([drawn.banner, drawn.headline, *drawn.lines, *(action.words for action in drawn.actions)])
        assert drawn.headline, name
        assert not any(word in text for word in ("None", "{", "undefined")), (name, text)
        if shown["message"]:
            assert shown["message"]["text"] == drawn.headline
        assert {action.method for action in drawn.actions} <= {*shown["choices"]}, name


def test_the_question_about_the_card_hides_the_list() -> None:
    asked = view("confirm", items=[line(1, "checked_out", title="Momo")])
    assert not any("Momo" in line for line in draw(asked, LANGUAGES).lines)


def test_what_hides_from_patrons_hides_here() -> None:
    pin = draw(view("pin"), LANGUAGES)
    assert pin.secret
    keyed = draw(view("pin", keyed={"what": "pin", "count": 4, "text": None}), LANGUAGES)
    assert "••••" in keyed.lines


def test_staff_read_the_board_and_tick_what_is_next() -> None:
    during = draw(scenes("en")["staff-outage"], LANGUAGES)
    text = "\n".join(during.lines)
    assert f"Symphony Web: answers. {say('en', 'advice_lend')}" in text
    assert "Do not check in until every station of the branch shows 0 unsent." in text
    asked = {(action.method, *action.params.items()) for action in during.actions}
    assert ("downtime.review",) in asked
    assert ("slip.print", ("what", "crate"), ("n", 1)) in asked
    after = draw(scenes("en")["staff-after"], LANGUAGES)
    assert [action.params for action in after.actions if action.method == "downtime.tick"] == [{"step": "sheets"}]
    locked = scenes("en")["staff-outage"] | {"staff": {"unlocked": False, "by": None}}
    assert "Symphony" not in "\n".join(draw(locked, LANGUAGES).lines)


async def until(core: FakeCore, app: TextScreen, words: str) -> None:
    async with asyncio.timeout(10):
        while words not in str(app.query_one("#headline", Static).render()):  # noqa: ASYNC110 # a terminal tells nobody
            await asyncio.sleep(0.01)


async def test_a_visit_at_the_terminal_and_a_daemon_that_restarts(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with fake_core(path) as core:
        app = TextScreen(path)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(core, app, "Scan your library card.")
            await pilot.press(*"21168", "enter")
            assert (await core.next_asked("session.input"))["params"] == {"code": "21168"}
            said = message("en", "recorded", "ok", item="30001900123456")
            core.show(view("items", seq=2, mode="offline", items=[line(1)], message=said))
            await until(core, app, "Recorded: 30001900123456.")
            await pilot.pause()
            finish = next(button for button in app.query(Button) if str(button.label) == "Finish")
            finish.press()
            asked = await core.next_asked("session.finish")
            assert asked["params"] == {"paper": [], "session": "7c1b"}
            await core.stop()
            await until(core, app, "Everything it confirmed is saved.")
            core.view = view("pin", seq=1)
            await core.start()
            await until(core, app, "PIN")
            assert app.query_one("#code", Input).password


@given(VIEWS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_view_of_every_shape_that_its_types_allow_draws_as_text(shown: dict[str, Any]) -> None:
    assert draw(shown, LANGUAGES).banner
