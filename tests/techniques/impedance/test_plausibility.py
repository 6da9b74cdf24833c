import numpy as np
import pytest

from pelletry.techniques.impedance.model.plausibility import (
    check_resistance_falls,
    check_spectrum,
    frequency_words,
    is_impossible,
)

FREQUENCY = np.logspace(6, -1, 57)
S = 2j * np.pi * FREQUENCY


def pellet(*, inductance=0.0, noise=0.0, seed=0):
    z = S * inductance + 150 + 2e4 / (1 + (S * 4e-5) ** 0.9) + 1 / (5e-6 * S**0.9)
    rng = np.random.default_rng(seed)
    return z + noise * np.abs(z) * (rng.standard_normal(S.size) + 1j * rng.standard_normal(S.size))


def codes(z, frequency=FREQUENCY, **more):
    return [f.code for f in check_spectrum(frequency_Hz=frequency, impedance_ohm=z, name="a.z", sample="P1", **more)]


def test_clean_pellet_raises_no_doubt():
    for seed in range(50):
        assert codes(pellet(inductance=0.5e-6, noise=0.005, seed=seed)) == []


def test_real_series_raises_no_doubt(pellet_series):
    for spectrum in pellet_series:
        found = check_spectrum(
            frequency_Hz=spectrum.frequency_Hz, impedance_ohm=spectrum.impedance_ohm, name=spectrum.name
        )
        assert [f for f in found if f.severity != "info"] == []


def test_negative_real_part_and_phase_name_file_and_frequencies():
    z = pellet()
    z[:3] -= 600
    found = check_spectrum(frequency_Hz=FREQUENCY, impedance_ohm=z, name="raw/a.mpt", sample="P1")
    assert [f.code for f in found] == ["negative-real-part", "phase-beyond-90"]
    assert "raw/a.mpt: Re Z is negative at 3 points from 562 kHz to 1 MHz" in found[0].sentence
    assert found[0].samples == ("P1",)
    assert is_impossible(found)


def test_flipped_sign_is_proposed_not_done():
    z = np.conj(pellet())
    kept = z.copy()
    found = check_spectrum(frequency_Hz=FREQUENCY, impedance_ohm=z, name="a.z")
    assert [f.code for f in found] == ["inductive-throughout"]
    assert "most likely holds -Z''" in found[0].sentence
    assert "Nothing was changed" in found[0].sentence
    assert np.array_equal(z, kept)


def test_shorted_leads_are_not_taken_for_a_wrong_sign():
    found = check_spectrum(frequency_Hz=FREQUENCY, impedance_ohm=0.05 + S * 5e-7, name="short.z")
    assert [f.code for f in found] == ["inductive-throughout"]
    assert "short circuit" in found[0].sentence


def test_repeated_values_are_a_limit_of_the_instrument():
    z = pellet(noise=0.002)
    z[-6:] = 1.0e7 - 2.0e5j
    found = check_spectrum(frequency_Hz=FREQUENCY, impedance_ohm=z, name="a.z")
    assert "saturated" in [f.code for f in found]
    assert "6 points from 0.1 Hz to 0.422 Hz" in next(f.sentence for f in found if f.code == "saturated")


def test_limit_of_the_instrument_is_used_only_when_stated():
    assert codes(pellet()) == []
    assert codes(pellet(), limit_ohm=1e5) == ["range-limit"]


def test_sparse_spectrum_is_named_with_its_density():
    found = check_spectrum(frequency_Hz=FREQUENCY[::4], impedance_ohm=pellet()[::4], name="a.z")
    assert [f.code for f in found] == ["few-points"]
    assert "2.0 points a decade" in found[0].sentence


def test_one_point_is_no_spectrum():
    assert codes(pellet()[:1], FREQUENCY[:1]) == ["few-points"]


def test_order_and_repetition_are_noticed():
    mixed = np.random.default_rng(1).permutation(FREQUENCY.size)
    assert codes(pellet()[mixed], FREQUENCY[mixed]) == ["unsorted-frequencies"]
    twice = np.concatenate([FREQUENCY, FREQUENCY])
    assert codes(np.concatenate([pellet(), pellet()]), twice) == ["repeated-frequencies"]


def test_step_between_neighbours_is_found():
    z = pellet()
    z[30:] = z[30:] * 3
    found = check_spectrum(frequency_Hz=FREQUENCY, impedance_ohm=z, name="a.z")
    assert [f.code for f in found] == ["jump"]
    assert (
        frequency_words(FREQUENCY[29:30]) in found[0].sentence or frequency_words(FREQUENCY[30:31]) in found[0].sentence
    )


def test_resistance_that_rises_on_heating_is_a_finding():
    t = np.array([273.15, 293.15, 313.15, 333.15])
    r = np.array([1e4, 4e3, 5e3, 1e3])
    names = ("0C.z", "20C.z", "40C.z", "60C.z")
    found = check_resistance_falls(temperature_K=t, resistance_ohm=r, relative_std=None, names=names, sample="P")
    assert len(found) == 1
    assert "20C.z, 40C.z" in found[0].sentence
    noisy = check_resistance_falls(temperature_K=t, resistance_ohm=r, relative_std=np.full(4, 0.2), names=names)
    assert noisy == ()


@pytest.mark.parametrize(
    "broken",
    [lambda z: -z, np.conj, lambda z: z - 2 * z.real.max(), lambda z: np.full_like(z, 1e7)],
    ids=["both signs", "sign of the imaginary part", "offset", "constant"],
)
def test_impossible_spectra_are_all_flagged(broken):
    found = check_spectrum(frequency_Hz=FREQUENCY, impedance_ohm=broken(pellet(noise=0.003)), name="a.z")
    assert is_impossible(found)
