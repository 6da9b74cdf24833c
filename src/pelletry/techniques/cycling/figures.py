"""Figures of cycled cells: voltage in time, resistance from voltage beside the impedance, capacity and efficiency, dQ/dV."""

from __future__ import annotations

import numpy as np

from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.quantity import Estimate
from pelletry.techniques.cycling.figures_polarisation import current_unit, polarisation_figures
from pelletry.techniques.cycling.result import CyclingResult, RunTrace, StepRow

__all__ = ["figures_of"]

_HOUR = 3600.0
_MAH = 3.6


def figures_of(result: CyclingResult) -> tuple[FigureSpec, ...]:
    """The figures that a result has the data for."""
    made = [_voltage(result)] if result.runs else []
    if result.kind == "symmetric":
        made += [_resistances(result)] if any(row.resistance_dc_ohm is not None for row in result.steps) else []
        made += _one_step(result)
    if result.growth is not None:
        made.append(_growth(result))
    if result.cycles:
        made.append(_capacity(result))
        made += [_profiles(result)] if any(run.current_source for run in result.runs) else []
    if result.differential:
        made.append(_differential(result))
    return (*made, *polarisation_figures(result))


def _spec(result: CyclingResult, key: str, title: str, caption: str, *panels: Panel, **more: object) -> FigureSpec:
    return FigureSpec(
        key=f"cycling_{key}",
        title=f"{title} of {result.sample}",
        caption=caption,
        panels=panels,
        sample=result.sample,
        technique="cycling",
        is_simulated=result.is_simulated,
        **more,  # type: ignore[arg-type]
    )


def _start(result: CyclingResult) -> float:
    return min(float(run.time_s[0]) for run in result.runs)


def _voltage(result: CyclingResult) -> FigureSpec:
    start = _start(result)
    has_current = all(run.current_source for run in result.runs)
    series = [
        Series(
            label=f"run {number}" if len(result.runs) > 1 else "voltage",
            x=(run.time_s - start) / _HOUR,
            y=run.voltage_V,
            style="line",
            trace=run.path,
        )
        for number, run in enumerate(result.runs, start=1)
    ]
    flagged = [row for row in result.steps if row.flags]
    marks = tuple(
        Mark(x=(row.step.time_start_s - start) / _HOUR, y=0.0, text=str(row.step.number), style="vertical")
        for row in flagged[:12]
    )
    top = Panel(
        x=Axis(label="time", unit="h"),
        y=Axis(label="voltage of the cell", unit="V", limits=_limits_with_zero(result)),
        series=tuple(series),
        marks=marks,
    )
    caption = "Voltage of the cell against time."
    if flagged:
        caption += " Dashed lines begin the steps that carry a sign of a short or a lost contact, with their numbers."
    if not has_current:
        return _spec(result, "voltage", "Voltage", caption, top, width="double")
    factor, unit = current_unit(max(float(np.nanmax(np.abs(run.current_A), initial=0.0)) for run in result.runs))
    current = Panel(
        x=Axis(label="time", unit="h"),
        y=Axis(label="current", unit=unit),
        series=tuple(
            Series(label="", group=s.label, x=s.x, y=run.current_A * factor, style="line", is_in_legend=False)
            for s, run in zip(series, result.runs, strict=True)
        ),
        height_share=0.35,
    )
    return _spec(result, "voltage", "Voltage", caption, top, current, width="double", shares_x=True)


