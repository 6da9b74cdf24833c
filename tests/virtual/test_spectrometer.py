"""The virtual spectrometer against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pelletry.reference.raj2023 import published_pellets
from pelletry.virtual.demo_latp_pellets import pellet_truth
from pelletry.virtual.spectrometer import ArrheniusLaw, frequencies_log_spaced, impedance_ohm


def test_arrhenius_law_by_hand() -> None:
    law = ArrheniusLaw(conductivity_25C_S_per_m=0.0877, activation_energy_eV=0.34)
    assert law.conductivity_S_per_m(298.15) == pytest.approx(0.0877, rel=1e-14)
    # ln(sigma T) is a straight line of slope -Ea/k: two temperatures by hand.
    slope = math.log(law.conductivity_S_per_m(353.15) * 353.15 / (law.conductivity_S_per_m(233.15) * 233.15)) / (
        1 / 353.15 - 1 / 233.15
    )
    assert -slope * 1.380649e-23 / 1.602176634e-19 == pytest.approx(0.34, rel=1e-9)


@pytest.mark.parametrize("degC", [-40, 25, 80])
def test_all_pellets_reach_their_published_conductivity_between_the_arcs_and_the_electrode(degC: int) -> None:
    for row in published_pellets():
        pellet = pellet_truth(row)
        expected = pellet.thickness_m / pellet.electrode_area_m2 / pellet.total.conductivity_S_per_m(degC + 273.15)
        frequency_Hz = np.array([1e-6])
        # At a frequency far below all arcs only the blocking leg adds to the total resistance; take it off in closed form.
        leg = 1 / (pellet.electrode_q * (2j * np.pi * frequency_Hz) ** pellet.electrode_exponent)
        z = impedance_ohm(pellet=pellet, frequency_Hz=frequency_Hz, temperature_K=degC + 273.15, inductance_H=0.3e-6)
        assert (z - leg)[0].real == pytest.approx(expected, rel=1e-6)


def test_the_cable_alone_is_left_at_infinite_frequency() -> None:
    pellet = pellet_truth(published_pellets()[0])
    z = impedance_ohm(pellet=pellet, frequency_Hz=np.array([1e15]), temperature_K=298.15, inductance_H=0.3e-6)
    assert z[0].imag == pytest.approx(2 * math.pi * 1e15 * 0.3e-6, rel=1e-9)


def test_the_densest_pellet_has_the_paper_s_size() -> None:
    # Raj 2023, experimental: a 10 mm die gives sintered pellets of 8.7 mm, 0.594 cm2.
    densest = max(published_pellets(), key=lambda p: p.relative_density_fraction)
    assert pellet_truth(densest).electrode_area_m2 == pytest.approx(0.594e-4, rel=0.01)


def test_a_sweep_goes_down_and_ends_where_it_should() -> None:
    frequency_Hz = frequencies_log_spaced(highest_Hz=1e6, lowest_Hz=0.1, points_per_decade=10)
    assert (frequency_Hz.size, frequency_Hz[0], frequency_Hz[-1]) == (71, pytest.approx(1e6), pytest.approx(0.1))
    assert np.all(np.diff(frequency_Hz) < 0)
