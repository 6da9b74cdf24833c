"""Tables of one sample's impedance as data; every number of a row keeps its uncertainty or the reason it is not given."""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.table import Cell, Table, TableColumn
from pelletry.techniques.impedance.result import PARTS, ImpedanceResult, SpectrumResult, parameter_quantity
from pelletry.techniques.impedance.words import frequency_text

__all__ = ["impedance_tables"]


def impedance_tables(result: ImpedanceResult) -> tuple[Table, ...]:
    """All tables that have at least one row, the conclusions first."""
    made = (
        _cell(result) if result.cell else _conductivities(result),
        _energies(result),
        _models(result),
        _budget(result),
        _parameters(result),
        _arcs(result),
        _consistency(result),
        _left_out(result),
        _circuits(result),
    )
    return tuple(table for table in made if table is not None and table.rows)


def _table(
    result: ImpedanceResult,
    key: str,
    title: str,
    columns: tuple[TableColumn, ...],
    rows: Sequence[tuple[Cell, ...]],
    *,
    notes: tuple[str, ...] = (),
    traces: Sequence[tuple[str, ...]] = (),
) -> Table:
    return Table(
        key=key,
        title=f"{title} of {result.sample}",
        columns=columns,
        rows=tuple(rows),
        notes=notes,
        traces=tuple(traces),
        is_simulated=result.is_simulated,
    )


_SPECTRUM = TableColumn(key="spectrum", title="Spectrum")


def _trace(result: ImpedanceResult, name: str, spectrum: SpectrumResult | None = None) -> str:
    """What ``trace`` understands: sample, quantity and, where there are several, the temperature."""
    at = "" if spectrum is None or spectrum.temperature_K is None else f" at {spectrum.temperature_K - 273.15:.5g} °C"
    return f"{result.sample} {name}{at}"


# -- conclusions -------------------------------------------------------------------------------------------------------


def _conductivities(result: ImpedanceResult) -> Table:
    parts = [p for p in PARTS if result.of_part(p)]
    columns = [_SPECTRUM]
    for part in parts:
        columns.append(TableColumn(key=f"R_{part}", title=f"R {PARTS[part]}", unit="ohm"))
        columns.append(TableColumn(key=f"sigma_{part}", title=f"σ {PARTS[part]}", unit="S/m"))
    rows, traces = [], []
    for index, spectrum in enumerate(result.spectra):
        row: list[Cell] = [spectrum.label]
        trace = [""]
        for part in parts:
            point = next((p for p in result.of_part(part) if p.spectrum_index == index), None)
            row.extend((None, None) if point is None else (point.resistance, point.conductivity))
            trace.extend(
                (_trace(result, f"resistance_{part}", spectrum), _trace(result, f"conductivity_{part}", spectrum))
            )
        rows.append(tuple(row))
        traces.append(tuple(trace))
    notes = (
        f"σ = l/(R A); {result.geometry_sentence}",
        "The grain-boundary conductivity is that of the whole pellet's shape (no brick-layer correction).",
    )
    return _table(
        result,
        "impedance_conductivities",
        "Resistances and conductivities",
        tuple(columns),
        rows,
        notes=notes,
        traces=traces,
    )


def _cell(result: ImpedanceResult) -> Table:
    """Resistances of a cell times its area; the elements of all its circuits as columns."""
    elements = list(dict.fromkeys(a.element for a in result.areal))
    columns = (
        _SPECTRUM,
        TableColumn(key="R_total", title="R total", unit="ohm"),
        *(TableColumn(key=f"RA_{e}", title=f"{'R total' if e == 'total' else e} × A", unit="ohm m2") for e in elements),
    )
    rows: list[tuple[Cell, ...]] = []
    traces = []
    for index, spectrum in enumerate(result.spectra):
        own = {a.element: a.resistance_ohm_m2 for a in result.areal if a.spectrum_index == index}
        rows.append((spectrum.label, spectrum.resistance_total, *(own.get(e) for e in elements)))
        per_area = (_trace(result, f"area_specific_resistance_{e}", spectrum) if e in own else "" for e in elements)
        traces.append(("", _trace(result, "resistance_total", spectrum), *per_area))
    notes = (
        result.cell_sentence,
        f"{result.geometry_sentence} The total is the sum of the circuit's resistances, without diffusion (W).",
        *result.control_sentences,
    )
    title = "Resistances of the cell"
    return _table(result, "impedance_cell", title, columns, rows, notes=notes, traces=traces)


