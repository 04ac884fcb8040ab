"""What was seen of a station and its machine. None, or nothing, is *not looked at*, and leads to no finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file that only its owner may read. `mode`: its permission bits."""

    path: Path
    mode: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of systemd as `systemctl show` has it. `starts`: how often it was started anew by itself."""

    name: str
    active: str
    result: str
    starts: int
    enabled: str
    needed: bool


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """A device on the USB with an interface of the printer class. `driven`: a kernel driver has that interface."""

    name: str
    driven: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything. Times in seconds, room in MiB, temperatures in degrees Celsius."""

    # configuration
    config_file: Path | None = None
    config_problems: tuple[str, ...] = ()
    config_warnings: tuple[str, ...] = ()
    station: str | None = None
    ils_host: str | None = None
    secrets: tuple[SecretFile, ...] = ()
    block_list: Path | None = None
    block_list_age_days: float | None = None
    block_list_days: int = 7

    # the daemon: `away` is why it does not answer, in kioskctl's words; `status` is the contract's Status
    away: str | None = None
    status: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None
    daemon_groups: frozenset[str] | None = None
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Device → which other programs have it, as far as this user may see that."""
    udev_rules: bool | None = None
    units: tuple[Unit, ...] = ()

    # the journal, as it lies on the disk
    state_dir: Path | None = None
    state_dir_there: bool | None = None
    state_dir_mode: int | None = None
    state_dir_owner: str | None = None
    state_dir_mount: str | None = None
    """Kind of its file system: ext4, tmpfs, overlay."""
    state_dir_read_only: bool | None = None
    free_mib: int | None = None
    free_files: int | None = None
    moved: str | None = None
    damaged: str | None = None
    other_version: str | None = None
    damaged_aside: tuple[str, ...] = ()
    oldest_unsent_s: float | None = None
    journal: Mapping[str, Any] = field(default_factory=dict)

    # the machine
    wall_s: float | None = None
    kernel_keeps_time: bool | None = None
    battery_clock: bool | None = None
    root_read_only_since_error: bool | None = None
    disk_errors: Mapping[str, int] = field(default_factory=dict)
    card_life: Mapping[str, int] = field(default_factory=dict)
    """Of an eMMC: how much of its life is used, in tenths (11: past its end)."""
    throttled: int | None = None
    """The firmware's bits. Source: Raspberry Pi documentation, vcgencmd get_throttled."""
    temperature_c: float | None = None
    over_current: Mapping[str, int] = field(default_factory=dict)
    usb_printers: tuple[UsbDevice, ...] = ()
    memory_available_mib: int | None = None

    # the network
    links_up: frozenset[str] | None = None
    addresses: frozenset[str] | None = None
    route: bool | None = None
    name_servers: int | None = None
    name_leads_to: tuple[str, ...] | None = None
    """With --own-line: the addresses of `ils.host`; empty: none."""
    own_line: str | None = None
    """With --own-line: `connected`, or why not."""
    own_door: str | None = None
    """With --own-line: `connected` to the address of `door.url`, or why not."""
    door_trusted: bool | None = None
    """With --own-line, of an https door: whether its certificate is one that this machine trusts."""

    def but(self, **changes: Any) -> Self:
        """Return the same with some facts changed."""
        return replace(self, **changes)

    @property
    def devices(self) -> tuple[Mapping[str, Any], ...]:
        """The Status's devices."""
        return tuple(self.status.get("devices") or ())

    @property
    def ils(self) -> Mapping[str, Any]:
        """The Status's line to the library system."""
        return self.status.get("ils") or {}

    @property
    def mode(self) -> Mapping[str, Any]:
        """The Status's mode."""
        return self.status.get("mode") or {}

    @property
    def trouble(self) -> str:
        """What keeps the line down, by name (`no_line`); empty: nothing."""
        return str(self.ils.get("problem") or "").partition(":")[0]

    @property
    def detail(self) -> str:
        """What is known beyond that name."""
        return str(self.ils.get("problem") or "").partition(":")[2].strip()

    @property
    def numbers(self) -> Mapping[str, Any]:
        """The journal in numbers, from the daemon or from the file."""
        return self.status.get("journal") or self.journal
