"""Do fits without any guess find the truth? Recovery of known circuits, with the ceiling the data themselves set.

Claim held: set A (LATP-like R(RQ)Q, 2,000 spectra) 100 % of parameters within max(5 %, 4 Cramer-Rao deviations) at 0.5 %
noise and >= 99.8 % at 2 %; set B (R(RQ)(RQ)(RQ)W, 2,000 spectra) >= 97 % at 0.5 %. "ceiling" is the same count for the
lower of two minima, ours and the one reached from the truth: more than that no search can find, because noise has moved
the minimum itself. "minimum reached" is the share of spectra whose chi2 is within 0.1 % of the lower of the two.
Sets: see impedance_truth.py.

Run: python benchmarks/impedance_recovery.py [--quick]
"""

from __future__ import annotations

import sys
import time

import numpy as np
from impedance_truth import FREQUENCY_HZ, cramer_rao_relative_std, true_spectra

from pelletry.fitting.least_squares import damped_least_squares
from pelletry.techniques.impedance.model.fit import fit_spectra
from pelletry.techniques.impedance.model.problem import checked_spectra, problem_from_spectra

CLAIMS = (("A", 2000, 0.005, 100.0), ("A", 2000, 0.02, 99.8), ("B", 2000, 0.005, 97.0), ("B", 500, 0.02, None))


def recovery(which: str, count: int, noise: float) -> dict[str, float]:
    """Shares in percent, and CPU per fit in ms."""
    circuit, truth, spectra = true_spectra(which, count, noise=noise, seed=2026)
    began = time.process_time()
    fits = fit_spectra(circuit, FREQUENCY_HZ, spectra)
    cpu_ms = (time.process_time() - began) / count * 1e3
    problem = problem_from_spectra(circuit, *checked_spectra(FREQUENCY_HZ, spectra, None), "modulus")
    ideal = damped_least_squares(
        problem.residual_and_jacobian,
        circuit.theta_from_values(truth),
        lower=problem.lower,
        upper=problem.upper,
        longest_step=3.0,
        curve=problem.curve,
        residuals=problem.residuals,
        max_iterations=500,
    )
    allowed = np.maximum(0.05, 4.0 * cramer_rao_relative_std(circuit, truth, noise))
    values, chi2 = np.stack([fit.values for fit in fits]), np.array([fit.chi2 for fit in fits])
    lowest = np.minimum(chi2, ideal.chi2)
    best = np.where((chi2 <= ideal.chi2)[:, None], values, circuit.values_from_theta(ideal.theta))
    is_found = np.abs(values / truth - 1.0) <= allowed
    is_possible = np.abs(best / truth - 1.0) <= allowed
    return {
        "parameters found": 100 * is_found.mean(),
        "spectra with all found": 100 * is_found.all(axis=1).mean(),
        "parameters, ceiling": 100 * is_possible.mean(),
        "spectra, ceiling": 100 * is_possible.all(axis=1).mean(),
        "came to rest": 100 * np.mean([fit.is_converged for fit in fits]),
        "minimum reached": 100 * (chi2 <= lowest * 1.001).mean(),
        "R1 within 10 %": 100 * (np.abs([fit.values[0] for fit in fits] / truth[:, 0] - 1) < 0.1).mean(),
        "median Cramer-Rao of R1, %": 100 * float(np.median(cramer_rao_relative_std(circuit, truth, noise)[:, 0])),
        "CPU ms per fit": cpu_ms,
    }


def main() -> int:
    quick = "--quick" in sys.argv
    failures = 0
    for which, count, noise, claim in CLAIMS:
        found = recovery(which, count // 10 if quick else count, noise)
        kept = claim is None or found["parameters found"] >= claim
        failures += not kept
        stated = "no claim" if claim is None else f"claim {claim:g} %: {'held' if kept else 'NOT HELD'}"
        print(f"set {which}, {100 * noise:g} % noise, {count // 10 if quick else count} spectra ({stated})")
        for name, value in found.items():
            print(f"    {name:28s} {value:8.2f}")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
