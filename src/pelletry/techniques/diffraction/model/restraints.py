"""Soft distances: bonds of a phase drawn to a length, as extra observations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.options import DistanceRestraint
from pelletry.techniques.diffraction.model.parameters import Parameters
from pelletry.techniques.diffraction.model.peaks import PhaseModel
from pelletry.techniques.diffraction.model.structure import direct_metric
from pelletry.techniques.diffraction.model.symmetry import group_of

__all__ = ["Restraints"]


@attrs.frozen(kw_only=True, eq=False)
class _Bond:
    phase: PhaseModel
    first: int
    second: int
    rotation: Array
    shift: Array  # translation of the second atom's image
    restraint: DistanceRestraint


class Restraints:
    """All bonds under restraint, found once at the start geometry; residuals are (distance - target) / std.

    The cell's part in a distance is not differentiated: cells are far better known than bonds.
    """

    def __init__(self, phases: Sequence[PhaseModel], restraints: tuple[DistanceRestraint, ...]) -> None:
        self.bonds = [
            bond for r in restraints for phase in phases if phase.name == r.phase for bond in _bonds(phase, r)
        ]

    def residuals(self, parameters: Parameters, reduced: Array) -> tuple[Array, Array]:
        """Residuals (b,) and their derivatives (free, b)."""
        values = parameters.full(reduced)
        residual = np.zeros(len(self.bonds))
        slopes = np.zeros((reduced.size, len(self.bonds)))
        for b, bond in enumerate(self.bonds):
            phase = bond.phase
            assert phase.factors is not None
            places = phase.factors.positions(values[phase.shifts])
            metric = np.linalg.inv(phase.metric(values))
            vector = bond.rotation @ places[bond.second] + bond.shift - places[bond.first]
            length = float(np.sqrt(vector @ metric @ vector))
            residual[b] = (length - bond.restraint.distance_angstrom) / bond.restraint.std_angstrom
            pull = metric @ vector / length / bond.restraint.std_angstrom
            for index, place, direction in zip(
                phase.shifts, phase.factors.shift_places, phase.factors.shift_vectors, strict=True
            ):
                row = parameters.row[index]
                if row >= 0:
                    moved = (bond.rotation @ direction if place == bond.second else 0.0) - (
                        direction if place == bond.first else 0.0
                    )
                    slopes[row, b] += float(np.dot(pull, moved * np.ones(3))) * parameters.factor[index]
        return residual, slopes


def _bonds(phase: PhaseModel, restraint: DistanceRestraint) -> list[_Bond]:
    if phase.factors is None:
        return []
    group, metric = group_of(phase.structure.operations), direct_metric(phase.structure.cell)
    places = phase.factors.places
    found: list[_Bond] = []
    for i, j in itertools.product(range(len(places)), repeat=2):
        if restraint.first not in places[i].elements or restraint.second not in places[j].elements:
            continue
        seen: list[Array] = []
        for rotation, translation in zip(group.rotations, group.translations, strict=True):
            for vector, cell in itertools.product(group.centring, itertools.product((-1, 0, 1), repeat=3)):
                image = rotation @ np.array(places[j].position) + translation + vector
                whole = -np.round(image - places[i].position) + np.array(cell)
                difference = image + whole - places[i].position
                length = float(np.sqrt(difference @ metric @ difference))
                is_new = all(np.abs(difference - other).max() > 1e-3 for other in seen)
                if 0.5 < length < restraint.longest_angstrom and is_new:
                    seen.append(difference)
                    shift = translation + vector + whole
                    found.append(
                        _Bond(
                            phase=phase,
                            first=i,
                            second=j,
                            rotation=rotation.astype(float),
                            shift=shift,
                            restraint=restraint,
                        )
                    )
    return found
