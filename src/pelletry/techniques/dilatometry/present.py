"""Dilatometry as figures, tables and words."""

from __future__ import annotations

from pelletry.core.quantity import Estimate, Quantity
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.technique import Presentation
from pelletry.techniques.dilatometry.analyse import REFERENCES
from pelletry.techniques.dilatometry.figures import figures_of
from pelletry.techniques.dilatometry.model.tangents import Line
from pelletry.techniques.dilatometry.result import DilatometryResult, MasterResult, RunResult
from pelletry.techniques.thermal_program import rate_in_words

__all__ = ["present"]


def present(result: DilatometryResult, /) -> Presentation:
    """Curves, densities, master curve and firing map as figures; temperatures, windows, energies and dwells as tables."""
    tables = [_runs(result), _densities(result), _windows(result)]
    if any(run.turns for run in result.runs):
        tables.append(_turns(result))
    if result.master is not None and result.master.curve is not None:
        tables.append(_energies(result, result.master))
    if result.master is not None and result.master.advice:
        tables.append(_advice(result, result.master))
    return Presentation(
        figures=figures_of(result),
        tables=tuple(tables),
        method_paragraph=_method(result),
        references=REFERENCES,
    )


def _named(run: RunResult) -> str:
    return f"{run.name}, {rate_in_words(run.rate_K_per_s)}" if run.rate_K_per_s is not None else run.name


def _trace(result: DilatometryResult, *words: str) -> tuple[str, ...]:
    return ("", *(f"{result.sample} {word}" if word else "" for word in words))


def _runs(result: DilatometryResult) -> Table:
    columns = (
        TableColumn(key="run", title="Run"),
        TableColumn(key="onset", title="Onset", unit="K"),
        TableColumn(key="one_percent", title="1 % shrunk at", unit="K"),
        TableColumn(key="fastest", title="Fastest at", unit="K"),
        TableColumn(key="end", title="End", unit="K"),
        TableColumn(key="rate", title="Highest rate", unit="%/K"),
        TableColumn(key="shrinkage", title="ΔL/L0, hot", unit="1", kind="percent"),
        TableColumn(key="shrinkage_cold", title="ΔL/L0, cold", unit="1", kind="percent"),
        TableColumn(key="swelling", title="Swells from", unit="K"),
        TableColumn(key="blank", title="Blank"),
    )
    rows = tuple(
        (
            _named(run), run.tangents.onset_K, run.one_percent_K, run.tangents.max_rate_K, run.tangents.end_K,
            _per_cent(run.tangents.max_rate_per_K), run.shrinkage, run.shrinkage_cold, run.swelling_K, run.blank or "none",
        )
        for run in result.runs
    )  # fmt: skip
    words = ("sintering_onset", "one_percent_shrinkage_temperature", "fastest_shrinkage_temperature", "sintering_end",
             "fastest_shrinkage_rate", "shrinkage", "shrinkage_cold", "swelling_onset", "")  # fmt: skip
    return Table(
        key="shrinkage",
        title=f"Shrinkage of {result.sample}",
        columns=columns,
        rows=rows,
        notes=(
            "Hot: as measured at the end of the firing. Cold: thermal expansion taken off, or measured after cooling.",
        ),
        traces=tuple(_trace(result, *words) for _ in result.runs),
        is_simulated=result.is_simulated,
    )


def _per_cent(quantity: Quantity) -> Cell:
    return f"{100 * quantity.value:.3g}" if isinstance(quantity, Estimate) else quantity


def _densities(result: DilatometryResult) -> Table:
    kind = "relative_density"
    columns = (
        TableColumn(key="run", title="Run"),
        TableColumn(key="green", title="Green density", unit="1", kind=kind),
        TableColumn(key="loss", title="Loss of mass", unit="1", kind="percent"),
        TableColumn(key="cold", title="Density, cold", unit="1", kind=kind),
        TableColumn(key="hot", title="Density, hot", unit="1", kind=kind),
        TableColumn(key="pellet", title="Density of the pellet", unit="1", kind=kind),
        TableColumn(key="expansion", title="Expansion taken off", unit="1e-6/K"),
        TableColumn(key="source", title="Expansion from"),
    )
    rows = tuple(
        (
            _named(run),
            result.green_fraction,
            result.mass_loss,
            run.density_cold,
            run.density_hot,
            result.pellet_density,
            None if run.expansion_per_K is None else f"{1e6 * run.expansion_per_K:.3g}",
            run.expansion_source or "not known",
        )
        for run in result.runs
    )
    shape = "" if result.radial_per_axial == 1.0 else f" Radial over axial shrinkage: {result.radial_per_axial:.3g}."
    return Table(
        key="density_by_shrinkage",
        title=f"Density of {result.sample} by shrinkage",
        columns=columns,
        rows=rows,
        notes=(f"Relative to the theoretical density; not clipped at 100 %.{shape}",),
        traces=tuple(
            _trace(result, "", "", "density_by_shrinkage", "density_by_shrinkage_hot", "", "", "") for _ in result.runs
        ),
        is_simulated=result.is_simulated,
    )


def _window(line: Line | None) -> str:
    return "not laid" if line is None else f"{line.low_K - 273.15:.0f} to {line.high_K - 273.15:.0f} °C"


