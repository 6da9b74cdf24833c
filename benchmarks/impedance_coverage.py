"""Do 95 % intervals hold the truth 95 % of the time? Coverage of every reported quantity over 500 simulated spectra.

Claim held: for R1, R2, Q1, n1, Q2, n2 of R(RQ)Q, the arc's effective capacitance and peak frequency, and the sum of
resistances, at 0.5 % and at 2 % noise, the nominal 95 % interval holds the truth in 90-98 % of spectra. A second set has a
grain arc far outside the window, (RC)(RQ)Q with 3-30 pF, where the covariance alone fails.

Run: python benchmarks/impedance_coverage.py
"""

from __future__ import annotations

import numpy as np
from impedance_truth import FREQUENCY_HZ, true_values

from pelletry.techniques.impedance.model.bootstrap import bootstrap_spectrum
from pelletry.techniques.impedance.model.circuit import Circuit, parse_circuit
from pelletry.techniques.impedance.model.fit import fit_spectra
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.model.quantities import quantities_at, quantity_names
from pelletry.techniques.impedance.model.spread import natural_from_coordinate

LOWEST, HIGHEST = 90.0, 98.0


def spectra(text: str, count: int, noise: float, seed: int) -> tuple[Circuit, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    circuit, values = parse_circuit(text), true_values("A", count, random)
    if text == "(RC)(RQ)Q":
        grain = 10 ** random.uniform(np.log10(3e-12), np.log10(30e-12), (count, 1))
        values = np.concatenate([values[:, :1], grain, values[:, 1:]], axis=1)
    clean = circuit.impedance(FREQUENCY_HZ, values)
    noises = random.normal(size=clean.shape) + 1j * random.normal(size=clean.shape)
    return circuit, values, clean + noise * np.abs(clean) * noises


def intervals(fit: CircuitFit) -> np.ndarray:
    """Intervals (d, 2) of all quantities in their order."""
    derived = [q.interval for arc in fit.arcs for q in (arc.capacitance, arc.peak_frequency)]
    total = fit.resistance_total.interval if fit.resistance_total else (0.0, np.inf)
    return np.array([*fit.interval_95.tolist(), *derived, total])


def covered(text: str, count: int, noise: float, *, claimed: bool) -> int:
    circuit, values, impedance = spectra(text, count, noise, seed=11)
    names = quantity_names(circuit)
    truth = natural_from_coordinate(circuit, quantities_at(circuit, circuit.theta_from_values(values)).coordinate)
    auto = fit_spectra(circuit, FREQUENCY_HZ, impedance)
    plain = fit_spectra(circuit, FREQUENCY_HZ, impedance, intervals="covariance")
    columns = {
        "covariance": np.array([intervals(fit) for fit in plain]),
        "reported": np.array([intervals(fit) for fit in auto]),
        "bootstrap": np.array([bootstrap_spectrum(fit, 400, 1).interval_95 for fit in auto]),
    }
    profiled = np.array([[m != "covariance" for m in fit.interval_methods] for fit in auto]).mean(axis=0)
    shares = {key: 100 * ((v[..., 0] <= truth) & (truth <= v[..., 1])).mean(axis=0) for key, v in columns.items()}
    print(f"{text}, {100 * noise:g} % noise, {count} spectra: share of 95 % intervals that hold the truth, %")
    print(f"    {'':8s}" + "".join(f"{key:>12s}" for key in columns) + f"{'by profile':>12s}")
    for i, name in enumerate(names):
        print(f"    {name:8s}" + "".join(f"{shares[key][i]:12.1f}" for key in columns) + f"{100 * profiled[i]:12.0f}")
    wrong = [name for i, name in enumerate(names) if not LOWEST <= shares["reported"][i] <= HIGHEST]
    print(f"    {'outside 90-98 %: ' + ', '.join(wrong) if wrong else 'all reported intervals within 90-98 %'}")
    return len(wrong) if claimed else 0


def main() -> int:
    failures = covered("R(RQ)Q", 500, 0.005, claimed=True) + covered("R(RQ)Q", 500, 0.02, claimed=True)
    failures += covered("(RC)(RQ)Q", 500, 0.005, claimed=False)
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
