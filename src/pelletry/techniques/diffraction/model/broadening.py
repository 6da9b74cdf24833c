r"""Sizes and strains that depend on the direction, from refined widths, with errors from the whole covariance.

Size: the Lorentzian width is :math:`(X + X_a \cos^2\varphi)/\cos\theta`, :math:`\varphi` the angle between a reflection and the axis, so that the
Scherrer size along the axis is :math:`K\lambda/(X + X_a)` and that across it :math:`K\lambda/X`.

Strain: :math:`\Gamma^2 = \sum_i S_i P_i(hkl)` with the quartics of the Laue class (Stephens 1999, J. Appl. Cryst. 32, 281), a Lorentzian width
:math:`\Gamma d^2 \tan\theta`; the apparent strain of a reflection is a quarter of :math:`\Gamma d^2`. It is given along the axes of the
reciprocal cell that symmetry does not make equal.
"""

from __future__ import annotations

import math

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.model.peaks import PhaseModel
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.result import DirectionalWidth

__all__ = ["SCHERRER_K", "directional_widths"]

SCHERRER_K = 0.9
_LEAST_DEG = 1e-4
_AXES = np.eye(3, dtype=np.int64)


def directional_widths(
    problem: Problem, phase: PhaseModel, values: Array, covariance: Array
) -> tuple[DirectionalWidth, ...]:
    """What a refinement with directions found of a phase; nothing where the instrument is not known or the phase's own terms were held.

    Parameters
    ----------
    values, covariance:
        Of all parameters, shapes (n,) and (n, n); a variance of zero says that one was held.
    """
    if not problem.instrument.is_frozen:
        return ()
    if phase.direction is not None and covariance[phase.direction, phase.direction] > 0:
        return _sizes(problem, phase, values, covariance)
    if phase.quartic is not None and np.trace(covariance[np.ix_(phase.quartics, phase.quartics)]) > 0:
        return _strains(phase, values, covariance)
    return ()


def _sizes(problem: Problem, phase: PhaseModel, values: Array, covariance: Array) -> tuple[DirectionalWidth, ...]:
    assert phase.direction is not None
    both = [phase.size, phase.direction]
    axis = " ".join(str(i) for i in problem.options.size_axis)
    found = []
    for word, picks in (("along", np.array([1.0, 1.0])), ("across", np.array([1.0, 0.0]))):
        width = float(picks @ values[both])
        variance = float(picks @ covariance[np.ix_(both, both)] @ picks)
        if width < _LEAST_DEG:
            continue
        size = SCHERRER_K * problem.lines[0].wavelength_angstrom * 1e-10 / math.radians(width)
        estimate = Estimate(
            value=size, std=size * math.sqrt(max(variance, 0.0)) / width or None, unit="m",
            method=f"Scherrer, Lorentzian width {word} {axis}, K = {SCHERRER_K:g}",
        )  # fmt: skip
        found.append(DirectionalWidth(kind="size", direction=f"{word} {axis}", value=estimate))
    return tuple(found)


def _strains(phase: PhaseModel, values: Array, covariance: Array) -> tuple[DirectionalWidth, ...]:
    assert phase.quartic is not None
    terms = phase.quartic.terms_of(_AXES)
    inverse_d2 = np.diag(phase.metric(values))
    block = covariance[np.ix_(phase.quartics, phase.quartics)]
    found, seen = [], set[tuple[float, ...]]()
    for hkl, row, by_d2 in zip(_AXES, terms, inverse_d2, strict=True):
        gamma2 = float(row @ values[phase.quartics])
        key = (*np.round(row, 9), round(float(by_d2), 9))
        if key in seen or gamma2 <= 0:
            continue
        seen.add(key)
        factor = math.radians(1.0) / 4.0 / float(by_d2)
        width = math.sqrt(gamma2)
        std = math.sqrt(max(float(row @ block @ row), 0.0)) / (2.0 * width)
        estimate = Estimate(
            value=width * factor,
            std=std * factor or None,
            unit="1",
            method="quartic strain of the Laue class (Stephens 1999)",
        )
        words = "along " + " ".join(str(int(i)) for i in hkl)
        found.append(DirectionalWidth(kind="strain", direction=words, value=estimate))
    return tuple(found)
