"""`kiosk-sim`: starts one simulated peripheral, in a process of its own.

Exit status: 0 ended by SIGTERM or SIGINT; 1 it was tried and failed; 2 wrong usage.
"""

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from .errors import SimulatorError

# A row is imported only when it is used: the scanner needs none of what the library system loads.
SIMULATORS: Final[Mapping[str, tuple[str, str]]] = {
    "ils": ("hardware_sim.ils.command", "a library system that speaks SIP2"),
    "scanner": ("hardware_sim.scanner.command", "a barcode scanner on a pseudo-terminal, or of the kernel's"),
    "printer": ("hardware_sim.printer.command", "an ESC/POS receipt printer on TCP or a pseudo-terminal"),
    "bench": ("hardware_sim.bench.command", "the web page from which a person plays all of them"),
    "demo": ("hardware_sim.demo.command", "a whole station on one desk; --tour plays an outage unattended"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run `kiosk-sim` with `argv` (default: the process's own) and return its exit status.

    As any argparse program it leaves by SystemExit (2) on wrong usage and (0) on --help.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    rows = "\n".join(f"  {name:<9}{meaning}" for name, (_, meaning) in SIMULATORS.items())
    parser = argparse.ArgumentParser(
        prog="kiosk-sim",
        description="Simulated peripherals that speak the real wire formats.",
        epilog=f"simulators:\n{rows}\n\n`kiosk-sim SIMULATOR --help` lists its options.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("simulator", choices=SIMULATORS)
    chosen = parser.parse_args(words[:1]).simulator
    module = importlib.import_module(SIMULATORS[chosen][0])
    options = argparse.ArgumentParser(prog=f"kiosk-sim {chosen}", description=SIMULATORS[chosen][1])
    module.add_options(options)
    try:
        module.run(options.parse_args(words[1:]))
    except SimulatorError as stopped:
        sys.stderr.write(f"kiosk-sim {chosen}: {stopped}\n")
        return stopped.status
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
