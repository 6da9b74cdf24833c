"""Weighed mixtures on a bench-top diffractometer, from the raw file, without any tuning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.techniques.diffraction import CARD
from pelletry.techniques.diffraction.read import read
from pelletry.techniques.diffraction.settings import DiffractionSettings

FOLDER = "xrd_weighed_mixtures/CederGroupHub+dara"
#: Weighed mass fractions, from the names of the files.
WEIGHED = {
    "Li2CO3_0p9001-ZrO2_0p1000--2min.xrdml": {"li2co3": 0.9001, "zro2-monoclinic": 0.1000},
    "NiO_0p1031-La(OH)3_0p2025-TiO2_0p7014--2min.xrdml": {"nio": 0.1031, "laoh3": 0.2025, "tio2-anatase": 0.7014},
    "TiO2_0p4009-ZnO_0p6010--2min.xrdml": {"tio2-anatase": 0.4009, "zno": 0.6010},
    "V2O5_0p8011-ZrO2_0p2012--2min.xrdml": {"v2o5": 0.8011, "zro2-monoclinic": 0.2012},
    "ZnO_0p4006-In2O3_0p6008--2min.xrdml": {"zno": 0.4006, "in2o3": 0.6008},
}


def test_weighed_fractions_lie_in_the_intervals_and_within_four_percent(raw_data: Callable[..., Path]) -> None:
    errors, inside = [], []
    for name, weighed in WEIGHED.items():
        scans = read(read_file(raw_data(FOLDER, name)))
        settings = DiffractionSettings(phases=tuple(weighed))
        result = CARD.analyse(scans, Inputs(sample=Sample(name=name), settings=settings))
        for phase, mass in weighed.items():
            truth = mass / sum(weighed.values())
            found = next(
                q for q in result.quantities if q.name == "mass_fraction" and q.condition("phase") == phase
            ).quantity
            assert isinstance(found, Estimate)
            low, high = found.interval or (0.0, 0.0)
            errors.append(100 * (found.value - truth))
            inside.append(low <= truth <= high)
    assert np.sqrt(np.mean(np.square(errors))) < 4.0
    assert sum(inside) >= len(inside) - 1  # 95 % intervals of eleven fractions


def test_two_minutes_and_eight_minutes_agree(raw_data: Callable[..., Path]) -> None:
    found = []
    for minutes in ("2min", "8min"):
        scans = read(read_file(raw_data(FOLDER, f"Li2CO3_0p9001-ZrO2_0p1000--{minutes}.xrdml")))
        settings = DiffractionSettings(phases=("li2co3", "zro2-monoclinic"))
        result = CARD.analyse(scans, Inputs(sample=Sample(name="A"), settings=settings))
        found.append(next(q.quantity for q in result.quantities if q.name == "mass_fraction"))
    assert abs(found[0].value - found[1].value) < 0.005
