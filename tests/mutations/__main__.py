"""`python -m tests.mutations`: each seeded fault in a copy of the tree; which proof notices it, as a table."""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.mutations.faults import FAULTS, Fault

TOP = Path(__file__).resolve().parents[2]
SO_FAR = TOP / "build" / "mutations.json"
"""What a run that was broken off has found; `--resume` goes on from there."""
LEFT_OUT = shutil.ignore_patterns(
    ".venv", ".git", "build", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", "dist"
)
PAGE = TOP / "docs" / "MUTATIONS.md"
SEEDS, DAYS = 4, 5
TESTS_S, LIVES_S = 600, 900
TABLE = ("| fault | what it would mean | test that notices | life that notices |", "| --- | --- | --- | --- |")
LINE = re.compile(r"^\| (?P<name>[^|]+?) \|.*$")
ROW = re.compile(r"^\| (?P<name>[^|]+) \| [^|]* \| `?(?P<test>[^|`]*)`? \| (?:seed (?P<seed>\d+))?")


HEAD = """# Seeded faults

Faults that a programmer could make in what must never fail, made one at a time in a copy of the tree by
`./dev mutate`, and what noticed each: the first of its tests that failed, and a simulated life. *no* in one column is
no gap as long as the other has something. `./dev mutate --write` writes this page; the next run tries first what stands
here. *no* in the last column may also mean that no life was tried (`--seeds 0`).
"""


@dataclass(frozen=True)
class Caught:
    """What noticed a fault: the first failing test, and what a life said; None: nothing did."""

    fault: Fault
    test: str | None
    life: str | None
    took_s: float


@dataclass(frozen=True)
class Hint:
    """What noticed a fault the last time: it is tried first, which makes a whole run a matter of minutes."""

    test: str | None = None
    seed: int | None = None


def hints(page: Path = PAGE) -> dict[str, Hint]:
    """Read the table of the last whole run."""
    found = {}
    for line in page.read_text().splitlines() if page.exists() else ():
        row = ROW.match(line)
        if row is not None:
            test = row["test"] if row["test"].startswith("tests/") else None
            found[row["name"]] = Hint(test, int(row["seed"]) if row["seed"] else None)
    return found


class SoFar:
    """Results on disk as they come, by the fault's own words: one that was changed is tried anew."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path = path
        self._known: dict[str, list[str | None]] = json.loads(path.read_text()) if resume and path.exists() else {}

    def of(self, fault: Fault) -> Caught | None:
        """Return what noticed it in the run that was broken off."""
        found = self._known.get(repr(fault))
        return Caught(fault, found[0], found[1], 0.0) if found is not None else None

    def keep(self, caught: Caught) -> None:
        """Keep a result."""
        self._known[repr(caught.fault)] = [caught.test, caught.life]
        self._path.parent.mkdir(exist_ok=True)
        self._path.write_text(json.dumps(self._known))


def try_out(fault: Fault, seeds: int, *, tests: bool = True, hint: Hint = Hint()) -> Caught:
    """Make the fault in a copy of the tree, and run what should notice it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(TOP, tree, ignore=LEFT_OUT)
        path = tree / fault.file
        source = path.read_text()
        assert source.count(fault.old) == 1, f"{fault.name}: its text stands {source.count(fault.old)} times"
        path.write_text(source.replace(fault.old, fault.new))
        test = life = None
        if tests:
            # One after the other: given both a file and its folder, pytest takes the folder in its own order.
            wanted = [hint.test] if hint.test else []
            test = next(filter(None, (_tests(tree, (each,)) for each in (*wanted, *fault.tests))), None)
        if seeds:
            life = (hint.seed and _lives(tree, 1, hint.seed)) or _lives(tree, seeds, fault.seed)
    return Caught(fault, test, life, time.monotonic() - began)


