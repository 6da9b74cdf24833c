"""The Arrhenius plot of one sample: points, lines and their 95 % bands, 1000/T below and degrees above."""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.quantity import Estimate, bracketed
from pelletry.reference.constants import ICE_POINT_K
from pelletry.techniques.impedance.model.arrhenius import ArrheniusFit
from pelletry.techniques.impedance.result import PARTS, ImpedanceResult, PartLine

__all__ = ["arrhenius_figure"]

_SI_TO_PER_CM = 1e-2


def arrhenius_figure(result: ImpedanceResult) -> FigureSpec | None:
    """All parts that have a line, in the convention of the settings; None when there is none.

    The bands and error bars are those of the line's own scatter; the geometry's error would move everything together.
    """
    lines = [(line, fit) for line in result.lines for fit in line.fits if fit.convention == result.convention]
    if not lines:
        return None
    series = [s for line, fit in lines for s in _series(result, line, fit)]
    temperatures = np.unique(np.round(np.concatenate([fit.temperature_K for _, fit in lines]), 2))
    reference_K = lines[0][0].reference_temperature_K
    is_product = result.convention == "ln(sigma T)"
    low = min(float(np.min(s.y)) for s in series)
    shown = [t for t in temperatures if abs(t - reference_K) > 4]
    x_top = Axis(
        label="T", unit="°C", top_of=tuple((1000.0 / t, f"{t - ICE_POINT_K:.3g}") for t in sorted(shown, reverse=True))
    )
    marks: tuple[Mark, ...] = ()
    if temperatures.min() - 60 < reference_K < temperatures.max() + 60:
        marks = (Mark(x=1000.0 / reference_K, y=low, style="vertical", text=f"{reference_K - ICE_POINT_K:.3g} °C"),)
    panel = Panel(
        x=Axis(label="1000/T", unit="1/K"),
        y=Axis(label="σT" if is_product else "σ", unit="S K/cm" if is_product else "S/cm", scale="log"),
        x_top=x_top,
        series=tuple(series),
        marks=marks,
        legend_title=f"E_a of {_shown_convention(result)}",
    )
    return FigureSpec(
        key="arrhenius",
        title=f"Arrhenius plot of {result.sample}",
        caption=_caption(result),
        panels=(panel,),
        sample=result.sample,
        technique="impedance",
        is_simulated=result.is_simulated,
    )


def _caption(result: ImpedanceResult) -> str:
    words = f"Energies are those of {_shown_convention(result)}. Bands: 95 % interval of each line, without the error of the pellet's dimensions"
    words = f"{words}, which would move all points of the pellet together."
    ranges = dict.fromkeys(one.words for line in result.lines for one in line.ranges)
    return f"{words} Lines and energies on either side of known transitions: {', '.join(ranges)}." if ranges else words


def _shown_convention(result: ImpedanceResult) -> str:
    return result.convention.replace("sigma", "σ").replace(" T", "T")


def _series(result: ImpedanceResult, line: PartLine, fit: ArrheniusFit) -> tuple[Series, ...]:
    energy = line.energy(result.convention)
    words = PARTS.get(line.part, line.part)
    shown = words
    if isinstance(energy, Estimate):
        shown = f"{words}, {bracketed(energy.value, energy.std)} eV"
    ranges = [e for one in line.ranges if isinstance(e := dict(one.energies)[result.convention], Estimate)]
    if ranges:
        shown = f"{words}, {' and '.join(bracketed(e.value, e.std) for e in ranges)} eV"
    y = _shown(fit, fit.temperature_K, np.log(fit.conductivity_S_per_m))
    std = np.where(np.isfinite(fit.relative_std), fit.relative_std, 0.0)
    for one in _of_ranges(line, fit.convention):
        # The line across the transition counts the jump as scatter of each point.
        at = np.searchsorted(one.temperature_K, fit.temperature_K).clip(max=one.temperature_K.size - 1)
        std = np.where(one.temperature_K[at] == fit.temperature_K, np.nan_to_num(one.relative_std[at]), std)
    points = Series(
        label=shown,
        x=1000.0 / fit.temperature_K,
        y=y,
        y_error=1.96 * std * y if std.any() else None,
        group=words,
        point_labels=tuple(
            f"{t - ICE_POINT_K:.4g} °C · {words} · {v:.4g}" for t, v in zip(fit.temperature_K, y, strict=True)
        ),
        trace=f"conductivity_{line.part}",
    )
    drawn = [one for one in _of_ranges(line, fit.convention) if one.covariance is not None] or [fit]
    of_reference = line.range_of_reference
    return (
        points,
        *(
            s
            for one in drawn
            for s in _line_and_band(
                one,
                words,
                # On another side of a transition the reference temperature is no business of a line.
                line.reference_temperature_K if of_reference is None or one in of_reference.fits else None,
            )
        ),
    )


def _of_ranges(line: PartLine, convention: str) -> list[ArrheniusFit]:
    """The lines on either side of known transitions; where there are some, one line across them would mix two phases."""
    return [fit for one in line.ranges for fit in one.fits if fit.convention == convention]


def _line_and_band(fit: ArrheniusFit, words: str, reference_K: float | None) -> tuple[Series, ...]:
    dense = _temperatures(fit, reference_K)
    log_line = fit.log_conductivity(dense)
    drawn = Series(
        label=words, x=1000.0 / dense, y=_shown(fit, dense, log_line), style="line", group=words, is_in_legend=False
    )
    half = [fit.log_std(float(t)) for t in dense]
    if fit.t_factor is None or any(h is None for h in half):
        return (drawn,)
    wide = fit.t_factor * np.array([h or 0.0 for h in half])
    band = Series(
        label=words,
        x=1000.0 / dense,
        y=_shown(fit, dense, log_line - wide),
        y_upper=_shown(fit, dense, log_line + wide),
        style="band",
        group=words,
        is_in_legend=False,
    )
    return drawn, band


def _temperatures(fit: ArrheniusFit, reference_K: float | None) -> Array:
    """Even in 1/T over the measured range and a little beyond; to the reference temperature when that is near."""
    low, high = float(fit.temperature_K.min()), float(fit.temperature_K.max())
    if reference_K is None:
        pass
    elif low - 60 < reference_K < low:
        low = reference_K
    elif high < reference_K < high + 60:
        high = reference_K
    ends = np.array([1000.0 / high, 1000.0 / low])
    air = 0.03 * (ends[1] - ends[0])
    return 1000.0 / np.linspace(ends[0] - air, ends[1] + air, 80)


def _shown(fit: ArrheniusFit, temperature_K: Array, log_conductivity: Array) -> Array:
    """sigma T in S K/cm or sigma in S/cm, as the axis has it."""
    sigma = np.exp(log_conductivity) * _SI_TO_PER_CM
    return np.asarray(sigma * temperature_K if fit.convention == "ln(sigma T)" else sigma)
