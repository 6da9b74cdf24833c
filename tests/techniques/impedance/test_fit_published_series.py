"""The fit against published fits of real spectra: an ion-conducting pellet at 140-200 degC.

The files and the published parameters come with EISFitpython (Sheyigold, MIT licence): seven Novocontrol text files and
a batch report for (R1|Q1)+(R2|Q2)+Q3. Which weighting they used is not said in the report; chi-squared tells: with modulus
weights our minima equal theirs to six digits, with unit or proportional weights they are nowhere near.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest

from pelletry.techniques.impedance.model.fit import fit_spectra

KELVINS = (413, 423, 433, 443, 453, 463, 473)
FOLDER = ("eis_temperature_series", "Sheyigold+EISFitpython")


@attrs.frozen
class Published:
    chi2: float
    values: np.ndarray
    std: np.ndarray


@pytest.fixture(scope="module")
def published(raw_data: Callable[..., Path]) -> dict[int, Published]:
    report = raw_data(*FOLDER, "published_fit_separate", "Batch_EISfit_Report.txt").read_text(encoding="utf-8")
    found = {}
    for kelvin, body in re.findall(r"Data_(\d+)K\s*\n(.*?)Correlation", report, re.DOTALL):
        chi2 = re.search(r"Chi-squared: (\S+)", body)
        rows = np.array(re.findall(r"[RQn]\d =\s+(\S+)\s+(\S+)\s+\S+", body), dtype=float)
        assert chi2 is not None
        found[int(kelvin)] = Published(float(chi2[1]), rows[:, 0], rows[:, 1])
    return found


def spectrum(raw_data: Callable[..., Path], kelvin: int) -> tuple[np.ndarray, np.ndarray]:
    columns = np.loadtxt(raw_data(*FOLDER, "spectra", f"s04147-{kelvin - 273}deg.txt"), skiprows=3)
    return columns[:, 0], columns[:, 1] + 1j * columns[:, 2]


@pytest.mark.parametrize("kelvin", KELVINS)
def test_published_parameters_errors_and_chi2_are_reproduced(
    raw_data: Callable[..., Path], published: dict[int, Published], kelvin: int
) -> None:
    fit = fit_spectra("(RQ)(RQ)Q", *spectrum(raw_data, kelvin))[0]
    assert fit.chi2 == pytest.approx(published[kelvin].chi2, rel=1e-5)
    # The report prints four digits.
    np.testing.assert_allclose(fit.values, published[kelvin].values, rtol=6e-4)
    np.testing.assert_allclose(fit.std, published[kelvin].std, rtol=2e-3)
    assert fit.verdict("R1").is_resolved
    assert fit.verdict("R2").is_resolved


def test_other_weightings_do_not_reproduce_the_published_chi2(
    raw_data: Callable[..., Path], published: dict[int, Published]
) -> None:
    frequency, impedance = spectrum(raw_data, 413)
    for weighting in ("unit", "proportional"):
        fit = fit_spectra("(RQ)(RQ)Q", frequency, impedance, weighting=weighting)[0]
        assert abs(fit.chi2 / published[413].chi2 - 1.0) > 0.1


def test_effective_capacitances_are_those_published(raw_data: Callable[..., Path]) -> None:
    """Bulk 5.8-7.0 pF falling out of R, Q, n by Hsu-Mansfeld; the report calls it effective capacitance."""
    text = raw_data(*FOLDER, "published_fit_separate", "Effective_Capacitance_Values.txt").read_text(encoding="utf-8")
    printed = np.array(re.findall(r"\d\.\d+e-1[12]", text), dtype=float)
    for kelvin in KELVINS:
        fit = fit_spectra("(RQ)(RQ)Q", *spectrum(raw_data, kelvin))[0]
        for arc in fit.arcs:
            assert np.min(np.abs(printed / arc.capacitance.value - 1.0)) < 5e-3
