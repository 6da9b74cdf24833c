"""Does the interval of Li per Zr from Li 1s and Zr 4s hold the truth, with the pristine pellet as internal standard?

Pristine and cycled LiZr2(PO4)3 surfaces from the virtual photoelectron spectrometer: 10 to 80 % of the Zr reacted (1.3 to 6.5 Li a Zr),
with random counting time, level, slope, step, losses and windows, both spectra of a pair under the same instrument. The lines are those of
the fit, the background is none of its models.

Claim held: at least 90 % of the 95 % intervals hold the truth, and nine of ten pairs give one. No claim: how wide they are, and Scofield's.

Run: python benchmarks/xps_lithium_ratio.py [pairs]
"""

from __future__ import annotations

import sys

import numpy as np

from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.techniques.xps import CARD
from pelletry.techniques.xps.measurement import Region
from pelletry.virtual.photoelectron_spectrometer import (
    PhotoelectronSpectrometer,
    RegionPlan,
    lzp_pellet,
    measured_regions,
)

SETTINGS = CARD.settings.model_validate(
    {
        "pristine_li_to_zr": 0.5,
        "component": [
            {"region": "Li 1s", "name": "Zr 4s", "level": "Zr 4s", "position_eV": 52.5, "fwhm_eV": 2.6},
            {"region": "Li 1s", "name": "Li 1s", "position_eV": 55.7, "fwhm_eV": 1.5},
        ],
    }
)
ORIGIN = Origin(path="simulated", sha256="0" * 64, format="none")


def pair(rng: np.random.Generator, reacted_share: float) -> list[Region]:
    instrument = PhotoelectronSpectrometer(
        sweeps=int(rng.choice([5, 10, 30])),
        step_ratio=rng.uniform(0.0, 0.03),
        loss_ratio=rng.uniform(0.0, 400.0),
        gap_eV=rng.uniform(0.0, 4.0),
        level_counts_per_s=10 ** rng.uniform(1.5, 3.0),
        slope_ratio=rng.uniform(-0.02, 0.05),
    )
    regions = []
    for role in ("pristine", "cycled"):
        truth = lzp_pellet(is_cycled=role == "cycled", charge_shift_eV=0.0, reacted_share=reacted_share)
        plan = RegionPlan(level="Li 1s", low_eV=44.0 + rng.uniform(-1.0, 1.0), high_eV=66.0 + rng.uniform(-1.0, 1.0))
        found = measured_regions(truth, instrument, [plan], seed=int(rng.integers(1_000_000)))[0]
        regions.append(
            Region(
                name="Li 1s",
                level="Li 1s",
                energy_eV=found.binding_energy_eV[::-1],
                intensity=found.counts[::-1],
                unit="counts",
                counts_per_unit=1.0,
                role=role,
                origin=ORIGIN,
            )
        )
    return regions


def main(pairs: int) -> int:
    rng = np.random.default_rng(3)
    held: list[bool] = []
    scofield: list[bool] = []
    widths: list[float] = []
    errors: list[float] = []
    for _ in range(pairs):
        share = rng.uniform(0.1, 0.8)
        result = CARD.analyse(pair(rng, share), Inputs(sample=Sample(name="LZP"), settings=SETTINGS))
        atoms = ((1.0 - share) + 16.0 * share) / 2.0
        cycled = next(one for one in result.lithium if one.role == "cycled")
        if isinstance(cycled.with_scofield, Estimate) and cycled.with_scofield.interval is not None:
            low, high = cycled.with_scofield.interval
            scofield.append(low < atoms < high)
        if isinstance(cycled.with_standard, Estimate) and cycled.with_standard.interval is not None:
            low, high = cycled.with_standard.interval
            held.append(low < atoms < high)
            widths.append(high / max(low, 1e-9))
            errors.append(abs(np.log(cycled.with_standard.value / atoms)))
    coverage, given = float(np.mean(held)), len(held) / pairs
    print(
        f"with the pristine pellet: {100 * coverage:.1f} % of {len(held)} intervals hold the truth, {pairs - len(held)} pairs give a lower limit only"
    )
    print(
        f"upper over lower end {np.median(widths):.1f} (median), error of the value {100 * np.median(errors):.0f} % (median)"
    )
    print(f"Scofield (right here, since the simulation uses it): {100 * np.mean(scofield):.1f} % of {len(scofield)}")
    is_held = coverage >= 0.9 and given >= 0.9
    print(f"claim: {'held' if is_held else 'NOT HELD'}")
    return 0 if is_held else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
