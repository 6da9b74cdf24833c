"""Structure factors of one phase and their derivatives.

F2 is the mean of Friedel mates: |sum (f0 + f') T G|^2 + |sum f'' T G|^2 with T = exp(-B s^2), s = sin(theta)/lambda and G the sum over
symmetry. f0: IT92 (International Tables C 6.1.1.4), f' and f'': Cromer & Liberman, both as tabulated and computed by gemmi.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.gemmi_door import load_gemmi, load_kernels
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.model.symmetry import free_shifts, group_of, polar_directions

__all__ = ["FactorSlopes", "Place", "StructureFactors"]

_EV_ANGSTROM = 12398.419843320026


@attrs.frozen(kw_only=True)
class Place:
    """One site of the lattice with all atoms that share it; ``shifts`` (k, 3) what symmetry leaves free."""

    label: str
    labels: tuple[str, ...]
    elements: tuple[str, ...]
    amounts: tuple[float, ...]
    position: tuple[float, float, float]
    shifts: tuple[tuple[float, float, float], ...]
    B_iso_angstrom2: float


@attrs.frozen(kw_only=True, eq=False)
class FactorSlopes:
    """F2 (m,) and its derivatives by s^2 (m,), by the free shifts (shifts, m) and by each place's B (places, m)."""

    f2: Array
    by_s2: Array
    by_shift: Array
    by_B: Array


def places_of(structure: Structure) -> tuple[Place, ...]:
    """Sites of a structure gathered by place; ``amounts`` are occupancy times multiplicity over the order of the group."""
    group = group_of(structure.operations)
    gathered: list[tuple[Array, Array, list[int]]] = []
    for number, site in enumerate(structure.sites):
        position, shifts = free_shifts(np.array([site.x, site.y, site.z]), structure.operations, structure.cell)
        for other, _, members in gathered:
            if np.abs(other - position).max() < 1e-3:
                members.append(number)
                break
        else:
            gathered.append((position, shifts, [number]))
    gathered = _with_fixed_origin(structure, gathered)
    places = []
    for position, shifts, members in gathered:
        sites = [structure.sites[i] for i in members]
        places.append(
            Place(
                label=sites[0].label,
                labels=tuple(site.label for site in sites),
                elements=tuple(site.element for site in sites),
                amounts=tuple(site.occupancy * site.multiplicity / group.order for site in sites),
                position=(float(position[0]), float(position[1]), float(position[2])),
                shifts=tuple((float(s[0]), float(s[1]), float(s[2])) for s in shifts),
                B_iso_angstrom2=float(
                    np.average([s.B_iso_angstrom2 for s in sites], weights=[s.occupancy + 1e-9 for s in sites])
                ),
            )
        )
    return tuple(places)


def _with_fixed_origin(
    structure: Structure, gathered: list[tuple[Array, Array, list[int]]]
) -> list[tuple[Array, Array, list[int]]]:
    """In polar groups the heaviest place loses its shifts along the free directions: the origin must stay."""
    polar = polar_directions(structure.operations)
    if not len(polar) or not gathered:
        return gathered
    gemmi = load_gemmi()

    def weight(entry: tuple[Array, Array, list[int]]) -> float:
        sites = [structure.sites[i] for i in entry[2]]
        return float(sum(gemmi.Element(s.element).atomic_number * s.occupancy * s.multiplicity for s in sites))

    heaviest = max(range(len(gathered)), key=lambda i: weight(gathered[i]))
    position, shifts, members = gathered[heaviest]
    kept = [s for s in shifts if np.linalg.norm(s - polar.T @ np.linalg.lstsq(polar.T, s, rcond=None)[0]) > 1e-6]
    gathered[heaviest] = (position, np.array(kept).reshape(-1, 3), members)
    return gathered


