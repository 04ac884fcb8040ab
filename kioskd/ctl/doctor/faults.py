"""The whole table of faults. Codes are stable: they stand in tickets and in docs/OPERATIONS.md."""

from typing import Final

from kioskd.ctl.doctor.device_faults import DEVICE_FAULTS
from kioskd.ctl.doctor.fault import Fault
from kioskd.ctl.doctor.line_faults import LINE_FAULTS
from kioskd.ctl.doctor.machine_faults import MACHINE_FAULTS
from kioskd.ctl.doctor.station_faults import STATION_FAULTS

FAULTS: Final[tuple[Fault, ...]] = (*STATION_FAULTS, *DEVICE_FAULTS, *LINE_FAULTS, *MACHINE_FAULTS)
