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


@pytest.mark.cell("usb", "held by another", on="gadget")
def test_one_that_another_program_has_is_left_to_it(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.usb_faults:held") == ["busy", "busy", "open"]


def test_the_kernels_driver_is_back_after_a_sigterm(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.usb_faults:terminated") == {
        "node while it is held": False,
        "afterwards": "open",
    }


@pytest.mark.cell("usb", "not permitted", on="gadget")
def test_another_users_printer(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.usb_faults:not_permitted") == ["denied", "denied"]


@pytest.mark.cell("usb", "unplugged", on="gadget")
@pytest.mark.cell("usb", "power off in a slip", on="gadget")
def test_the_plug_is_pulled_within_a_slip(machine: Machine) -> None:
    told = machine.call("tests.vm.guest.usb_faults:unplugged_mid_slip")
    print(told)
    assert told["raised"] == "PrinterGone"
    assert told["a beginning"]
    assert told["on the roll"] <= told["sent"]
    assert told["next is whole"]


@pytest.mark.cell("usb", "takes no more", on="gadget")
def test_one_that_takes_no_more(machine: Machine) -> None:
    told = machine.call("tests.vm.guest.usb_faults:holds_off")
    print(told)
    # What it had and nobody had read yet is thrown away with the slip.
    assert told["arrived"] <= told["sent at most"] < told["of"]
    assert 0.9 < told["waited_s"] < 20
