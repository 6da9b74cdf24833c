"""CIF of each refined structure, and pdCIF of a whole refinement: pattern, calculated curve, background, phases, agreement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

import pelletry
from pelletry.core.quantity import Estimate, bracketed
from pelletry.techniques.diffraction.exchange.model import refinement_of, safe_names
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.result import PatternResult

__all__ = ["cif_text", "pdcif_text"]

_CELL_TAGS = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")


def _quoted(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        return "?"
    if "'" not in plain:
        return f"'{plain}'"
    return f'"{plain}"' if '"' not in plain else f"'{plain.replace(chr(39), '`')}'"


def _number(value: Estimate) -> str:
    return f"{value.value:.6g}" if value.std is None or value.std <= 0 else _plain(value.value, value.std)


def _plain(value: float, std: float) -> str:
    """Brackets without a power of ten in the middle of a number, as CIF wants it: ``1.25(3)e-4``."""
    return bracketed(value, std)


def _loop(tags: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "loop_\n" + "".join(f"{tag}\n" for tag in tags) + "".join(" ".join(row) + "\n" for row in rows) + "\n"


def cif_text(phase: RefinedPhase, refinement: Refinement, *, name: str = "", comment: str = "") -> str:
    """One refined structure. Standard deviations are statistical, times the goodness of fit where that exceeds 1."""
    structure = phase.structure
    lines = [
        f"data_{name or safe_names([phase.name])[0]}",
        f"_audit_creation_method {_quoted(f'Pelletry {pelletry.__version__}' + (f'; {comment}' if comment else ''))}",
        f"_chemical_name_common {_quoted(phase.name)}",
        f"_chemical_formula_sum {_quoted(structure.formula)}",
        f"_cell_formula_units_Z {structure.formula_units or '?'}",
        *(f"_cell_{tag} {_number(q)}" for tag, q in zip(_CELL_TAGS, phase.cell, strict=True)),
        f"_cell_volume {_number(phase.volume_angstrom3)}",
        f"_space_group_name_H-M_alt {_quoted(structure.space_group)}",
    ]
    if phase.density_kg_per_m3 is not None:
        density = phase.density_kg_per_m3.scaled(1e-3, unit="g/cm3")
        lines.append(f"_exptl_crystal_density_diffrn {_number(density)}")
    if phase.mass_fraction is not None:
        lines.append(f"_pd_phase_mass_% {_number(phase.mass_fraction.scaled(100, unit='%'))}")
    lines.append(f"_pelletry_source {_quoted(structure.source)}")
    lines.append(f"_pelletry_axial_divergence {refinement.instrument.axial_divergence:.5f}")
    text = "\n".join(lines) + "\n\n"
    text += _loop(["_space_group_symop_operation_xyz"], ([f"'{o}'"] for o in structure.operations))
    if not structure.sites:
        return text
    tags = [
        "label",
        "type_symbol",
        "fract_x",
        "fract_y",
        "fract_z",
        "occupancy",
        "B_iso_or_equiv",
        "symmetry_multiplicity",
    ]
    rows = [
        [
            s.label,
            s.element,
            f"{s.x:.6f}",
            f"{s.y:.6f}",
            f"{s.z:.6f}",
            f"{s.occupancy:.5g}",
            f"{s.B_iso_angstrom2:.4g}",
            f"{s.multiplicity}",
        ]
        for s in structure.sites
    ]
    return text + _loop([f"_atom_site_{tag}" for tag in tags], rows)


def pdcif_text(pattern: PatternResult, *, sample: str = "", is_simulated: bool = False) -> str:
    """The refinement as pdCIF: a block for the pattern (all points), one for each phase."""
    refinement = refinement_of(pattern)
    names = safe_names(phase.name for phase in refinement.phases)
    note = "simulated data" if is_simulated else ""
    block = safe_names([sample or pattern.label])[0]
    text = "\n".join(_head(pattern, refinement, block, note)) + "\n\n"
    rows = (
        [
            f"'{phase.name}'",
            name,
            "?" if phase.mass_fraction is None else _number(phase.mass_fraction.scaled(100, unit="%")),
        ]
        for phase, name in zip(refinement.phases, names, strict=True)
    )
    text += _loop(["_pd_phase_name", "_pd_phase_block_id", "_pd_phase_mass_%"], rows)
    text += _points(pattern, refinement)
    for phase, name in zip(refinement.phases, names, strict=True):
        text += cif_text(phase, refinement, name=f"{block}_{name}", comment=note)
    return text


def _head(pattern: PatternResult, refinement: Refinement, block: str, note: str) -> list[str]:
    radiation = refinement.instrument.radiation
    x = pattern.two_theta_deg
    lines = [
        f"data_{block}",
        f"_audit_creation_method {_quoted(f'Pelletry {pelletry.__version__}' + (f'; {note}' if note else ''))}",
        f"_pd_block_id {_quoted(block)}",
        f"_pd_proc_info_data_reduction {_quoted(pattern.origin.path + '; ' + pattern.noise)}",
        f"_pd_meas_2theta_range_min {x[0]:.6f}",
        f"_pd_meas_2theta_range_max {x[-1]:.6f}",
        f"_pd_meas_number_of_points {x.size}",
        f"_diffrn_radiation_type {_quoted(radiation.name)}",
        f"_pd_proc_ls_prof_wR_factor {refinement.rwp:.6f}",
        f"_pd_proc_ls_prof_wR_expected {refinement.rexp:.6f}",
        f"_refine_ls_goodness_of_fit_all {refinement.gof:.4f}",
        f"_pelletry_displacement_mm {refinement.displacement_m * 1e3:.5f}",
        f"_pelletry_zero_deg {refinement.zero_deg:.6f}",
        f"_pelletry_berar_lelann_factor {refinement.berar_lelann:.3f}",
    ]
    if pattern.temperature_K is not None:
        lines.append(f"_diffrn_ambient_temperature {pattern.temperature_K:.2f}")
    if radiation.monochromator_two_theta_deg is not None:
        lines.append(f"_pd_instr_monochr_post_spec '{radiation.monochromator_two_theta_deg:g} degree'")
    waves = [[f"{line.wavelength_angstrom:.7f}", f"{line.weight:.5g}"] for line in radiation.lines]
    loop = _loop(["_diffrn_radiation_wavelength", "_diffrn_radiation_wavelength_wt"], waves)
    return [*lines, "", loop]


def _points(pattern: PatternResult, refinement: Refinement) -> str:
    is_counts = pattern.intensity_unit == "counts" and pattern.noise == "counts"
    measured = "_pd_meas_counts_total" if is_counts else "_pd_meas_intensity_total"
    tags = [
        "_pd_meas_2theta_scan",
        measured,
        "_pd_proc_ls_weight",
        "_pd_calc_intensity_total",
        "_pd_proc_intensity_bkg_calc",
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(pattern.use, 1.0 / pattern.std**2, 0.0)
    table = (pattern.two_theta_deg, pattern.intensity, weight, refinement.calculated, refinement.background)
    formats = ("{:.6f}", "{:.8g}", "{:.6g}", "{:.7g}", "{:.7g}")
    rows = ([f.format(v) for f, v in zip(formats, row, strict=True)] for row in zip(*table, strict=True))
    return _loop(tags, rows)
