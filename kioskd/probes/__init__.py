"""Related systems: does one answer? Looked at in the loop, which never waits for it."""

from kioskd.probes.probing import answers

__all__ = ["answers"]
