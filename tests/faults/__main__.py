"""`python -m tests.faults`: make every fault, ask `doctor`, print the table and its hit rate. Exit status 1: a miss."""

import sys
import tempfile
from pathlib import Path

from kioskd.ctl.doctor.fault import find
from kioskd.ctl.doctor.faults import FAULTS

from .real import REAL, station
from .values import HEALTHY, Case, cases


def main() -> int:
    """Print the table."""
    rows: list[tuple[str, str, frozenset[str], frozenset[str]]] = []
    for real in REAL:
        with tempfile.TemporaryDirectory(prefix="kioskd-") as name, station(Path(name)) as made:
            real.make(made)
            _, document = made.doctor()
        found = frozenset(each["code"] for each in document["findings"])
        rows.append((real.name, "for real", real.codes | {real.daemon}, found))
    for case in (*cases(), Case("nothing is wrong", HEALTHY, frozenset())):
        found = frozenset(each.code for each in find(FAULTS, case.facts))
        rows.append((case.name, "by facts", case.codes, found))
    for name, how, wanted, found in rows:
        verdict = "hit" if wanted == found else f"MISS, wanted {', '.join(sorted(wanted)) or 'nothing'}"
        print(f"{name:<38}{how:<10}{', '.join(sorted(found)) or 'nothing':<18}  {verdict}")
    hits = sum(wanted == found for _, _, wanted, found in rows)
    codes = {code for _, _, _, found in rows for code in found}
    print(f"\n{hits} of {len(rows)} named rightly; {len(codes)} of {len(FAULTS)} rows of the table produced")
    return 0 if hits == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
