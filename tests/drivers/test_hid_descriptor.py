"""Report descriptors: what is written in one is what is read, and nothing else is a surprise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.hid_descriptor import BadDescriptor, Field, Place, ReportKind, length, parse
from tests.drivers import hid
from tests.drivers.hid import items


def test_a_keyboards_descriptor() -> None:
    modifiers, padding, keys = parse(hid.KEYBOARD)
    assert modifiers == Field(
        ReportKind.INPUT, 0, 0, 1, 8, tuple(0x70000 | n for n in range(0xE0, 0xE8)), (0x10006,), False, True
    )
    assert (padding.at, padding.size, padding.count, padding.constant) == (8, 8, 1, True)
    assert (keys.at, keys.size, keys.count, keys.variable) == (16, 8, 6, False)
    assert keys.usage(4) == 0x70004
    assert length([modifiers, padding, keys], ReportKind.INPUT, 0) == 8


def test_a_usage_is_of_the_page_at_its_main_item() -> None:
    descriptor = items((hid.USAGE, 0x02), (hid.PAGE, 0x8C), (hid.SIZE, 8), (hid.COUNT, 1), (hid.INPUT, 2))
    assert parse(descriptor)[0].usages == (0x8C0002,)


def test_a_usage_of_four_bytes_brings_its_page() -> None:
    descriptor = items((hid.PAGE, 1), (hid.USAGE, 0x8C0002), (hid.SIZE, 8), (hid.COUNT, 1), (hid.INPUT, 2))
    assert parse(descriptor)[0].usages == (0x8C0002,)


def test_pushed_settings_come_back_and_usages_do_not() -> None:
    descriptor = items(
        (hid.PAGE, 1), (hid.SIZE, 8), (hid.COUNT, 2), (hid.PUSH, 0), (hid.SIZE, 1), (hid.ID, 7),
        (hid.USAGE, 5), (hid.INPUT, 2), (hid.POP, 0), (hid.INPUT, 2),
    )  # fmt: skip
    first, second = parse(descriptor)
    assert (first.report_id, first.size, first.usages) == (7, 1, (0x10005,))
    assert (second.report_id, second.size, second.usages) == (0, 8, ())


def test_a_long_item_is_passed_over() -> None:
    assert parse(b"\xfe\x03\xf0abc" + items((hid.SIZE, 8), (hid.COUNT, 1), (hid.INPUT, 2)))[0].size == 8


@pytest.mark.parametrize(
    "descriptor",
    [
        b"\x05",
        b"\xfe",
        b"\xfe\x09\xf0abc",
        items((hid.COLLECTION, 1)),
        items((hid.END, 0)),
        items((hid.POP, 0)),
        items((hid.ID, 0)),
        items((hid.ID, 256)),
        items((hid.SIZE, 0x7FFFFFFF), (hid.COUNT, 0x7FFFFFFF), (hid.INPUT, 2)),
        items((hid.USAGE_FROM, 0), (hid.USAGE_TO, 0xFFFFFFFF)),
        items(*[(hid.COLLECTION, 1)] * 100),
        items(*[(hid.PUSH, 0)] * 100),
    ],
)
def test_what_is_no_descriptor_is_refused(descriptor: bytes) -> None:
    with pytest.raises(BadDescriptor):
        parse(descriptor)


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_fields_or_refused(descriptor: bytes) -> None:
    try:
        fields = parse(descriptor)
    except BadDescriptor:
        return
    ends: dict[tuple[str, int], int] = {}
    for one in fields:
        assert one.at >= ends.get((one.kind, one.report_id), 0), "no two fields overlap"
        ends[one.kind, one.report_id] = one.at + one.size * one.count


MAIN = st.tuples(
    st.sampled_from([hid.INPUT, hid.OUTPUT, hid.FEATURE]),
    st.integers(1, 3),  # report id
    st.integers(1, 32),  # size
    st.integers(1, 20),  # count
    st.lists(st.integers(1, 0xFFFF), max_size=20),  # usages
)
KINDS = {hid.INPUT: ReportKind.INPUT, hid.OUTPUT: ReportKind.OUTPUT, hid.FEATURE: ReportKind.FEATURE}


@given(st.lists(MAIN, max_size=12), st.data())
def test_each_field_stands_where_it_was_written_and_every_value_is_found_there(
    mains: list, data: st.DataObject
) -> None:
    written = items((hid.PAGE, 0x8C))
    for tag, report_id, size, count, usages in mains:
        written += items((hid.ID, report_id), (hid.SIZE, size), (hid.COUNT, count))
        written += items(*((hid.USAGE, usage) for usage in usages), (tag, 2))
    fields = parse(written)
    assert [(one.kind, one.report_id, one.size, one.count) for one in fields] == [
        (KINDS[tag], report_id, size, count) for tag, report_id, size, count, _ in mains
    ]
    for one, (*_, usages) in zip(fields, mains, strict=True):
        assert one.usages == tuple(0x8C0000 | usage for usage in usages)
    for kind, report_id in {(one.kind, one.report_id) for one in fields}:
        mine = [one for one in fields if (one.kind, one.report_id) == (kind, report_id)]
        values = [data.draw(st.integers(0, (1 << one.size) - 1)) for one in mine for _ in range(one.count)]
        whole, at = 0, 0
        for value, size in zip(values, [one.size for one in mine for _ in range(one.count)], strict=True):
            whole |= value << at
            at += size
        body = whole.to_bytes((at + 7) // 8, "little")
        assert length(fields, kind, report_id) == len(body) + 1
        places = [Place(one.at + n * one.size, one.size) for one in mine for n in range(one.count)]
        assert [place.value(body) for place in places] == values
