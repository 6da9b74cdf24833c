"""Random circuits whose parameters are known: the spectra that the impedance benchmarks are run on.

A: LATP-like, R(RQ)Q: R1 50-500 ohm, R2 200-2e5 ohm, effective capacitance 0.5-10 nF, n1 0.8-1, electrode Q 1e-6..1e-5
   with n 0.7-0.95.
B: R(RQ)(RQ)(RQ)W, the circuit of a glass-ceramic with three overlapping arcs: arcs of 200-1e4 ohm, time constants 1.2-1.8
   decades apart. What that leaves open is chosen so that R1 is hardly seen (its Cramer-Rao bound is 4 % in the median,
   and 10-20 % for the Q of the arcs): R1 50-500 ohm, the fastest time constant between 10^-6.75 and 10^-5.75 s, n 0.8-1,
   Warburg 100-2000 ohm s^-1/2.
Both: 60 points from 1 MHz to 0.1 Hz; Gaussian noise of the stated share of |Z| on both parts. Everything that is a size is
drawn evenly on the logarithm.
"""

from __future__ import annotations

import numpy as np

from pelletry.techniques.impedance.model.circuit import Circuit, parse_circuit

FREQUENCY_HZ = np.logspace(6, -1, 60)
CIRCUITS = {"A": "R(RQ)Q", "B": "R(RQ)(RQ)(RQ)W"}


def _even_log(random: np.random.Generator, low: float, high: float, size: int) -> np.ndarray:
    return 10 ** random.uniform(np.log10(low), np.log10(high), size)


def true_values(which: str, count: int, random: np.random.Generator) -> np.ndarray:
    """Natural parameters (count, p) in the order of the circuit's names."""
    if which == "A":
        r1, r2 = _even_log(random, 50, 500, count), _even_log(random, 200, 2e5, count)
        tau, n1 = r2 * _even_log(random, 0.5e-9, 10e-9, count), random.uniform(0.8, 1.0, count)
        leg = [_even_log(random, 1e-6, 1e-5, count), random.uniform(0.7, 0.95, count)]
        return np.stack([r1, r2, tau**n1 / r2, n1, *leg], axis=1)
    columns = [_even_log(random, 50, 500, count)]
    ln_tau = random.uniform(-6.75, -5.75, count)
    for _ in range(3):
        r, n = _even_log(random, 200, 1e4, count), random.uniform(0.8, 1.0, count)
        columns += [r, (10**ln_tau) ** n / r, n]
        ln_tau = ln_tau + random.uniform(1.2, 1.8, count)
    return np.stack([*columns, _even_log(random, 100, 2000, count)], axis=1)


def true_spectra(which: str, count: int, *, noise: float, seed: int) -> tuple[Circuit, np.ndarray, np.ndarray]:
    """The circuit, its true values (count, p) and noisy impedances (count, 60)."""
    random = np.random.default_rng(seed)
    circuit = parse_circuit(CIRCUITS[which])
    values = true_values(which, count, random)
    clean = circuit.impedance(FREQUENCY_HZ, values)
    noises = random.normal(size=clean.shape) + 1j * random.normal(size=clean.shape)
    return circuit, values, clean + noise * np.abs(clean) * noises


def cramer_rao_relative_std(circuit: Circuit, values: np.ndarray, noise: float) -> np.ndarray:
    """Smallest possible relative standard deviation (count, p) of each parameter."""
    theta = circuit.theta_from_values(values)
    clean, jacobian = circuit.impedance_and_jacobian(FREQUENCY_HZ, theta)
    rows = np.moveaxis(jacobian / (noise * np.abs(clean))[:, :, None], 1, 2).copy().view(float)
    slope = circuit.log_jacobian(theta)
    spread = slope @ np.linalg.inv(rows @ rows.transpose(0, 2, 1)) @ slope.transpose(0, 2, 1)
    std = np.sqrt(np.einsum("bii->bi", spread))
    is_n = [parameter.kind == "n" for parameter in circuit.parameters]
    return np.where(is_n, std / values, std)
