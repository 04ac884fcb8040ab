"""A printer that libusb takes from the kernel's usblp, and that usblp has again whatever happens."""

import pytest

from hardware_sim.vm.machine import Machine

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]


def test_the_kernels_driver_is_taken_off_and_given_back(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.lent:slips") == {
        "node meanwhile": False,
        "ready": True,
        "refused while usblp is open": "busy",
    }


def test_the_kernels_driver_is_back_after_a_crash(machine: Machine) -> None:
    told = machine.call("tests.vm.guest.lent:killed")
    print(told)
    assert not told["node while it is held"]
    assert told["node after"]
