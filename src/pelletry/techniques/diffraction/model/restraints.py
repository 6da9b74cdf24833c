"""Soft distances and angles: bonds of a phase drawn to a length, pairs of bonds to an angle, as extra observations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.options import AngleRestraint, DistanceRestraint
from pelletry.techniques.diffraction.model.parameters import Parameters
from pelletry.techniques.diffraction.model.peaks import PhaseModel
from pelletry.techniques.diffraction.model.structure import direct_metric
from pelletry.techniques.diffraction.model.symmetry import group_of

__all__ = ["Restraints"]


@attrs.frozen(kw_only=True, eq=False)
class _Angle:
    one: _Bond
    other: _Bond
    restraint: AngleRestraint


@attrs.frozen(kw_only=True, eq=False)
class _Bond:
    phase: PhaseModel
    first: int
    second: int
    rotation: Array
    shift: Array  # translation of the second atom's image
    restraint: DistanceRestraint

    def vector(self, places: Array) -> Array:
        """From the first atom to the second, fractional."""
        return np.asarray(self.rotation @ places[self.second] + self.shift - places[self.first])

    def moved(self, place: int, direction: Array) -> Array:
        """How a shift of a place along a direction moves the vector."""
        along = self.rotation @ direction if place == self.second else np.zeros(3)
        return np.asarray(along - (direction if place == self.first else 0.0))


class Restraints:
    """All bonds under restraint, found once at the start geometry; residuals are (distance - target) / std.

    The cell's part in a distance is not differentiated: cells are far better known than bonds.
    """

    def __init__(
        self, phases: Sequence[PhaseModel], restraints: tuple[DistanceRestraint | AngleRestraint, ...]
    ) -> None:
        chosen = [(r, phase) for r in restraints for phase in phases if phase.name == r.phase]
        self.bonds = [b for r, phase in chosen if isinstance(r, DistanceRestraint) for b in _bonds(phase, r)]
        self.angles = [a for r, phase in chosen if isinstance(r, AngleRestraint) for a in _angles(phase, r)]

    @property
    def count(self) -> int:
        """Number of extra observations."""
        return len(self.bonds) + len(self.angles)

    def residuals(self, parameters: Parameters, reduced: Array) -> tuple[Array, Array]:
        """Residuals (b,) and their derivatives (free, b)."""
        values = parameters.full(reduced)
        residual, slopes = np.zeros(self.count), np.zeros((reduced.size, self.count))
        items: list[_Bond | _Angle] = [*self.bonds, *self.angles]
        for b, item in enumerate(items):
            bond = item if isinstance(item, _Bond) else item.one
            phase = bond.phase
            assert phase.factors is not None
            places = phase.factors.positions(values[phase.shifts])
            metric: Array = np.asarray(np.linalg.inv(phase.metric(values)), dtype=np.float64)
            pulls = _length(item, places, metric) if isinstance(item, _Bond) else _opening(item, places, metric)
            residual[b] = pulls[0]
            for index, place, direction in zip(
                phase.shifts, phase.factors.shift_places, phase.factors.shift_vectors, strict=True
            ):
                row = parameters.row[index]
                if row >= 0:
                    change = sum(float(pull @ of.moved(int(place), direction)) for of, pull in pulls[1])
                    slopes[row, b] += change * parameters.factor[index]
        return residual, slopes


_Pulls = tuple[float, list[tuple[_Bond, Array]]]


def _length(bond: _Bond, places: Array, metric: Array) -> _Pulls:
    """Residual of a bond and its derivative by the bond's vector."""
    vector = bond.vector(places)
    length = float(np.sqrt(vector @ metric @ vector))
    std = bond.restraint.std_angstrom
    return (length - bond.restraint.distance_angstrom) / std, [(bond, metric @ vector / length / std)]


def _opening(angle: _Angle, places: Array, metric: Array) -> _Pulls:
    """Residual of an angle and its derivatives by the vectors of both bonds."""
    u, v = angle.one.vector(places), angle.other.vector(places)
    gu, gv = metric @ u, metric @ v
    uu, vv = float(u @ gu), float(v @ gv)
    size = np.sqrt(uu * vv)
    cosine = float(np.clip(u @ gv / size, -1.0 + 1e-9, 1.0 - 1e-9))
    factor = -np.degrees(1.0) / np.sqrt(1.0 - cosine**2) / angle.restraint.std_deg
    residual = float((np.degrees(np.arccos(cosine)) - angle.restraint.angle_deg) / angle.restraint.std_deg)
    by_u, by_v = gv / size - cosine * gu / uu, gu / size - cosine * gv / vv
    return residual, [(angle.one, factor * by_u), (angle.other, factor * by_v)]


def _angles(phase: PhaseModel, restraint: AngleRestraint) -> list[_Angle]:
    """All pairs of bonds that share their centre."""
    as_bonds = DistanceRestraint(
        phase=restraint.phase, first=restraint.centre, second=restraint.outer, distance_angstrom=1.0,
        longest_angstrom=restraint.longest_angstrom,
    )  # fmt: skip
    pairs = itertools.combinations(_bonds(phase, as_bonds), 2)
    return [_Angle(one=a, other=b, restraint=restraint) for a, b in pairs if a.first == b.first]


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
