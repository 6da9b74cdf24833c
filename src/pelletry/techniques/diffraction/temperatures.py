r"""Temperature of the sample from the cell of a standard that lies in the scans.

The linear expansion of corundum along a and c, :math:`\Delta L/L_{293}` in percent as cubic polynomials of T in kelvin (293 to 1900 K), is that
recommended by Touloukian et al. (1977), Thermophysical Properties of Matter 13; the coefficients vanish at 293 K to 0.001 %, and give a mean
of 8.2 and 8.9e-6 1/K for a and c to 1000 °C. Of other phases the law must be given.

The cell is compared with itself near room temperature where a scan has it, so that displacement and wavelength drop out; a and c are
weighted by their covariance, that of the scan near room temperature included.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.result import PatternResult, TemperatureCheck

__all__ = ["CORUNDUM_A", "CORUNDUM_C", "expansion_of", "temperatures_from_standard"]

#: Delta L / L in percent: coefficients of 1, T, T^2, T^3.
CORUNDUM_A = (-0.176, 5.431e-4, 2.150e-7, -2.810e-11)
CORUNDUM_C = (-0.192, 5.927e-4, 2.142e-7, -2.207e-11)
_LAWS = {"corundum": (CORUNDUM_A, CORUNDUM_C)}
_SOURCE = "Touloukian1977"
_NEAR_ROOM_K = (285.0, 305.0)


def expansion_of(coefficients: tuple[float, ...], temperature_K: Array | float) -> Array:
    """Delta L / L at a temperature, a share of 1."""
    return np.asarray(1e-2 * np.polynomial.polynomial.polyval(temperature_K, coefficients))


def temperatures_from_standard(patterns: Sequence[PatternResult], phase: str) -> TemperatureCheck | None:
    """Temperatures that the cell of ``phase`` tells, for all scans that hold it; None when its law is not known or no scan is near 20 °C."""
    laws = _LAWS.get(phase)
    if laws is None:
        return None
    rows: list[tuple[float, float, float]] = []
    blocks: list[Array] = []
    places: list[int] = []
    for place, pattern in enumerate(patterns):
        found = (
            None
            if pattern.refinement is None
            else next((p for p in pattern.refinement.phases if p.name == phase), None)
        )
        if found is not None and pattern.temperature_K is not None:
            a, c = found.cell[0], found.cell[2]
            if a.std and c.std:
                rows.append((pattern.temperature_K, a.value, c.value))
                blocks.append(found.cell_covariance[np.ix_([0, 2], [0, 2])])
                places.append(place)
    table = np.array(rows)
    if not rows or not np.any((table[:, 0] >= _NEAR_ROOM_K[0]) & (table[:, 0] <= _NEAR_ROOM_K[1])):
        return None
    stated = table[:, 0]
    reference = int(np.argmin(np.abs(stated - 293.15)))
    found_K, std_K = np.zeros(stated.size), np.zeros(stated.size)
    base = [1.0 + float(expansion_of(law, stated[reference])) for law in laws]
    grid = np.linspace(270.0, 1950.0, 6721)
    curves = [(1.0 + expansion_of(law, grid)) / b for law, b in zip(laws, base, strict=True)]
    expected = table[reference, 1:, None] * np.array(curves)
    slopes = np.gradient(expected, grid, axis=1)
    for i, row in enumerate(table):
        weight = np.linalg.inv(blocks[i] if i == reference else blocks[i] + blocks[reference])
        away = row[1:, None] - expected
        best = int(np.argmin(np.einsum("in,ij,jn->n", away, weight, away)))
        found_K[i], std_K[i] = grid[best], 1.0 / np.sqrt(slopes[:, best] @ weight @ slopes[:, best])
    return TemperatureCheck(
        phase=phase, source=_SOURCE, places=tuple(places), stated_K=stated, found_K=found_K, std_K=std_K
    )
