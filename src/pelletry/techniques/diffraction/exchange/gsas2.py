"""The same model for GSAS-II: an instrument file, a CIF of each phase, the data, and a script that puts them together."""

from __future__ import annotations

import numpy as np

from pelletry.techniques.diffraction.exchange.cif import cif_text
from pelletry.techniques.diffraction.exchange.instrument_files import instprm_text
from pelletry.techniques.diffraction.exchange.model import columns_text, refinement_of, safe_names
from pelletry.techniques.diffraction.result import PatternResult

__all__ = ["gsas2_files"]

_SCRIPT = '''"""Rebuild in GSAS-II what was refined in Pelletry{note}.

Run with the Python of a GSAS-II installation. Start values are those of the finished refinement; size and strain of each phase
are set, the background is a Chebyshev polynomial fitted to the one found. Then scales, background and cells are refined.
"""

import GSASII.GSASIIscriptable as G2sc

project = G2sc.G2Project(newgpx="{base}.gpx")
histogram = project.add_powder_histogram("{base}.xye", "{base}.instprm")
histogram.set_refinements({{"Limits": [{low:.6f}, {high:.6f}]}})
histogram.data["Background"][0] = ["chebyschev-1", True, {terms}, {coefficients}]
histogram.data["Sample Parameters"]["Gonio. radius"] = {radius_mm:.3f}
histogram.data["Sample Parameters"]["Shift"] = [{shift_um:.4f}, False]
histogram.data["Sample Parameters"]["Type"] = "Bragg-Brentano"

for name, size_um, microstrain, fraction in {phases}:
    phase = project.add_phase(name + ".cif", phasename=name, histograms=[histogram], fmthint="CIF")
    hap = phase.getHAPvalues(histogram)
    hap["Size"][1][0] = size_um
    hap["Mustrain"][1][0] = microstrain
    hap["Scale"] = [fraction, True]
    phase.set_refinements({{"Cell": True}})

project.save()
project.do_refinements([{{}}])
print("Rwp %", histogram.get_wR(), "(Pelletry: {rwp:.3f})")
'''


def gsas2_files(pattern: PatternResult, *, base: str, is_simulated: bool = False) -> dict[str, str]:
    """``{file name: text}``: instprm, xye, a CIF a phase, and ``<base>_gsas2.py``."""
    refinement = refinement_of(pattern)
    names = safe_names(phase.name for phase in refinement.phases)
    use = pattern.use
    x = pattern.two_theta_deg[use]
    terms = 12
    series = np.polynomial.chebyshev.Chebyshev.fit(x, refinement.background[use], terms - 1, domain=[x[0], x[-1]])
    total = max((phase.scale.value for phase in refinement.phases), default=1.0) or 1.0
    phases = [
        (
            name,
            10.0 if phase.size_m is None else min(10.0, 1e6 * phase.size_m.value),
            0.1 if phase.strain is None else 2e6 * phase.strain.value,
            phase.scale.value / total,
        )
        for phase, name in zip(refinement.phases, names, strict=True)
    ]
    radius_m = refinement.instrument.radius_m or 0.2
    note = " (simulated data)" if is_simulated else ""
    script = _SCRIPT.format(
        note=note, base=base, low=x[0], high=x[-1], terms=terms,
        coefficients=", ".join(f"{c:.7g}" for c in series.coef), radius_mm=radius_m * 1e3,
        shift_um=refinement.displacement_m * 1e6, phases=repr(phases), rwp=100 * refinement.rwp,
    )  # fmt: skip
    return {
        f"{base}.instprm": instprm_text(refinement.instrument, comment=refinement.instrument.source),
        f"{base}.xye": columns_text(pattern),
        **{
            f"{name}.cif": cif_text(phase, refinement, name=name, comment=note.strip())
            for phase, name in zip(refinement.phases, names, strict=True)
        },
        f"{base}_gsas2.py": script,
    }
