"""The same model for TOPAS: an .inp with the values of the finished refinement, scales and background free, and its data.

Nothing but reading the numbers back was tried here, since the program is closed. In its TCHZ macro X stands before tan and Y before
1/cos; size and strain are in them. Its axial model has other parameters: a slit length of 2 R S/L is the start, and is free.
"""

from __future__ import annotations

import numpy as np

from pelletry.techniques.diffraction.exchange.model import columns_text, refinement_of, safe_names, widths_of
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.result import PatternResult

__all__ = ["topas_files"]

_TERMS = 12


def topas_files(pattern: PatternResult, *, base: str, is_simulated: bool = False) -> dict[str, str]:
    """``{file name: text}``: ``<base>.inp`` and ``<base>.xye``."""
    refinement = refinement_of(pattern)
    use = pattern.use
    x = pattern.two_theta_deg[use]
    series = np.polynomial.chebyshev.Chebyshev.fit(x, refinement.background[use], _TERMS - 1, domain=[x[0], x[-1]])
    radius_mm = (refinement.instrument.radius_m or 0.2) * 1e3
    radiation = refinement.instrument.radiation
    lines = [
        f"' {base}: model refined in Pelletry{', simulated data' if is_simulated else ''}; its Rwp was {100 * refinement.rwp:.3f} %",
        "do_errors",
        f'xdd "{base}.xye"',
        f"   start_X {x[0]:.6f}",
        f"   finish_X {x[-1]:.6f}",
        "   bkg @ " + " ".join(f"{c:.7g}" for c in series.coef),
        f"   Rp {radius_mm:.3f}",
        f"   Rs {radius_mm:.3f}",
        f"   LP_Factor(, {radiation.monochromator_two_theta_deg or 0.0:g})",
        f"   Zero_Error(, {refinement.zero_deg:.6f})",
        f"   Specimen_Displacement(, {refinement.displacement_m * 1e3:.6f})",
        f"   Simple_Axial_Model(@, {2 * radius_mm * refinement.instrument.axial_divergence:.4f})",
        "   lam",
        "      ymin_on_ymax 0.0001",
        *(
            f"      la {line.weight:.6g} lo {line.wavelength_angstrom:.7f} lh {max(1e3 * line.width_angstrom, 1e-4):.5g}"
            for line in radiation.lines
        ),
    ]
    for phase, name in zip(refinement.phases, safe_names(p.name for p in refinement.phases), strict=True):
        lines.extend(_phase(phase, refinement, name))
    return {f"{base}.inp": "\n".join(lines) + "\n", f"{base}.xye": columns_text(pattern)}


def _phase(phase: RefinedPhase, refinement: Refinement, name: str) -> list[str]:
    width = widths_of(refinement, phase)
    keys = ("a", "b", "c", "al", "be", "ga")
    cell = [f"      {key} {q.value:.6f}" for key, q in zip(keys, phase.cell, strict=True)]
    symbol = phase.structure.space_group.split(":")[0].replace(" ", "")
    tchz = f"      TCHZ_Peak_Type(, {width.U:.7g},, {width.V:.7g},, {width.W:.7g},, 0,, {width.Y:.7g},, {width.X:.7g})"
    if phase.is_le_bail or not phase.structure.sites:
        return [
            "   hkl_Is",
            "      lebail 1",
            f'      phase_name "{name}"',
            f'      space_group "{symbol}"',
            *cell,
            tchz,
        ]
    texture = (
        [f"      PO(, {phase.texture.value:.5f},, {' '.join(str(n) for n in phase.texture_axis)})"]
        if phase.texture is not None and phase.texture_axis is not None
        else []
    )
    sites = [
        f"      site {s.label} num_posns {s.multiplicity} x {s.x:.6f} y {s.y:.6f} z {s.z:.6f} "
        f"occ {s.element} {s.occupancy:.6g} beq {s.B_iso_angstrom2:.5g}"
        for s in phase.structure.sites
    ]
    return [
        "   str", f'      phase_name "{name}"', f'      space_group "{symbol}"', *cell,
        f"      scale @ {phase.scale.value:.7g}", tchz, *texture, *sites,
    ]  # fmt: skip
