"""What depends on the direction of a reflection: texture and anisotropic broadening."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.symmetry import laue_rotations, reduced_rows

__all__ = ["QuarticStrain", "cosines2_to_axis", "march_dollase"]

Integers = npt.NDArray[np.int64]


def cosines2_to_axis(hkl: Integers, axis: tuple[int, int, int], metric: Array, operations: tuple[str, ...]) -> Array:
    """Squared cosines between all equivalents of each reflection and an axis, both reciprocal vectors, shape (m, k)."""
    direction = np.array(axis, dtype=float)
    images = np.einsum("mi,kij->mkj", hkl, laue_rotations(operations))
    along = images @ (metric @ direction)
    lengths2 = np.einsum("mi,ij,mj->m", hkl, metric, hkl)
    cosines2: Array = along**2 / (lengths2[:, None] * float(direction @ metric @ direction))
    return np.clip(cosines2, 0.0, 1.0)


def march_dollase(cosines2: Array, r: float) -> tuple[Array, Array]:
    """Mean of (r^2 cos^2 + sin^2 / r)^(-3/2) over equivalents (Dollase 1986) and its derivative by r, shapes (m,)."""
    inner = r * r * cosines2 + (1.0 - cosines2) / r
    grown = 2.0 * r * cosines2 - (1.0 - cosines2) / (r * r)
    return np.mean(inner**-1.5, axis=1), np.mean(-1.5 * inner**-2.5 * grown, axis=1)


class QuarticStrain:
    """Anisotropic strain of Stephens (1999): Gamma^2 = sum S_i P_i(hkl), P_i the quartics the Laue class leaves unchanged."""

    def __init__(self, hkl: Integers, operations: tuple[str, ...]) -> None:
        powers = [(a, b, 4 - a - b) for a, b in itertools.product(range(5), repeat=2) if a + b <= 4]
        self.names = [f"S{a}{b}{c}" for a, b, c in powers]
        # Averaging every monomial over the group and reducing gives the invariants; done on sample vectors to stay exact.
        samples = np.array(list(itertools.product((1, 2, 3, 5, -1), (1, -2, 3, 4), (1, 2, -3, 7))))
        plain = _monomials(samples, powers)
        rotations = laue_rotations(operations)
        mean = np.mean([_monomials(samples @ rotation, powers) for rotation in rotations], axis=0)
        solved, *_ = np.linalg.lstsq(plain, mean, rcond=None)

        rows = reduced_rows(solved.T)
        self.names = [self.names[int(np.flatnonzero(np.abs(row) > 0.5)[0])] for row in rows]
        self._pivots = [int(np.flatnonzero(np.abs(row) > 0.5)[0]) for row in rows]
        self._powers, self._rows = powers, rows
        self.terms: Array = self.terms_of(hkl)

    def terms_of(self, hkl: Integers) -> Array:
        """The quartics of reflections, shape (m, terms)."""
        found: Array = _monomials(hkl, self._powers) @ self._rows.T
        return found

    def isotropic(self, metric: Array, strain: float) -> Array:
        """Coefficients for which Gamma d^2 = ``strain`` for every reflection."""
        return self.uniaxial(metric, (0, 0, 1), along=strain, across=strain)

    def uniaxial(self, metric: Array, axis: tuple[int, int, int], *, along: float, across: float) -> Array:
        """Coefficients for which Gamma d^2 = ``along`` cos^2 + ``across`` sin^2 of the angle to an axis that symmetry leaves as it is."""
        samples = np.array(list(itertools.product((1, 2, 3, 5, -1), (1, -2, 3, 4), (1, 2, -3, 7))))
        lengths2 = np.einsum("mi,ij,mj->m", samples, metric, samples)
        towards = np.array(axis, dtype=float)
        parallel2 = (samples @ metric @ towards) ** 2 / float(towards @ metric @ towards)
        quartic = (along * parallel2 + across * (lengths2 - parallel2)) ** 2
        coefficients, *_ = np.linalg.lstsq(_monomials(samples, self._powers), quartic, rcond=None)
        picked: Array = coefficients[self._pivots]
        return picked


def _monomials(hkl: npt.NDArray[np.int64], powers: list[tuple[int, int, int]]) -> Array:
    h, k, m = (hkl[:, i].astype(float) for i in range(3))
    return np.stack([h**a * k**b * m**c for a, b, c in powers], axis=1)