def _energies(result: ImpedanceResult) -> Table:
    columns = (
        TableColumn(key="part", title="Part"),
        TableColumn(key="energy_ln_sigma_T", title="Eₐ of ln(σT)", unit="eV"),
        TableColumn(key="energy_ln_sigma", title="Eₐ of ln σ", unit="eV"),
        TableColumn(key="reference", title=_reference_title(result), unit="S/m"),
        TableColumn(key="how", title="How"),
        TableColumn(key="break", title="Break-point test"),
    )
    rows: list[tuple[Cell, ...]] = []
    traces = []
    for line in result.lines:
        tested = line.break_test.sentence if line.break_test is not None else ""
        energies = dict(line.energies)
        rows.append(
            (
                PARTS.get(line.part, line.part),
                energies.get("ln(sigma T)"),
                energies.get("ln(sigma)"),
                line.reference_conductivity,
                line.reference_sentence,
                tested,
            )
        )
        name = f"activation_energy_{line.part}"
        traces.append(
            (
                "",
                _trace(result, name),
                _trace(result, f"{name}_ln_sigma"),
                _trace(result, f"conductivity_{line.part}_25C"),
                "",
                "",
            )
        )
        for number, one in enumerate(line.ranges, start=1):
            energies = dict(one.energies)
            rows.append(
                (
                    f"{PARTS.get(line.part, line.part)}, {one.words}",
                    energies.get("ln(sigma T)"),
                    energies.get("ln(sigma)"),
                    None,
                    "one side of a known transition",
                    "",
                )
            )
            own = f"{name}_range{number}"
            traces.append(("", _trace(result, own), _trace(result, f"{own}_ln_sigma"), "", "", ""))
    notes = [f"{PARTS.get(line.part, line.part)}: {fit.note}" for line in result.lines for fit in line.fits[:1]]
    notes.append("The two energies differ by about kT; a comparison with other work must use the same one.")
    return _table(result, "impedance_energies", "Activation energies", columns, rows, notes=tuple(notes), traces=traces)


def _reference_title(result: ImpedanceResult) -> str:
    temperature = result.lines[0].reference_temperature_K if result.lines else 298.15
    return f"σ at {temperature - 273.15:.4g} °C"


def _models(result: ImpedanceResult) -> Table | None:
    if not result.models:
        return None
    columns = (
        TableColumn(key="model", title="Way of fitting"),
        TableColumn(key="part", title="Part"),
        TableColumn(key="energy", title="Eₐ", unit="eV"),
        TableColumn(key="convention", title="of"),
        TableColumn(key="note", title="Note"),
    )
    rows: list[tuple[Cell, ...]] = [
        (m.model, PARTS.get(m.part, m.part), m.energy, m.convention.replace("sigma", "σ"), m.note)
        for m in result.models
    ]
    return _table(
        result, "impedance_models", "Energies by way of fitting", columns, rows, notes=(result.model_sentence,)
    )


def _budget(result: ImpedanceResult) -> Table | None:
    if result.budget is None:
        return None
    at = "" if result.budget_temperature_K is None else f" at {result.budget_temperature_K - 273.15:.4g} °C"
    title = f"Uncertainty budget of the total conductivity of {result.sample}{at}"
    return result.budget.table(key="impedance_budget", title=title)


# -- fits --------------------------------------------------------------------------------------------------------------


def _parameters(result: ImpedanceResult) -> Table:
    units: dict[str, str] = {}
    for spectrum in result.spectra:
        for parameter in spectrum.parameters:
            units.setdefault(parameter.name, parameter.unit)
    columns = (
        _SPECTRUM,
        TableColumn(key="circuit", title="Circuit"),
        *(TableColumn(key=name, title=name, unit=unit) for name, unit in units.items()),
        TableColumn(key="rms", title="rms residual", unit="%"),
        TableColumn(key="starts", title="Starts that agree"),
    )
    rows: list[tuple[Cell, ...]] = []
    traces = []
    for spectrum in result.spectra:
        found = {p.name: p.quantity for p in spectrum.parameters}
        agreement = f"{spectrum.agreeing_count} of {spectrum.starts_count}"
        rows.append(
            (
                spectrum.label,
                spectrum.circuit,
                *(found.get(name) for name in units),
                round(100 * spectrum.rms_fraction, 3),
                agreement,
            )
        )
        traces.append(("", "", *(_trace(result, parameter_quantity(name), spectrum) for name in units), "", ""))
    notes = (
        f"Weights: {result.weighting}. Uncertainties are one standard deviation, scaled by the residuals.",
        "Q and n belong to a constant phase element, Z = 1/(Q (jω)^n); Q is not a capacitance.",
    )
    return _table(result, "impedance_parameters", "Fitted parameters", columns, rows, notes=notes, traces=traces)


