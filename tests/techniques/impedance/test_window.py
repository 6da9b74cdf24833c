import numpy as np
import pytest

from pelletry.techniques.impedance.model.window import inductive_tail, propose_window, window_findings

FREQUENCY = np.logspace(6, -1, 60)
S = 2j * np.pi * FREQUENCY


def spectrum(rng, *, noise=0.005, inductance=0.0):
    """A LATP-like pellet in blocking electrodes with random parameters."""
    grain, boundary = 10 ** rng.uniform(1.7, 2.7), 10 ** rng.uniform(2.3, 5.3)
    tau = boundary * 10 ** rng.uniform(-9.3, -8.0)
    leg = 1 / (10 ** rng.uniform(-6, -5) * S ** rng.uniform(0.7, 0.95))
    z = S * inductance + grain + boundary / (1 + (S * tau) ** rng.uniform(0.8, 1.0)) + leg
    return z + noise * np.abs(z) * (rng.standard_normal(S.size) + 1j * rng.standard_normal(S.size))


def proposed(z, *, has_inductance=True, frequency=FREQUENCY):
    return propose_window(frequency_Hz=frequency, impedance_ohm=z, has_inductance=has_inductance)


@pytest.mark.parametrize("noise", [0.001, 0.005, 0.02])
def test_clean_spectra_lose_no_point(noise):
    rng = np.random.default_rng(11)
    for i in range(70):
        found = proposed(spectrum(rng, noise=noise, inductance=5e-7 * (i % 2)))
        assert found.use.all(), found.sentence
        assert found.is_consistent
        assert found.sentence == "All 60 points are used."


def test_real_series_loses_no_point(pellet_series):
    for s in pellet_series:
        found = proposed(s.impedance_ohm, has_inductance=False, frequency=s.frequency_Hz)
        assert found.use.all(), found.sentence


def test_planted_outliers_are_found_and_only_they():
    rng = np.random.default_rng(12)
    exact = 0
    for _ in range(40):
        z = spectrum(rng)
        planted = rng.choice(np.arange(6, 54), size=2, replace=False)
        z[planted] *= 1 + 0.15 * np.exp(2j * np.pi * rng.uniform(size=2))
        found = proposed(z)
        assert not found.use[planted].any()
        exact += int((~found.use).sum() == 2)
    assert exact >= 36


def test_point_on_a_mains_harmonic_is_named_as_such():
    frequency = np.sort(np.append(FREQUENCY, [50.0, 150.0]))[::-1]
    s = 2j * np.pi * frequency
    z = 100 + 2e4 / (1 + (s * 4e-5) ** 0.9) + 1 / (5e-6 * s**0.9)
    z[np.isin(frequency, [50.0, 150.0])] *= 1.2
    found = proposed(z, frequency=frequency)
    assert [t.code for t in found.trims] == ["mains"]
    assert "on the mains frequency or a harmonic" in found.sentence
    assert sorted(frequency[~found.use]) == [50.0, 150.0]


@pytest.mark.parametrize(("where", "code"), [(slice(0, 4), "high-end"), (slice(-4, None), "low-end")])
def test_wild_ends_are_trimmed_with_their_reason(where, code):
    rng = np.random.default_rng(13)
    hits = 0
    for _ in range(20):
        z = spectrum(rng)
        z[where] *= 1 + 0.4 * np.exp(2j * np.pi * rng.uniform(size=4))
        found = proposed(z)
        inner = found.use.copy()
        inner[where] = True
        assert inner.sum() >= 58
        hits += code in [t.code for t in found.trims]
    assert hits >= 18


def test_inductive_tail_is_kept_when_the_circuit_has_an_inductance():
    z = 20 + S * 2e-6 + 500 / (1 + (S * 1e-5) ** 0.9) + 1 / (5e-6 * S**0.9)
    assert proposed(z).use.all()
    found = proposed(z, has_inductance=False)
    assert [t.code for t in found.trims] == ["inductive-tail"]
    assert np.array_equal(~found.use, z.imag > 0.01 * np.abs(z))
    assert "an L in the circuit would use these points" in found.sentence


def test_order_of_the_points_does_not_matter():
    rng = np.random.default_rng(14)
    z = spectrum(rng)
    z[20] *= 1.3
    mixed = rng.permutation(60)
    one, two = proposed(z), proposed(z[mixed], frequency=FREQUENCY[mixed])
    assert np.array_equal(one.use[mixed], two.use)
    tail = inductive_tail(frequency_Hz=FREQUENCY[mixed], impedance_ohm=(S * 1e-6)[mixed] + 1e3 / (1 + S[mixed] * 1e-4))
    assert not tail.all()


def test_drifting_cell_is_not_trimmed_but_named():
    # The resistance doubles from top to bottom of the sweep, in jumps: no window can make that right.
    rng = np.random.default_rng(15)
    z = spectrum(rng) * (1 + 0.5 * rng.uniform(-1, 1, S.size))
    found = proposed(z)
    assert not found.is_consistent
    assert found.use.all()
    codes = [f.code for f in window_findings(found, name="a.z", sample="P")]
    assert codes == ["kramers-kronig-fails"]


def test_not_a_number_is_left_out_and_counted():
    z = spectrum(np.random.default_rng(16))
    z[5] = np.nan
    found = proposed(z)
    assert [t.code for t in found.trims] == ["not-finite"]
    assert (~found.use).sum() == 1
    findings = window_findings(found, name="a.z", sample="P")
    assert findings[0].severity == "notice"
    assert findings[0].sentence.startswith("a.z: left out: ")
