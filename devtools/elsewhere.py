"""`./dev fresh 12|13` and `./dev arm64`: the working copy on an empty Debian, and on a Raspberry Pi's architecture.

Both need root, take a quarter of an hour and longer, and are no part of what a change must pass.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from devtools import trees
from devtools.package.__main__ import build

REPO: Final = Path(__file__).parents[1]
COPY: Final = "/srv/kioskd"
README: Final = f"cd {COPY}; ./dev demo --tour --no-browser; ./dev test"
"""README's commands; the demo in the form that ends by itself."""
NOT_UNDER_QEMU: Final = (
    *("tests/powercut", "tests/station/test_power_cut.py", "tests/bench", "tests/screen", "tests/vm"),
    *("tests/docs", "tests/dev", "tests/texts", "tests/mutations", "tests/matrix"),
    *("tests/simulation", "tests/comeback", "tests/fuzz", "tests/endurance"),
)
"""What traces system calls, measures times, or needs a browser: qemu-user offers no ptrace, and is 10 times slower.
What reads sources and pages, and what lives whole days in virtual time: that says nothing of a machine."""
UNKNOWN_TO_QEMU: Final = (
    # ptrace: these look at a process's calls, or stop it at one of them.
    "tests/exports/test_hand_over.py::test_whenever_the_power_goes_each_entry_has_one_way",
    "tests/exports/test_hand_over.py::test_a_hand_over_that_cuts_corners_is_found_out",
    "tests/moving/test_rescue.py::test_whenever_the_power_goes_each_entry_has_one_way",
    "tests/station/test_storage.py::test_a_disk_that_turns_read_only_or_fails_under_the_daemon",
    "tests/drivers/test_usb_guard.py::test_an_owner_that_dies_leaves_the_interface_to_the_kernel",
    # prctl 36, by which the tests' own nest takes the children of others: it is not used there (`--cold`).
    "tests/nest",
    # SIOCOUTQNSD: what a socket has not sent yet.
    "tests/drivers/test_printer_faults.py::test_one_that_takes_no_more_is_stalled_in_time[network]",
    "tests/drivers/test_printers.py::TestNetwork::test_a_printer_that_takes_no_more_is_stalled_in_time",
    "tests/drivers/test_printers.py::TestNetwork::test_what_the_kernel_holds_is_not_at_the_printer",
    "tests/drivers/test_printers.py::TestNetwork::test_paper_that_ended_under_a_slip_is_called_so",
    "tests/drivers/test_printers.py::TestNetwork::test_after_a_broken_slip_the_buffers_are_cleared_before_the_next",
    # Input and hidraw questions to what is no such node: it knows none of them, where the kernel says ENOTTY.
    "tests/drivers/test_evdev_scanner.py::test_what_is_no_event_device_cannot_be_opened",
    "tests/drivers/test_hidraw_scanner.py::test_what_is_no_hidraw_node_cannot_be_opened",
)
"""What fails there with *Function not implemented*: by the call that qemu-user does not have."""
AT_THE_PACKAGE: Final = """
dpkg -i /opt/deb/*.deb
kioskd --check
dpkg --verify kioskd
install -d -o kioskd -g kioskd -m 0700 /var/lib/kioskd
mkdir -p /run/kioskd; chown kioskd /run/kioskd
setpriv --reuid kioskd --regid kioskd --init-groups kioskd &
daemon=$!
for _ in $(seq 300); do kioskctl call hello '{}' >/dev/null 2>&1 && break; sleep 0.2; done
kioskctl status
kioskctl scan 20000000000014
kioskctl scan 30000000000012
for _ in $(seq 100); do kioskctl --json journal summary | grep -q '"unsent": 1' && break; sleep 0.2; done
kioskctl journal list | grep 30000000000012
kill $daemon; wait $daemon
kioskctl journal summary
python3 -c 'import platform; print("the package lends on", platform.machine())'
"""
"""The package's own programs and libraries, as the daemon's user, without systemd: that, the systemd tier shows."""


def main() -> int:
    """Carry out one of the two. Exit status: that of what ran there."""
    parser = argparse.ArgumentParser(prog="./dev", description="The working copy on other systems.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    fresh = verbs.add_parser("fresh", help="README's commands on an empty Debian")
    fresh.add_argument("release", choices=trees.SUITES)
    arm64 = verbs.add_parser("arm64", help="the package and the tests on aarch64, under qemu-user")
    arm64.add_argument("--release", choices=trees.SUITES, default="12")
    arm64.add_argument("--package-only", action="store_true", help="install the package and lend with it; no tests")
    arm64.add_argument("--tree", type=Path, metavar="DIR", help="keep the tree there, and go on in one that is there")
    arm64.add_argument("tests", nargs="*", default=["tests"], help="what pytest is given; default: all that can run")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("dev: making and entering a tree needs root", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="kioskd-tree-") as scratch:
        return on_fresh(Path(scratch), options.release) if options.verb == "fresh" else on_arm64(Path(scratch), options)


def on_fresh(scratch: Path, release: str) -> int:
    """Run README's commands on a Debian that has git and nothing else of what they need."""
    root = trees.unpack(trees.tree(release, packages=("git", "ca-certificates")), scratch / "tree")
    _copy(root)
    return trees.run_in(root, README)


def on_arm64(scratch: Path, options: argparse.Namespace) -> int:
    """Install the package on aarch64 and lend with it; then run the tests there."""
    trees.run_aarch64()
    root = options.tree or scratch / "tree"
    lent = root / "var/lib/kioskd-lent"
    if not root.exists():
        trees.unpack(trees.tree(options.release, "arm64"), root)
    if not lent.exists():
        deb = build(REPO, "arm64", scratch, compression="none")
        status = trees.run_in(root, AT_THE_PACKAGE, binds={deb.parent: "/opt/deb"})
        if status:
            return status
        lent.touch()
    if options.package_only:
        return 0
    _copy(root)
    left_out = " ".join(
        [
            *(f"--ignore={path}" for path in NOT_UNDER_QEMU),
            *(f"--deselect={shlex.quote(test)}" for test in UNKNOWN_TO_QEMU),
        ]
    )
    tests = " ".join(options.tests)
    # Its times are not a machine's: what waits has ten times as long. And qemu-user lets no process take the children
    # of another (prctl 36), so that each station is a process of its own from the start.
    return trees.run_in(
        root, f"cd {COPY}; ./dev setup; .venv/bin/python -m pytest -q --cold -n 2 --timeout 1200 {left_out} {tests}"
    )


def _copy(root: Path) -> None:
    """Put what is committed into a tree, as a clone would have it."""
    git = shutil.which("git") or "git"
    copy = f"{root}{COPY}"
    if Path(copy).exists():
        subprocess.run([git, "-C", copy, "fetch", "--quiet", str(REPO), "HEAD"], check=True)  # noqa: S603 - our own command line
        subprocess.run([git, "-C", copy, "reset", "--quiet", "--hard", "FETCH_HEAD"], check=True)  # noqa: S603 - as above
    else:
        subprocess.run([git, "clone", "--quiet", "--no-local", str(REPO), copy], check=True)  # noqa: S603 - as above


if __name__ == "__main__":
    sys.exit(main())