class StructureFactors:
    """F2 of all reflections of a phase; symmetry sums are kept until a place moves."""

    def __init__(self, structure: Structure, hkl: npt.NDArray[np.int64], wavelength_angstrom: float) -> None:
        gemmi = load_gemmi()
        self.places = places_of(structure)
        self.group = group_of(structure.operations)
        self.hkl = np.ascontiguousarray(hkl)
        self._elements = sorted({e for place in self.places for e in place.elements})
        tables = [gemmi.Element(e).it92 for e in self._elements]
        self._a = np.array([table.a for table in tables]).reshape(-1, 4)
        self._b = np.array([table.b for table in tables]).reshape(-1, 4)
        energy = _EV_ANGSTROM / wavelength_angstrom
        pairs = [gemmi.cromer_liberman(z=gemmi.Element(e).atomic_number, energy=energy) for e in self._elements]
        self._constant = np.array([t.c for t in tables]) + np.array([p[0] for p in pairs])
        dispersion = np.array([p[1] for p in pairs])
        self._amounts = np.zeros((len(self.places), len(self._elements)))
        for j, place in enumerate(self.places):
            for element, amount in zip(place.elements, place.amounts, strict=True):
                self._amounts[j, self._elements.index(element)] += amount
        self._amounts *= len(self.group.centring)
        self._imaginary = (self._amounts @ dispersion)[:, None]
        self.shift_places = np.array([j for j, p in enumerate(self.places) for _ in p.shifts], dtype=np.int64)
        self.shift_vectors = np.array([s for p in self.places for s in p.shifts]).reshape(-1, 3)
        self._start = np.array([p.position for p in self.places]).reshape(-1, 3)
        self._kept: tuple[bytes, bool, tuple[Array, Array, Array, Array]] | None = None

    @property
    def shift_count(self) -> int:
        """Free position parameters of the phase."""
        return len(self.shift_places)

    def positions(self, shifts: Array) -> Array:
        """Places moved by the free shifts, shape (places, 3)."""
        moved: Array = self._start.copy()
        np.add.at(moved, self.shift_places, shifts[:, None] * self.shift_vectors)
        return moved

    def _sums(self, shifts: Array, with_slopes: bool) -> tuple[Array, Array, Array, Array]:
        key = shifts.tobytes()
        if self._kept is not None and self._kept[0] == key and (self._kept[1] or not with_slopes):
            return self._kept[2]
        sums: tuple[Array, Array, Array, Array] = load_kernels().site_sums(
            self.hkl, self.group.rotations, self.group.translations, self.positions(shifts), with_slopes
        )
        self._kept = (key, with_slopes, sums)
        return sums

    def evaluate(self, s2: Array, shifts: Array, B: Array, *, with_positions: bool) -> FactorSlopes:
        """F2 with derivatives. ``s2`` (m,) = (sin theta / lambda)^2, ``shifts`` (k,), ``B`` (places,)."""
        real, imag, real_x, imag_x = self._sums(shifts, with_positions)
        falling = self._a[:, :, None] * np.exp(-self._b[:, :, None] * s2)
        factors = falling.sum(axis=1) + self._constant[:, None]
        falls = -(falling * self._b[:, :, None]).sum(axis=1)
        thermal = np.exp(-B[:, None] * s2)
        f_real, f_imag = (self._amounts @ factors) * thermal, self._imaginary * thermal
        pr, pi = (f_real * real).sum(axis=0), (f_real * imag).sum(axis=0)
        qr, qi = (f_imag * real).sum(axis=0), (f_imag * imag).sum(axis=0)
        # 2 (P . dP + Q . dQ) for a change that scales one place's contribution
        along = 2.0 * (f_real * (pr * real + pi * imag) + f_imag * (qr * real + qi * imag))
        d_f = (self._amounts @ falls) * thermal
        by_s2 = (2.0 * d_f * (pr * real + pi * imag) - B[:, None] * along).sum(axis=0)
        by_shift = np.empty((self.shift_count, s2.size))
        if with_positions and self.shift_count:
            j = self.shift_places
            moved_r = np.einsum("kmx,kx->km", real_x[j], self.shift_vectors)
            moved_i = np.einsum("kmx,kx->km", imag_x[j], self.shift_vectors)
            by_shift = 2.0 * (f_real[j] * (pr * moved_r + pi * moved_i) + f_imag[j] * (qr * moved_r + qi * moved_i))
        return FactorSlopes(f2=pr * pr + pi * pi + qr * qr + qi * qi, by_s2=by_s2, by_shift=by_shift, by_B=-s2 * along)
