"""The outage in lines and actions, for staff: board, review, crates, recovery. Forms are verbs of `kioskctl`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kioskd.texts import label, page

TIME: Final = slice(11, 16)
"""Where an RFC 3339 moment has its time of day."""


def clock(language: str, source: str) -> str:
    """Return on whose word the clock is right, in words where there are some."""
    key = f"clock_{source}"
    return label(language, key) if key in page(language) else source


def lines(language: str, view: Mapping[str, Any]) -> Sequence[str]:
    """Return what staff read of the outage, while nobody is served; nothing where there is none."""
    found = [f"! {view['alarm']['text']}"] if view.get("alarm") else []
    downtime = view.get("downtime")
    if downtime is None or view["session"] is not None:
        return found
    since = label(language, "since", time=downtime["since"][TIME])
    found += ["", f"{label(language, 'task_board')}, {since}", *(f"  {each}" for each in downtime["advice"])]
    found += [f"  {seen['at'][TIME]} {seen['text']}" for seen in downtime["seen"]]
    found += [f"{label(language, 'board_read')}:", f"  {downtime['read_out']}"]
    for system in downtime["systems"]:
        state = label(language, f"system_{system['state']}")
        found.append(f"  {system['name']}: {state}. {system['text']}".rstrip())
    review = downtime["review"]
    known = clock(language, review["clock"])
    done = f"{label(language, 'review_done')}: {review['by']}" if review["by"] else label(language, "task_open")
    told = (review["station"], review["library"], review["date"], view["station"]["time"], known, done)
    found.append(f"{label(language, 'task_review')}: {' · '.join(filter(None, told))}")
    if blocks := downtime.get("blocks"):
        age = label(language, "blocks_age", n=blocks["days"], cards=blocks["cards"])
        found.append(f"{'! ' if blocks['old'] else ''}{label(language, 'review_blocks')}: {age}")
    for crate in downtime["crates"]:
        count = label(language, "count", n=crate["items"])
        found.append(f"{label(language, 'crate_title', n=crate['crate'])}: {count}, {crate['on']}")
    if downtime["crates"]:
        found.append(f"  {label(language, 'crate_not')}")
    for step in downtime["board"]:
        found.append(f"{'✓' if step['done'] else '·'} {step['text']}")
    return found


def actions(language: str, view: Mapping[str, Any]) -> Sequence[tuple[str, str, Mapping[str, Any]]]:
    """Return what staff can do about it here: words, method, parameters."""
    downtime = view.get("downtime")
    if downtime is None or view["session"] is not None:
        return ()
    found: list[tuple[str, str, Mapping[str, Any]]] = []
    if not downtime["review"]["by"]:
        found.append((f"{label(language, 'task_review')}: {label(language, 'review_right')}", "downtime.review", {}))
    for crate in downtime["crates"]:
        words = f"{label(language, 'crate_title', n=crate['crate'])}: {label(language, 'crate_label')}"
        found.append((words, "slip.print", {"what": "crate", "n": crate["crate"]}))
    for step in downtime["board"]:
        if step["next"]:
            words = f"{label(language, 'step_done')}: {step['text']}"
            found.append((words, "downtime.tick", {"step": step["step"]}))
    if downtime["board"]:
        found.append((label(language, "settlement"), "slip.print", {"what": "settlement"}))
    return found