def _windows(result: DilatometryResult) -> Table:
    columns = (
        TableColumn(key="run", title="Run"),
        TableColumn(key="baseline", title="Line before"),
        TableColumn(key="slope", title="Its slope", unit="1e-6/K"),
        TableColumn(key="tangent", title="Tangent"),
        TableColumn(key="after", title="Line after"),
        TableColumn(key="noise", title="Noise of the length", unit="1e-6"),
        TableColumn(key="top", title="Highest temperature", unit="K"),
        TableColumn(key="dwell", title="Dwell there", unit="s", kind="dwell"),
    )
    rows = tuple(
        (
            _named(run),
            _window(run.tangents.baseline),
            "" if run.tangents.baseline is None else f"{1e6 * run.tangents.baseline.slope_per_K:.2f}",
            _window(run.tangents.tangent),
            _window(run.tangents.after),
            f"{1e6 * run.noise_fraction:.2g}",
            Estimate(value=run.top_K, unit="K", method=""),
            Estimate(value=run.dwell_s, unit="s", method=""),
        )
        for run in result.runs
    )
    return Table(
        key="tangent_windows",
        title=f"Windows of the tangents of {result.sample}",
        columns=columns,
        rows=rows,
        is_simulated=result.is_simulated,
    )


def _turns(result: DilatometryResult) -> Table:
    columns = (
        TableColumn(key="run", title="Run"),
        TableColumn(key="stage", title="Stage"),
        TableColumn(key="temperature", title="Temperature", unit="K"),
        TableColumn(key="to", title="Turns to"),
    )
    rows = tuple(
        (_named(run), turn.stage, Estimate(value=turn.temperature_K, unit="K", method=""), turn.to)
        for run in result.runs
        for turn in run.turns
    )
    return Table(
        key="length_turns",
        title=f"Where the length of {result.sample} turns",
        columns=columns,
        rows=rows,
        notes=("Of the measured length, thermal expansion inside.",),
        is_simulated=result.is_simulated,
    )


def _energies(result: DilatometryResult, master: MasterResult) -> Table:
    columns = (
        TableColumn(key="by", title="Energy of sintering by"),
        TableColumn(key="energy", title="Q", unit="J/mol"),
        TableColumn(key="low", title="95 % from", unit="kJ/mol"),
        TableColumn(key="high", title="to", unit="kJ/mol"),
    )
    rows: list[tuple[Cell, ...]] = []
    for word, quantity in (
        ("master sintering curve", master.energy_J_per_mol),
        ("constant density (Wang and Raj)", master.second_opinion_J_per_mol),
    ):
        interval = quantity.interval if isinstance(quantity, Estimate) else None
        ends = ("", "") if interval is None else tuple(f"{end / 1e3:.0f}" for end in interval)
        rows.append((word, quantity, *ends))
    curve = master.curve
    if curve is not None:
        for rate, energy in zip(master.rates_K_per_s, curve.left_out_J_per_mol, strict=True):
            left = Estimate(value=energy, unit="J/mol", method="")
            rows.append((f"master curve without {rate_in_words(rate)}", left, "", ""))
    lag = master.lag_s
    if isinstance(lag, Estimate):
        said = f"lag of the body behind the thermocouple {lag.value / 60:.2f} K per K/min"
        said += f" (standard deviation {lag.std / 60:.2f})" if lag.std is not None else ""
    else:
        said = lag.reason
    return Table(
        key="sintering_energies",
        title=f"Energy of sintering of {result.sample}",
        columns=columns,
        rows=tuple(rows),
        notes=(said[0].upper() + said[1:] + ".",),
        is_simulated=result.is_simulated,
    )  # fmt: skip


def _advice(result: DilatometryResult, master: MasterResult) -> Table:
    target = f"{100 * master.target_fraction:g} %"
    columns = [
        TableColumn(key="temperature", title="Dwell at", unit="K"),
        TableColumn(key="dwell", title=f"Dwell to {target}", unit="h"),
    ]
    has_stop = any(one.crack_dwell_low_s is not None for one in master.advice)
    if has_stop:
        columns.append(TableColumn(key="stop", title="Grains may crack after", unit="h"))
        columns.append(TableColumn(key="crack", title="Grains crack after", unit="h"))
    rows = []
    for one in master.advice:
        row: list[Cell] = [Estimate(value=one.temperature_K, unit="K", method=""), _hours(one.dwell_to_target_s)]
        if has_stop:
            row += [_hours(one.crack_dwell_low_s), _hours(one.crack_dwell_high_s)]
        rows.append(tuple(row))
    rate = master.firing.rate_K_per_s if master.firing is not None else 0.0
    return Table(
        key="firing_table",
        title=f"Dwells for {target} of {result.sample}, heated at {rate_in_words(rate)}",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=("From the master sintering curve; 'not reached' also where the work exceeds what was measured.",),
        is_simulated=result.is_simulated,
    )


def _hours(dwell_s: float | None) -> str:
    return "not reached" if dwell_s is None else (">1000" if dwell_s > 3.6e6 else f"{dwell_s / 3600:.3g}")


def _method(result: DilatometryResult) -> str:
    has_blank = all(run.blank for run in result.runs)
    text = (
        "Shrinkage was measured in a dilatometer"
        + (", the length of a blank run with the same program taken off. " if has_blank else ", without a blank run. ")
        + "Rates are derivatives of cubic polynomials over even steps of temperature; onset and end are intersections of tangents, whose windows "
        "are in the table."
    )
    sources = list(dict.fromkeys(run.expansion_source for run in result.runs if run.expansion_source))
    if sources:
        text += f" Thermal expansion was taken off (from: {', '.join(sources)})."
    if isinstance(result.green_fraction, Estimate):
        text += " Densities follow from the green density, (1 - w)/(1 + ΔL/L0)³ times it, with the loss of mass w where it was measured."
    if result.master is not None and result.master.curve is not None:
        text += (
            " The apparent energy of sintering is that which brings the runs at different heating rates onto one master sintering curve, the work "
            "integrated from room temperature, with the lag of the thermocouple as a free parameter."
        )
    return text
