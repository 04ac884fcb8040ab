"""The terminal: what `drawing.py` draws, a field for numbers, and a button for each thing that can be done now."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from textual.app import App, ComposeResult
from textual.containers import ItemGrid, VerticalScroll
from textual.widgets import Button, Input, Static

from kioskd.ctl.text_screen.drawing import Action, draw
from kioskd.ctl.text_screen.link import Link
from kioskd.texts import label

TONES: Final[Mapping[str, str]] = {"ok": "✓ ", "warn": "! ", "stop": "✕ "}
NOT_NOW: Final = -32012


class TextScreen(App[None]):
    """One View in a terminal; it holds nothing of a session but what is being typed."""

    CSS: ClassVar[str] = """
    #banner { background: $primary-background; padding: 0 1; text-style: bold; }
    #headline { padding: 1; text-style: bold; }
    .warn { background: $warning-muted; } .stop { background: $error-muted; } .ok { color: $text-success; }
    #lines { height: 1fr; padding: 0 1; }
    #actions { height: auto; max-height: 50%; grid-gutter: 0 1; padding: 0 1; overflow-y: auto; }
    Button { width: 100%; }
    """
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._link = Link(path, self._heard)
        self._languages: list[str] = ["en"]
        self._view: Mapping[str, Any] | None = None
        self._actions: tuple[Action, ...] = ()
        self._unlocking = False

    def compose(self) -> ComposeResult:
        """Lay out the terminal."""
        yield Static(id="banner", markup=False)
        yield Static(id="headline", markup=False)
        yield VerticalScroll(Static(id="text", markup=False), id="lines", can_focus=False)
        yield Input(id="code")
        yield ItemGrid(id="actions", min_column_width=22)

    def on_mount(self) -> None:
        """Begin to listen."""
        self._tell(label("en", "starting"), label("en", "starting"), "ask", "")
        self.query_one("#code").focus()
        self.run_worker(self._link.run(), exclusive=True)

    def _heard(self, message: dict[str, Any]) -> None:
        if "hello" in message:
            self._languages = list(message["hello"].get("languages") or ["en"])
            self._view = None
        elif "down" in message:
            self._view = None
            self._tell(label("en", "down_title"), label("en", "down_text"), "warn", "")
            self.call_later(self._put, ())
        elif "error" in message:
            error = message["error"]
            data = error.get("data") or {}
            told = " ".join(str(data[key]) for key in ("reason", "instead", "advice") if data.get(key))
            if error["code"] != NOT_NOW:
                self.notify(told or str(error["message"]), severity="warning", markup=False)
        elif self._view is None or message["view"]["seq"] >= self._view["seq"]:
            self._show(message["view"])

    def _show(self, view: Mapping[str, Any]) -> None:
        before, self._view = self._view, view
        drawn = draw(view, self._languages)
        self._tell(drawn.banner, TONES.get(drawn.tone, "") + drawn.headline, drawn.tone, "\n".join(drawn.lines))
        field = self.query_one("#code", Input)
        if before is None or (before["screen"], before["session"]) != (view["screen"], view["session"]):
            self._unlocking = False
            field.value = ""
        field.password = drawn.secret or self._unlocking
        field.border_title = label(view["language"], "type_title") if view["language"] in self._languages else ""
        self.call_later(self._put, tuple(drawn.actions))

    def _tell(self, banner: str, headline: str, tone: str, lines: str) -> None:
        self.query_one("#banner", Static).update(banner)
        self.query_one("#text", Static).update(lines)
        shown = self.query_one("#headline", Static)
        shown.update(headline)
        shown.set_classes(tone)

    async def _put(self, actions: tuple[Action, ...]) -> None:
        """Make the buttons those of the View, and leave them alone where they are the same."""
        if actions == self._actions:
            return
        self._actions = actions
        grid = self.query_one("#actions", ItemGrid)
        await grid.remove_children()
        await grid.mount_all([Button(action.words, name=str(n), compact=True) for n, action in enumerate(actions)])

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Make the call that a button stands for."""
        action = self._actions[int(event.button.name or 0)]
        if action.method == "staff.unlock":
            self._unlocking = True
            self.query_one("#code", Input).password = True
            self.query_one("#code").focus()
            return
        self._ask(action.method, dict(action.params))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send what was typed or scanned to whom it is meant for."""
        code, event.input.value = event.value, ""
        if code and self._unlocking:
            self._ask("staff.unlock", {"code": code})
        elif code:
            self._ask("session.input", {"code": code})
        self._unlocking = False
        event.input.password = self._view is not None and self._view["screen"] == "pin"

    def _ask(self, method: str, params: dict[str, Any]) -> None:
        session = self._view["session"] if self._view is not None and method.startswith("session.") else None
        self._link.ask(method, params | ({"session": session} if session else {}))
