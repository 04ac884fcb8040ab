"""`kioskctl screen`: the front screen in text, for a console or an SSH line; proof that the View is enough."""

import argparse

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.errors import CtlError
from kioskd.ctl.place import socket_path


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser("screen", parents=parents, help="the front screen in text, for a console or an SSH line")
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Show the screen until Ctrl-Q. Raises CtlError where textual is not installed."""
    try:
        from kioskd.ctl.text_screen.app import TextScreen  # noqa: PLC0415 # an optional extra
    except ModuleNotFoundError as missing:
        if missing.name is None or not missing.name.startswith("textual"):
            raise
        raise CtlError("the text screen needs textual; install it with: pip install 'kioskd[text-screen]'") from None
    with asked.connect():
        pass  # a daemon that does not answer is told in the usual way, before the terminal is taken
    TextScreen(socket_path(asked.where)).run()
