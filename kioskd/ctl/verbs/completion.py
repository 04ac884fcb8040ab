"""`kioskctl completion bash|zsh`: a script by which the shell completes verbs and options; made from the parser."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Final

from kioskd.ctl.arguments import Asked, Verbs
from kioskd.ctl.output import say, say_json

SCRIPT: Final = """\
_kioskctl() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} path= each known
    for each in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$path $each" in
            {paths}) path="$path $each" ;;
        esac
    done
    case "$path" in
{cases}
    esac
    COMPREPLY=($(compgen -W "$known" -- "$word"))
    # Nothing of ours begins like this: a file, perhaps.
    [ ${{#COMPREPLY[@]}} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}}
complete -o filenames -F _kioskctl kioskctl
"""
ZSH: Final = "autoload -U +X bashcompinit && bashcompinit\n"


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "completion",
        parents=parents,
        help="print a script for the shell's completion",
        description="bash: source <(kioskctl completion bash); zsh: source <(kioskctl completion zsh)",
    )
    verb.add_argument("shell", choices=["bash", "zsh"])
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Print the script."""
    from kioskd.ctl.__main__ import parser  # noqa: PLC0415 # it knows this verb too

    text = script(dict(words(parser())), asked.options.shell)
    if asked.json:
        say_json({"shell": asked.options.shell, "script": text})
    else:
        say(text.rstrip("\n"))


def words(parser: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Return for each verb, and each verb below it, what may stand there: options, verbs, choices."""
    may: list[str] = []
    below: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:  # argparse has no other way to list them
        if action.help == argparse.SUPPRESS:
            continue
        may += [option for option in action.option_strings if option.startswith("--")]
        if isinstance(action, argparse._SubParsersAction):
            below |= action.choices
        if action.choices is not None:
            may += [str(choice) for choice in action.choices]
    yield path, may
    for name, each in below.items():
        yield from words(each, f"{path} {name}")


def script(known: Mapping[str, list[str]], shell: str) -> str:
    """Return the script for a shell."""
    paths = "|".join(f'"{path}"' for path in known if path)
    cases = "\n".join(f'        "{path}") known="{" ".join(may)}" ;;' for path, may in known.items())
    return (ZSH if shell == "zsh" else "") + SCRIPT.format(paths=paths, cases=cases)
