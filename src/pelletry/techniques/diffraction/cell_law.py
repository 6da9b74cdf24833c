r"""Cells as smooth functions of temperature: one generalized least-squares fit over all patterns, with the whole covariance of each.

The free parameters of the cell (a and c of a rhombohedral phase, all six of a triclinic one) are polynomials of
:math:`x = (T - T_0)/s`. With :math:`y_i` the parameters of pattern i and :math:`C_i` their covariance, the coefficients minimise
:math:`\sum_i (y_i - p(x_i))^T C_i^{-1} (y_i - p(x_i))`. An error of the temperature from pattern to pattern adds
:math:`p'(T_i) p'(T_i)^T u_T^2` to :math:`C_i`. Where the reduced chi-square exceeds 1 the covariance is multiplied by it
(Birge1932): the patterns then scatter more than counting explains.

This is the two-step form of a parametric refinement (Stinson and Evans 2007): it uses the cells with their covariances in place
of all patterns at once, which is the same to first order as long as each pattern fixes its own cell.
"""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field

__all__ = ["CellLaw", "fitted_law", "free_parameters"]

_HIGHEST_DEGREE = 3
#: A longer polynomial must lower AICc by this much.
_AICC_GAIN = 4.0


@attrs.frozen(kw_only=True)
class CellLaw:
    """Polynomials of the free cell parameters; ``coefficients[k, j]`` of x^j, x = (T - ``origin_K``)/``scale_K``.

    ``covariance`` belongs to the coefficients in the order of ``coefficients.ravel()``, with the Birge factor in it. ``free``
    are the places of the free parameters in the cell, ``expansion_of`` (6, k) maps them to all six, ``fixed`` (6,) holds the rest.
    """

    free: tuple[int, ...]
    expansion_of: Array = array_field()
    fixed: Array = array_field()
    coefficients: Array = array_field()
    covariance: Array = array_field()
    degree: int
    origin_K: float
    scale_K: float
    temperature_low_K: float
    temperature_high_K: float
    chi2_reduced: float
    chi2: float
    points: int

    def free_values(self, temperature_K: float, coefficients: Array | None = None) -> Array:
        """The free parameters at a temperature, shape (k,)."""
        c = self.coefficients if coefficients is None else coefficients.reshape(self.coefficients.shape)
        x = (temperature_K - self.origin_K) / self.scale_K
        return np.asarray(c @ x ** np.arange(self.degree + 1))

    def free_slopes(self, temperature_K: float, coefficients: Array | None = None) -> Array:
        """Their derivatives to the temperature, shape (k,). [1/K times the unit]"""
        c = self.coefficients if coefficients is None else coefficients.reshape(self.coefficients.shape)
        x = (temperature_K - self.origin_K) / self.scale_K
        j = np.arange(1, self.degree + 1)
        return np.asarray(c[:, 1:] @ (j * x ** (j - 1))) / self.scale_K

    def cell(self, temperature_K: float, coefficients: Array | None = None) -> Array:
        """All six cell parameters at a temperature. [angstrom, deg]"""
        return np.asarray(self.fixed + self.expansion_of @ self.free_values(temperature_K, coefficients))

    def cell_slope(self, temperature_K: float, coefficients: Array | None = None) -> Array:
        """d cell/dT, shape (6,). [angstrom/K, deg/K]"""
        return np.asarray(self.expansion_of @ self.free_slopes(temperature_K, coefficients))

    def std_of(self, function: Any) -> Array:
        """Standard deviations of ``function(coefficients)`` (any shape), propagated to first order from the covariance."""
        flat = self.coefficients.ravel()
        steps = 1e-3 * np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        base = np.atleast_1d(np.asarray(function(flat), dtype=np.float64))
        jacobian = np.zeros((base.size, flat.size))
        for j in np.flatnonzero(steps > 0):
            moved = flat.copy()
            moved[j] += steps[j]
            upper = np.asarray(function(moved), dtype=np.float64).ravel()
            moved[j] -= 2 * steps[j]
            jacobian[:, j] = (upper - np.asarray(function(moved), dtype=np.float64).ravel()) / (2 * steps[j])
        return np.asarray(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", jacobian, self.covariance, jacobian), 0.0)))


def free_parameters(cell: Array, covariance: Array) -> tuple[int, ...]:
    """Places of the cell parameters that symmetry leaves free: those with a variance that do not equal an earlier one."""
    std = np.sqrt(np.maximum(np.diag(covariance)[:6], 0.0))
    free: list[int] = []
    for i in range(6):
        if std[i] <= 0:
            continue
        kind = range(3) if i < 3 else range(3, 6)
        twins = [j for j in free if j in kind and abs(cell[i] - cell[j]) < 1e-9 * abs(cell[i])]
        if not any(covariance[i, j] > 0.999999 * std[i] * std[j] for j in twins):
            free.append(i)
    return tuple(free)


def _expansion(cell: Array, free: tuple[int, ...], covariance: Array) -> tuple[Array, Array]:
    """Matrix (6, k) and constants (6,) that make a whole cell of the free parameters."""
    matrix, fixed = np.zeros((6, len(free))), np.array(cell, dtype=np.float64)
    for i in range(6):
        same_kind = [k for k, j in enumerate(free) if (i < 3) == (j < 3)]
        if i in free:
            matrix[i, free.index(i)], fixed[i] = 1.0, 0.0
        elif covariance[i, i] > 0:
            twin = next((k for k in same_kind if abs(cell[free[k]] - cell[i]) < 1e-9 * abs(cell[i])), None)
            if twin is not None:
                matrix[i, twin], fixed[i] = 1.0, 0.0
    return matrix, fixed


def fitted_law(
    *,
    temperature_K: Array,
    cells: Array,
    covariances: Array,
    degree: int | None = None,
    temperature_std_K: float | Array | None = None,
) -> CellLaw:
    """The law of the cells of one phase.

    Parameters
    ----------
    temperature_K:
        Shape (n,), n >= 3 different ones. [K]
    cells, covariances:
        Shapes (n, 6) and (n, 6, 6) (more rows, such as that of the volume, are not looked at). [angstrom, deg]
    degree:
        Of the polynomials; None: the smallest from which a longer one does not lower AICc by 4, at most 3.
    temperature_std_K:
        Of the single temperatures, independent from pattern to pattern; one for all or shape (n,). None: not known, taken as 0.

    Raises
    ------
    ValueError
        With fewer than three different temperatures, or no free parameter.
    """
    t = np.asarray(temperature_K, dtype=np.float64)
    distinct = np.unique(t).size
    middle = int(np.argsort(t)[t.size // 2])
    free = free_parameters(cells[middle], covariances[middle])
    if distinct < 3 or not free:
        raise ValueError(f"{distinct} temperatures and {len(free)} free cell parameters make no law")
    matrix, fixed = _expansion(cells[middle], free, covariances[middle])
    std_K = np.broadcast_to(
        np.asarray(0.0 if temperature_std_K is None else temperature_std_K, dtype=np.float64), t.shape
    )
    values = cells[:, list(free)]
    blocks = covariances[:, list(free)][:, :, list(free)]
    common = {
        "free": free, "expansion_of": matrix, "fixed": fixed, "origin_K": float(t.mean()),
        "scale_K": float(np.ptp(t)) / 2, "temperature_low_K": float(t.min()), "temperature_high_K": float(t.max()),
        "points": int(t.size),
    }  # fmt: skip
    degrees = [degree] if degree is not None else list(range(1, min(_HIGHEST_DEGREE, distinct - 2) + 1))
    best: tuple[float, CellLaw] | None = None
    for d in degrees:
        law = _of_degree(t, values, blocks, min(d, distinct - 1), std_K, common)
        score = _aicc(law, values.size)
        if best is None or score < best[0] - _AICC_GAIN:
            best = (score, law)
    assert best is not None  # degrees is never empty: three temperatures allow a line
    return best[1]


def _aicc(law: CellLaw, n: int) -> float:
    p = law.coefficients.size + 1
    if n - p - 1 <= 0:
        return math.inf
    return n * math.log(max(law.chi2, 1e-12) / n) + 2 * p + 2 * p * (p + 1) / (n - p - 1)


def _of_degree(t: Array, values: Array, blocks: Array, degree: int, std_K: Array, common: dict[str, Any]) -> CellLaw:
    k = values.shape[1]
    slopes = np.zeros((t.size, k))
    for _ in range(3 if np.any(std_K > 0) else 1):
        spread = (std_K**2)[:, None, None] * slopes[:, :, None] * slopes[:, None, :]
        law = _once(t, values, blocks + spread, degree, common)
        slopes = np.array([law.free_slopes(float(ti)) for ti in t])
    return law


def _once(t: Array, values: Array, blocks: Array, degree: int, common: dict[str, Any]) -> CellLaw:
    n, k = values.shape
    x = (t - common["origin_K"]) / common["scale_K"]
    powers = x[:, None] ** np.arange(degree + 1)
    rows, sides = [], []
    for i in range(n):
        root = np.linalg.cholesky(blocks[i] + np.diag(1e-12 * np.diag(blocks[i]) + 1e-30))
        design = np.kron(np.eye(k), powers[i])
        rows.append(np.linalg.solve(root, design))
        sides.append(np.linalg.solve(root, values[i]))
    a, b = np.vstack(rows), np.concatenate(sides)
    scales = np.linalg.norm(a, axis=0)
    u, s, vt = np.linalg.svd(a / scales, full_matrices=False)
    coefficients = (vt.T @ ((u.T @ b) / s)) / scales
    covariance = (vt.T / s**2) @ vt / np.outer(scales, scales)
    chi2 = float(np.sum((b - a @ coefficients) ** 2))
    freedom = n * k - coefficients.size
    reduced = chi2 / freedom if freedom > 0 else math.nan
    birge = max(1.0, reduced) if freedom > 0 else 1.0
    return CellLaw(
        coefficients=coefficients.reshape(k, degree + 1), covariance=covariance * birge, degree=degree,
        chi2_reduced=reduced, chi2=chi2, **common,
    )  # fmt: skip
