"""Tables of photoelectron spectra as data; what other programs fitted stands beside ours."""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.quantity import Estimate, Quantity
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.techniques.xps.measurement import FileComponent
from pelletry.techniques.xps.model.average import BACKGROUND_WORDS, Variant
from pelletry.techniques.xps.result import RegionResult, State, XpsResult

__all__ = ["xps_tables"]

_ROLE = TableColumn(key="role", title="Role")
_REGION = TableColumn(key="region", title="Region")


def xps_tables(result: XpsResult) -> tuple[Table, ...]:
    """All tables that have a row, the states first."""
    made = (
        _states(result),
        _composition(result),
        _lithium(result),
        _layers(result),
        _differences(result),
        _shifts(result),
        _files(result),
        _variants(result),
    )
    return tuple(table for table in made if table.rows)


def _table(
    result: XpsResult,
    key: str,
    title: str,
    columns: Sequence[TableColumn],
    rows: Sequence[tuple[Cell, ...]],
    *notes: str,
) -> Table:
    return Table(
        key=key,
        title=f"{title} of {result.sample}",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=tuple(note for note in notes if note),
        is_simulated=result.is_simulated,
    )


def _states(result: XpsResult) -> Table:
    columns = (
        _ROLE,
        _REGION,
        TableColumn(key="state", title="State"),
        TableColumn(key="measured", title="Position as measured", unit="eV"),
        TableColumn(key="corrected", title="Binding energy", unit="eV"),
        TableColumn(key="fwhm", title="FWHM", unit="eV"),
        TableColumn(key="fraction", title="Share", unit="1", kind="percent"),
        TableColumn(key="fit_error", title="Error of the fit", unit="%"),
        TableColumn(key="background_error", title="Spread of the background", unit="%"),
        TableColumn(key="seen", title="Area / error"),
        TableColumn(key="assignment", title="Against the reference table"),
    )
    rows = [_state_row(region, state) for region in result.regions for state in region.states]
    notes = (
        "Shares are averages over backgrounds and windows; both columns of errors are one standard deviation and add in quadrature.",
        f"Binding energies refer to {result.reference}." if result.reference else "No charge reference is stated.",
    )
    return _table(result, "xps_states", "Chemical states", columns, rows, *notes)


def _state_row(region: RegionResult, state: State) -> tuple[Cell, ...]:
    is_alone = not isinstance(state.fraction, Estimate) or state.fraction.std is None
    return (
        region.role,
        region.level,
        state.name,
        state.position_eV,
        state.corrected_eV,
        state.fwhm_eV,
        state.fraction,
        "" if is_alone else f"{100 * state.fraction_fit_std:.2g}",
        "" if is_alone else f"{100 * state.fraction_background_std:.2g}",
        f"{state.significance_ratio:.1f}",
        state.assignment.sentence,
    )


def _composition(result: XpsResult) -> Table:
    columns = (
        _ROLE,
        TableColumn(key="element", title="Element"),
        TableColumn(key="level", title="Level"),
        TableColumn(key="fraction", title="Atomic fraction", unit="1", kind="percent"),
    )
    rows = [(part.role, part.element, part.level, part.fraction) for part in result.composition]
    return _table(
        result, "xps_composition", "Composition of the surface", columns, rows,
        f"Sensitivity: {result.sensitivity}." if result.sensitivity else "",
        "Errors are those of the areas alone; sensitivity factors are rarely better than 10 %.",
    )  # fmt: skip


def _lithium(result: XpsResult) -> Table:
    columns = (
        _ROLE,
        TableColumn(key="standard", title="Li/Zr, pristine pellet as standard", unit="1"),
        TableColumn(key="standard_interval", title="95 %"),
        TableColumn(key="scofield", title="Li/Zr, Scofield", unit="1"),
        TableColumn(key="scofield_interval", title="95 %"),
    )
    rows: list[tuple[Cell, ...]] = [
        (one.role, one.with_standard, _interval(one.with_standard), one.with_scofield, _interval(one.with_scofield))
        for one in result.lithium
    ]
    return _table(
        result, "xps_li_to_zr", "Li to Zr from Li 1s and Zr 4s", columns, rows,
        "Intervals hold the errors of both areas with their backgrounds; Scofield's cross sections count as exact.",
    )  # fmt: skip


def _interval(quantity: Quantity) -> str:
    found = quantity.interval if isinstance(quantity, Estimate) else None
    return "" if found is None else f"{found[0]:.2g} to {found[1]:.2g}"


def _layers(result: XpsResult) -> Table:
    columns = (
        _ROLE,
        _REGION,
        TableColumn(key="layer", title="Layer"),
        TableColumn(key="substrate", title="On"),
        TableColumn(key="thickness", title="Thickness if flat and continuous", unit="m", kind="film"),
        TableColumn(key="coverage", title="Coverage if thick islands", unit="1", kind="percent"),
    )
    rows = [
        (one.role, one.region, ", ".join(one.layer), ", ".join(one.substrate), one.thickness_m, one.coverage_fraction)
        for one in result.layers
    ]
    notes = tuple(dict.fromkeys(f"{one.region}: {one.assumptions}." for one in result.layers))
    return _table(result, "xps_layers", "Layers", columns, rows, *notes)


