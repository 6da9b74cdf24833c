"""Items of the checklist on cells that let a current through."""

from __future__ import annotations

from pelletry.advice.checklist_items import ABSENT, NOT_APPLICABLE, PRESENT, Group, State, Subjects, each
from pelletry.advice.checklist_pellets import electrode_is_stated
from pelletry.core.sample import Sample

__all__ = ["CELL_ITEMS"]

_SEVERAL = 2


def _with_capacity(s: Subjects) -> list[Sample]:
    """Full and half cells: those whose capacity counts."""
    return [c for c in s.cells if getattr(s.result.of(c.name, "cycling"), "kind", "") in ("full", "half")]


def _area(s: Subjects) -> State:
    return each(s.cells, lambda c: c.pellet.electrode_area_m2 is not None)


def _thickness(s: Subjects) -> State:
    by_name = {sample.name: sample for sample in s.result.samples}

    def has(cell: Sample) -> bool:
        own = [cell, *(by_name[name] for name in cell.made_of if name in by_name)]
        return any(sample.pellet.thickness_m is not None for sample in own)

    return each(s.cells, has)


def _electrodes(s: Subjects) -> State:
    return each(s.cells, electrode_is_stated, there="in the notes")


def _mass(s: Subjects) -> State:
    return each(
        _with_capacity(s), lambda c: c.quantity("active_mass") is not None or c.quantity("active_thickness") is not None
    )


def _temperature(s: Subjects) -> State:
    def has(cell: Sample) -> bool:
        own = [q for q in s.result.quantities if q.sample == cell.name]
        return any(isinstance(q.condition("temperature_K"), float) for q in own)

    return each(s.cells, has)


def _pressure(s: Subjects) -> State:
    state, detail = each(s.cells, lambda c: c.quantity("pressure") is not None)
    return state, detail if state != ABSENT else f"{detail}; write it into the column pressure"


def _current(s: Subjects) -> State:
    return each(s.cells, lambda c: bool(s.reported(c, "current_density_highest")))


def _areal_resistance(s: Subjects) -> State:
    names = ("asr_cell_dc", "asr_cell_ac", "asr_interface_dc", "asr_interface_ac")
    return each(s.cells, lambda c: bool(s.reported(c, *names)))


def _capacity(s: Subjects) -> State:
    return each(_with_capacity(s), lambda c: bool(s.reported(c, "specific_capacity_best")))


def _efficiency(s: Subjects) -> State:
    return each(_with_capacity(s), lambda c: bool(s.reported(c, "coulombic_efficiency")))


def _voltage(s: Subjects) -> State:
    return each(_with_capacity(s), lambda c: bool(s.reported(c, "mean_voltage_discharge")))


def _energy(s: Subjects) -> State:
    return each(_with_capacity(s), lambda c: bool(s.reported(c, "energy_efficiency")))


def _left(s: Subjects) -> State:
    return each(_with_capacity(s), lambda c: bool(s.reported(c, "capacity_left")))


def _several(s: Subjects) -> State:
    """Cells of one kind made of the same parts count as repeats."""
    groups: dict[tuple[str, tuple[str, ...], str], int] = {}
    for cell in s.cells:
        key = (cell.text("cell"), cell.made_of, cell.composition or "")
        groups[key] = groups.get(key, 0) + 1
    if not groups:
        return NOT_APPLICABLE, ""
    single = sum(count < _SEVERAL for count in groups.values())
    return (
        (ABSENT, f"one cell only of {single} of {len(groups)} kinds")
        if single
        else (PRESENT, f"{min(groups.values())} or more")
    )


CELL_ITEMS: tuple[tuple[str, Group], ...] = (
    (
        "cells",
        [
            ("electrode area", "R", _area),
            ("thickness of the electrolyte", "R", _thickness),
            ("material of both electrodes", "R", _electrodes),
            ("active mass", "R", _mass),
            ("temperature", "R", _temperature),
            ("pressure on the cell", "R", _pressure),
            ("current density", "R", _current),
            ("resistance times area", "R", _areal_resistance),
            ("capacity per active mass", "R", _capacity),
            ("coulombic efficiency", "R", _efficiency),
            ("mean voltage of discharge", "R", _voltage),
            ("energy efficiency", "R", _energy),
            ("capacity left after cycling", "R", _left),
            ("repeated cells", "", _several),
        ],
    ),
)
