"""Staff's codes: who has one, kept as salted hashes in a file that only the daemon's user reads."""

from kioskd.staff.codes import StaffCodes, StaffCodesTrouble

__all__ = ["StaffCodes", "StaffCodesTrouble"]
