"""What `import drivers` costs by itself, and what it pulls in: no kioskd, and nothing heavy."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.bench import figures
from tests.bench.figures import Figure

REPO = Path(__file__).parents[2]
MEASURED = """
import sys, time
sys.path.insert(0, {path!r})
before, begun = set(sys.modules), time.perf_counter()
import {module}
took_s = time.perf_counter() - begun
names = sorted(set(sys.modules) - before)
import json
print(json.dumps([took_s, names]))
"""


def importing(_folder: Path, n: int = 30) -> dict[str, Figure]:
    """Import each in an interpreter of its own, without this environment's packages unless the driver needs one."""
    found: dict[str, Figure] = {}
    for key, module, packages in (
        ("drivers_import", "drivers", False),
        ("drivers_evdev_import", "drivers.evdev_scanner", False),
        ("drivers_hidraw_import", "drivers.hidraw_scanner", False),
        ("drivers_serial_import", "drivers.serial_scanner", True),
    ):
        times, names = [], list[str]()
        for _ in range(n + 1):
            took_s, names = _once(module, packages=packages)
            times.append(took_s * 1000)
        found[f"{key}_ms"] = figures.of(times[1:], "ms")
        found[f"{key}_modules"] = {**figures.single(len(names), "modules", n), "names": names}
    strange = [name for name in found["drivers_import_modules"]["names"] if name.startswith(("kioskd", "hardware_sim"))]
    assert not strange, strange
    return found


def _once(module: str, *, packages: bool) -> tuple[float, list[str]]:
    script = MEASURED.format(path=str(REPO), module=module)
    alone = [] if packages else ["-S"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, *alone, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    took_s, names = json.loads(done.stdout)
    return took_s, names
