"""What is drawn from the code for the package: manual pages, the shell's completion, a commented configuration."""

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING
from typing import Final

from kioskd.__main__ import parser as daemon_parser
from kioskd.config.keys import SECTIONS, Key, Section, heading
from kioskd.config.reference import default_text
from kioskd.ctl.__main__ import parser as ctl_parser
from kioskd.screen.__main__ import parser as screen_parser

PAGES: Final = {
    "kioskd.8": ("kioskd", daemon_parser),
    "kioskctl.1": ("kioskctl", ctl_parser),
    "kioskd-screen.8": ("kioskd-screen", screen_parser),
}
BY_BEING_THERE: Final = frozenset({"printer"})
"""Sections that say something by standing there: without it the daemon looks for a printer by itself."""
SEE: Final = "/usr/share/doc/kioskd/OPERATIONS.md"


def manual(name: str) -> str:
    """Return a command's manual page, man(7), from its own description of its arguments."""
    command, made = PAGES[name]
    parser = made()
    section = name.rpartition(".")[2]
    about = (parser.description or "").rstrip(".")
    lines = [
        f'.TH {command.upper()} {section} "" kioskd kioskd',
        f".SH NAME\n{command} \\- {_plain(about[0].lower() + about[1:])}",
        f".SH SYNOPSIS\n.nf\n{_plain(_usage(parser))}\n.fi",
        ".SH OPTIONS",
        *_options(parser),
    ]
    for title, sub in _verbs(parser):
        lines += [f".SS {_plain(title)}", _plain(sub[1] or ""), *_options(sub[0])]
    if parser.epilog:
        lines += [".SH EXIT STATUS", _plain(parser.epilog.removeprefix("exit status: "))]
    lines += [".SH SEE ALSO", f"kioskd.toml(5), {SEE}"]
    return "\n".join(lines) + "\n"


def configuration_manual() -> str:
    """Return kioskd.toml(5): every key, its default and what it may be."""
    lines = [
        '.TH KIOSKD.TOML 5 "" kioskd kioskd',
        ".SH NAME\nkioskd.toml \\- a library station's configuration",
        ".SH DESCRIPTION\nRead once, at start. Every key but ils.host has a default.",
        "Each is also a variable of the environment, KIOSKD_SECTION__KEY.",
    ]
    for name, section in SECTIONS.items():
        lines += [f".SH {_plain(heading(name))}", _plain(section.title)]
        for key, row in section.keys.items():
            unit = f" ({row.unit})" if row.unit else ""
            said = (row.means, f"Allowed: {row.kind.allowed}", f"Default: {_default(section, key, row)}")
            lines += [
                f".TP\n.B {key}{unit}",
                _plain(". ".join(said) + "."),
            ]
    return "\n".join(lines) + "\n"


def configuration() -> str:
    """Return a kioskd.toml that starts as it is: every key as a comment with its default, and a library system."""
    lines = [
        "# This station's configuration. A comment shows a default; kioskd.toml(5) explains each key.",
        "# After a change: kioskd --check && systemctl restart kioskd",
        "# Or have it written by a short dialogue: kioskctl setup",
    ]
    for name, section in SECTIONS.items():
        mark = "# " if section.many or name in BY_BEING_THERE else ""
        lines += ["", f"# {section.title.replace('`', '')}", f"{mark}{heading(name)}"]
        for key, row in section.keys.items():
            text = _default(section, key, row)
            if (name, key) == ("ils", "host"):
                lines.append(
                    "# Replace this by the SIP2 server's name or address: until then the station lends offline."
                )
                lines.append('host = "127.0.0.1"')
                continue
            literal = text if section.default(key) is not MISSING and not row.default else '""'
            lines.append(f"# {key} = {literal}")
    return "\n".join(lines) + "\n"


def completion() -> str:
    """Return bash's completion of kioskctl: verbs, their actions and options."""
    words = {(): _words(ctl_parser())} | {tuple(title.split()): _words(sub) for title, (sub, _) in _verbs(ctl_parser())}
    cases = "\n".join(f'    "{" ".join(way)}") words="{" ".join(names)}" ;;' for way, names in words.items())
    return f"""# Completion of kioskctl for bash; drawn from the command itself.
_kioskctl() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} way= words= word i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${{COMP_WORDS[i]}}
        case $word in -*) continue ;; esac
        case " $(_kioskctl_words "$way") " in *" $word "*) way=${{way:+$way }}$word ;; esac
    done
    words=$(_kioskctl_words "$way")
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    [ ${{#COMPREPLY[@]}} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$current")
}}
_kioskctl_words() {{
    local words=
    case $1 in
{cases}
    esac
    printf '%s' "$words"
}}
complete -F _kioskctl kioskctl
"""


def _default(section: Section, key: str, row: Key) -> str:
    return default_text(section, key, row).strip("`")


def _usage(parser: argparse.ArgumentParser) -> str:
    return parser.format_usage().removeprefix("usage: ").strip()


def _actions(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    return parser._actions


def _verbs(
    parser: argparse.ArgumentParser, before: str = ""
) -> Iterator[tuple[str, tuple[argparse.ArgumentParser, str | None]]]:
    for action in _actions(parser):
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help for choice in action._get_subactions()}
            for name, sub in action.choices.items():
                title = f"{before}{name}"
                yield title, (sub, helps.get(name))
                yield from _verbs(sub, f"{title} ")


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in _actions(parser):
        if isinstance(action, (argparse._HelpAction, argparse._SubParsersAction)) or action.help is None:
            continue
        name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        value = f" {action.metavar or action.dest.upper()}" if action.option_strings and action.nargs != 0 else ""
        said = action.help.replace("%(default)s", str(action.default)).replace("%%", "%")
        yield f".TP\n.B {_plain(name + value)}\n{_plain(said)}"


def _words(parser: argparse.ArgumentParser) -> list[str]:
    found: list[str] = []
    for action in _actions(parser):
        found += [option for option in action.option_strings if option.startswith("--")]
        if isinstance(action, argparse._SubParsersAction):
            found += list(action.choices)
        elif action.choices is not None and not action.option_strings:
            found += [str(choice) for choice in action.choices]
    return found


def _plain(text: str) -> str:
    """Return text that troff takes as it is."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.MULTILINE)
