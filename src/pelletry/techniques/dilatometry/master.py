"""The master sintering curve of a sample's runs: whether they can give one, and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pelletry.core.facts import ParticleSize, ThermalExpansion
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.core.technique import Inputs
from pelletry.techniques.dilatometry.model.firing import dwell_for_density_s, firing_map
from pelletry.techniques.dilatometry.model.growth import FiredGrain, GrowthLaw, critical_grain_size_m, growth_law
from pelletry.techniques.dilatometry.model.master_curve import MasterCurve, SinteringRun, master_curve
from pelletry.techniques.dilatometry.model.wang_raj import WangRaj, wang_raj
from pelletry.techniques.dilatometry.result import FiringAdvice, MasterResult, RunResult
from pelletry.techniques.dilatometry.settings import DilatometrySettings

__all__ = ["different_rates", "master_result", "missing_rates"]

_FEWEST_RATES = 3
_RATIO_OF_RATES = 1.25
_SPREAD_OF_RATES = 2.0
_LEAST_OVERLAP = 0.3
_LEAST_DENSIFICATION = 0.02
_ROOM_K = 298.15
_GRID = 81


def different_rates(rates: Sequence[float]) -> list[float]:
    """Rates that differ by more than a quarter, rising."""
    found: list[float] = []
    for rate in sorted(rates):
        if not found or rate / found[-1] > _RATIO_OF_RATES:
            found.append(rate)
    return found


def missing_rates(rates: Sequence[float]) -> str:
    """Which runs would make an energy identifiable, in words.

    >>> missing_rates([2.5 / 60])
    'two more runs of the same powder, e.g. at 1 and 6.25 K/min'
    >>> missing_rates([1 / 60, 5 / 60])
    'one more run of the same powder, e.g. at 2.24 K/min'
    """
    per_min = [60.0 * rate for rate in different_rates(rates)]
    if not per_min:
        return "three runs of the same powder with heating, e.g. at 1, 2.5 and 6.25 K/min"
    if len(per_min) == 1:
        return f"two more runs of the same powder, e.g. at {per_min[0] / 2.5:.3g} and {per_min[0] * 2.5:.3g} K/min"
    low, high = per_min[0], per_min[-1]
    other = math.sqrt(low * high) if len(per_min) == 2 and high / low > 3 else high * 2.5
    return f"one more run of the same powder, e.g. at {other:.3g} K/min"


def _sintering_run(run: RunResult, rate_K_per_s: float) -> SinteringRun:
    """The densification of a run up to its end of firing; in units of the green density when that is not known."""
    rows = slice(0, run.end_index + 1)
    density = run.density_cold_relative if run.density_cold_relative is not None else run.density_hot_relative
    if density is None:
        strain = run.strain_fraction if run.cold_fraction is None else run.cold_fraction
        density = (1.0 + strain) ** -3
    return SinteringRun(
        time_s=run.time_s[rows],
        temperature_K=run.temperature_K[rows],
        density_relative=density[rows],
        rate_K_per_s=rate_K_per_s,
    )


def _refused(reason: str, rates: Sequence[float], has_green: bool) -> MasterResult:
    missing = Unresolved(reason=reason, unit="J/mol")
    return MasterResult(
        energy_J_per_mol=missing,
        lag_s=Unresolved(reason=reason, unit="s"),
        second_opinion_J_per_mol=missing,
        rates_K_per_s=tuple(rates),
        has_green_density=has_green,
    )


def master_result(sample: str, runs: Sequence[RunResult], inputs: Inputs, green: Quantity) -> MasterResult | None:
    """Energy, firing map and what follows, or a result that names the run that is missing; None without any heating."""
    settings: DilatometrySettings = inputs.settings
    has_green = isinstance(green, Estimate)
    heated = [(run, run.rate_K_per_s) for run in runs if run.rate_K_per_s is not None and run.rate_K_per_s > 0]
    if not heated:
        return None
    rates = different_rates([rate for _, rate in heated])
    if len(rates) < _FEWEST_RATES or rates[-1] / rates[0] < _SPREAD_OF_RATES:
        given = ", ".join(f"{60 * rate:.3g}" for rate in rates)
        reason = (
            f"an energy of sintering needs three heating rates that differ by a factor of two or more, and there {'are' if len(rates) > 1 else 'is'} "
            f"{given} K/min; missing: {missing_rates(rates)}"
        )
        return _refused(reason, rates, has_green)
    series = [_sintering_run(run, rate) for run, rate in heated]
    low, high, reason = _compared_range(series, heated)
    if reason:
        return _refused(reason, rates, has_green)
    prior = settings.lag_prior_s if settings.lag == "fit" else None
    # The level that is reached in the end belongs to the curve, though it says nothing about the energy.
    curve = master_curve(series, lag_prior_s=prior, low=low, high=math.inf)
    if not curve.is_bounded:
        reason = (
            "the runs fit as well with any energy up to the bounds of 40 and 3000 kJ/mol: their rates are too close or their curves too "
            f"noisy; missing: {missing_rates(rates)}"
        )
        return _refused(reason, rates, has_green)
    opinion = wang_raj(series, low=low, high=high, lag_s=curve.lag_s)
    return _with_firing(curve, opinion, [rate for _, rate in heated], series, inputs, has_green)


def _compared_range(
    series: Sequence[SinteringRun], heated: Sequence[tuple[RunResult, float]]
) -> tuple[float, float, str]:
    """Densities between which the runs are compared, or why they cannot be."""
    tops = [float(run.density_relative.max()) for run in series]
    start = max(float(np.median(run.density_relative[: max(3, len(run.density_relative) // 50)])) for run in series)
    span = max(tops) - start
    if span < _LEAST_DENSIFICATION * start:
        return 0.0, 0.0, "none of the runs densifies"
    shared = (min(tops) - start) / span
    if shared < _LEAST_OVERLAP:
        worst = tops.index(min(tops))
        run, rate = heated[worst]
        reason = (
            f"the runs share only {100 * max(shared, 0):.0f} % of their densification: the run at {60 * rate:.3g} K/min ends at "
            f"{run.top_K - 273.15:.0f} °C; missing: that run heated further"
        )
        return 0.0, 0.0, reason
    return start + 0.01 * span, max(tops) - 0.002 * span, ""


def _estimates(curve: MasterCurve, opinion: WangRaj, has_lag: bool) -> tuple[Estimate, Quantity, Quantity]:
    energy = Estimate(
        value=curve.energy_J_per_mol,
        std=0.25 * (curve.high_J_per_mol - curve.low_J_per_mol),
        unit="J/mol",
        method="master sintering curve; interval by the profile of the sum of squares"
        + (", lag of the thermocouple free" if has_lag else ", lag taken as zero"),
        interval_95=(curve.low_J_per_mol, curve.high_J_per_mol),
    )
    lag: Quantity = Unresolved(reason="the lag was taken as zero (lag = 'off')", unit="s")
    if has_lag:
        lag = Estimate(value=curve.lag_s, std=curve.lag_std_s, unit="s", method="fitted with the energy")
    second: Quantity = Unresolved(reason="no density is reached by three runs", unit="J/mol")
    if len(opinion.energy_J_per_mol):
        band = opinion.energy_J_per_mol
        second = Estimate(
            value=float(np.median(band)),
            std=float(band.std(ddof=1)) if len(band) > 1 else None,
            unit="J/mol",
            method=f"Wang and Raj, median over {len(band)} densities, std their scatter",
        )
    return energy, lag, second


def _with_firing(
    curve: MasterCurve, opinion: WangRaj, rates: Sequence[float], series: Sequence[SinteringRun], inputs: Inputs,
    has_green: bool,
) -> MasterResult:  # fmt: skip
    settings: DilatometrySettings = inputs.settings
    energy, lag, second = _estimates(curve, opinion, settings.lag == "fit")
    growth, critical = _growth(inputs), _critical(inputs, series)
    firing, advice = None, tuple[FiringAdvice, ...]()
    if has_green:
        rate = settings.firing_rate_K_per_s or sorted(rates)[len(rates) // 2]
        temperature_K = _temperatures(series, curve)
        dwell_s = np.linspace(0.0, settings.longest_dwell_s, _GRID)
        firing = firing_map(curve, temperature_K=temperature_K, dwell_s=dwell_s, rate_K_per_s=rate)
        advice = _advice(curve, temperature_K, rate, settings, growth, critical)
    return MasterResult(
        energy_J_per_mol=energy,
        lag_s=lag,
        second_opinion_J_per_mol=second,
        rates_K_per_s=tuple(rates),
        curve=curve,
        wang_raj=opinion,
        has_green_density=has_green,
        firing=firing,
        advice=advice,
        target_fraction=settings.target_density,
        growth=growth,
        critical_size_m=critical,
    )


def _temperatures(series: Sequence[SinteringRun], curve: MasterCurve) -> np.ndarray:
    """From where sintering begins to be seen to the highest temperature of the runs, in even steps."""
    low = min(
        float(run.temperature_K[np.argmax(run.density_relative > curve.of_run(i)[1].min())])
        for i, run in enumerate(series)
    )
    high = max(float(run.temperature_K.max()) for run in series)
    return np.linspace(10 * math.floor(low / 10), high, _GRID)


def _advice(
    curve: MasterCurve, temperature_K: np.ndarray, rate: float, settings: DilatometrySettings,
    growth: Sequence[GrowthLaw], critical: tuple[float, float] | None,
) -> tuple[FiringAdvice, ...]:  # fmt: skip
    found = []
    for T in temperature_K[:: max(1, _GRID // 10)].tolist():
        cracks = [float(law.dwell_s(T, size)) for law in growth for size in critical or ()]
        found.append(
            FiringAdvice(
                temperature_K=T,
                dwell_to_target_s=dwell_for_density_s(
                    curve, temperature_K=T, rate_K_per_s=rate, density=settings.target_density,
                    longest_s=settings.longest_dwell_s,
                ),
                crack_dwell_low_s=min(cracks) if cracks else None,
                crack_dwell_high_s=max(cracks) if cracks else None,
            )
        )  # fmt: skip
    return tuple(found)


def _growth(inputs: Inputs) -> tuple[GrowthLaw, ...]:
    settings: DilatometrySettings = inputs.settings
    powder: ParticleSize | None = inputs.fact(ParticleSize)
    start = settings.initial_grain_size_m or (0.0 if powder is None else powder.d50_m.value)
    grains = [
        FiredGrain(temperature_K=g.temperature_K, dwell_s=g.dwell_s, grain_size_m=g.grain_size_m)
        for g in settings.grain_sizes
    ]
    laws = (growth_law(grains, growth_exponent=n, initial_size_m=start) for n in settings.growth_exponents)
    return tuple(law for law in laws if law is not None)


def _critical(inputs: Inputs, series: Sequence[SinteringRun]) -> tuple[float, float] | None:
    """Smallest and largest critical grain size over the stated ranges; None when one of them is not stated."""
    settings: DilatometrySettings = inputs.settings
    expansion: ThermalExpansion | None = inputs.fact(ThermalExpansion)
    anisotropy = settings.anisotropy_per_K
    if anisotropy is None and expansion is not None:
        value = abs(expansion.anisotropy_per_K.value)
        std = expansion.anisotropy_per_K.std or 0.0
        anisotropy = (max(value - 2 * std, 0.1 * value), value + 2 * std)
    if (
        settings.fracture_energy_J_per_m2 is None
        or settings.modulus_Pa is None
        or anisotropy is None
        or anisotropy[0] <= 0
    ):
        return None
    cooling_K = max(float(run.temperature_K.max()) for run in series) - _ROOM_K
    low, high = (
        critical_grain_size_m(
            fracture_energy_J_per_m2=settings.fracture_energy_J_per_m2[i],
            modulus_Pa=settings.modulus_Pa[1 - i],
            anisotropy_per_K=anisotropy[1 - i],
            cooling_K=cooling_K,
        )
        for i in (0, 1)
    )
    return (low, high)
