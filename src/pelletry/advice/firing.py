"""Pellets by the way they were made: one firing condition, its pellets, and the mean of what they have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev

import attrs

from pelletry.advice.relatives import estimate_of
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample
from pelletry.study.result import StudyResult

__all__ = ["FACTORS", "Condition", "conditions_of", "mean_of", "varied"]

#: What was chosen in making a pellet, with its words.
FACTORS: dict[str, str] = {
    "composition": "composition",
    "powder": "powder",
    "atmosphere": "atmosphere",
    "heating_rate": "heating rate",
    "temperature": "temperature",
    "dwell": "dwell",
}
_DECIDES = ("relative_density", "conductivity_total_25C", "activation_energy_total")


@attrs.frozen(kw_only=True)
class Condition:
    """One way of making pellets; ``levels`` are the choices by factor (None: not stated), ``pellets`` those made so."""

    levels: tuple[tuple[str, float | str | None], ...]
    pellets: tuple[str, ...]
    means: tuple[tuple[str, Estimate], ...] = ()

    def level(self, factor: str) -> float | str | None:
        return dict(self.levels)[factor]

    def mean(self, name: str) -> Estimate | None:
        """The mean of a quantity over the pellets that have it."""
        return dict(self.means).get(name)

    def words(self, factors: Iterable[str]) -> str:
        """``milled, Ar, 1 K/min, 800 °C``: the levels of these factors; the pellets' names without any."""
        shown = [_level_in_words(factor, self.level(factor)) for factor in factors if self.level(factor) is not None]
        return ", ".join(shown) or ", ".join(self.pellets)


def _level_in_words(factor: str, level: float | str | None) -> str:
    if not isinstance(level, float):
        return str(level)
    if factor == "temperature":
        return f"{level - 273.15:.4g} °C"
    return f"{level * 60.0:.3g} K/min" if factor == "heating_rate" else f"{level / 3600.0:.3g} h"


def conditions_of(result: StudyResult) -> tuple[Condition, ...]:
    """The firing conditions of all pellets that have a density or a conductivity, in the study's order."""
    groups: dict[tuple[tuple[str, float | str | None], ...], list[str]] = {}
    for sample in result.samples:
        if any(estimate_of(result, sample.name, name) is not None for name in _DECIDES) and _is_fired(sample):
            groups.setdefault(_levels(sample), []).append(sample.name)
    return tuple(
        Condition(levels=levels, pellets=tuple(pellets), means=_means(result, pellets))
        for levels, pellets in groups.items()
    )


def _is_fired(sample: Sample) -> bool:
    firing = sample.sintering
    return any(
        level is not None
        for level in (sample.powder, firing.temperature_K, firing.atmosphere, firing.heating_rate_K_per_s)
    )


def _levels(sample: Sample) -> tuple[tuple[str, float | str | None], ...]:
    firing = sample.sintering
    found: dict[str, float | str | None] = {
        "composition": sample.composition,
        "powder": sample.powder or " + ".join(sample.made_of) or None,
        "atmosphere": firing.atmosphere,
        "heating_rate": _rounded(firing.heating_rate_K_per_s),
        "temperature": _rounded(firing.temperature_K),
        "dwell": _rounded(firing.dwell_s),
    }
    return tuple(found.items())


def _rounded(value: float | None) -> float | None:
    """One setting read from two units is one setting."""
    return None if value is None else float(f"{value:.6g}")


def _means(result: StudyResult, pellets: Sequence[str]) -> tuple[tuple[str, Estimate], ...]:
    found = []
    for name in (*_DECIDES, "mass_fraction"):
        values = [e for pellet in pellets if (e := estimate_of(result, pellet, name)) is not None]
        if values:
            found.append((name, mean_of(values)))
    return tuple(found)


def mean_of(values: Sequence[Estimate]) -> Estimate:
    """The mean of pellets made alike: its std is that of their scatter, or of their own errors where that is larger."""
    if len(values) == 1:
        return values[0]
    n = len(values)
    scatter = stdev(v.value for v in values) / math.sqrt(n)
    own = [v.std for v in values if v.std is not None]
    of_errors = math.hypot(*own) / n if len(own) == n else 0.0
    return Estimate(
        value=fmean(v.value for v in values),
        std=max(scatter, of_errors) or None,
        unit=values[0].unit,
        method=f"mean of {n} pellets",
        degrees_of_freedom=float(n - 1) if scatter > of_errors else None,
    )


def varied(conditions: Sequence[Condition]) -> tuple[str, ...]:
    """The factors that are not the same for all."""
    return tuple(factor for factor in FACTORS if len({c.level(factor) for c in conditions}) > 1)
