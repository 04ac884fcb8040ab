"""A printer on the kernel's usblp: whole slips, one that holds off, one that is pulled out."""

import pytest

from hardware_sim.vm.machine import Machine

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]


@pytest.mark.cell("usblp", "held by another", on="gadget")
def test_slips_reach_the_printer_byte_for_byte_and_it_answers(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.paper:byte_for_byte") == {
        "same": True,
        "bytes": 3 * 20483,
        "ready": [True, True],
        "second opener": "busy",
    }


@pytest.mark.cell("usblp", "silent", on="gadget")
def test_a_printer_that_answers_nothing(machine: Machine) -> None:
    assert machine.call("tests.vm.guest.paper:silent") == {"answers": False, "paper": "unknown", "ready": None}


def test_the_kernel_says_eagain_while_the_printer_holds_off(machine: Machine) -> None:
    said = machine.call("tests.vm.guest.paper:eagain")["said"]
    print(said)
    assert said[0] == "8192"
    assert said[-1] == "EAGAIN"


@pytest.mark.cell("usblp", "takes no more", on="gadget")
def test_a_printer_that_holds_off_ends_the_slip_at_its_deadline_and_the_next_is_whole(machine: Machine) -> None:
    told = machine.call("tests.vm.guest.paper:holds_off")
    print(told)
    assert 0 < told["sent at most"] < told["of"]
    assert told["arrived"] <= told["sent at most"]
    assert 0.9 < told["waited_s"] < 10
    assert told["reset before the next"]


@pytest.mark.cell("usblp", "unplugged", on="gadget")
@pytest.mark.cell("usblp", "power off in a slip", on="gadget")
def test_unplugged_in_the_middle_of_a_slip(machine: Machine) -> None:
    told = machine.call("tests.vm.guest.paper:unplugged_mid_slip")
    print(told)
    assert told["raised"] == "PrinterGone"
    assert told["a beginning"]
    assert told["on the roll"] <= told["sent"]
    assert told["next is whole"]


@pytest.mark.cell("usblp", "power off in a slip", on="gadget")
def test_unplugged_at_many_places_the_next_slip_is_whole(machine: Machine) -> None:
    for told in machine.call("tests.vm.guest.paper:unplugged_at", fractions=[n / 10 for n in range(1, 10)]):
        print(told)
        assert told["arrived"] <= told["sent"]
        assert told["next is whole"]
