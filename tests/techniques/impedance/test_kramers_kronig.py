"""The linear Kramers-Kronig test: passes what is consistent, shows what is not, and agrees with an outside program."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.kramers_kronig import linear_kramers_kronig

FREQUENCY = np.logspace(6, -1, 60)
CIRCUIT = parse_circuit("R(RQ)Q")
LATP = np.array([120.0, 3.4e3, 2.4e-8, 0.88, 3e-6, 0.84])


def measured(impedance: np.ndarray, noise: float, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return impedance * (1 + noise * (random.normal(size=impedance.shape) + 1j * random.normal(size=impedance.shape)))


def test_a_consistent_blocking_spectrum_leaves_no_more_than_its_noise() -> None:
    test = linear_kramers_kronig(FREQUENCY, measured(CIRCUIT.impedance(FREQUENCY, LATP), 0.005))
    assert test.rms < 0.005
    assert test.worst < 4 * 0.005
    assert 0.4 < test.sign_changes_fraction < 0.7
    assert test.mu < 0.85


@pytest.mark.parametrize("text", ["R(RQ)Q", "LR(RQ)W", "(RQ)(RQ)Q", "R(Q(RW))", "R(RQ)Wo"])
def test_consistent_spectra_without_noise_leave_less_than_a_percent(text: str) -> None:
    circuit = parse_circuit(text)
    typical = {"R": 800.0, "L": 3e-7, "Q": 3e-7, "n": 0.9, "W": 300.0, "Wo": 500.0, "tau": 1.0}
    impedance = circuit.impedance(FREQUENCY, [typical[parameter.kind] for parameter in circuit.parameters])
    assert linear_kramers_kronig(FREQUENCY, impedance).worst < 0.015


def test_without_the_series_capacitance_good_data_of_a_blocking_cell_fail() -> None:
    spectrum = measured(CIRCUIT.impedance(FREQUENCY, LATP), 0.005)
    assert linear_kramers_kronig(FREQUENCY, spectrum, with_capacitance=False).worst > 0.1


def test_without_the_series_inductance_a_long_cable_fails() -> None:
    clean = CIRCUIT.impedance(FREQUENCY, LATP) + 2j * np.pi * FREQUENCY * 2e-5
    spectrum = measured(clean, 0.002)
    assert linear_kramers_kronig(FREQUENCY, spectrum).worst < 0.012
    assert linear_kramers_kronig(FREQUENCY, spectrum, with_inductance=False).worst > 0.05


def test_a_cell_that_changes_during_the_sweep_is_seen() -> None:
    """The grain-boundary resistance grows by half while the sweep goes down: each point is of another circuit."""
    growing = np.repeat(LATP[None], len(FREQUENCY), axis=0)
    growing[:, 1] *= np.linspace(1.0, 1.5, len(FREQUENCY))
    drifting = np.diagonal(CIRCUIT.impedance(FREQUENCY, growing)).copy()
    steady = linear_kramers_kronig(FREQUENCY, measured(CIRCUIT.impedance(FREQUENCY, LATP), 0.002))
    test = linear_kramers_kronig(FREQUENCY, measured(drifting, 0.002))
    assert test.rms > 3.0 * steady.rms
    assert test.sign_changes_fraction < steady.sign_changes_fraction - 0.15


def test_the_residual_of_one_bad_point_stands_at_that_point() -> None:
    spectrum = CIRCUIT.impedance(FREQUENCY, LATP)
    spectrum[37] *= 1.1
    residual = np.abs(linear_kramers_kronig(FREQUENCY, spectrum).residual)
    assert int(np.argmax(residual)) == 37
    assert residual[37] > 5 * np.median(residual)


def test_neither_order_nor_size_of_the_impedance_matters() -> None:
    spectrum = measured(CIRCUIT.impedance(FREQUENCY, LATP), 0.005)
    here = linear_kramers_kronig(FREQUENCY, spectrum)
    there = linear_kramers_kronig(FREQUENCY[::-1], 1e4 * spectrum[::-1])
    assert here.rc_count == there.rc_count
    np.testing.assert_allclose(there.residual[::-1], here.residual, atol=1e-7)


def test_too_few_points_are_named() -> None:
    with pytest.raises(MeasurementError, match="the spectrum has 4 points"):
        linear_kramers_kronig(FREQUENCY[:4], np.ones(4))


def test_number_of_elements_and_residuals_are_those_of_impedance_py(monkeypatch: pytest.MonkeyPatch) -> None:
    validation = pytest.importorskip("impedance.validation")
    # impedance.py 1.7 evaluates a text with numpy 2 numbers in it ("np.float64(...)") where np is not known.
    monkeypatch.setitem(validation.circuit_elements, "np", np)
    spectrum = measured(CIRCUIT.impedance(FREQUENCY, LATP), 0.005)
    options = {"c": 0.85, "max_M": 100, "fit_type": "complex", "add_cap": True}
    count, mu, _, real, imaginary = validation.linKK(FREQUENCY, spectrum, **options)
    ours = linear_kramers_kronig(FREQUENCY, spectrum)
    assert ours.rc_count == count
    assert ours.mu == pytest.approx(mu, abs=1e-3)
    np.testing.assert_allclose(ours.residual, real + 1j * imaginary, atol=1e-5)
