"""The master sintering curve and the firing map as data of figures."""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Picture, Series
from pelletry.core.quantity import Estimate
from pelletry.techniques.dilatometry.model.firing import FiringMap
from pelletry.techniques.dilatometry.model.master_curve import MasterCurve, spline_values
from pelletry.techniques.dilatometry.result import DilatometryResult, MasterResult
from pelletry.techniques.thermal_program import rate_in_words

__all__ = ["contour", "firing_figure", "master_figure"]

#: Densities of the lines, and at which share of the height each is named, so that the names do not meet.
_LEVELS = ((0.80, 0.85), (0.90, 0.62), (0.95, 0.39), (0.98, 0.16))
_POINTS_OF_A_RUN = 60


def _whole(result: DilatometryResult) -> tuple[MasterResult, MasterCurve]:
    master = result.master
    if master is None or master.curve is None:
        raise ValueError("there is no master curve to draw")
    return master, master.curve


def master_figure(result: DilatometryResult) -> FigureSpec:
    """All runs on one curve, and the energies at constant density beside it."""
    master, curve = _whole(result)
    factor = 100.0 if master.has_green_density else 1.0
    series: list[Series] = []
    for number, rate in enumerate(master.rates_K_per_s):
        x, y = curve.of_run(number)
        step = max(1, len(x) // _POINTS_OF_A_RUN)
        label = rate_in_words(rate)
        series.append(
            Series(label=label, x=x[::step] / np.log(10), y=factor * y[::step], style="open_points", group=label)
        )
    grid = np.linspace(*curve.knots_ln_work, 200)
    law = spline_values(grid, ends=curve.knots_ln_work, coefficients=curve.coefficients)
    series.append(Series(label="master curve", x=grid / np.log(10), y=factor * law, style="line", group="master"))
    energy = master.energy_J_per_mol
    word = ""
    if isinstance(energy, Estimate) and energy.interval_95 is not None:
        low, high = energy.interval_95
        word = f"Q = {energy.value / 1e3:.0f} kJ/mol ({low / 1e3:.0f} to {high / 1e3:.0f})"
    panels = [
        Panel(
            x=Axis(label="log10 Θ"),
            y=Axis(label="relative density" if master.has_green_density else "density over green density", unit="%" if master.has_green_density else ""),
            series=tuple(series),
            legend_title="heating rate",
        )
    ]  # fmt: skip
    opinion = master.wang_raj
    if opinion is not None and len(opinion.density_relative):
        panels.append(_second_opinion(master, factor))
    return FigureSpec(
        key="master_curve",
        title=f"Master sintering curve of {result.sample}",
        caption=f"Density over the work of sintering Θ in s/K, {word}; right: energies at constant density after Wang and Raj, and the band of the master curve.",
        panels=tuple(panels),
        sample=result.sample,
        technique="dilatometry",
        width="double" if len(panels) > 1 else "single",
        arrangement="row",
        is_simulated=result.is_simulated,
    )


def _second_opinion(master: MasterResult, factor: float) -> Panel:
    opinion, energy = master.wang_raj, master.energy_J_per_mol
    if opinion is None or not isinstance(energy, Estimate) or energy.interval_95 is None:
        raise ValueError("there is no second opinion to draw")
    low, high = energy.interval_95
    ends = factor * np.array([opinion.density_relative[0], opinion.density_relative[-1]])
    return Panel(
        x=Axis(label="relative density" if master.has_green_density else "density over green density", unit="%" if master.has_green_density else ""),
        y=Axis(label="Q", unit="kJ/mol"),
        series=(
            Series(label="master curve", x=ends, y=np.full(2, low / 1e3), y_upper=np.full(2, high / 1e3), style="band", group="master"),
            Series(
                label="constant density", x=factor * opinion.density_relative, y=opinion.energy_J_per_mol / 1e3,
                y_error=opinion.std_J_per_mol / 1e3, group="constant density",
            ),
        ),
    )  # fmt: skip


# -- the firing map ----------------------------------------------------------------------------------------------------


def contour(firing: FiringMap, level: float) -> tuple[Array, Array]:
    """For each dwell the lowest temperature that reaches a density: (temperatures, dwells) of those dwells that do."""
    temperature_K, dwell_s = [], []
    for j, dwell in enumerate(firing.dwell_s.tolist()):
        column = firing.density_relative[:, j]
        known = np.flatnonzero(np.isfinite(column))
        reached = known[column[known] >= level]
        if not reached.size or reached[0] == 0:
            continue
        i = int(reached[0])
        part = (level - column[i - 1]) / (column[i] - column[i - 1])
        temperature_K.append(
            float(firing.temperature_K[i - 1] + part * (firing.temperature_K[i] - firing.temperature_K[i - 1]))
        )
        dwell_s.append(dwell)
    return np.array(temperature_K), np.array(dwell_s)


def _stop_lines(master: MasterResult, firing: FiringMap) -> list[Series]:
    """The band in which grains reach the size that cracks: its lower edge is where to stop before."""
    if master.critical_size_m is None or not master.growth:
        return []
    T = firing.temperature_K
    dwells = np.array([law.dwell_s(T, size) for law in master.growth for size in master.critical_size_m])
    lines = []
    for edge, style, label in (
        (dwells.min(axis=0), "line", "stop before: grains may crack"),
        (dwells.max(axis=0), "dashed", "grains crack"),
    ):
        inside = edge <= firing.dwell_s[-1]
        if inside.sum() > 1:
            lines.append(Series(label=label, x=T[inside] - 273.15, y=edge[inside] / 3600, style=style, group="stop"))
    return lines  # fmt: skip


def firing_figure(result: DilatometryResult) -> FigureSpec:
    """Density over dwell temperature and dwell as a map with lines of equal density."""
    master, _ = _whole(result)
    firing = master.firing
    if firing is None:
        raise ValueError("there is no firing map to draw")
    celsius, hours = firing.temperature_K - 273.15, firing.dwell_s / 3600.0
    series: list[Series] = []
    marks: list[Mark] = []
    for level, height in _LEVELS:
        T, dwell = contour(firing, level)
        if len(T) > 1:
            series.append(
                Series(
                    label=f"{100 * level:.0f} %",
                    x=T - 273.15,
                    y=dwell / 3600,
                    style="line",
                    group="density",
                    is_in_legend=False,
                )
            )
            at = int(np.argmin(np.abs(dwell / 3600 - height * hours[-1])))
            marks.append(
                Mark(x=float(T[at] - 273.15), y=float(dwell[at] / 3600), text=f"{100 * level:.0f} %", style="label")
            )
    series += _stop_lines(master, firing)
    sizes = ""
    if master.critical_size_m is not None and master.growth:
        low, high = (1e6 * size for size in master.critical_size_m)
        sizes = f" Grains of {low:.2g} to {high:.2g} µm crack on cooling; the lines are where they grow to that, for all exponents tried."
    step_x = 0.5 * (celsius[1] - celsius[0])
    step_y = 0.5 * (hours[1] - hours[0])
    return FigureSpec(
        key="firing_map",
        title=f"Firing map of {result.sample}",
        caption=(
            f"Relative density of {result.sample} after heating at {rate_in_words(firing.rate_K_per_s)} to a temperature and a dwell there, from "
            f"its master sintering curve; white lies beyond the work that was measured.{sizes}"
        ),
        panels=(
            Panel(
                x=Axis(label="T", unit="°C", limits=(float(celsius[0]), float(celsius[-1]))),
                y=Axis(label="dwell", unit="h", limits=(float(hours[0]), float(hours[-1]))),
                series=tuple(series),
                marks=tuple(marks),
                picture=Picture(
                    pixels=100.0 * firing.density_relative.T[::-1],
                    x_limits=(float(celsius[0] - step_x), float(celsius[-1] + step_x)),
                    y_limits=(float(hours[0] - step_y), float(hours[-1] + step_y)),
                    colours="heat",
                    value_label="relative density",
                    value_unit="%",
                ),
            ),
        ),
        sample=result.sample,
        technique="dilatometry",
        is_simulated=result.is_simulated,
    )  # fmt: skip
