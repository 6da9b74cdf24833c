"""Fits without a guess: known circuits come back, laws hold, intervals cover, bad input is named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelletry.core.errors import CircuitError, MeasurementError
from pelletry.techniques.impedance.model.bootstrap import bootstrap_spectrum
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.fit import fit_spectra

FREQUENCY = np.logspace(6, -1, 60)
LATP = np.array([120.0, 3.4e3, 2.4e-8, 0.88, 3e-6, 0.84])


def noisy(text: str, values: np.ndarray, noise: float, *, seed: int, frequency: np.ndarray = FREQUENCY) -> np.ndarray:
    impedance = parse_circuit(text).impedance(frequency, values)
    random = np.random.default_rng(seed)
    return impedance + noise * np.abs(impedance) * (
        random.normal(size=impedance.shape) + 1j * random.normal(size=impedance.shape)
    )


def latp_like(count: int, seed: int) -> np.ndarray:
    """Natural parameters of R(RQ)Q in the ranges of LATP pellets (docs/methods/impedance.md)."""
    random = np.random.default_rng(seed)
    r1, r2 = 10 ** random.uniform(1.7, 2.7, count), 10 ** random.uniform(2.3, 5.3, count)
    c, n1 = 10 ** random.uniform(-9.3, -8, count), random.uniform(0.8, 1.0, count)
    return np.stack(
        [r1, r2, (r2 * c) ** n1 / r2, n1, 10 ** random.uniform(-6, -5, count), random.uniform(0.7, 0.95, count)], axis=1
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("R(RQ)Q", LATP),
        ("(RQ)(RQ)Q", np.array([900.0, 1.2e-10, 0.95, 3.4e4, 2.4e-9, 0.88, 3e-6, 0.84])),
        ("R(RQ)(RQ)(RQ)W", np.array([200.0, 5e3, 3e-10, 0.95, 3e3, 8e-9, 0.9, 6e3, 1e-6, 0.85, 800.0])),
        ("LR(RC)Q", np.array([5e-7, 100.0, 2e4, 2e-9, 3e-6, 0.84])),
        ("R(Q(RW))", np.array([20.0, 1e-5, 0.9, 300.0, 150.0])),
        ("(C(R(RQ)))", np.array([2e-10, 500.0, 9e3, 1e-7, 0.85])),
        ("R(RQ)Ws", np.array([50.0, 400.0, 2e-6, 0.9, 700.0, 2.0])),
        ("(RQ)", np.array([5e4, 3e-10, 0.9])),
        ("R", np.array([47.0])),
    ],
)
def test_a_circuit_without_noise_comes_back_to_six_digits(text: str, values: np.ndarray) -> None:
    fit = fit_spectra(text, FREQUENCY, parse_circuit(text).impedance(FREQUENCY, values))[0]
    np.testing.assert_allclose(fit.values, values, rtol=1e-6)
    assert fit.is_converged
    assert fit.rms_relative_residual < 1e-8


def test_noisy_latp_spectra_come_back_within_four_cramer_rao_deviations() -> None:
    values = latp_like(60, seed=5)
    circuit = parse_circuit("R(RQ)Q")
    fits = fit_spectra(circuit, FREQUENCY, noisy(circuit.text, values, 0.005, seed=6))
    theta = circuit.theta_from_values(values)
    impedance, jacobian = circuit.impedance_and_jacobian(FREQUENCY, theta)
    weighted = (jacobian / (0.005 * np.abs(impedance))[:, :, None]).transpose(0, 2, 1).copy().view(float)
    spread = np.linalg.inv(weighted @ weighted.transpose(0, 2, 1))
    slope = circuit.log_jacobian(theta)
    bound = np.sqrt(np.einsum("bii->bi", slope @ spread @ slope.transpose(0, 2, 1)))
    bound[:, list(circuit.n_indices)] /= values[:, list(circuit.n_indices)]
    deviation = np.abs(np.stack([fit.values for fit in fits]) / values - 1.0)
    assert (deviation <= np.maximum(0.05, 4.0 * bound)).all()


def test_the_order_of_points_and_the_company_of_other_spectra_do_not_matter() -> None:
    spectra = noisy("R(RQ)Q", latp_like(4, seed=1), 0.005, seed=2)
    together = fit_spectra("R(RQ)Q", FREQUENCY, spectra)
    order = np.random.default_rng(3).permutation(len(FREQUENCY))
    for spectrum, fit in zip(spectra, together, strict=True):
        alone = fit_spectra("R(RQ)Q", FREQUENCY[order], spectrum[order])[0]
        np.testing.assert_allclose(alone.values, fit.values, rtol=1e-6)


def test_equal_arcs_come_out_in_the_order_of_their_time_constants() -> None:
    values = np.array([3.4e4, 2.4e-9, 0.88, 900.0, 1.2e-10, 0.95, 3e-6, 0.84])
    fit = fit_spectra("(RQ)(RQ)Q", FREQUENCY, noisy("(RQ)(RQ)Q", values, 0.002, seed=4))[0]
    assert fit.arcs[0].tau_s < fit.arcs[1].tau_s
    assert fit.arcs[1].resistance.value == pytest.approx(3.4e4, rel=0.01)


def test_resistances_scale_with_the_pellet_and_capacitances_against_it() -> None:
    spectrum = noisy("R(RQ)Q", LATP, 0.005, seed=7)
    thin, thick = fit_spectra("R(RQ)Q", FREQUENCY, np.stack([spectrum, 2.0 * spectrum]))
    np.testing.assert_allclose(thick.values / thin.values, [2, 2, 0.5, 1, 0.5, 1], rtol=1e-5)
    assert thick.arcs[0].peak_frequency.value == pytest.approx(thin.arcs[0].peak_frequency.value, rel=1e-5)


def test_arc_capacitance_and_peak_follow_from_r_q_and_n() -> None:
    arc = fit_spectra("R(RQ)Q", FREQUENCY, noisy("R(RQ)Q", LATP, 0.005, seed=8))[0].arcs[0]
    r, q, n = arc.resistance.value, arc.pseudo_capacitance.value, arc.exponent.value
    assert arc.capacitance.value == pytest.approx((q * r ** (1 - n)) ** (1 / n), rel=1e-9)
    assert arc.peak_frequency.value == pytest.approx(1 / (2 * np.pi * r * arc.capacitance.value), rel=1e-9)
    assert arc.names == ("R2", "Q1", "n1")


def test_total_resistance_uses_the_whole_covariance() -> None:
    fit = fit_spectra("R(RQ)Q", FREQUENCY, noisy("R(RQ)Q", LATP, 0.005, seed=9))[0]
    assert fit.resistance_total is not None
    assert fit.resistance_total.value == pytest.approx(fit.values[0] + fit.values[1], rel=1e-12)
    natural = fit.log_covariance[:2, :2] * np.outer(fit.values[:2], fit.values[:2])
    assert fit.resistance_total.std == pytest.approx(np.sqrt(natural.sum()), rel=1e-6)
    assert fit.resistance_total.std < np.sqrt(np.trace(natural))


def test_points_that_are_not_used_do_not_matter_whatever_they_hold() -> None:
    spectrum = noisy("R(RQ)Q", LATP, 0.005, seed=10)
    use = np.ones(len(FREQUENCY), dtype=bool)
    use[[0, 30]] = False
    spoiled = spectrum.copy()
    spoiled[0], spoiled[30] = np.nan, -1e9
    masked = fit_spectra("R(RQ)Q", FREQUENCY, spoiled, use=use)[0]
    fewer = fit_spectra("R(RQ)Q", FREQUENCY[use], spectrum[use])[0]
    np.testing.assert_allclose(masked.values, fewer.values, rtol=1e-5)
    assert masked.degrees_of_freedom == fewer.degrees_of_freedom == 2 * 58 - 6
    assert masked.chi2 == pytest.approx(fewer.chi2, rel=1e-8)


def test_modulus_weights_given_as_an_array_are_the_modulus_weighting() -> None:
    spectrum = noisy("R(RQ)Q", LATP, 0.005, seed=11)
    named = fit_spectra("R(RQ)Q", FREQUENCY, spectrum)[0]
    given = fit_spectra("R(RQ)Q", FREQUENCY, spectrum, weighting=1.0 / np.abs(spectrum))[0]
    np.testing.assert_allclose(given.values, named.values, rtol=1e-9)
    assert named.chi2 == pytest.approx(np.sum(np.abs(named.residuals) ** 2), rel=1e-9)


@pytest.mark.parametrize("weighting", ["unit", "proportional"])
def test_other_weightings_find_the_same_circuit_in_clean_data(weighting: str) -> None:
    clean = parse_circuit("R(RQ)Q").impedance(FREQUENCY, LATP)
    fit = fit_spectra("R(RQ)Q", FREQUENCY, clean, weighting=weighting)[0]
    np.testing.assert_allclose(fit.values, LATP, rtol=1e-4)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """A small version of benchmarks/impedance_coverage.py: 9 quantities of 120 spectra, 95 % within 3.5 deviations."""
    values = latp_like(120, seed=12)
    fits = fit_spectra("R(RQ)Q", FREQUENCY, noisy("R(RQ)Q", values, 0.005, seed=13))
    hits = np.array(
        [
            [low <= value <= high for value, (low, high) in zip(row, fit.interval_95, strict=True)]
            for row, fit in zip(values, fits, strict=True)
        ]
    )
    total = [fit.resistance_total.interval for fit in fits if fit.resistance_total]
    shares = [*hits.mean(axis=0), np.mean([a <= v[0] + v[1] <= b for v, (a, b) in zip(values, total, strict=True)])]
    assert min(shares) >= 0.95 - 3.5 * np.sqrt(0.95 * 0.05 / 120)


def test_bootstrap_agrees_with_the_covariance_where_both_are_right() -> None:
    fit = fit_spectra("R(RQ)Q", FREQUENCY, noisy("R(RQ)Q", LATP, 0.005, seed=14))[0]
    quick = bootstrap_spectrum(fit, 2000, 1)
    full = bootstrap_spectrum(fit, 300, 1, method="refit")
    log_std = np.sqrt(np.diag(fit.log_covariance))
    np.testing.assert_allclose(quick.std[:6], log_std, rtol=0.25)
    np.testing.assert_allclose(full.std[:6], log_std, rtol=0.35)
    assert bootstrap_spectrum(fit, 2000, 1) == quick
    assert quick.interval("R_total")[0] < LATP[:2].sum() < quick.interval("R_total")[1]


@pytest.mark.parametrize(
    ("frequency", "impedance", "message"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0], "have shape (2,) for (3,) frequencies"),
        ([1.0, -2.0, 3.0], [1.0, 2.0, 3.0], "the frequency of point 2 is -2 Hz"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, np.nan], "the impedance of point 3 (spectrum 1) is nan"),
        ([1.0, 2.0, 3.0], [1.0, 0.0, 1.0], "the impedance of point 2 (spectrum 1) is 0"),
        ([1.0], [1.0 - 1.0j], "spectrum 1 has 1 points"),
    ],
)
def test_bad_columns_are_named(frequency: list[float], impedance: list[complex], message: str) -> None:
    with pytest.raises(MeasurementError) as caught:
        fit_spectra("(RQ)", frequency, impedance)
    assert message in str(caught.value)


def test_a_wrong_circuit_and_a_wrong_weighting_are_named() -> None:
    spectrum = noisy("R(RQ)Q", LATP, 0.005, seed=15)
    with pytest.raises(CircuitError, match="position 3"):
        fit_spectra("R(Z)", FREQUENCY, spectrum)
    with pytest.raises(MeasurementError, match="'boukamp' is not known"):
        fit_spectra("R(RQ)Q", FREQUENCY, spectrum, weighting="boukamp")  # type: ignore[arg-type]
    with pytest.raises(MeasurementError, match="negative or not finite"):
        fit_spectra("R(RQ)Q", FREQUENCY, spectrum, weighting=-np.ones(60))


def test_a_hopeless_fit_is_a_flagged_value() -> None:
    random = np.random.default_rng(16)
    nonsense = random.normal(size=60) * 1e3 + 1j * random.normal(size=60) * 1e3
    fit = fit_spectra("R(RQ)Q", FREQUENCY, nonsense)[0]
    assert fit.rms_relative_residual > 0.3
    assert not fit.is_resolved


@given(
    text=st.sampled_from(["R", "(RQ)Q", "R(RQ)Q", "LR(RC)C", "R(Q(RW))", "R(LC)", "RR(RL)", "(RQ)(RQ)(RQ)(RQ)(RQ)Q"]),
    points=st.integers(2, 30),
    seed=st.integers(0, 10_000),
    decades=st.floats(-9, 12),
    kind=st.sampled_from(["noise", "constant", "capacitor", "coil", "wild"]),
)
@settings(max_examples=40, deadline=None)
def test_any_finite_spectrum_gives_a_fit_or_a_measurement_error(
    text: str, points: int, seed: int, decades: float, kind: str
) -> None:
    random = np.random.default_rng(seed)
    frequency = 10 ** random.uniform(-3, 7, points)
    if seed % 5 == 0:
        frequency[:] = frequency[0]
    spectrum = {
        "noise": random.normal(size=points) + 1j * random.normal(size=points),
        "constant": np.ones(points),
        "capacitor": 1 / (1j * frequency),
        "coil": 1j * frequency,
        "wild": 10 ** random.uniform(-8, 8, points) * np.exp(1j * random.uniform(-3, 3, points)),
    }[kind]
    try:
        fit = fit_spectra(text, frequency, 10**decades * spectrum)[0]
    except MeasurementError as error:
        assert f"has {points} points" in str(error)  # noqa: PT017
        return
    assert np.isfinite(fit.values).all()
    assert np.isfinite(fit.std).all()
    assert (fit.interval_95[:, 0] <= fit.interval_95[:, 1]).all()
    assert all(verdict.is_resolved == (verdict.reason == "") for verdict in fit.verdicts)
