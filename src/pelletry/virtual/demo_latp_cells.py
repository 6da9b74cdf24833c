"""The symmetric lithium cell of the demo study ``latp``: the best pellet at three current densities, with spectra between the steps.

The current densities are those of Raj 2023; interface, time constants and number of steps are assumed
(:data:`pelletry.virtual.demo_latp.ASSUMED`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pelletry.reference.raj2023 import published_pellets
from pelletry.virtual.cycler import CellRun, SymmetricCellTruth, gcpl_mpt, spectra_mpt, symmetric_cell_run
from pelletry.virtual.demo_kit import FileRow, Written
from pelletry.virtual.demo_latp_pellets import pellet_truth, random_of

__all__ = ["CELL_SAMPLE", "CURRENT_DENSITIES_A_PER_M2", "INTERFACE_OHM_M2", "cell_truth", "written_cell"]

_PELLET = "LATPBM_Ar_800"
CELL_SAMPLE = f"Li|{_PELLET}|Li"
#: 0.005, 0.01 and 0.05 mA/cm2.
CURRENT_DENSITIES_A_PER_M2 = (0.05, 0.1, 0.5)
#: Of one of the two interfaces.
INTERFACE_OHM_M2 = 400e-4
_STEPS, _STEP_S, _INTERVAL_S = 4, 1800.0, 20.0


def cell_truth(current_density_A_per_m2: float) -> SymmetricCellTruth:
    """The cell under one current density."""
    pellet = pellet_truth(next(p for p in published_pellets() if p.sample == _PELLET))
    area_m2 = pellet.electrode_area_m2
    sigma_S_per_m = pellet.total.conductivity_25C_S_per_m
    return SymmetricCellTruth(
        pellet_resistance_ohm=pellet.thickness_m / (sigma_S_per_m * area_m2),
        interface_resistance_ohm=2.0 * INTERFACE_OHM_M2 / area_m2,
        interface_time_s=0.02,
        slow_fraction=0.1,
        noise_V=2e-5,
        current_A=current_density_A_per_m2 * area_m2,
        step_s=_STEP_S,
        steps=_STEPS,
        interval_s=_INTERVAL_S,
    )


def written_cell(raw: Path, pellet_rows: Mapping[str, Mapping[str, str]]) -> Written:
    """The run and its spectra; the cell has the size that was read from the pellet."""
    (raw / "cell").mkdir()
    random = random_of(CELL_SAMPLE)
    run = _one_after_another([symmetric_cell_run(cell_truth(j), random) for j in CURRENT_DENSITIES_A_PER_M2])
    comment = f"SIMULATED {CELL_SAMPLE} 25 degC"
    (raw / "cell" / "Li_Li_GCPL.mpt").write_bytes(gcpl_mpt(run, comment=comment))
    (raw / "cell" / "Li_Li_GEIS.mpt").write_bytes(spectra_mpt(run, comment=comment))
    files = tuple(
        FileRow(
            file=f"raw/cell/Li_Li_{kind}.mpt", sample=CELL_SAMPLE, temperature="25 °C", temperature_source="thermostat",
            technique=technique,
        )
        for kind, technique in (("GCPL", "cycling"), ("GEIS", "impedance"))
    )  # fmt: skip
    sample = {
        **{key: pellet_rows[_PELLET][key] for key in ("composition", "diameter", "thickness", "electrode_diameter")},
        "sample": CELL_SAMPLE,
        "made_of": _PELLET,
        "cell": "symmetric",
        "files": "raw/cell/Li_Li_*.mpt",
        "notes": "simulated cell; lithium on the whole of both faces",
    }
    return Written(samples=(sample,), files=files)


def _one_after_another(runs: list[CellRun]) -> CellRun:
    """One record of the channel: each run begins two minutes after the last point or spectrum of the one before."""
    offsets = [0.0]
    for run in runs[:-1]:
        offsets.append(offsets[-1] + max(float(run.time_s[-1]), run.spectra[-1][0]) + 120.0)
    return CellRun(
        time_s=np.concatenate([run.time_s + offset for run, offset in zip(runs, offsets, strict=True)]),
        voltage_V=np.concatenate([run.voltage_V for run in runs]),
        current_A=np.concatenate([run.current_A for run in runs]),
        spectra=tuple(
            (start + offset, frequency, z)
            for run, offset in zip(runs, offsets, strict=True)
            for start, frequency, z in run.spectra
        ),
    )
