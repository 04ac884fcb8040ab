"""Lines for uploads beside the patrons' own: who logs in as whom, when a seat is taken and given back."""

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from kioskd.ils.lines import IDLE_S, Lines, for_uploads
from kioskd.model.barcode import ItemBarcode
from kioskd.model.effects import Ask
from kioskd.model.ils import AskId, AskItem, NoAnswer, Urgency
from kioskd.model.inputs import Answered, Input, LineDown, LineUp, Unanswered
from kioskd.model.settings import IlsSettings, Secret
from tests.ils.play import played as in_no_time
from tests.ils.virtual import Does, Library

PLAIN = IlsSettings("ils", login_user="kiosk", login_password=Secret("a"), error_detection=False)
OWN = replace(PLAIN, upload_login_user="night", upload_login_password=Secret("b"))


class Scene:
    """A library system in memory, and all lines of a station to it, in a time that passes at once."""

    def __init__(self, ils: IlsSettings, *deeds: Does, connections: tuple[Does, ...] = ()) -> None:
        self.library = Library(iter(connections), iter(deeds))
        self.words: list[Input] = []
        self.on_word: Callable[[Input], None] = lambda word: None
        self.lines = Lines(ils, dt.UTC, self._told, lambda: 1.8e9, open_line=self.library.open_line)

    def _told(self, word: Input) -> None:
        self.words.append(word)
        self.on_word(word)

    def ask(self, number: int, lane: int, urgency: Urgency = Urgency.UPLOAD) -> None:
        until = asyncio.get_running_loop().time() + 8
        self.lines.ask(Ask(AskId(number), AskItem(ItemBarcode(str(number))), urgency, until, lane))

    def logins(self) -> list[str]:
        return [heard.line.partition("CN")[2].partition("|")[0] for heard in self.library.heard if heard.code == "93"]

    def answered(self) -> list[int]:
        return [int(word.ask) for word in self.words if isinstance(word, Answered)]

    def in_vain(self) -> list[tuple[int, NoAnswer]]:
        return [(int(word.ask), word.why) for word in self.words if isinstance(word, Unanswered)]


def played(scene: Scene, play: Callable[[Scene], object]) -> Scene:
    async def whole() -> None:
        scene.lines.connect(8.0)
        await asyncio.sleep(1)
        result = play(scene)
        if asyncio.iscoroutine(result):
            await result
        await asyncio.sleep(5)
        await scene.lines.close()

    in_no_time(whole())
    return scene


def test_with_one_identity_and_one_connection_there_is_one_seat() -> None:
    scene = played(Scene(PLAIN), lambda scene: scene.ask(1, 0))
    assert (scene.logins(), scene.answered(), scene.library.opened) == (["kiosk"], [1], 1)


def test_uploads_log_in_as_themselves_and_patrons_keep_their_own() -> None:
    def play(scene: Scene) -> None:
        scene.ask(1, 1)
        scene.ask(2, 0, Urgency.PATRON)

    scene = played(Scene(OWN), play)
    assert scene.logins() == ["kiosk", "night"]
    assert {heard.value("AB"): heard.connection for heard in scene.library.heard if heard.code == "17"} == {
        "1": 2,
        "2": 1,
    }
    # Only the patrons' line is told of.
    assert [type(word) for word in scene.words].count(LineUp) == 1
    assert not any(isinstance(word, LineDown) for word in scene.words)


def test_the_seat_is_given_back_when_nothing_more_comes() -> None:
    async def play(scene: Scene) -> None:
        scene.ask(1, 1)
        await asyncio.sleep(IDLE_S - 1)
        assert not scene.library.wires[1].is_closing()
        await asyncio.sleep(2)
        assert scene.library.wires[1].is_closing()
        scene.ask(2, 1)
        await asyncio.sleep(1)

    scene = played(Scene(OWN), play)
    assert (scene.answered(), scene.library.opened) == ([1, 2], 3)


def test_a_line_that_ends_is_told_with_the_question_and_opened_for_the_next() -> None:
    def play(scene: Scene) -> None:
        def again(word: Input) -> None:
            if isinstance(word, Unanswered):
                scene.on_word = lambda word: None
                scene.ask(2, 1)

        scene.on_word = again
        scene.ask(1, 1)

    scene = played(Scene(OWN, Does("close")), play)
    assert (scene.in_vain(), scene.answered()) == ([(1, NoAnswer.DROPPED)], [2])
    assert not any(isinstance(word, LineDown) for word in scene.words)


def test_a_port_where_nobody_listens_is_no_line() -> None:
    connections = (Does(), Does("refuse"))
    scene = played(Scene(OWN, connections=connections), lambda scene: scene.ask(1, 1))
    assert scene.in_vain() == [(1, NoAnswer.NO_LINE)]


def test_a_login_that_is_refused_is_told_as_such() -> None:
    refusing = Scene(OWN)
    refusing.library.refuses = "night"
    scene = played(refusing, lambda scene: scene.ask(1, 1))
    assert scene.in_vain() == [(1, NoAnswer.NO_SEAT)]


def test_what_is_forgotten_before_its_line_is_up_is_never_sent() -> None:
    def play(scene: Scene) -> None:
        scene.ask(1, 1)
        scene.lines.forget(AskId(1))

    scene = played(Scene(OWN), play)
    assert [heard.code for heard in scene.library.heard].count("17") == 0
    assert scene.in_vain() == [(1, NoAnswer.NO_LINE)]


def test_the_end_closes_every_line() -> None:
    scene = played(Scene(replace(PLAIN, connections=3)), lambda scene: [scene.ask(n, n) for n in (1, 2)])
    assert scene.library.opened == 3
    assert all(wire.is_closing() for wire in scene.library.wires)


def test_a_port_of_their_own_keeps_the_login() -> None:
    ils = for_uploads(replace(PLAIN, upload_port=6002))
    assert (ils.port, ils.login_user, ils.login_password) == (6002, "kiosk", "a")
    assert for_uploads(OWN).login_password == "b"
