"""What sysfs says of the USB device behind a node. Source: Linux, Documentation/ABI/testing/sysfs-bus-usb."""

from pathlib import Path


def usb_device_of(node: Path) -> Path | None:
    """Return the USB device's folder above the sysfs folder or link `node`; None when it hangs on no USB."""
    resolved = node.resolve()
    return next((folder for folder in (resolved, *resolved.parents) if (folder / "idVendor").is_file()), None)


def read_text(path: Path) -> str:
    """Return an attribute without its line end; empty when there is none."""
    try:
        return path.read_text(errors="replace").strip("\0\n ")
    except OSError:
        return ""


def read_hex(path: Path) -> int:
    """Return a hexadecimal attribute; 0 when there is none."""
    try:
        return int(read_text(path) or "0", 16)
    except ValueError:
        return 0


def read_number(path: Path) -> int:
    """Return a decimal attribute; 0 when there is none."""
    try:
        return int(read_text(path) or "0")
    except ValueError:
        return 0
