"""The thermal expansion that is taken off a run: stated, refined, or measured by the run itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.finding import Finding
from pelletry.techniques.dilatometry.body import Body
from pelletry.techniques.dilatometry.body import finding as _finding
from pelletry.techniques.dilatometry.model.tangents import Tangents
from pelletry.techniques.dilatometry.settings import DilatometrySettings
from pelletry.techniques.thermal_program import Stage, main_heating

__all__ = ["expansion_of"]

#: Cooling over less than this says too little.
_COOLING_K = 150.0
#: No ceramic expands less or more than this.
_EXPANSIONS_PER_K = (1e-7, 60e-6)


def expansion_of(
    time_s: Array, temperature_K: Array, strain: Array, stages: Sequence[Stage], tangents: Tangents, body: Body,
    settings: DilatometrySettings,
) -> tuple[float | None, str, list[Finding]]:  # fmt: skip
    """Thermal expansion to take off, where it comes from, and what is said when it stems from the run itself."""
    if settings.expansion_per_K is not None:
        return settings.expansion_per_K, "stated", []
    if body.expansion is not None:
        fact = body.expansion
        return fact.mean_per_K.value, f"{fact.given_by}, {fact.phase}", []
    cooling = [
        s for s in stages if s.kind == "cooling" and temperature_K[s.start] - temperature_K[s.stop - 1] > _COOLING_K
    ]
    if cooling:
        rows = slice(cooling[-1].start, cooling[-1].stop)
        per_K = float(np.polynomial.polynomial.polyfit(temperature_K[rows], np.log1p(strain[rows]), 1)[1])
        if _EXPANSIONS_PER_K[0] < per_K < _EXPANSIONS_PER_K[1]:
            return per_K, "cooling in the same record", [_of_run(body, per_K, "the cooling of the same record")]
    early = _early_slope(temperature_K, strain, stages, tangents)
    if early is not None and _EXPANSIONS_PER_K[0] < early < _EXPANSIONS_PER_K[1]:
        return (
            early,
            "heating before sintering",
            [_of_run(body, early, "the first half of the heating before sintering")],
        )
    sentence = (
        f"The thermal expansion of {body.sample} is not known: its shrinkage is given hot, as measured, and hot densities are too low "
        "by about three times expansion and temperature. Give expansion_per_K under [dilatometry]."
    )
    return (
        None,
        "",
        [_finding("expansion-not-known", "notice", body, sentence, "shrinkage_cold", "density_by_shrinkage")],
    )


def _early_slope(temperature_K: Array, strain: Array, stages: Sequence[Stage], tangents: Tangents) -> float | None:
    """Slope of the length over the lower half of the heating before sintering, where nothing shrinks yet. [1/K]"""
    heating = main_heating(stages, temperature_K)
    if tangents.baseline is None or heating is None:
        return None
    T, e = temperature_K[heating.start : heating.stop], strain[heating.start : heating.stop]
    start, width = float(T[0]), tangents.baseline.high_K - float(T[0])
    inside = (start + 0.1 * width < T) & (start + 0.5 * width > T)
    if inside.sum() < 10:
        return None
    return float(np.polynomial.polynomial.polyfit(T[inside], np.log1p(e[inside]), 1)[1])


def _of_run(body: Body, per_K: float, where: str) -> Finding:
    sentence = (
        f"The thermal expansion that is taken off {body.sample} is {per_K * 1e6:.3g}e-6 per K, from {where}; state expansion_per_K "
        "under [dilatometry] if you know it better."
    )
    return _finding("expansion-of-the-run", "info", body, sentence, "shrinkage_cold", "density_by_shrinkage")
