"""The import-linter contract behind the tables of rooms in pyproject.toml.

The contracts that import-linter brings say what is forbidden and fail on rooms that do not exist yet. The
house's plan says for each room what it may import, so this one reads that plan as it stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

# Names only the package itself; importing it runs no room.
ROOT: Final = "kioskd"


def within(module: str, room: str) -> bool:
    """Tell whether `module` is `room` or stands in it."""
    return module == room or module.startswith(room + ".")


def room_of(module: str, rooms: Iterable[str]) -> str | None:
    """Return the most specific of `rooms` that holds `module`, or None."""
    return max((room for room in rooms if within(module, room)), key=len, default=None)


class TableField(fields.Field[Mapping[str, Sequence[str]]]):
    """A TOML table of names, each with a list of names."""

    def parse(self, raw_data: Any) -> Mapping[str, Sequence[str]]:  # noqa: ANN401 # import-linter's signature
        """Return the table. Raises ValidationError if it is anything else."""
        if not isinstance(raw_data, dict) or not all(isinstance(row, list) for row in raw_data.values()):
            raise fields.ValidationError("Expected a table of lists.")
        return raw_data


def table(field: TableField) -> Mapping[str, Sequence[str]]:
    """Return the table behind `field`: on an instance import-linter puts the parsed value in its place."""
    return cast("Mapping[str, Sequence[str]]", field)


@dataclass(frozen=True, slots=True)
class Fault:
    """An import that the plan does not have: where it stands, and what the plan says instead."""

    importer: str
    imported: str
    line: int | None
    rule: str


class RoomsContract(Contract):
    """Every direct import between rooms stands in `may_import`; libraries stay where the tables put them.

    `may_import`: room → what it may import of ours; a room imports only what stands above it in the table.
    `only_in`: library → the rooms that may import it.
    `never`: room → libraries that it must not import, not even of Python's own.
    """

    type_name = "rooms"

    may_import = TableField()
    only_in = TableField()
    never = TableField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return every import that breaks a table, and every module that no row holds."""
        _ = verbose
        rooms = table(self.may_import)
        faults = [*misplaced_rows(rooms), *self._faults(graph, rooms)]
        return ContractCheck(kept=not faults, metadata={"faults": sorted(faults, key=repr)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line a fault."""
        for fault in check.metadata["faults"]:
            where = fault.importer if fault.line is None else f"{fault.importer}:{fault.line}"
            output.print_error(f"{where} imports {fault.imported}: {fault.rule}", bold=False)

    def _faults(self, graph: ImportGraph, rooms: Mapping[str, Sequence[str]]) -> Iterable[Fault]:
        ours = {room.split(".")[0] for room in rooms}
        for module in sorted(graph.modules):
            if module.split(".")[0] not in ours:
                continue
            room = room_of(module, rooms)
            if room is None and module != ROOT:
                yield Fault(module, "-", None, "no row of may_import holds this module")
            for imported in sorted(graph.find_modules_directly_imported_by(module)):
                if imported.split(".")[0] in ours:
                    rule = self._rule_of_rooms(room, imported, rooms)
                else:
                    rule = self._rule_of_libraries(room, imported)
                if rule is not None:
                    details = graph.get_import_details(importer=module, imported=imported)
                    yield Fault(module, imported, details[0]["line_number"] if details else None, rule)

    def _rule_of_rooms(self, room: str | None, imported: str, rooms: Mapping[str, Sequence[str]]) -> str | None:
        if room is None:
            return f"{ROOT} itself imports nothing"
        if within(imported, room) or (imported == ROOT and within(room, ROOT)):
            return None
        if room_of(imported, rooms[room]) is not None:
            return None
        return f"{room} may import {', '.join(rooms[room]) or 'nothing of ours'}"

    def _rule_of_libraries(self, room: str | None, library: str) -> str | None:
        owners = table(self.only_in).get(library)
        if owners is not None and (room is None or room_of(room, owners) is None):
            return f"{library} is for {', '.join(owners)} alone"
        if room is not None and library in table(self.never).get(room, ()):
            return f"{room} never imports {library}"
        return None


def misplaced_rows(rooms: Mapping[str, Sequence[str]]) -> Iterable[Fault]:
    """Yield a fault for each room that is allowed one that stands on a higher floor, or in no row."""
    built: list[str] = []
    for room, allowed in rooms.items():
        for other in allowed:
            if room_of(other, built) is None:
                yield Fault(room, other, None, "stands on a higher floor, or in no row of may_import")
        built.append(room)
