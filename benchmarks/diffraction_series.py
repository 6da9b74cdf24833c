"""A thousand scans of LATP against temperature: time on two processes, memory, and whether each scan ends where a cold start ends.

Simulated scans of 6,154 points (10 to 90 degrees, 8,000 counts) of LATP with 7 wt% berlinite between 25 and 500 degrees C, instrument known. They are
refined by ``refined_series`` as the diffraction technique does it: runs of 32 with warm starts. Then every tenth scan is refined from a cold start and
compared.

Claim held: 1,000 scans in 80 s of CPU, which are 40 s on two cores of a quiet machine (the wall clock is printed beside), memory of each process below 600 MB, no cell parameter of the main phase
further than 0.2 standard deviations from its cold refinement, expansion within four standard deviations of the truth.

Run: python benchmarks/diffraction_series.py [--scans 1000] [--jobs 2]
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from pelletry.techniques.diffraction.cell_law import fitted_law
from pelletry.techniques.diffraction.expansion import expansion_between
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.techniques.diffraction.refining import settled
from pelletry.techniques.diffraction.series import largest_move, refined_series
from pelletry.virtual.diffractometer import DiffractometerTruth, PhaseTruth, angles_from, expected_counts

ALPHA_A, ALPHA_C = -2.0e-7, 2.85e-5
MOST_CPU_S, MOST_MOVE_STD, MOST_MEGABYTES = 80.0, 0.2, 600.0
CHECKED_EVERY = 10


def option(name: str, default: int) -> int:
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else default


def cpu_seconds() -> float:
    """CPU of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def simulated(count: int, truth: DiffractometerTruth) -> tuple[np.ndarray, list[Pattern]]:
    """Expected counts at 25 temperatures, each drawn again and again with the cell between them moved in steps."""
    latp, berlinite = named_phases(["latp", "alpo4-berlinite"]).structures
    phases = (
        PhaseTruth(structure=latp, mass_fraction=0.93, expansion_per_K=(ALPHA_A, ALPHA_A, ALPHA_C)),
        PhaseTruth(structure=berlinite, mass_fraction=0.07, expansion_per_K=(1.2e-5, 1.2e-5, 1.0e-5)),
    )
    x = angles_from(10.0, 10.0 + 0.013 * 6153, 0.013)
    temperatures = np.linspace(298.15, 773.15, count)
    random = np.random.default_rng(20230206)
    made = []
    for kelvin in temperatures:
        counts = random.poisson(expected_counts(phases, truth, x, temperature_K=float(kelvin))).astype(float)
        made.append(Pattern.from_counts(x, counts, name=f"{kelvin:.1f} K"))
    return temperatures, made


def main() -> int:
    count, jobs = option("--scans", 1000), option("--jobs", 2)
    instrument = Instrument(
        radiation=radiation_of("Cu"),
        radius_m=0.24,
        W=0.004,
        X=0.02,
        Y=0.03,
        axial_divergence=0.02,
        is_frozen=True,
        source="truth",
    )
    truth = DiffractometerTruth(instrument=instrument, displacement_m=-40e-6, highest_counts=8000.0)
    structures = named_phases(["latp", "alpo4-berlinite"]).structures
    temperatures, patterns = simulated(count, truth)
    options = RefineOptions()
    settled(patterns[0], structures, instrument, options)  # compiled or loaded before the clock starts
    begin, before = time.perf_counter(), cpu_seconds()
    found = refined_series(patterns, structures, [instrument] * count, options, jobs=jobs)
    seconds, spent = time.perf_counter() - begin, cpu_seconds() - before
    megabytes = (
        max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    )
    moves = []
    for i in range(0, count, CHECKED_EVERY):
        cold, warm = settled(patterns[i], structures, instrument, options).refinement, found.attempts[i].refinement
        if cold is not None and warm is not None:
            moves.append(largest_move(warm, cold))
    latp = [a.refinement.phase("latp") for a in found.attempts if a.refinement is not None]
    law = fitted_law(
        temperature_K=temperatures, cells=np.array([[q.value for q in p.cell] for p in latp]),
        covariances=np.array([p.cell_covariance[:6, :6] for p in latp]), degree=1,
    )  # fmt: skip
    along = dict(expansion_between(law, 298.15, 773.15).along)
    off = [(along[k].value - true) / (along[k].std or np.inf) for k, true in (("a", ALPHA_A), ("c", ALPHA_C))]
    print(
        f"{count} scans of {patterns[0].two_theta_deg.size} points, {jobs} processes: {spent:.1f} s of CPU, "
        f"{1e3 * spent / count:.1f} ms a scan; wall clock {seconds:.1f} s"
    )
    print(f"largest memory of a process: {megabytes:.0f} MB")
    print(f"{len(moves)} scans refined cold: largest move {max(moves):.3f} std, median {np.median(moves):.4f}")
    print(f"expansion less truth, in std: a {off[0]:+.1f}, c {off[1]:+.1f}; chi2 reduced {law.chi2_reduced:.2f}")
    held = spent <= MOST_CPU_S * max(count, 200) / 1000 and max(moves) <= MOST_MOVE_STD and max(map(abs, off)) < 4
    held = held and megabytes <= MOST_MEGABYTES
    print("claim held" if held else "claim NOT held")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
