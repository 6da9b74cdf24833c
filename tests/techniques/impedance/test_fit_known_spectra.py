"""Spectra whose truth is known from elsewhere: simulated ones with their exact distribution function, and dummy cells.

The simulated spectra and their distributions of relaxation times come with hybrid-drt/bayes-drt (J. Huang, BSD-3); dummy
cells of plain resistors and a capacitor were measured on a Solartron (impedance.py's test data, MIT).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pelletry.techniques.impedance.model.fit import fit_spectra
from pelletry.techniques.impedance.model.fit_result import CircuitFit

FOLDER = ("eis_known_drt", "jdhuang-csm+bayes-drt")


def zarc_distribution(fit: CircuitFit, tau_s: np.ndarray) -> np.ndarray:
    """Distribution of relaxation times of the R-Q arcs of a fit, in closed form (an R-C arc is a spike and left out)."""
    total = np.zeros(len(tau_s))
    for arc in fit.arcs:
        n, turn = arc.exponent.value, (1.0 - arc.exponent.value) * np.pi
        if n < 1.0:
            width = np.cosh(n * np.log(tau_s / arc.tau_s)) - np.cos(turn)
            total += arc.resistance.value / (2 * np.pi) * np.sin(turn) / width
    return total


@pytest.mark.parametrize(("name", "circuit"), [("2ZARC", "R(RQ)(RQ)"), ("RC-ZARC", "(RC)(RQ)")])
def test_fitted_arcs_have_the_known_distribution_of_relaxation_times(
    raw_data: Callable[..., Path], name: str, circuit: str
) -> None:
    data = np.genfromtxt(raw_data(*FOLDER, f"Z_{name}_noiseless.csv"), delimiter=",", names=True)
    known = np.genfromtxt(raw_data(*FOLDER, f"gamma_{name}.csv"), delimiter=",", names=True)
    fit = fit_spectra(circuit, data["Freq"], data["Zreal"] + 1j * data["Zimag"])[0]
    assert fit.rms_relative_residual < 1e-10
    np.testing.assert_allclose(zarc_distribution(fit, known["tau"]), known["gamma"], atol=1e-9 * known["gamma"].max())


@pytest.mark.parametrize("noise", ["uniform_0.25", "uniform_1.0", "Macdonald_0.25", "Macdonald_1.0", "Orazem_1.0"])
def test_stated_noise_gives_a_chi2_of_one_and_intervals_that_hold_the_truth(
    raw_data: Callable[..., Path], noise: str
) -> None:
    data = np.genfromtxt(raw_data(*FOLDER, f"Z_2ZARC_{noise}.csv"), delimiter=",", names=True)
    weight = 1.0 / np.stack([data["sigma_re"], data["sigma_im"]], axis=1)[None]
    fit = fit_spectra("R(RQ)(RQ)", data["Freq"], data["Zreal"] + 1j * data["Zimag"], weighting=weight)[0]
    assert fit.chi2_reduced == pytest.approx(1.0, abs=4 * np.sqrt(2 / fit.degrees_of_freedom))
    truth = np.array([1.0, 1.0, 1e-3**0.8, 0.8, 1.0, 1e-2**0.8, 0.8])
    # Seven parameters at 95 %: one miss is no surprise, and no parameter may be far off.
    inside = (fit.interval_95[:, 0] <= truth) & (truth <= fit.interval_95[:, 1])
    assert inside.sum() >= 6
    assert fit.resistance_total is not None
    assert fit.resistance_total.value == pytest.approx(3.0, rel=0.02)


@pytest.mark.parametrize(
    ("number", "series_ohm", "parallel_ohm"), [(1, 29.1, 46.7), (2, 149.7, 502.9), (3, 1504, 4633)]
)
def test_dummy_cells_of_ideal_parts_want_an_ideal_capacitor(
    raw_data: Callable[..., Path], number: int, series_ohm: float, parallel_ohm: float
) -> None:
    text = raw_data("solartron_z", "ECSHackWeek+impedance_py", f"Circuit{number}_EIS_1.z").read_text(errors="replace")
    body = text.partition("End Comments")[2].splitlines()[1:]
    columns = np.array([line.replace(",", " ").split() for line in body if line.strip()], dtype=float)
    frequency, impedance = columns[:, 0], columns[:, 4] + 1j * columns[:, 5]
    ideal = fit_spectra("R(RC)", frequency, impedance)[0]
    bent = fit_spectra("R(RQ)", frequency, impedance)[0]
    np.testing.assert_allclose(ideal.values[:2], [series_ohm, parallel_ohm], rtol=2e-3)
    assert ideal.is_resolved
    assert ideal.aicc < bent.aicc
    assert bent.values[3] == pytest.approx(1.0, abs=2e-3)
    assert bent.interval_95[3, 1] == 1.0
