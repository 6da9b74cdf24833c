"""What a fit says about parameters that the data do not determine."""

from __future__ import annotations

import numpy as np

from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.fit import fit_spectra
from pelletry.techniques.impedance.model.identifiability import frequency_text

FREQUENCY = np.logspace(6, -1, 60)


def noisy(text: str, values: list[float], noise: float, seed: int) -> np.ndarray:
    impedance = parse_circuit(text).impedance(FREQUENCY, values)
    random = np.random.default_rng(seed)
    return impedance * (1 + noise * (random.normal(size=60) + 1j * random.normal(size=60)))


def test_a_clean_spectrum_has_every_parameter_resolved_and_no_reasons() -> None:
    fit = fit_spectra("R(RQ)Q", FREQUENCY, noisy("R(RQ)Q", [120.0, 3.4e3, 2.4e-8, 0.88, 3e-6, 0.84], 0.005, 1))[0]
    assert fit.is_resolved
    assert {verdict.reason for verdict in fit.verdicts} == {""}


def test_a_grain_arc_beyond_the_window_is_named_with_both_frequencies() -> None:
    # 901 ohm and 10 pF peak at 18 MHz: the grain arc of a LATP pellet at -40 degC seen by a 1 MHz instrument.
    spectrum = noisy("(RC)(RQ)Q", [901.0, 1e-11, 3.2e4, 4e-9, 0.9, 3e-6, 0.85], 0.02, 2)
    fit = fit_spectra("(RC)(RQ)Q", FREQUENCY, spectrum)[0]
    reasons = {v.name: v.reason for v in fit.verdicts if not v.is_resolved}
    assert "C1" in reasons
    assert "MHz, your window ends at 1 MHz" in reasons["C1"]
    assert reasons["C1"].startswith("C1 not resolved: its arc peaks at")


def test_an_element_the_data_do_not_need_is_called_needless() -> None:
    spectrum = noisy("(RQ)Q", [3.4e4, 2.4e-9, 0.88, 3e-6, 0.84], 0.005, 3)
    fit = fit_spectra("LR(RQ)Q", FREQUENCY, spectrum)[0]
    assert not fit.verdict("L1").is_resolved
    assert not fit.verdict("R1").is_resolved
    assert "the data do not need it: without it chi2 rises by only" in fit.verdict("L1").reason
    assert fit.verdict("R2").is_resolved


def test_an_inductance_is_judged_by_its_standard_error_wherever_it_lies() -> None:
    """Were those chosen that come out large, their intervals would be off; so those near zero count too."""
    truth = [1e-7, 60.0, 400.0, 2e-8, 0.9, 3e-6, 0.85]
    circuit = parse_circuit("LR(RQ)Q")
    random = np.random.default_rng(8)
    noise = random.normal(size=(250, 60)) + 1j * random.normal(size=(250, 60))
    fits = fit_spectra(circuit, FREQUENCY, circuit.impedance(FREQUENCY, truth) * (1 + 0.005 * noise))
    found = [fit.estimate("L1") for fit in fits if fit.verdict("L1").is_resolved]
    assert len(found) > 240
    assert min(estimate.value for estimate in found) < 1e-8
    held = sum(low <= 1e-7 <= high for low, high in (estimate.interval or (0.0, 0.0) for estimate in found))
    # 95 % with three times the binomial scatter of the draws
    assert abs(held / len(found) - 0.95) < 3 * (0.95 * 0.05 / len(found)) ** 0.5


def test_a_cable_is_not_resolved_when_its_error_is_more_than_ten_centimetres_of_wire() -> None:
    truth = [2e-7, 60.0, 4e3, 2e-8, 0.9, 3e-6, 0.85]
    for noise, is_resolved in ((0.002, True), (0.05, False)):
        fit = fit_spectra("LR(RQ)Q", FREQUENCY, noisy("LR(RQ)Q", truth, noise, 9))[0]
        assert fit.verdict("L1").is_resolved is is_resolved


def test_two_resistors_in_series_cannot_be_told_apart() -> None:
    spectrum = noisy("R(RQ)Q", [120.0, 3.4e3, 2.4e-8, 0.88, 3e-6, 0.84], 0.005, 4)
    fit = fit_spectra("RR(RQ)Q", FREQUENCY, spectrum)[0]
    assert not fit.verdict("R1").is_resolved
    assert not fit.verdict("R2").is_resolved
    assert fit.resistance_total is not None
    low, high = fit.resistance_total.interval or (0.0, 0.0)
    assert low < 3520.0 < high
    assert high / low < 1.02


def test_an_upper_bound_is_said_as_one() -> None:
    # The ohmic resistance is a ten-thousandth of the arc beside it.
    spectrum = noisy("R(RQ)Q", [1.0, 3.4e4, 2.4e-8, 0.7, 3e-6, 0.84], 0.01, 5)
    fit = fit_spectra("R(RQ)Q", FREQUENCY, spectrum)[0]
    assert not fit.verdict("R1").is_resolved
    assert fit.interval_95[0, 0] <= 1.0 <= fit.interval_95[0, 1]


def test_frequencies_are_said_as_people_say_them() -> None:
    assert [frequency_text(f) for f in (1.8e7, 1e6, 1234.0, 0.031)] == ["18 MHz", "1 MHz", "1.2 kHz", "0.031 Hz"]


def test_a_flat_valley_is_a_verdict_on_parameters_and_no_failure_of_the_fit() -> None:
    """A hot pellet with its cable: L, R1 and R2 trade off, their sum does not."""
    frequency = np.logspace(6, -1, 71)
    circuit = parse_circuit("LR(RQ)Q")
    clean = circuit.impedance(frequency, [3e-7, 8.5, 28.0, 3e-8 * 0.28, 0.92, 3e-6, 0.85])
    random = np.random.default_rng(4)
    noise = random.normal(size=(30, 71)) + 1j * random.normal(size=(30, 71))
    fits = fit_spectra(circuit, frequency, clean * (1 + 0.003 * noise))
    assert all(fit.is_converged for fit in fits)
    assert not any("did not converge" in verdict.reason for fit in fits for verdict in fit.verdicts)
    assert sum(not fit.verdict("R1").is_resolved for fit in fits) > 15
    totals = [fit.resistance_total for fit in fits]
    assert all(total is not None and total.std is not None and total.std < 0.02 * total.value for total in totals)
    held = [t.interval_95[0] <= 36.5 <= t.interval_95[1] for t in totals if t is not None and t.interval_95 is not None]
    assert np.mean(held) >= 0.8