def _run(tree: Path, seconds: float, *command: str) -> str | None:
    """Run a module of the tree; return what it said if it failed, or did not end in time."""
    env = {**os.environ, "PYTHONPATH": f"{tree}:{tree / 'hardware-sim'}", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tree,
            env=env,
            capture_output=True,
            check=False,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return "it does not end"
    return run.stdout + run.stderr if run.returncode else None


def _tests(tree: Path, tests: Sequence[str]) -> str | None:
    options = ("-n", "0", "-q", "-x", "--no-header", "-p", "no:cacheprovider", "--timeout", "120")
    said = _run(tree, TESTS_S, "pytest", *options, *tests)
    if said is None:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (\S+?)(?:\[.*| - .*)?$", said, re.MULTILINE)
    return found[1] if found else said.strip().splitlines()[-1][:80]


def _lives(tree: Path, seeds: int, first: int) -> str | None:
    command = (
        "tests.simulation",
        "--seed",
        str(first),
        "--seeds",
        str(seeds),
        "--days",
        str(DAYS),
        "--no-shrink",
        "--first",
        "--processes",
        "1",
    )
    said = _run(tree, LIVES_S, *command)
    if said is None:
        return None
    found = re.search(r"^(seed \d+: .*)$", said, re.MULTILINE)
    return found[1] if found else said.strip().splitlines()[-1][:120]


def row(caught: Caught) -> str:
    """Return the fault's row of the table."""
    life = caught.life or ""
    life = re.sub(r"\d{14}", "…", life).replace("|", "/")[:110]
    test = f"`{caught.test}`" if caught.test else "no"
    return f"| {caught.fault.name} | {caught.fault.means} | {test} | {life or 'no'} |"


def page(caught: Sequence[Caught], before: Path) -> str:
    """Return the page: what was tried now, and of the rest what stood there."""
    lines = filter(None, map(LINE.match, before.read_text().splitlines()))
    stood = {line["name"]: line[0] for line in lines}
    now = {each.fault.name: row(each) for each in caught}
    rows = [now.get(each.name) or stood.get(each.name) for each in FAULTS]
    there = [each for each in rows if each is not None]
    missed = sum(" | no | no |" in each for each in there)
    told = f"{len(there)} of {len(FAULTS)} faults were tried, {missed} of them noticed by nothing."
    return "\n".join([HEAD, *TABLE, *there, "", told]) + "\n"


def main() -> int:
    """Try them all; 1 if nothing notices one of them."""
    parser = argparse.ArgumentParser(prog="./dev mutate", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="these faults alone (a part of the name)")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help="lives for each; 0: tests alone")
    parser.add_argument("--no-tests", action="store_true", help="lives alone")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--resume", action="store_true", help="go on with a run that was broken off")
    parser.add_argument("--write", action="store_true", help="put the table into docs/MUTATIONS.md")
    options = parser.parse_args()
    chosen = [each for each in FAULTS if not options.only or any(part in each.name for part in options.only)]
    if not chosen:
        parser.error(f"--only: there is no such fault; one of {', '.join(each.name for each in FAULTS)}")
    known, so_far = hints(), SoFar(SO_FAR, resume=options.resume)
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    print("\n".join(TABLE), flush=True)
    caught: list[Caught] = []
    with ThreadPoolExecutor(options.processes) as pool:

        def one(fault: Fault) -> Caught:
            return so_far.of(fault) or try_out(
                fault, options.seeds, tests=not options.no_tests, hint=known.get(fault.name, Hint())
            )

        for found in pool.map(one, chosen):
            caught.append(found)
            so_far.keep(found)
            print(row(found), flush=True)
    missed = [each.fault.name for each in caught if not (each.test or each.life)]
    tests, lives = sum(bool(each.test) for each in caught), sum(bool(each.life) for each in caught)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = spent.ru_utime + spent.ru_stime - used.ru_utime - used.ru_stime
    told = f"{len(caught)} faults: {tests} noticed by tests, {lives} by lives of stations, {len(missed)} by nothing"
    print(f"\n{told}; {time.monotonic() - began:.0f} s, {cpu_s:.0f} s of processor time")
    if options.write:
        PAGE.write_text(page(caught, PAGE))
    for name in missed:
        print(f"  missed: {name}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