def _limits_with_zero(result: CyclingResult) -> tuple[float, float] | None:
    """Of a voltage that is held, whose noise alone would else fill the figure."""
    if not result.levels:
        return None
    ends = [float(f(run.voltage_V)) for run in result.runs for f in (np.nanmin, np.nanmax)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    return low - 0.05 * (high - low), high + 0.1 * (high - low)


def _resistances(result: CyclingResult) -> FigureSpec:
    """Both resistances of each step, per area where the area is known."""
    factor, unit, label = 1.0, "Ω", "resistance of the cell"
    if result.electrode_area_m2 is not None:
        factor, unit, label = result.electrode_area_m2 * 1e4, "Ω cm2", "area-specific resistance of the cell"
    rows = [row for row in result.steps if row.resistance_dc_ohm is not None]
    x = np.array([float(row.step.number) for row in rows])
    dc = np.array([factor * (row.resistance_dc_ohm or np.nan) for row in rows])
    series = [
        Series(
            label="from the voltage (dc)", x=x, y=dc, style="points", point_labels=tuple(_words(row) for row in rows)
        )
    ]
    with_ac = [row for row in rows if row.resistance_ac_ohm is not None]
    if with_ac:
        series.append(
            Series(
                label="from the impedance after the step (ac)",
                x=np.array([float(row.step.number) for row in with_ac]),
                y=np.array([factor * (row.resistance_ac_ohm or np.nan) for row in with_ac]),
                style="open_points",
            )
        )
    marks = tuple(
        Mark(
            x=float(row.step.number),
            y=float(factor * (row.resistance_dc_ohm or 0)),
            text=str(row.step.number),
            style="label",
        )
        for row in rows
        if row.flags
    )
    top = Panel(x=Axis(label="step"), y=Axis(label=label, unit=unit), series=tuple(series), marks=marks)
    caption = "Resistance of the cell in each step from its plateau voltage, beside the impedance at the lowest frequency. Numbered points carry a sign."
    ratios = [row for row in rows if row.ratio is not None]
    if not ratios:
        return _spec(result, "resistances", "Resistances", caption, top)
    strip = Panel(
        x=Axis(label="step"),
        y=Axis(label="dc/ac"),
        series=(
            Series(
                label="",
                group="ratio",
                x=np.array([float(r.step.number) for r in ratios]),
                y=np.array([float(r.ratio or 0) for r in ratios]),
                style="points",
                is_in_legend=False,
            ),
        ),
        marks=(Mark(x=0.0, y=1.0, style="horizontal"),),
        height_share=0.4,
    )
    return _spec(result, "resistances", "Resistances", caption, top, strip, shares_x=True)


def _words(row: StepRow) -> str:
    return f"step {row.step.number}" + (f": {', '.join(row.flags)}" if row.flags else "")


def _one_step(result: CyclingResult) -> list[FigureSpec]:
    """The steps that carry most signs, close up."""
    rows = {row.step.number: row for row in result.steps}
    made = []
    for number, course in result.close_ups:
        row = rows[number]
        panel = Panel(
            x=Axis(label="time in the step", unit="h"),
            y=Axis(label="voltage of the cell", unit="V"),
            series=(
                Series(
                    label="voltage",
                    x=(course.time_s - row.step.time_start_s) / _HOUR,
                    y=course.voltage_V,
                    style="line",
                    trace=course.path,
                    is_in_legend=False,
                ),
            ),
        )
        caption = f"Step {number}: {', '.join(row.flags)}."
        made.append(_spec(result, f"step_{number}", f"Step {number}", caption, panel, is_detail=True))
    return made


def _growth(result: CyclingResult) -> FigureSpec:
    assert result.growth is not None
    assert result.growth_time_s is not None
    assert result.growth_resistance_ohm is not None
    t = (result.growth_time_s - result.growth_time_s.min()) / _HOUR
    series = [Series(label="impedance at the lowest frequency", x=t, y=result.growth_resistance_ohm, style="points")]
    seconds = np.linspace(0.0, float(t.max()) * _HOUR, 200)
    first = float(np.min((t * _HOUR)[t > 0]))
    shapes = {"square root": np.sqrt(seconds), "linear": seconds, "logarithmic": np.log1p(seconds / first)}
    for fit in result.growth.fits:
        if fit.law in shapes and fit.rate > 0:
            series.append(
                Series(
                    label=fit.law,
                    x=seconds / _HOUR,
                    y=fit.start_ohm + fit.rate * shapes[fit.law],
                    style="line" if fit.law == result.growth.law else "dashed",
                )
            )
    panel = Panel(
        x=Axis(label="time", unit="h"), y=Axis(label="resistance of the cell", unit="Ω"), series=tuple(series)
    )
    return _spec(
        result, "growth", "Growth of the resistance", f"Resistance of the cell in time; {result.growth.reason}.", panel
    )


def _capacity(result: CyclingResult) -> FigureSpec:
    mass = result.active_mass
    factor, unit, label = 1 / _MAH, "mA h", "capacity"
    if isinstance(mass, Estimate):
        factor, unit, label = 1 / (mass.value * 3600.0), "mA h/g", "specific capacity"
    series = []
    for kind, style in (("discharge", "points"), ("charge", "open_points")):
        points = [(c.cycle.number, getattr(c, f"{kind}_capacity_C")) for c in result.cycles]
        known = [(n, q * factor) for n, q in points if q is not None]
        if known:
            series.append(
                Series(
                    label=kind, x=np.array([float(n) for n, _ in known]), y=np.array([q for _, q in known]), style=style
                )
            )
    efficiency = [(c.cycle.number, c.efficiency) for c in result.cycles if c.efficiency is not None]
    right = None
    if efficiency:
        right = Axis(label="coulombic efficiency", unit="%", limits=_with_room([100 * float(e) for _, e in efficiency]))
        series.append(
            Series(
                label="efficiency",
                x=np.array([float(n) for n, _ in efficiency]),
                y=np.array([100 * float(e) for _, e in efficiency]),
                style="points",
                is_on_right=True,
            )
        )
    panel = Panel(x=Axis(label="cycle"), y=Axis(label=label, unit=unit), y_right=right, series=tuple(series))
    caption = "Charge and discharge of each cycle"
    caption += f", and the efficiency ({result.capacity_convention})." if efficiency else "."
    return _spec(result, "capacity", "Capacity", caption, panel)


def _with_room(percents: list[float]) -> tuple[float, float]:
    """At least two percent: an efficiency that hardly changes is not spread over the figure."""
    low, high = min(percents), max(percents)
    room = max(0.1 * (high - low), 0.5 * max(0.0, 2.0 - (high - low)))
    return low - room, high + room


def _profiles(result: CyclingResult) -> FigureSpec:
    """Voltage against capacity of the first and last cycles."""
    mass = result.active_mass
    factor, unit, label = 1 / _MAH, "mA h", "capacity"
    if isinstance(mass, Estimate):
        factor, unit, label = 1 / (mass.value * 3600.0), "mA h/g", "specific capacity"
    chosen = [*result.cycles[:3], *(result.cycles[-1:] if len(result.cycles) > 3 else ())]
    series = []
    for cycle in chosen:
        for branch in (cycle.cycle.first, cycle.cycle.second):
            if branch is None:
                continue
            run: RunTrace = result.runs[cycle.run - 1]
            inside = (run.time_s >= branch.time_start_s) & (run.time_s <= branch.time_stop_s)
            t, i = run.time_s[inside], np.nan_to_num(run.current_A[inside])
            if t.size < 2:
                continue
            charge = np.concatenate([[0.0], np.cumsum(np.diff(t) * 0.5 * (i[1:] + i[:-1]))])
            # Thinned points do not carry the whole charge; the end is that of the branch.
            scale = abs(branch.charge_C / charge[-1]) if charge[-1] else 1.0
            series.append(
                Series(
                    label=f"cycle {cycle.cycle.number}",
                    x=np.abs(charge) * scale * factor,
                    y=run.voltage_V[inside],
                    style="line",
                )
            )
    panel = Panel(x=Axis(label=label, unit=unit), y=Axis(label="voltage of the cell", unit="V"), series=tuple(series))
    return _spec(result, "profiles", "Voltage profiles", "Voltage against the charge of each branch.", panel)


def _differential(result: CyclingResult) -> FigureSpec:
    series = [
        Series(label=name, x=found.voltage_V, y=found.differential_C_per_V / _MAH, style="line")
        for name, found in result.differential[:6]
    ]
    steps = sorted({round(found.step_V * 1e3, 1) for _, found in result.differential})
    worst = max((abs(found.closure - 1) for _, found in result.differential), default=0.0)
    caption = (
        f"Differential capacity in steps of {' to '.join(f'{s:g}' for s in (steps[0], steps[-1])) if len(steps) > 1 else f'{steps[0]:g}'} mV; "
        f"its integral is the charge of the branch within {100 * worst:.2g} % (charge passed at constant voltage is not in it)."
    )
    panel = Panel(
        x=Axis(label="voltage of the cell", unit="V"), y=Axis(label="dQ/dV", unit="mA h/V"), series=tuple(series)
    )
    return _spec(result, "dqdv", "Differential capacity", caption, panel)
