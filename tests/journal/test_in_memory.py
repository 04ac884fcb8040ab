"""Whether a power cut would take the journal with its folder."""

from pathlib import Path

import pytest

from kioskd.journal.in_memory import lies_in_memory, read_mounts

DISK = "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"
TMP = "30 22 0:28 / /tmp rw,nosuid shared:9 - tmpfs tmpfs rw,size=1024k\n"
LAYERED = (
    "22 1 0:40 / / rw,relatime - overlay overlayroot rw,lowerdir=/media/root-ro,"
    "upperdir=/media/root-rw/overlay,workdir=/w\n"
    "23 22 179:2 / /media/root-ro ro - ext4 /dev/mmcblk0p2 ro\n"
    "24 22 0:41 / /media/root-rw rw - tmpfs tmpfs-root rw\n"
)
OWN = "25 22 179:3 / /var/lib/kioskd rw,noatime - ext4 /dev/mmcblk0p3 rw\n"
ON_DISK = (
    "22 1 0:40 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/data/upper,workdir=/w\n"
    "23 22 8:1 / /data rw - ext4 /dev/sda1 rw\n"
)


@pytest.mark.parametrize(
    ("folder", "mounts", "expected"),
    [
        ("/var/lib/kioskd", DISK + TMP, False),
        ("/tmp/state", DISK + TMP, True),
        ("/tmpfoo", DISK + TMP, False),
        ("/var/lib/kioskd", LAYERED, True),
        ("/var/lib/kioskd", LAYERED + OWN, False),
        ("/var/lib/kioskd2", LAYERED + OWN, True),
        ("/var/lib/kioskd", ON_DISK, False),
        (
            "/var/lib/kioskd",
            "22 1 0:40 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/hidden/upper,workdir=/w\n",
            False,
        ),
        ("/mnt/a b", DISK + "31 22 0:29 / /mnt/a\\040b rw - tmpfs tmpfs rw\n", True),
        ("/var/lib/kioskd", "", False),
        ("/var/lib/kioskd", "no such line\n", False),
    ],
)
def test_table(folder: str, mounts: str, expected: bool) -> None:
    assert lies_in_memory(Path(folder), mounts) is expected


def test_this_machine_has_a_list() -> None:
    assert not lies_in_memory(Path("/proc"), read_mounts())
