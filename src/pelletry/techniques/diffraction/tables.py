"""Tables of a diffraction result, conclusions first."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.quantity import Estimate
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.techniques.diffraction.cell_law import free_parameters
from pelletry.techniques.diffraction.expansion import Expansion
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.result import DiffractionResult, ExpansionOfPhase, PatternResult, SeriesResult
from pelletry.techniques.diffraction.words import MODELLED_PART

__all__ = ["diffraction_tables"]

_ANGLES = ("alpha", "beta", "gamma")


def diffraction_tables(result: DiffractionResult) -> tuple[Table, ...]:
    """Phases and cells, agreement, the search, standards, and what a series gives."""
    refined = [p for p in result.patterns if p.refinement is not None]
    found = [
        _phases(result, refined) if refined else None,
        _agreement(result, refined) if refined else None,
        _directions(refined),
        _brindley(result, refined),
        _search(result),
        _standards(result),
        *_of_series(result),
    ]
    return tuple(attrs.evolve(t, is_simulated=result.is_simulated) for t in found if t is not None and t.rows)


def _shown(patterns: Sequence[PatternResult]) -> bool:
    return len(patterns) > 1


def _phases(result: DiffractionResult, patterns: Sequence[PatternResult]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    traces: list[tuple[str, ...]] = []
    has_angles = any(_free_angles(phase) for p in patterns for phase in _of(p).phases)
    for pattern in patterns:
        refinement = _of(pattern)
        order = sorted(
            refinement.phases, key=lambda ph: result.phases.index(ph.name) if ph.name in result.phases else 99
        )
        for phase in order:
            rows.append(_phase_row(pattern, phase, refinement, has_angles))
            name = result.sample
            angles = ("", "", "") if has_angles else ()
            traces.append(
                (
                    "", "", f"{name} mass_fraction", f"{name} lattice_a", "", f"{name} lattice_c", *angles,
                    f"{name} lattice_volume", "", "", "", "", "",
                )
            )  # fmt: skip
    angle_columns = tuple(TableColumn(key=key, title=t, unit="deg") for key, t in zip(_ANGLES, "αβγ", strict=True))
    columns = (
        TableColumn(key="pattern", title="Scan"),
        TableColumn(key="phase", title="Phase"),
        TableColumn(key="mass_fraction", title="Weight fraction", unit="1", kind="weight"),
        TableColumn(key="a", title="a", unit="angstrom"),
        TableColumn(key="b", title="b", unit="angstrom"),
        TableColumn(key="c", title="c", unit="angstrom"),
        *(angle_columns if has_angles else ()),
        TableColumn(key="volume", title="V", unit="angstrom3"),
        TableColumn(key="density", title="Density", unit="kg/m3"),
        TableColumn(key="size", title="Size", unit="m", kind="layer"),
        TableColumn(key="strain", title="Strain", unit="%"),
        TableColumn(key="limit", title="Detection limit", unit="wt%"),
        TableColumn(key="factor", title="σ factor"),
    )
    return Table(
        key="phases",
        title=f"Phases of {result.sample}",
        columns=columns,
        rows=tuple(rows),
        traces=tuple(traces),
        notes=_notes(result),
    )


def _notes(result: DiffractionResult) -> tuple[str, ...]:
    notes = [
        f"Weight fractions are {MODELLED_PART}: they sum to 1 whatever is amorphous or was not modelled.",
        "Brackets: statistical standard deviation, times the goodness of fit where that exceeds 1. σ factor (Bérar and Lelann): times so much, if "
        "residuals of neighbouring points go together. Neither is the accuracy: the 95 % intervals of weight fractions, in the data files, admit what weighed "
        "mixtures show.",
    ]
    if any(p.reliability == "D" for p in _structures(result)):
        notes.append("Phases with derived coordinates have rough intensities, and so rough weight fractions.")
    return tuple(notes)


def _structures(result: DiffractionResult):  # type: ignore[no-untyped-def]
    for pattern in result.patterns:
        if pattern.refinement is not None:
            yield from (phase.structure for phase in pattern.refinement.phases)


def _of(pattern: PatternResult) -> Refinement:
    assert pattern.refinement is not None
    return pattern.refinement


def _free_angles(phase: RefinedPhase) -> bool:
    values = np.array([q.value for q in phase.cell])
    return any(i > 2 for i in free_parameters(values, phase.cell_covariance))


def _phase_row(
    pattern: PatternResult, phase: RefinedPhase, refinement: Refinement, has_angles: bool
) -> tuple[Cell, ...]:
    name = f"{phase.name} (Le Bail)" if phase.is_le_bail else phase.name
    limit = None if phase.detection_limit_fraction is None else round(100 * phase.detection_limit_fraction, 2)
    strain = None if phase.strain is None else phase.strain.scaled(100, unit="%")
    density = None if phase.density_kg_per_m3 is None else attrs.evolve(phase.density_kg_per_m3, unit="kg/m3")
    factor = round(refinement.berar_lelann, 1)
    if not phase.is_seen and phase.cell[0].std is not None:  # a cell that only repairs the pattern of another phase
        return (pattern.label, f"{name} (not seen)", *([None] * (9 + 3 * has_angles)), limit, factor)
    return (
        pattern.label,
        name,
        phase.mass_fraction,
        phase.cell[0],
        phase.cell[1],
        phase.cell[2],
        *(phase.cell[3:] if has_angles else ()),
        phase.volume_angstrom3,
        density,
        phase.size_m,
        strain,
        limit,
        factor,
    )


def _agreement(result: DiffractionResult, patterns: Sequence[PatternResult]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for pattern in patterns:
        r = _of(pattern)
        rows.append(
            (
                pattern.label, round(100 * r.rwp, 2), round(100 * r.rexp, 2), round(r.gof, 3),
                round(100 * r.rwp_background_corrected, 2), round(r.durbin_watson, 2), r.points, len(r.names),
                round(1e6 * r.displacement_m, 1), round(r.zero_deg, 4), round(r.instrument.axial_divergence, 4),
                pattern.density_kg_per_m3, pattern.amorphous_fraction,
                pattern.amorphous_fraction_external, "; ".join(v.code for v in r.verdicts),
            )
        )  # fmt: skip
    columns = (
        TableColumn(key="pattern", title="Scan"),
        TableColumn(key="rwp", title="Rwp", unit="%"),
        TableColumn(key="rexp", title="Rexp", unit="%"),
        TableColumn(key="gof", title="GoF"),
        TableColumn(key="rwp_net", title="Rwp less background", unit="%"),
        TableColumn(key="durbin_watson", title="Durbin-Watson"),
        TableColumn(key="points", title="Points"),
        TableColumn(key="parameters", title="Parameters"),
        TableColumn(key="displacement", title="Displacement", unit="µm"),
        TableColumn(key="zero", title="Zero", unit="deg"),
        TableColumn(key="axial", title="S/L = H/L"),
        TableColumn(key="density", title="Theoretical density", unit="kg/m3"),
        TableColumn(key="amorphous", title="Amorphous", unit="1", kind="weight"),
        TableColumn(key="amorphous_external", title="Amorphous, external standard", unit="1", kind="weight"),
        TableColumn(key="doubts", title="Doubts"),
    )
    notes = (
        "Rwp falls with a higher background: it does not rank samples. S/L, displacement and zero belong to every cell that is quoted.",
    )
    return Table(key="agreement", title="Agreement of the refinements", columns=columns, rows=tuple(rows), notes=notes)


def _directions(patterns: Sequence[PatternResult]) -> Table:
    """Sizes along and across an axis, strains along the axes of the reciprocal cell."""
    columns = (
        TableColumn(key="pattern", title="Scan"),
        TableColumn(key="phase", title="Phase"),
        TableColumn(key="direction", title="Direction"),
        TableColumn(key="size", title="Size", unit="m", kind="layer"),
        TableColumn(key="strain", title="Strain", unit="%"),
    )
    rows = [
        (
            p.label,
            phase.name,
            d.direction,
            *((d.value, None) if d.kind == "size" else (None, d.value.scaled(100, unit="%"))),
        )
        for p in patterns
        for phase in _of(p).phases
        for d in phase.directional
    ]
    notes = ("Directions are those of reflections: 0 0 1 is normal to the planes 0 0 l.",)
    return Table(
        key="directions", title="Sizes and strains by direction", columns=columns, rows=tuple(rows), notes=notes
    )


def _brindley(result: DiffractionResult, patterns: Sequence[PatternResult]) -> Table:
    """Microabsorption beside the weight fractions, where particle diameters were stated."""
    columns = (
        TableColumn(key="pattern", title="Scan"),
        TableColumn(key="phase", title="Phase"),
        TableColumn(key="refined", title="Weight fraction", unit="1", kind="weight"),
        TableColumn(key="corrected", title="with Brindley", unit="1", kind="weight"),
        TableColumn(key="mu", title="μ", unit="1/cm"),
        TableColumn(key="contrast", title="|μ - mean| D"),
        TableColumn(key="tau", title="τ"),
    )
    rows: list[tuple[Cell, ...]] = []
    for pattern in patterns:
        for one in pattern.microabsorption:
            refined = _of(pattern).phase(one.phase).mass_fraction
            mu = round(one.absorption_per_m / 100, 1)
            contrast, tau = round(one.contrast_share, 3), round(one.tau_factor, 4)
            rows.append((pattern.label, one.phase, refined, one.corrected, mu, contrast, tau))
    notes = (
        "Beside the refined fractions, not instead: the diameters are as stated, spheres of one size; above |μ - mean| D = 0.1 the correction is rough.",
    )
    return Table(
        key="microabsorption",
        title=f"Microabsorption of {result.sample}",
        columns=columns,
        rows=tuple(rows),
        notes=notes,
    )


def _search(result: DiffractionResult) -> Table | None:
    found = result.identification
    if found is None:
        return None
    columns = (
        TableColumn(key="what", title="Found"),
        TableColumn(key="name", title="Phase or place"),
        TableColumn(key="formula", title="Formula"),
        TableColumn(key="weight", title="Weight fraction", unit="1", kind="weight"),
        TableColumn(key="gain", title="Gain"),
        TableColumn(key="why", title="Why"),
    )
    rows: list[tuple[Cell, ...]] = []
    for phase in found.phases:
        gain = round(phase.evidence.gain, 0)
        rows.append((phase.confidence, phase.name, phase.formula, phase.mass_fraction, gain, phase.sentence))
        rows.extend(("rival", rival.name, rival.formula, None, None, rival.sentence) for rival in phase.rivals)
    rows.extend(("suggestion", s.name, s.formula, None, None, s.sentence) for s in found.suggestions)
    for peak in found.unexplained:
        why = f"d = {peak.d_angstrom:.4f} Å, {peak.significance:.0f} σ, {100 * peak.share:.1f} % of the strongest. {peak.hint}"
        rows.append(("unexplained peak", f"{peak.two_theta_deg:.3f}°", "", None, None, why.strip()))
    return Table(
        key="search",
        title="Search for phases",
        columns=columns,
        rows=tuple(rows),
        notes=(*found.sentences, "Gain: what chi-square over reduced chi-square loses, less ln(points) a parameter."),
    )


def _standards(result: DiffractionResult) -> Table | None:
    if not result.standards:
        return None
    keys = ("U", "V", "W", "X", "Y")
    columns = (
        TableColumn(key="scan", title="Scan"),
        TableColumn(key="phase", title="Standard"),
        *(TableColumn(key=key, title=key, unit="deg²" if key in "UVW" else "deg") for key in keys),
        TableColumn(key="axial", title="S/L = H/L"),
        TableColumn(key="zero", title="Zero", unit="deg"),
        TableColumn(key="gof", title="GoF"),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in result.standards:
        i = one.instrument
        gof = None if one.pattern.refinement is None else round(one.pattern.refinement.gof, 3)
        widths = tuple(float(f"{getattr(i, key):.6g}") for key in keys)
        rows.append((one.pattern.label, one.phase, *widths, round(i.axial_divergence, 5), round(i.zero_deg, 5), gof))
    notes = (
        "FWHM: HG² = U tan² + V tan + W, HL = X/cos + Y tan. Write them under [diffraction.instrument] to use them again.",
    )
    return Table(key="standards", title="Instrument from standards", columns=columns, rows=tuple(rows), notes=notes)


# -- series ------------------------------------------------------------------------------------------------------------


def _of_series(result: DiffractionResult) -> tuple[Table | None, ...]:
    series = result.series
    return () if series is None else (_expansions(series), _transitions(series), _checks(result, series))


def _micro(estimate: Estimate | None) -> Estimate | None:
    return None if estimate is None else estimate.scaled(1e6, unit="1e-6/K")


def _expansion_row(one: ExpansionOfPhase, found: Expansion, what: str) -> tuple[Cell, ...]:
    along = dict(found.along)
    low, high = found.temperature_low_K - 273.15, found.temperature_high_K - 273.15
    span = f"{low:.0f} to {high:.0f} °C" if found.is_secant else f"{low:.0f} °C"
    return (
        one.phase, one.branch or "all", what, span, _micro(along.get("a")), _micro(along.get("b")), _micro(along.get("c")),
        _micro(found.mean_per_K), _micro(found.anisotropy_per_K), one.patterns, one.degree, round(one.chi2_reduced, 2),
    )  # fmt: skip


def _expansions(series: SeriesResult) -> Table:
    unit = "1e-6/K"
    columns = (
        TableColumn(key="phase", title="Phase"),
        TableColumn(key="branch", title="Branch"),
        TableColumn(key="what", title="What"),
        TableColumn(key="range", title="Temperature"),
        TableColumn(key="a", title="α a", unit=unit),
        TableColumn(key="b", title="α b", unit=unit),
        TableColumn(key="c", title="α c", unit=unit),
        TableColumn(key="mean", title="α mean (V/3)", unit=unit),
        TableColumn(key="anisotropy", title="Δα", unit=unit),
        TableColumn(key="scans", title="Scans"),
        TableColumn(key="degree", title="Degree"),
        TableColumn(key="chi2", title="χ² reduced"),
    )
    rows = [
        row
        for one in series.expansions
        for row in (
            _expansion_row(one, one.secant, "secant"),
            *(_expansion_row(one, end, "slope") for end in one.at_ends),
        )
    ]
    notes = (
        f"Method: {series.method}.",
        "Secant: between the ends, referred to the lower one. Δα: α c - α a of a uniaxial phase, else the largest less the smallest principal "
        "expansion. Axes that symmetry ties to a are not listed.",
    )
    return Table(key="expansion", title="Thermal expansion", columns=columns, rows=tuple(rows), notes=notes)


def _transitions(series: SeriesResult) -> Table:
    columns = (
        TableColumn(key="low", title="Below"),
        TableColumn(key="high", title="Above"),
        TableColumn(key="branch", title="Branch"),
        TableColumn(key="temperature", title="Temperature", unit="K"),
        TableColumn(key="interval", title="95 % interval", unit="°C"),
        TableColumn(key="how", title="How"),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in series.transitions:
        interval = one.temperature_K.interval
        shown = "" if interval is None else f"{interval[0] - 273.15:.1f} to {interval[1] - 273.15:.1f}"
        rows.append((one.low, one.high, one.branch or "all", one.temperature_K, shown, one.temperature_K.method))
    return Table(key="transitions", title="Phase transitions", columns=columns, rows=tuple(rows))


def _checks(result: DiffractionResult, series: SeriesResult) -> Table:
    columns = (
        TableColumn(key="scan", title="Scan"),
        TableColumn(key="difference", title="Largest move of a cell", unit="σ"),
        TableColumn(key="warm", title="GoF warm"),
        TableColumn(key="cold", title="GoF cold"),
        TableColumn(key="kept", title="Kept"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            result.patterns[c.pattern_index].label,
            round(c.difference_std, 3),
            round(c.gof_warm, 4),
            round(c.gof_cold, 4),
            c.kept,
        )
        for c in series.cold_checks
    ]
    return Table(key="cold_starts", title="Warm starts against cold ones", columns=columns, rows=tuple(rows))
