"""Staff's codes: initials and salted hashes in a file. How often a wrong one may be tried is the rules' to say."""

from kioskd.staff.codes import StaffCodes, StaffCodesTrouble

__all__ = ["StaffCodes", "StaffCodesTrouble"]
