"""Fitting spectra together changes nothing about each of them."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.provenance import Origin
from pelletry.techniques.impedance.fits import batches, fit_in_batches, fittable, with_bootstrap
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum

F = np.logspace(6, 0, 43)


def spectrum(f: np.ndarray, resistance_ohm: float) -> ImpedanceSpectrum:  # type: ignore[type-arg]
    s = 2j * np.pi * f
    random = np.random.default_rng(round(resistance_ohm))
    z = 50.0 + resistance_ohm / (1 + (s * resistance_ohm * 1e-9) ** 0.9) + 1 / (1e-6 * s**0.85)
    z = z * (1 + 0.003 * (random.standard_normal(f.size) + 1j * random.standard_normal(f.size)))
    origin = Origin(path=f"{resistance_ohm:g}.z", sha256="0" * 64, format="zplot")
    return ImpedanceSpectrum(name="s", origin=origin, frequency_Hz=f, impedance_ohm=z, file_row=np.arange(f.size))


SPECTRA = [spectrum(F[:38], 2e4), spectrum(F, 8e3), spectrum(F[3:], 3e3), spectrum(F * 1.01, 5e3)]
ALL = [np.ones(s.points, dtype=bool) for s in SPECTRA]


def test_lists_that_are_part_of_a_longer_one_join_it() -> None:
    found = batches(SPECTRA)
    assert [sorted(b.members) for b in found] == [[0, 1, 2], [3]]
    joined = found[0]
    for member, place in zip(joined.members, joined.places, strict=True):
        np.testing.assert_array_equal(joined.frequency_Hz[place], SPECTRA[member].frequency_Hz)


def test_repeated_frequencies_are_not_mixed_with_other_lists() -> None:
    twice = spectrum(np.sort(np.append(F[:10], F[4]))[::-1], 1e3)
    assert [b.members for b in batches([SPECTRA[1], twice])] == [(0,), (1,)]


def test_a_spectrum_is_fitted_with_others_as_alone() -> None:
    together = fit_in_batches(SPECTRA, ALL, ["R(RQ)Q"] * 4, weighting="modulus")
    for i, fit in enumerate(together):
        (alone,) = fit_in_batches([SPECTRA[i]], [ALL[i]], ["R(RQ)Q"], weighting="modulus")
        assert fit is not None
        assert alone is not None
        np.testing.assert_allclose(fit.values, alone.values, rtol=1e-4)
        assert fit.fitted_ohm.shape == SPECTRA[i].frequency_Hz.shape
        np.testing.assert_allclose(
            fit.residuals,
            (SPECTRA[i].impedance_ohm - fit.fitted_ohm) / abs(SPECTRA[i].impedance_ohm),
            rtol=1e-9,
            atol=1e-12,
        )


def test_each_spectrum_may_have_its_own_circuit() -> None:
    fits = fit_in_batches(SPECTRA, ALL, ["R(RQ)Q", "(RQ)Q", "R(RQ)Q", "RQ"], weighting="modulus")
    assert [f.circuit_text for f in fits if f is not None] == ["R(RQ)Q", "(RQ)Q", "R(RQ)Q", "RQ"]


def test_too_few_points_give_no_fit() -> None:
    few = np.zeros(F.size, dtype=bool)
    few[:3] = True
    assert not fittable("R(RQ)Q", few)
    (fit,) = fit_in_batches([SPECTRA[1]], [few], ["R(RQ)Q"], weighting="modulus")
    assert fit is None


def test_bootstrap_gives_about_the_same_intervals_for_well_known_parameters() -> None:
    (fit,) = fit_in_batches([SPECTRA[1]], [ALL[1]], ["R(RQ)Q"], weighting="modulus")
    assert fit is not None
    drawn = with_bootstrap(fit, 800)
    at = fit.names.index("R2")
    widths = [np.diff(np.log(f.interval_95[at]))[0] for f in (fit, drawn)]
    assert widths[1] == pytest.approx(widths[0], rel=0.35)
    assert with_bootstrap(fit, 800).interval_95.tolist() == drawn.interval_95.tolist(), "the draws have a fixed seed"
