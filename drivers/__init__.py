"""Drivers for the peripherals of a library desk: bytes and events; they know no library and no kioskd."""
