"""The same model for FullProf: a .pcr with every value of the finished refinement (only the scales are free) and its data.

Nothing but reading the numbers back was tried here, since the program is not free to distribute. Lorentzian terms change
places (X before tan, Y before 1/cos); size and strain of a phase are in them; the displacement is SyCos, in degrees.
"""

from __future__ import annotations

import math

from pelletry.techniques.diffraction.exchange.model import (
    background_points,
    columns_text,
    refinement_of,
    safe_names,
    widths_of,
)
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.result import PatternResult

__all__ = ["fullprof_files"]

_RULE = "!" + "-" * 79


def fullprof_files(pattern: PatternResult, *, base: str, is_simulated: bool = False) -> dict[str, str]:
    """``{file name: text}``: ``<base>.pcr`` and ``<base>.dat`` (three columns, Ins = 10)."""
    refinement = refinement_of(pattern)
    x = pattern.two_theta_deg[pattern.use]
    step = (x[-1] - x[0]) / max(1, x.size - 1)
    at, level = background_points(pattern)
    radiation = refinement.instrument.radiation
    sharp = radiation.sharp_lines
    first = sharp[0].wavelength_angstrom
    second = sharp[1].wavelength_angstrom if len(sharp) > 1 else first
    ratio = sharp[1].weight / sharp[0].weight if len(sharp) > 1 else 0.0
    radius_m = refinement.instrument.radius_m or 0.2
    sycos = math.degrees(-2.0 * refinement.displacement_m / radius_m)
    phases = refinement.phases
    lines = [
        f"COMM {base}: model refined in Pelletry{', simulated data' if is_simulated else ''}",
        "!Job Npr Nph Nba Nex Nsc Nor Dum Iwg Ilo Ias Res Ste Nre Cry Uni Cor Opt Aut",
        f"   0   7 {len(phases):3d} {at.size:3d}   0   0   0   0   0   0   0   0   0   0   0   0   0   0   1",
        "!",
        "!Ipr Ppl Ioc Mat Pcr Ls1 Ls2 Ls3 NLI Prf Ins Rpa Sym Hkl Fou Sho Ana",
        "   0   0   1   0   1   0   4   0   0   3  10   0   0   0   0   0   0",
        "!",
        "! Lambda1  Lambda2    Ratio    Bkpos    Wdt    Cthm     muR   AsyLim   Rpolarz  2nd-muR",
        f" {first:.6f} {second:.6f} {ratio:8.5f}   40.000  20.0000  {radiation.polarisation:.4f}  0.0000  180.00    0.0000  0.0000",
        "!",
        "!NCY  Eps  R_at  R_an  R_pr  R_gl     Thmin       Step       Thmax    PSD    Sent0",
        f" 10  0.10  0.80  0.80  0.80  0.80   {x[0]:9.4f}  {step:9.6f}   {x[-1]:9.4f}   0.000   0.000",
        "!",
        "!2Theta/TOF/E(Kev)   Background  for Pattern#  1",
        *(f"   {a:10.4f}   {b:14.5f}      0.00" for a, b in zip(at, level, strict=True)),
        "!",
        f"{len(phases):8d}    !Number of refined parameters",
        "!",
        "!  Zero    Code    SyCos    Code   SySin    Code  Lambda     Code MORE",
        f" {refinement.zero_deg:9.6f}    0.0 {sycos:9.6f}    0.0  0.00000    0.0 0.000000    0.00   0",
    ]
    for number, (phase, name) in enumerate(zip(phases, safe_names(p.name for p in phases), strict=True), start=1):
        lines.extend(_phase(phase, refinement, name=name, number=number))
    lines += ["!  2Th1/TOF1    2Th2/TOF2  Pattern # 1", f"   {x[0]:9.3f}    {x[-1]:9.3f}       1"]
    return {f"{base}.pcr": "\n".join(lines) + "\n", f"{base}.dat": columns_text(pattern)}


def _phase(phase: RefinedPhase, refinement: Refinement, *, name: str, number: int) -> list[str]:
    structure = phase.structure
    general = len(structure.operations)
    width = widths_of(refinement, phase)
    a, b, c, alpha, beta, gamma = (q.value for q in phase.cell)
    axial = refinement.instrument.axial_divergence
    texture = 1.0 if phase.texture is None else phase.texture.value
    h, k, axis_l = phase.texture_axis or (0, 0, 1)
    has_sites = bool(structure.sites) and not phase.is_le_bail
    job = 0 if has_sites else 2
    atoms = [
        row
        for s in (structure.sites if has_sites else ())
        for row in (
            f"{s.label[:4]:<6} {s.element.upper():<6} {s.x:9.5f}{s.y:9.5f}{s.z:9.5f}{s.B_iso_angstrom2:9.5f}"
            f"{s.occupancy * s.multiplicity / general:11.7f}   0   0   0    0",
            "                 0.00     0.00     0.00     0.00      0.00",
        )
    ]
    return [
        _RULE,
        f"!  Data for PHASE number: {number:3d}",
        _RULE,
        name,
        "!Nat Dis Ang Pr1 Pr2 Pr3 Jbt Irf Isy Str Furth       ATZ    Nvk Npr More",
        f"{len(structure.sites) if has_sites else 0:4d}   0   0 {h:.1f} {k:.1f} {axis_l:.1f} {job:3d}   0   0   0   0 "
        f"{structure.mass_of_cell_g_per_mol:14.3f}   0   7   0",
        f"{structure.space_group.split(':')[0]:<24} <--Space group symbol",
        *(
            ["!Atom   Typ       X        Y        Z     Biso       Occ     In Fin N_t Spc /Codes", *atoms]
            if atoms
            else []
        ),
        "!-------> Profile Parameters for Pattern #  1",
        "!  Scale        Shape1      Bov      Str1      Str2      Str3   Strain-Model",
        f" {phase.scale.value:.6E}   0.00000   0.00000   0.00000   0.00000   0.00000       0",
        f"    {10 * number + 1:d}.00000     0.000     0.000     0.000     0.000     0.000",
        "!       U         V          W           X          Y        GauSiz   LorSiz Size-Model",
        f" {width.U:10.6f} {width.V:10.6f} {width.W:10.6f} {width.Y:10.6f} {width.X:10.6f}   0.000000   0.000000    0",
        "      0.000      0.000      0.000      0.000      0.000      0.000      0.000",
        "!     a          b         c        alpha      beta       gamma      #Cell Info",
        f" {a:10.6f} {b:10.6f} {c:10.6f} {alpha:10.6f} {beta:10.6f} {gamma:10.6f}",
        "    0.00000    0.00000    0.00000    0.00000    0.00000    0.00000",
        "!  Pref1    Pref2      Asy1     Asy2     Asy3     Asy4      S_L      D_L",
        f"  {texture:.5f}  0.00000  0.00000  0.00000  0.00000  0.00000  {axial:.5f}  {axial:.5f}",
        "     0.00     0.00     0.00     0.00     0.00     0.00     0.00     0.00",
    ]
