"""Circuits against closed forms written out by hand, limits known from theory, and central differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelletry.core.errors import CircuitError
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.circuit_text import MOST_ELEMENTS

FREQUENCY = np.logspace(6, -1, 29)
S = 2j * np.pi * FREQUENCY


def test_impedance_of_the_papers_circuit_is_the_formula() -> None:
    circuit = parse_circuit("R(RQ)Q")
    assert circuit.names == ("R1", "R2", "Q1", "n1", "Q2", "n2")
    r1, r2, q1, n1, q2, n2 = values = np.array([120.0, 3.4e3, 2e-9, 0.93, 3e-6, 0.81])
    expected = r1 + 1.0 / (1.0 / r2 + q1 * S**n1) + 1.0 / (q2 * S**n2)
    np.testing.assert_allclose(circuit.impedance(FREQUENCY, values), expected, rtol=1e-13)


def test_impedance_of_nested_and_diffusion_circuits_is_the_formula() -> None:
    circuit = parse_circuit("LR(Q(RW))Ws")
    assert circuit.names == ("L1", "R1", "Q1", "n1", "R2", "W1", "Ws1", "Ws1_tau")
    inductance, r1, q1, n1, r2, sigma, rd, tau = values = np.array([4e-7, 9.0, 5e-5, 0.9, 60.0, 30.0, 25.0, 2.5])
    warburg = sigma * (1 - 1j) / np.sqrt(S.imag)
    inner = 1.0 / (q1 * S**n1 + 1.0 / (r2 + warburg))
    expected = S * inductance + r1 + inner + rd * np.tanh(np.sqrt(S * tau)) / np.sqrt(S * tau)
    np.testing.assert_allclose(circuit.impedance(FREQUENCY, values), expected, rtol=1e-12)


def test_finite_diffusion_has_its_textbook_limits() -> None:
    slow = np.array([1e-9])
    transmissive = parse_circuit("Ws").impedance(slow, [50.0, 3.0])[0]
    assert transmissive == pytest.approx(50.0, rel=1e-6)
    reflective = parse_circuit("Wo").impedance(slow, [50.0, 3.0])[0]
    # Reflective: R/3 in series with the capacitance tau/R.
    assert reflective.real == pytest.approx(50.0 / 3.0, rel=1e-5)
    assert -reflective.imag * 2 * np.pi * 1e-9 == pytest.approx(50.0 / 3.0, rel=1e-9)
    fast = np.array([1e9])
    infinite = 50.0 / np.sqrt(2j * np.pi * 1e9 * 3.0)
    for text in ("Ws", "Wo"):
        assert parse_circuit(text).impedance(fast, [50.0, 3.0])[0] == pytest.approx(infinite, rel=1e-9)


def test_an_arc_is_r_at_low_and_peaks_at_one_over_two_pi_tau() -> None:
    circuit = parse_circuit("(RQ)")
    r, c, n = 1e4, 2e-9, 0.85
    q = (r * c) ** n / r
    peak = 1.0 / (2 * np.pi * r * c)
    nearby = peak * np.logspace(-0.5, 0.5, 201)
    imaginary = -circuit.impedance(nearby, [r, q, n]).imag
    assert nearby[np.argmax(imaginary)] == pytest.approx(peak, rel=1e-9)
    assert circuit.impedance([1e-6], [r, q, n])[0].real == pytest.approx(r, rel=1e-6)


def test_arcs_and_electrode_are_found_where_they_stand() -> None:
    circuit = parse_circuit("R(RQ)(RC)Q")
    assert [arc.indices for arc in circuit.arcs] == [(1, 2, 3), (4, 5)]
    assert circuit.electrode == (6, 7)
    assert parse_circuit("R(Q(RW))").arcs == ()
    assert parse_circuit("R(RQ)").electrode is None


@pytest.mark.parametrize(
    ("text", "values", "total"),
    [
        ("R(RQ)Q", [10.0, 90.0, 1e-9, 0.9, 1e-6, 0.8], 100.0),
        ("L(RC)(RQ)W", [1e-7, 40.0, 1e-9, 2.0, 1e-6, 0.8, 5.0], 42.0),
        ("R(R(RW))", [10.0, 30.0, 5.0, 1.0], 40.0),
        ("(R(RR))", [30.0, 10.0, 20.0], 15.0),
        ("(LR)Q", [1e-6, 10.0, 1e-6, 0.8], 0.0),
        ("Q", [1e-6, 0.8], 0.0),
    ],
)
def test_total_resistance_is_the_direct_current_one(text: str, values: list[float], total: float) -> None:
    circuit = parse_circuit(text)
    found, slope = circuit.total_resistance(circuit.theta_from_values(np.array([values])))
    assert found[0] == pytest.approx(total, abs=1e-12)
    assert slope.sum() == pytest.approx(total, abs=1e-9)  # scaling all resistances scales the sum


def test_an_inductance_in_series_with_a_plain_r_may_be_negative_and_no_other() -> None:
    series = parse_circuit("LR(RQ)")
    assert series.signed_indices == (0,)
    assert [parse_circuit(text).signed_indices for text in ("R(LR)", "L(RQ)Q", "((LR)C)Q", "L")] == [()] * 4
    values = np.array([-2e-6, 10.0, 90.0, 1e-9, 0.9])
    np.testing.assert_allclose(series.values_from_theta(series.theta_from_values(values)), values)
    without = parse_circuit("R(RQ)").impedance(FREQUENCY, values[1:])
    np.testing.assert_allclose(series.impedance(FREQUENCY, values), without - 2e-6j * 2 * np.pi * FREQUENCY, rtol=1e-12)


def test_the_number_of_values_is_checked() -> None:
    with pytest.raises(CircuitError, match="2 values for the 3 parameters"):
        parse_circuit("(RQ)").impedance(FREQUENCY, [1.0, 2.0])


@st.composite
def _circuit_and_theta(draw: st.DrawFn) -> tuple[str, np.ndarray]:
    leaf = st.sampled_from(["R", "L", "C", "Q", "W", "Ws", "Wo", "(RQ)", "(RC)"])
    text = draw(st.recursive(leaf, lambda inner: st.lists(inner, min_size=2, max_size=3).map(_bracketed), max_leaves=6))
    circuit = parse_circuit(text)
    numbers = st.floats(-2.0, 2.0)
    theta = np.array([draw(numbers) for _ in circuit.parameters])
    theta[list(circuit.n_indices)] = [draw(st.floats(0.35, 0.98)) for _ in circuit.n_indices]
    return text, theta


def _bracketed(pieces: list[str]) -> str:
    return "(" + "".join(pieces) + ")"


@given(_circuit_and_theta())
@settings(max_examples=120, deadline=None)
def test_derivatives_of_random_circuits_agree_with_central_differences(case: tuple[str, np.ndarray]) -> None:
    text, theta = case
    circuit = parse_circuit(text)
    assert len(circuit.parameters) <= 2 * MOST_ELEMENTS
    frequency = np.array([0.02, 0.3, 2.0])
    impedance, jacobian = circuit.impedance_and_jacobian(frequency, theta[None])
    np.testing.assert_allclose(impedance[0], circuit.impedance(frequency, circuit.values_from_theta(theta)), rtol=1e-9)
    step = 1e-5
    for i in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        up[i] += step
        down[i] -= step
        change = circuit.impedance_and_jacobian(frequency, np.stack([up, down]))[0]
        numeric = (change[0] - change[1]) / (2 * step)
        scale = np.abs(impedance[0]) + np.abs(numeric)
        # Series pieces of very different size and resonances of L with C cost digits in the numeric difference.
        np.testing.assert_allclose(jacobian[0, :, i] / scale, numeric / scale, atol=2e-6)


@given(_circuit_and_theta())
@settings(max_examples=60, deadline=None)
def test_theta_and_natural_values_convert_back_and_forth(case: tuple[str, np.ndarray]) -> None:
    text, theta = case
    circuit = parse_circuit(text)
    values = circuit.values_from_theta(theta)
    assert (values[[*circuit.log_indices, *circuit.n_indices]] > 0).all()
    np.testing.assert_allclose(circuit.theta_from_values(values), theta, atol=1e-9)
    step = 1e-6
    logs = np.isin(np.arange(len(theta)), circuit.log_indices)
    for i in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        up[i] += step
        down[i] -= step
        both = circuit.values_from_theta(np.stack([up, down]))
        natural = np.where(logs, np.log(np.where(logs, both, 1.0)), both)
        np.testing.assert_allclose(circuit.log_jacobian(theta)[:, i], (natural[0] - natural[1]) / (2 * step), atol=1e-6)


def test_scaling_all_impedances_is_a_shift_along_the_scaling_vector() -> None:
    circuit = parse_circuit("LR(RQ)(C(RWs))WoQ")
    theta = np.full((1, len(circuit.parameters)), 0.3)
    theta[:, list(circuit.n_indices)] = 0.8
    here = circuit.impedance_and_jacobian(FREQUENCY, theta)[0]
    moved = theta + np.log(7.0) * circuit.scaling
    signed = list(circuit.signed_indices)
    moved[:, signed] = np.arcsinh(7.0 * np.sinh(theta[:, signed]))
    there = circuit.impedance_and_jacobian(FREQUENCY, moved)[0]
    np.testing.assert_allclose(there, 7.0 * here, rtol=1e-11)