def _arcs(result: ImpedanceResult) -> Table:
    # The ranges are those of blocked pellets.
    per_cell = () if result.cell else (TableColumn(key="C_cell", title="C at l/A = 1 cm⁻¹", unit="F"),)
    columns = (
        _SPECTRUM,
        TableColumn(key="element", title="Element"),
        TableColumn(key="part", title="Stands for"),
        TableColumn(key="R", title="R", unit="ohm"),
        TableColumn(key="n", title="n", unit="1"),
        TableColumn(key="C", title="C effective", unit="F"),
        *per_cell,
        TableColumn(key="f_peak", title="Peak frequency", unit="Hz"),
        TableColumn(key="reason", title="Why"),
    )
    rows: list[tuple[Cell, ...]] = []
    for spectrum in result.spectra:
        for e in spectrum.path:
            part = PARTS.get(e.part, e.part)
            rows.append(
                (
                    spectrum.label,
                    e.name,
                    part,
                    e.resistance,
                    e.n,
                    e.capacitance,
                    *((e.capacitance_per_cell,) if per_cell else ()),
                    e.peak_frequency,
                    e.reason,
                )
            )
        if spectrum.electrode_capacitance is not None:
            rows.append(
                (
                    spectrum.label,
                    "electrode",
                    "electrode",
                    None,
                    None,
                    spectrum.electrode_capacitance,
                    None,
                    None,
                    "series element; Brug",
                )
            )
    notes = (
        "Effective capacitance: Hsu-Mansfeld for arcs, Brug for electrodes.",
        "Ranges for l/A = 1 cm⁻¹ after Irvine, Sinclair and West 1990.",
    )
    if result.cell:
        notes = ("Effective capacitance: Hsu-Mansfeld.", "Assigned only by comparison with a control cell.")
    return _table(result, "impedance_arcs", "Arcs and what they stand for", columns, rows, notes=notes)


def _consistency(result: ImpedanceResult) -> Table:
    columns = (
        _SPECTRUM,
        TableColumn(key="points", title="Points used"),
        TableColumn(key="window", title="Window"),
        TableColumn(key="rc_count", title="RC elements"),
        TableColumn(key="mu", title="μ"),
        TableColumn(key="rms", title="rms residual", unit="%"),
        TableColumn(key="worst", title="largest residual", unit="%"),
        TableColumn(key="verdict", title="Verdict"),
    )
    rows: list[tuple[Cell, ...]] = []
    for spectrum in result.spectra:
        found = spectrum.consistency
        if found is None:
            continue
        used = spectrum.frequency_Hz[spectrum.is_used]
        window = f"{frequency_text(float(used.min()))} to {frequency_text(float(used.max()))}" if used.size else "none"
        rows.append(
            (
                spectrum.label,
                f"{used.size} of {spectrum.frequency_Hz.size}",
                window,
                found.rc_count,
                round(found.mu, 3),
                round(100 * found.rms_fraction, 3),
                round(100 * found.worst_fraction, 3),
                found.sentence,
            )
        )
    return _table(result, "impedance_kramers_kronig", "Kramers-Kronig test", columns, rows)


def _left_out(result: ImpedanceResult) -> Table:
    columns = (
        _SPECTRUM,
        TableColumn(key="frequency", title="Frequency", unit="Hz"),
        TableColumn(key="state", title="State"),
        TableColumn(key="by", title="By"),
        TableColumn(key="reason", title="Reason"),
    )
    rows: list[tuple[Cell, ...]] = [
        (spectrum.label, m.frequency_Hz, "left out" if m.is_left_out else "proposed, kept", m.source, m.reason)
        for spectrum in result.spectra
        for m in spectrum.masked
    ]
    return _table(result, "impedance_left_out", "Points left out of the fits", columns, rows)


def _circuits(result: ImpedanceResult) -> Table:
    columns = (
        TableColumn(key="circuit", title="Circuit"),
        TableColumn(key="aicc", title="ΔAICc"),
        TableColumn(key="rms", title="rms residual", unit="%"),
        TableColumn(key="unresolved", title="Not resolved"),
        TableColumn(key="chosen", title="Chosen"),
        TableColumn(key="reason", title="Reason"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            c.circuit,
            round(c.aicc_difference, 1),
            round(100 * c.rms_fraction, 3),
            ", ".join(c.unresolved),
            "yes" if c.is_chosen else "",
            c.reason,
        )
        for c in result.circuits
    ]
    return _table(result, "impedance_circuits", "Circuits compared", columns, rows, notes=(result.circuit_reason,))
