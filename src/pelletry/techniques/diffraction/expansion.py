r"""Thermal expansion of a phase from its cells: along the axes, of the volume, principal axes, with propagated errors.

At a temperature :math:`\alpha_a = a'(T)/a(T)`; the mean (secant) between two temperatures refers to the lower one,
:math:`\bar\alpha_a = (a(T_2) - a(T_1))/(a(T_1)(T_2 - T_1))`; the linear mean is :math:`\alpha_V/3`. For lower symmetry the principal
expansions are the eigenvalues of :math:`\varepsilon = \tfrac12 (\dot M M^{-1} + (\dot M M^{-1})^T)`, M the matrix of the axes in
Cartesian coordinates (Paufler and Weber 1999); ``anisotropy`` is the largest minus the smallest of them, which for a uniaxial
phase is :math:`|\alpha_c - \alpha_a|`; there it is given with its sign, :math:`\alpha_c - \alpha_a`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate
from pelletry.fitting.statistics import f_probability
from pelletry.techniques.diffraction.cell_law import CellLaw, fitted_law
from pelletry.techniques.diffraction.model.structure import volume_angstrom3

__all__ = ["BranchTest", "Expansion", "axes_matrix", "branches_differ", "expansion_between", "expansions_at"]

_AXES = ("a", "b", "c")


@attrs.frozen(kw_only=True)
class Expansion:
    """Expansion coefficients [1/K] of one phase, between two temperatures or (both equal) at one.

    ``along`` holds those of the free axes by name. ``anisotropy`` None: the phase is cubic.
    """

    temperature_low_K: float
    temperature_high_K: float
    along: tuple[tuple[str, Estimate], ...]
    volume_per_K: Estimate
    mean_per_K: Estimate
    anisotropy_per_K: Estimate | None
    principal_per_K: tuple[Estimate, ...] = ()

    @property
    def is_secant(self) -> bool:
        return self.temperature_high_K > self.temperature_low_K


@attrs.frozen(kw_only=True)
class BranchTest:
    """Are the cells on cooling those on heating? F test of one law for both against one each; ``p_value`` of being one curve.

    ``largest_score`` is the largest distance of the two curves in the overlap over its standard deviation, at ``at_K``.
    """

    p_value: float
    temperature_low_K: float
    temperature_high_K: float
    largest_score: float
    at_K: float
    parameter: str

    @property
    def is_one_curve(self) -> bool:
        return self.p_value >= 0.01


def axes_matrix(cell: Array) -> Array:
    """The axes a, b, c as columns in Cartesian coordinates (a along x, b in the xy plane), shape (3, 3). [angstrom]"""
    a, b, c = cell[:3]
    ca, cb, cg = (math.cos(math.radians(angle)) for angle in cell[3:])
    sg = math.sin(math.radians(cell[5]))
    cx, cy = cb, (ca - cb * cg) / sg
    cz = math.sqrt(max(0.0, 1.0 - cx * cx - cy * cy))
    return np.array([[a, b * cg, c * cx], [0.0, b * sg, c * cy], [0.0, 0.0, c * cz]])


def _strain_rate(cell: Array, slope: Array) -> Array:
    """The expansion tensor [1/K] from a cell and its derivative."""
    step = 1e-3
    rate = (axes_matrix(cell + step * slope) - axes_matrix(cell - step * slope)) / (2 * step)
    gradient = rate @ np.linalg.inv(axes_matrix(cell))
    return np.asarray((gradient + gradient.T) / 2)


def _strain_between(low: Array, high: Array) -> Array:
    """The finite strain from one cell to another, symmetrical part of M2 M1^-1 - 1."""
    gradient = axes_matrix(high) @ np.linalg.inv(axes_matrix(low)) - np.eye(3)
    return np.asarray((gradient + gradient.T) / 2)


def expansions_at(law: CellLaw, temperature_K: float) -> Expansion:
    """Expansion coefficients at one temperature, the slopes of the law over its values."""

    def tensor(c: Array) -> Array:
        return _strain_rate(law.cell(temperature_K, c), law.cell_slope(temperature_K, c))

    def lengths(c: Array) -> Array:
        return np.asarray((law.cell_slope(temperature_K, c) / law.cell(temperature_K, c))[:3])

    return _expansion(
        law, tensor, lengths, (temperature_K, temperature_K), f"slope of the law at {temperature_K:.4g} K"
    )


def expansion_between(law: CellLaw, low_K: float, high_K: float) -> Expansion:
    """Mean (secant) expansion coefficients between two temperatures, referred to the cell at the lower one."""
    span = high_K - low_K

    def tensor(c: Array) -> Array:
        return _strain_between(law.cell(low_K, c), law.cell(high_K, c)) / span

    def lengths(c: Array) -> Array:
        return np.asarray(((law.cell(high_K, c) / law.cell(low_K, c))[:3] - 1) / span)

    return _expansion(law, tensor, lengths, (low_K, high_K), f"secant of the law, referred to {low_K:.4g} K")


def _expansion(
    law: CellLaw,
    tensor: Callable[[Array], Array],
    lengths: Callable[[Array], Array],
    range_K: tuple[float, float],
    method: str,
) -> Expansion:
    flat = law.coefficients.ravel()
    low_K, high_K = range_K

    def volume(c: Array) -> Array:
        if high_K > low_K:
            v1, v2 = (volume_angstrom3(_as_cell(law.cell(t, c))) for t in (low_K, high_K))
            return np.array([(v2 / v1 - 1) / (high_K - low_K)])
        step = 0.5
        v1, v2 = (volume_angstrom3(_as_cell(law.cell(low_K, c) + s * law.cell_slope(low_K, c))) for s in (-step, step))
        return np.array([(v2 - v1) / ((v1 + v2) / 2) / (2 * step)])

    axes = [i for i in law.free if i < 3]
    along, along_std = lengths(flat), law.std_of(lengths)
    v, v_std = float(volume(flat)[0]), float(law.std_of(volume)[0])

    def estimate(value: float, std: float) -> Estimate:
        return Estimate(value=float(value), std=float(std), unit="1/K", method=method)

    spread, principal = _anisotropy(law, tensor, lengths, axes, estimate)
    return Expansion(
        temperature_low_K=low_K,
        temperature_high_K=high_K,
        along=tuple((_AXES[i], estimate(along[i], along_std[i])) for i in axes),
        volume_per_K=estimate(v, v_std),
        mean_per_K=estimate(v / 3, v_std / 3),
        anisotropy_per_K=spread,
        principal_per_K=principal,
    )


def _as_cell(values: Array) -> tuple[float, float, float, float, float, float]:
    a, b, c, alpha, beta, gamma = (float(v) for v in values)
    return a, b, c, alpha, beta, gamma


def _anisotropy(
    law: CellLaw,
    tensor: Callable[[Array], Array],
    lengths: Callable[[Array], Array],
    axes: list[int],
    estimate: Callable[[float, float], Estimate],
) -> tuple[Estimate | None, tuple[Estimate, ...]]:
    flat = law.coefficients.ravel()
    if axes == [0] and not any(i > 2 for i in law.free):
        return None, ()
    if axes == [0, 2] and not any(i > 2 for i in law.free):

        def difference(c: Array) -> Array:
            found = lengths(c)
            return np.array([found[2] - found[0]])

        return estimate(float(difference(flat)[0]), float(law.std_of(difference)[0])), ()

    def eigenvalues(c: Array) -> Array:
        return np.asarray(np.linalg.eigvalsh(tensor(c)))

    def spread(c: Array) -> Array:
        found = eigenvalues(c)
        return np.array([found[-1] - found[0]])

    values, stds = eigenvalues(flat), law.std_of(eigenvalues)
    principal = tuple(estimate(float(x), float(s)) for x, s in zip(values, stds, strict=True))
    return estimate(float(spread(flat)[0]), float(law.std_of(spread)[0])), principal


def branches_differ(
    *,
    heating: tuple[Array, ...],
    cooling: tuple[Array, ...],
    degree: int | None = None,
) -> BranchTest | None:
    """Heating against cooling, each as (temperatures, cells, covariances) and, where known, the errors of the temperatures.

    None where they do not overlap at three points or more. Both are fitted with polynomials of one degree, together and apart, over the temperatures that both cover.
    """
    low = max(heating[0].min(), cooling[0].min()) - 1e-9
    high = min(heating[0].max(), cooling[0].max()) + 1e-9
    up, down = (_within(branch, low, high) for branch in (heating, cooling))
    if min(np.unique(up[0]).size, np.unique(down[0]).size) < 3:
        return None
    both = tuple(np.concatenate(parts) for parts in zip(up, down, strict=True))
    fewest = int(min(np.unique(up[0]).size, np.unique(down[0]).size))
    one = _law(both, max(1, min(degree or _law(both, None).degree, fewest - 2)))
    laws = [_law(branch, one.degree) for branch in (up, down)]
    apart = laws[0].chi2 + laws[1].chi2
    extra = one.coefficients.size
    freedom = len(both[0]) * one.coefficients.shape[0] - 2 * extra
    if freedom <= 0:
        return None
    p_value = f_probability(
        chi2_small=one.chi2,
        parameters_small=extra,
        chi2_large=apart,
        parameters_large=2 * extra,
        count=len(both[0]) * one.coefficients.shape[0],
    )
    score, at_K, axis = _largest(laws, float(low), float(high))
    return BranchTest(
        p_value=p_value, temperature_low_K=float(low),
        temperature_high_K=float(high), largest_score=score, at_K=at_K, parameter=axis,
    )  # fmt: skip


def _within(branch: tuple[Array, ...], low: float, high: float) -> tuple[Array, ...]:
    keep = (branch[0] >= low) & (branch[0] <= high)
    return tuple(part[keep] for part in branch)


def _law(branch: tuple[Array, ...], degree: int | None) -> CellLaw:
    return fitted_law(
        temperature_K=branch[0], cells=branch[1], covariances=branch[2], degree=degree,
        temperature_std_K=branch[3] if len(branch) > 3 else None,
    )  # fmt: skip


def _largest(laws: list[CellLaw], low: float, high: float) -> tuple[float, float, str]:
    """Where the two curves lie farthest apart, in standard deviations of their distance."""
    names = ("a", "b", "c", "alpha", "beta", "gamma")
    best = (0.0, low, names[laws[0].free[0]])
    for t in np.linspace(low, high, 25):
        values = [law.free_values(float(t)) for law in laws]
        stds = [law.std_of(lambda c, law=law, t=t: law.free_values(float(t), c)) for law in laws]
        scores = np.abs(values[0] - values[1]) / np.maximum(np.hypot(stds[0], stds[1]), 1e-30)
        k = int(np.argmax(scores))
        if scores[k] > best[0]:
            best = (float(scores[k]), float(t), names[laws[0].free[k]])
    return best
