"""Lines of the tube are told from lines of a phase: the strongest peak must have its image as well."""

import numpy as np
import pytest

pytest.importorskip("gemmi")

from pelletry.reference.xray_lines import lines_of
from pelletry.techniques.diffraction.identify.peaks import WidthLaw
from pelletry.techniques.diffraction.identify.unexplained import unexplained_peaks
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.radiation import radiation_of

X = np.arange(12.0, 80.0, 0.02)
FWHM = 0.12
PEAKS = {24.5: 10_000.0, 36.6: 3_000.0}


def _peak(place, height):
    return height * np.exp(-4.0 * np.log(2.0) * ((X - place) / FWHM) ** 2)


def _beta(place):
    alpha, _, beta = (line.wavelength_angstrom for line in lines_of("Cu")[:3])
    return float(2.0 * np.degrees(np.arcsin(beta / alpha * np.sin(np.radians(place) / 2.0))))


@pytest.mark.parametrize(("images", "hinted"), [((24.5, 36.6), 2), ((36.6,), 0)])
def test_one_peak_with_an_image_and_the_strongest_without_is_no_line_of_the_tube(images, hinted):
    background = np.full_like(X, 200.0)
    calculated = background + sum(_peak(place, height) for place, height in PEAKS.items())
    mean = calculated + sum(_peak(_beta(place), 0.04 * PEAKS[place]) for place in images)
    pattern = Pattern.from_counts(X, np.random.default_rng(5).poisson(mean).astype(float))
    found, _ = unexplained_peaks(
        pattern, calculated, background, radiation_of("Cu"), WidthLaw(W_deg2=FWHM**2, U_deg2=0.0)
    )
    assert [p.two_theta_deg for p in found] == pytest.approx(sorted(map(_beta, images)), abs=0.03)
    assert sum("K-beta" in p.hint for p in found) == hinted