def _differences(result: XpsResult) -> Table:
    columns = (
        _ROLE,
        TableColumn(key="pair", title="Lines"),
        TableColumn(key="difference", title="Difference", unit="eV"),
    )
    rows: list[tuple[Cell, ...]] = [(d.role, f"{d.first} - {d.second}", d.difference_eV) for d in result.differences]
    notes = [
        f"O 1s - P 2p stands for a mean P-O bond of {bond.value:.3f} Å (Atuchin2008)."
        for _, bond in result.bond_lengths_angstrom
        if isinstance(bond, Estimate)
    ]
    return _table(
        result, "xps_differences", "Differences that charging does not change", columns, rows,
        "Largest state of either level; P 2p is the mean of its doublet.", *notes,
    )  # fmt: skip


def _shifts(result: XpsResult) -> Table:
    columns = (
        _ROLE,
        TableColumn(key="shift", title="Added to binding energies", unit="eV"),
        TableColumn(key="how", title="How"),
    )
    rows: list[tuple[Cell, ...]] = [
        (role, shift, shift.method if isinstance(shift, Estimate) else "") for role, shift in result.shifts
    ]
    return _table(result, "xps_shifts", "Charge shift", columns, rows)


def _files(result: XpsResult) -> Table:
    """What CasaXPS or Avantage fitted, as the file has it, with the nearest of our states beside it."""
    columns = (
        _REGION,
        TableColumn(key="program", title="Program"),
        TableColumn(key="name", title="Component"),
        TableColumn(key="shape", title="Shape"),
        TableColumn(key="position", title="Its position", unit="eV"),
        TableColumn(key="fwhm", title="Its FWHM", unit="eV"),
        TableColumn(key="share", title="Its share", unit="%"),
        TableColumn(key="ours", title="Nearest of ours"),
        TableColumn(key="our_position", title="Our position", unit="eV"),
        TableColumn(key="our_share", title="Our share", unit="1", kind="percent"),
    )
    rows = [row for region in result.regions for row in _file_rows(region)]
    return _table(
        result, "xps_file_fits", "Fits that the files hold", columns, rows,
        "Its positions are on that program's calibrated scale, ours as measured. The FWHM of CasaXPS' LA and LF lines is a parameter "
        "and not the width of the curve. Its shares count lines, ours count states with both lines of a doublet.",
    )  # fmt: skip


def _file_rows(region: RegionResult) -> list[tuple[Cell, ...]]:
    total = sum(one.strength or 0.0 for one in region.file_components)
    return [
        (
            region.level,
            one.program,
            one.name,
            one.line_shape,
            _number(one.binding_energy_eV, 2),
            _number(one.fwhm_eV, 2),
            _number(100.0 * one.strength / total, 1) if one.strength is not None and total > 0.0 else "",
            *_nearest(region, one),
        )
        for one in region.file_components
    ]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _nearest(region: RegionResult, one: FileComponent) -> tuple[Cell, Cell, Cell]:
    at = one.binding_energy_eV
    if at is not None and region.file_calibration is not None:
        at -= region.file_calibration.shift_eV or 0.0
    near = [
        state
        for state in region.states
        if at is not None and isinstance(state.position_eV, Estimate) and abs(state.position_eV.value - at) < 1.0
    ]
    if at is None or not near:
        return "", "", ""
    state = min(near, key=lambda s: abs(s.position_eV.value - at) if isinstance(s.position_eV, Estimate) else 9.0)
    return state.name, state.position_eV, state.fraction


def _remark(variant: Variant) -> str:
    if not variant.is_converged:
        return " (not converged)"
    return " (no losses found: a straight line once more)" if variant.has_no_losses else ""


def _variants(result: XpsResult) -> Table:
    """Every background and window that went into the averages."""
    columns = (
        _ROLE,
        _REGION,
        TableColumn(key="background", title="Background"),
        TableColumn(key="window", title="Window", unit="eV"),
        TableColumn(key="weight", title="Weight"),
        TableColumn(key="chi2", title="Reduced chi2"),
        TableColumn(key="iterations", title="Shirley iterations"),
        TableColumn(key="ends", title="End points"),
        TableColumn(key="shares", title="Shares", unit="%"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            region.role,
            region.level,
            f"{BACKGROUND_WORDS.get(v.background, v.background)}{_remark(v)}",
            f"{v.low_eV:.2f} to {v.high_eV:.2f}",
            f"{v.weight:.3f}",
            _number(v.chi2_reduced, 2),
            str(v.iterations) if v.iterations else "",
            str(v.end_points) if v.end_points else "",
            "; ".join(
                f"{state.name} {100 * fraction:.1f}" for state, fraction in zip(region.states, v.fraction, strict=True)
            ),
        )
        for region in result.regions
        if len(region.states) > 1
        for v in region.variants
    ]
    return _table(result, "xps_variants", "Backgrounds and windows", columns, rows)
