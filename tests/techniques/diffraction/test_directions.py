"""Sizes and strains that depend on the direction: widths of calculated peaks by hand, planted values recovered, through the command line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from click.testing import CliRunner
from pydantic import ValidationError

from pelletry.cli.app import group
from pelletry.core.errors import MissingFactError
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.diffraction import CARD
from pelletry.techniques.diffraction.model.calculate import calculate
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.radiation import Line, Radiation, radiation_of
from pelletry.techniques.diffraction.model.refine import refine
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.techniques.diffraction.read import read
from pelletry.techniques.diffraction.settings import DiffractionSettings
from pelletry.virtual.diffractometer import DiffractometerTruth, PhaseTruth, angles_from, expected_counts, measured_scan
from pelletry.virtual.diffractometer_files import xrdml_text

CORUNDUM, RUTILE = named_phases(["corundum", "tio2-rutile"]).structures
PROFILE = {"W": 0.004, "X": 0.02, "Y": 0.03, "axial_divergence": 0.02}
INSTRUMENT = Instrument(radiation=radiation_of("Cu"), radius_m=0.24, is_frozen=True, source="truth", **PROFILE)
TRUTH = DiffractometerTruth(instrument=INSTRUMENT, displacement_m=-40e-6, highest_counts=10000.0)
ANGLES = angles_from(20.0, 110.0, 0.025)
C_AXIS = (0, 0, 1)
WAVELENGTH = 1.5405929
LORENTZ = Instrument(
    radiation=Radiation(name="Cu", lines=(Line(name="Ka1", wavelength_angstrom=WAVELENGTH, weight=1.0),), source="one line"),
    radius_m=0.24, U=0.0, V=0.0, W=1e-6, X=0.0, Y=0.0, axial_divergence=0.0, is_frozen=True,
)  # fmt: skip


def width_of_peak(structure: Structure, hkl: tuple[int, int, int], **broadening: Any) -> tuple[float, float]:
    """Full width at half height of a peak of the calculated curve, and its theta, both read off the curve. [rad]"""
    a, c = structure.cell[0], structure.cell[2]
    h, k, m = hkl
    inverse_d2 = (h * h + k * k) / a**2 + m * m / c**2  # tetragonal
    centre = 2 * math.degrees(math.asin(WAVELENGTH * math.sqrt(inverse_d2) / 2))
    x = np.arange(centre - 1.0, centre + 1.0, 0.0005)
    y = calculate(x, [structure], LORENTZ, scales=[1e-3], **broadening)
    top = int(np.argmax(np.where(np.abs(x - centre) < 0.2, y, 0.0)))
    half = y[top] / 2
    left, right = np.flatnonzero(y[:top] < half)[-1], top + np.flatnonzero(y[top:] < half)[0]
    return math.radians(float(x[right] - x[left])), math.radians(float(x[top]) / 2)


@pytest.mark.parametrize(("hkl", "size_m"), [((0, 0, 2), 60e-9), ((1, 1, 0), 180e-9), ((2, 0, 0), 180e-9)])
def test_scherrer_by_hand_on_peaks_along_and_across_the_axis(hkl: tuple[int, int, int], size_m: float) -> None:
    name = RUTILE.name
    width, theta = width_of_peak(RUTILE, hkl, sizes_m={name: 180e-9}, sizes_along_m={name: (C_AXIS, 60e-9)})
    assert 0.9 * WAVELENGTH * 1e-10 / (width * math.cos(theta)) == pytest.approx(size_m, rel=0.03)


@pytest.mark.parametrize(
    ("hkl", "strain"), [((0, 0, 2), 9e-4), ((1, 1, 0), 3e-4), ((2, 0, 0), 3e-4), ((2, 2, 0), 3e-4)]
)
def test_strain_by_hand_on_peaks_along_and_across_the_axis(hkl: tuple[int, int, int], strain: float) -> None:
    name = RUTILE.name
    width, theta = width_of_peak(RUTILE, hkl, strains={name: 3e-4}, strains_along={name: (C_AXIS, 9e-4)})
    assert width / (4 * math.tan(theta)) == pytest.approx(strain, rel=0.03)


def test_strain_between_the_axes_goes_with_the_square_of_the_cosine() -> None:
    name = RUTILE.name
    width, theta = width_of_peak(RUTILE, (1, 0, 1), strains={name: 3e-4}, strains_along={name: (C_AXIS, 9e-4)})
    a, c = RUTILE.cell[0], RUTILE.cell[2]
    cosine2 = (1 / c**2) / (1 / a**2 + 1 / c**2)
    assert width / (4 * math.tan(theta)) == pytest.approx(9e-4 * cosine2 + 3e-4 * (1 - cosine2), rel=0.03)


def test_two_axes_at_once_are_refused() -> None:
    both = {"sizes_along_m": {"a": (C_AXIS, 1e-8)}, "strains_along": {"b": (C_AXIS, 1e-3)}}
    with pytest.raises(MissingFactError, match="one or the other"):
        calculate(ANGLES, [RUTILE], INSTRUMENT, scales=[1.0], **both)  # type: ignore[arg-type]


def refined(phase: PhaseTruth, size_strain: str, seed: int) -> Refinement:
    curve = expected_counts([phase], TRUTH, ANGLES)
    pattern = Pattern.from_counts(ANGLES, np.random.default_rng(seed).poisson(curve).astype(float))
    return refine(pattern, [phase.structure], INSTRUMENT, options=RefineOptions(size_strain=size_strain))  # type: ignore[arg-type]


PLATES = PhaseTruth(structure=CORUNDUM, mass_fraction=1.0, size_m=80e-9, size_along_m=(C_AXIS, 25e-9))
STRAINED = PhaseTruth(structure=RUTILE, mass_fraction=1.0, size_m=100e-9, strain=8e-4, strain_along=(C_AXIS, 2.4e-3))


def test_sizes_along_and_across_come_back_within_their_errors() -> None:
    scores = []
    for seed in range(6):
        found = refined(PLATES, "direction", seed)
        phase = found.phases[0]
        assert found.gof < 1.06
        assert phase.size_m is None
        sizes = {d.direction: d.value for d in phase.directional}
        for words, truth in (("along 0 0 1", 25e-9), ("across 0 0 1", 80e-9)):
            std = sizes[words].std or 0
            assert 0 < std < 0.05 * truth
            scores.append((sizes[words].value - truth) / std)
    assert np.max(np.abs(scores)) < 3.5
    assert 0.4 < np.sqrt(np.mean(np.square(scores))) < 1.7


def test_strains_along_the_axes_come_back_within_their_errors() -> None:
    scores = []
    for seed in range(6):
        found = refined(STRAINED, "stephens", seed)
        assert found.gof < 1.06
        strains = {d.direction: d.value for d in found.phases[0].directional}
        assert set(strains) == {"along 1 0 0", "along 0 0 1"}  # 0 1 0 is 1 0 0 again
        for words, truth in (("along 0 0 1", 2.4e-3), ("along 1 0 0", 8e-4)):
            std = strains[words].std or 0
            assert 0 < std < 0.1 * truth
            scores.append((strains[words].value - truth) / std)
    assert np.max(np.abs(scores)) < 3.5
    assert 0.4 < np.sqrt(np.mean(np.square(scores))) < 1.7


def test_one_size_for_all_directions_describes_plates_badly() -> None:
    assert refined(PLATES, "isotropic", 0).gof > 1.3
    assert refined(PLATES, "direction", 0).gof < 1.06


def test_equal_crystals_have_equal_sizes_in_both_directions() -> None:
    cube = attrs.evolve(PLATES, size_along_m=(C_AXIS, 80e-9))
    sizes = {d.direction: d.value for d in refined(cube, "direction", 3).phases[0].directional}
    along, across = sizes["along 0 0 1"], sizes["across 0 0 1"]
    assert abs(along.value - across.value) < 4 * math.hypot(along.std or 0, across.std or 0)


def test_settings_reach_the_sizes_through_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "plates.xrdml"
    path.write_bytes(xrdml_text([measured_scan([PLATES], TRUTH, ANGLES, seed=4)]))
    held = 'instrument={W=0.004, X=0.02, Y=0.03, axial_divergence=0.02, source="the truth"}'
    sets = ("phases=corundum", held, "size_strain=direction", "size_axis=[0, 0, 1]")
    options = [part for text in sets for part in ("--set", text)]
    ran = CliRunner().invoke(group, ["analyse", "diffraction", str(path), *options, "--json"], catch_exceptions=False)
    sizes = {
        q["conditions"]["direction"]: q for q in json.loads(ran.stdout)["quantities"] if q["name"] == "crystallite_size"
    }
    for words, truth in (("along 0 0 1", 25e-9), ("across 0 0 1", 80e-9)):
        assert abs(sizes[words]["value"] - truth) < 4 * sizes[words]["std"]


def test_an_axis_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="is no plane"):
        DiffractionSettings(size_axis=(0, 0, 0))


@pytest.mark.parametrize(("key", "count"), [("lzp-c1", 15), ("tio2-rutile", 4), ("corundum", 4), ("si", 2)])
def test_quartics_of_each_laue_class_and_their_slopes(key: str, count: int) -> None:
    """As many as Stephens tabulates; slopes of the curve against central differences."""
    (structure,) = named_phases([key]).structures
    options = RefineOptions(size_strain="stephens")
    problem = Problem(np.arange(25.0, 50.0, 0.05), [structure], INSTRUMENT, options, background_terms=2)
    names = [n for n in problem.parameters.names if n.startswith(f"{key}:S")]
    assert len(names) == count
    problem.parameters[f"{key}:scale"] = 1e-3
    problem.free(names)
    problem.hold_frames(True)
    at = problem.parameters.reduced
    curve, slopes = (part.copy() for part in problem.evaluate(at))
    for k in range(count):
        away = []
        for relative in (3e-4, 3e-5):
            step = relative * float(np.linalg.norm(curve) / np.linalg.norm(slopes[k]))
            sides = []
            for s in (-2, -1, 1, 2):
                moved = at.copy()
                moved[k] += s * step
                sides.append(problem.evaluate(moved, with_slopes=False)[0].copy())
            quotient = (8 * (sides[2] - sides[1]) - (sides[3] - sides[0])) / (12 * step)
            away.append(float(np.abs(quotient - slopes[k]).max() / np.abs(slopes[k]).max()))
        assert min(away) < 1e-6


def test_the_table_of_directions(tmp_path: Path) -> None:
    path = tmp_path / "strained.xrdml"
    path.write_bytes(xrdml_text([measured_scan([STRAINED], TRUTH, ANGLES, seed=5)]))
    settings = DiffractionSettings(
        phases=("tio2-rutile",),
        size_strain="stephens",
        instrument={**PROFILE, "source": "the truth"},  # type: ignore[arg-type]
    )
    result = CARD.analyse(read(read_file(path)), Inputs(sample=Sample(name="A"), settings=settings))
    table = next(t for t in CARD.present(result).tables if t.key == "directions")
    assert [row[2] for row in table.rows] == ["along 1 0 0", "along 0 0 1"]
    assert encoded(decoded(encoded(result))) == encoded(result)
