"""Whether this host's KVM runs a guest: found out by trying, for one that opens may still run nothing."""

import os
import subprocess
from pathlib import Path
from typing import Final

from .image import System, cache_folder

TRIAL_S: Final = 8.0
"""A kernel without a disk gives up within a second under a KVM that works; it takes longer without one."""
EMULATED: Final = ("-accel", "tcg,thread=multi", "-cpu", "max")
# arch-capabilities: QEMU 7.2 stops where the host grants a guest less of it than it says it has.
NATIVE: Final = ("-accel", "kvm", "-cpu", "max,arch-capabilities=off")


def acceleration(system: System) -> tuple[str, ...]:
    """Return QEMU's options for the processor. `KIOSK_SIM_VM_ACCELERATION` (kvm or tcg) forces one."""
    forced = os.environ.get("KIOSK_SIM_VM_ACCELERATION", "")
    if forced:
        return NATIVE if forced == "kvm" else EMULATED
    return NATIVE if _kvm_runs(system) else EMULATED


def _kvm_runs(system: System) -> bool:
    """Try once a boot of the host, and remember."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    remembered = cache_folder() / "kvm"
    try:
        known_boot, _, runs = remembered.read_text().partition(" ")
    except OSError:
        known_boot, runs = "", ""
    if known_boot != boot:
        runs = "yes" if _try(system) else "no"
        remembered.write_text(f"{boot} {runs}")
    return runs == "yes"


def _try(system: System) -> bool:
    command = ("qemu-system-x86_64", *NATIVE, "-machine", "q35", "-m", "256", "-nodefaults", "-no-user-config")
    kernel = ("-kernel", str(system.kernel), "-append", "panic=-1 quiet", "-no-reboot", "-display", "none")
    try:
        done = subprocess.run([*command, *kernel], capture_output=True, timeout=TRIAL_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
