"""Staff's codes: initials and salted hashes in a file, and how often a wrong one may be tried."""

from kioskd.staff.attempts import Attempts
from kioskd.staff.codes import StaffCodes, StaffCodesTrouble

__all__ = ["Attempts", "StaffCodes", "StaffCodesTrouble"]
