"""An inductance beside a plain R: below zero it is the capacitance of an arc beyond the window; its interval follows chi2."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from pelletry.core.provenance import Origin
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.techniques.impedance.analyse import analyse
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.fit import fit_spectra
from pelletry.techniques.impedance.result import ImpedanceResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

F = np.logspace(6, -1, 71)
CABLE_H = 0.3e-6


def spectrum(*, grain_ohm: float, grain_F: float, noise: float, seed: int) -> np.ndarray:
    s = 2j * np.pi * F
    z = s * CABLE_H + grain_ohm / (1 + s * grain_ohm * grain_F)
    z = z + 3e3 / (1 + (s * 3e3 * 1e-9) ** 0.93) + 1 / (3e-6 * s**0.88)
    random = np.random.default_rng(seed)
    return np.asarray(z + noise * abs(z) * (random.standard_normal(F.size) + 1j * random.standard_normal(F.size)))


def analysed(z: np.ndarray) -> ImpedanceResult:
    measured = ImpedanceSpectrum(
        name="S",
        origin=Origin(path="raw/S.z", sha256="0" * 64, format="zplot"),
        frequency_Hz=F,
        impedance_ohm=z,
        file_row=np.arange(F.size),
    )
    inputs = Inputs(sample=Sample(name="P"), settings=ImpedanceSettings(circuit="LR(RQ)Q"))
    return analyse([measured], inputs)


def test_an_inductance_below_zero_is_told_as_the_capacitance_that_it_is() -> None:
    result = analysed(spectrum(grain_ohm=1e3, grain_F=20e-12, noise=0.001, seed=1))
    (finding,) = [f for f in result.findings if f.code == "inductance-negative"]
    assert finding.severity == "info"
    # L = 0.3 uH - R^2 C = -19.7 uH, which the series in R C ends at its second term: 19 pF of the 20 pF
    assert "at least -L/R² = 19 pF" in finding.sentence
    assert "plain R" in finding.sentence


def test_a_cable_alone_is_not_commented_on() -> None:
    result = analysed(spectrum(grain_ohm=1e3, grain_F=1e-14, noise=0.001, seed=1))
    assert "inductance-negative" not in {f.code for f in result.findings}


def test_the_interval_of_a_linked_inductance_ends_where_chi2_has_risen_by_t_squared() -> None:
    # Noisy, so that the grain resistance is open by a third; the inductance hangs on it.
    z = spectrum(grain_ohm=120.0, grain_F=1e-14, noise=0.05, seed=3)
    (fit,) = fit_spectra("LR(RQ)Q", F, z)
    at = fit.quantity_names.index("L1")
    assert fit.interval_methods[at] == "profile-likelihood"
    circuit = parse_circuit("LR(RQ)Q")
    free = [i for i in range(len(fit.theta)) if i != at]

    def rise(inductance_H: float) -> float:
        """chi2 of the best fit with this L, by an independent minimiser, above the minimum, in units of its variance."""

        def residual(others: np.ndarray) -> np.ndarray:
            theta = fit.theta.copy()
            theta[free], theta[at] = others, np.arcsinh(inductance_H / 1e-6)
            model = circuit.impedance(F, circuit.values_from_theta(theta))
            return np.asarray(((model - z) / abs(z)).view(float))

        best = least_squares(residual, fit.theta[free], x_scale="jac", xtol=1e-12, ftol=1e-12)
        return float((2 * best.cost - fit.chi2) / fit.chi2_reduced)

    t_squared = 1.9794**2  # 135 degrees of freedom
    for end in fit.interval_95[at]:
        assert rise(float(end)) == pytest.approx(t_squared, rel=0.06)
