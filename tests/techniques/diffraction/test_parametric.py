"""Cells of all scans fitted at once: the elimination against differences, the two-step law where scans are strong, the truth where they are weak."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from pelletry.core.provenance import Origin
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.diffraction import CARD
from pelletry.techniques.diffraction.expansion import expansion_between
from pelletry.techniques.diffraction.joint import JointPattern, _Run, joint_fit
from pelletry.techniques.diffraction.measurement import DiffractionScan, StatedBeam
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.elimination import PatternTask, eliminated, metric_parameters
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.techniques.diffraction.result import DiffractionResult
from pelletry.techniques.diffraction.series import refined_series
from pelletry.techniques.diffraction.settings import DiffractionSettings
from pelletry.virtual.diffractometer import DiffractometerTruth, PhaseTruth, angles_from, expected_counts

RUTILE, CORUNDUM = named_phases(["tio2-rutile", "corundum"]).structures
PROFILE = {"W": 0.004, "X": 0.02, "Y": 0.03, "axial_divergence": 0.02}
INSTRUMENT = Instrument(radiation=radiation_of("Cu"), radius_m=0.24, is_frozen=True, source="truth", **PROFILE)
ALPHA = {"tio2-rutile": (7.1e-6, 7.1e-6, 9.2e-6), "corundum": (7.5e-6, 7.5e-6, 8.2e-6)}
KELVIN = np.linspace(298.15, 798.15, 9)


def counted(shares: dict[str, float], highest: float, seed: int, kelvin: np.ndarray = KELVIN) -> list[Pattern]:
    named = {"tio2-rutile": RUTILE, "corundum": CORUNDUM}
    phases = [PhaseTruth(structure=named[n], mass_fraction=w, expansion_per_K=ALPHA[n]) for n, w in shares.items()]
    truth = DiffractometerTruth(instrument=INSTRUMENT, displacement_m=-40e-6, highest_counts=highest)
    x, random = angles_from(22.0, 70.0, 0.04), np.random.default_rng(seed)
    curves = [expected_counts(phases, truth, x, temperature_K=float(t)) for t in kelvin]
    return [Pattern.from_counts(x, random.poisson(c).astype(float)) for c in curves]


def series(shares: dict[str, float], highest: float, seed: int, kelvin: np.ndarray = KELVIN) -> list[JointPattern]:
    structures = tuple({"tio2-rutile": RUTILE, "corundum": CORUNDUM}[n] for n in shares)
    patterns = counted(shares, highest, seed, kelvin)
    made = refined_series(patterns, structures, [INSTRUMENT] * len(patterns), RefineOptions()).attempts
    return [
        JointPattern(
            pattern=p, structures=structures, instrument=INSTRUMENT, refinement=a.refinement, temperature_K=float(t),
            phases=tuple(shares),
        )
        for p, a, t in zip(patterns, made, kelvin, strict=True)
        if a.refinement is not None
    ]  # fmt: skip


@pytest.fixture(scope="module")
def strong() -> list[JointPattern]:
    return series({"tio2-rutile": 0.7, "corundum": 0.3}, 8000.0, 5)


def test_parameters_of_a_cell_and_their_slopes() -> None:
    problem = Problem(np.arange(20.0, 60.0, 0.05), [RUTILE], INSTRUMENT, RefineOptions(), background_terms=3)
    cell = np.array(RUTILE.cell)
    values, slopes = metric_parameters(problem.phases[0], cell)
    np.testing.assert_allclose(values, [1 / cell[0] ** 2, 1 / cell[2] ** 2])
    # a of the tetragonal cell stands for both: of its own the first axis moves 1/a^2 alone
    np.testing.assert_allclose(slopes[:, [0, 2]], np.diag([-2 / cell[0] ** 3, -2 / cell[2] ** 3]), rtol=1e-6, atol=1e-9)


def test_slope_and_curvature_are_those_of_chi2_with_all_else_at_its_minimum(strong: list[JointPattern]) -> None:
    """Differences of the minimum itself, five points, each axis moved by a third of a standard deviation."""
    one = strong[4]
    cells = {n: np.array([q.value for q in one.refinement.phase(n).cell]) for n in one.phases}

    def at(change: np.ndarray) -> Any:
        moved = {n: c.copy() for n, c in cells.items()}
        for k, (name, axes) in enumerate((("tio2-rutile", [0, 1]), ("tio2-rutile", [2]), ("corundum", [2]))):
            moved[name][axes] += change[k]
        return eliminated(
            PatternTask(
                pattern=one.pattern, structures=one.structures, instrument=one.instrument, refinement=one.refinement,
                cells=tuple(moved.items()),
            )
        )  # fmt: skip

    away = np.array([3e-4, -2e-4, 5e-4])  # some standard deviations off the minimum, where the slope is not nothing
    here = at(away)
    by_cell = np.zeros((4, 3))  # parameters: a, c of rutile, a, c of corundum
    by_cell[:2, 0] = here.metric_by_cell[0][:, [0, 1]].sum(axis=1)
    by_cell[:2, 1] = here.metric_by_cell[0][:, 2]
    by_cell[2:, 2] = here.metric_by_cell[1][:, 2]
    for k, step in enumerate((6e-5, 6e-5, 2e-4)):
        unit = np.eye(3)[k] * step
        plus, minus = at(away + unit).chi2, at(away - unit).chi2
        assert (plus - minus) / (4 * step) == pytest.approx(float(here.slope @ by_cell[:, k]), rel=0.02)
        curvature = float(by_cell[:, k] @ here.curvature @ by_cell[:, k])
        assert (plus + minus - 2 * here.chi2) / (2 * step**2) == pytest.approx(curvature, rel=0.1)


def test_strong_scans_give_the_two_step_law(strong: list[JointPattern]) -> None:
    found = joint_fit(strong, degree=1)
    assert found is not None
    assert found.is_converged
    assert found.shift_std < 0.25
    for (name, law), (_, other) in zip(found.laws, found.two_step, strict=True):
        np.testing.assert_allclose(np.diag(law.covariance), np.diag(other.covariance), rtol=0.35)
        along = dict(expansion_between(law, 298.15, 798.15).along)
        for axis, truth in (("a", ALPHA[name][0]), ("c", ALPHA[name][2])):
            assert abs(along[axis].value - truth) < 4 * (along[axis].std or 0)


def test_an_error_of_temperatures_widens_both_forms_alike(strong: list[JointPattern]) -> None:
    found = joint_fit([attrs.evolve(p, temperature_std_K=10.0) for p in strong], degree=1)
    sharp = joint_fit(strong, degree=1)
    assert found is not None
    assert sharp is not None
    assert found.shift_std < 0.25
    for (_, law), (_, other), (_, exact) in zip(found.laws, found.two_step, sharp.laws, strict=True):
        std, two, plain = (np.sqrt(np.diag(x.covariance)) for x in (law, other, exact))
        np.testing.assert_allclose(std, two, rtol=0.3)
        assert std[0] > 1.3 * plain[0]
    assert max(np.abs(found.temperature_shift_K)) < 15.0


def test_a_phase_too_weak_for_cells_of_its_own_has_a_law_from_all_scans() -> None:
    """3 wt% corundum at 3,200 counts, five scans: not three standard deviations in some scans, no cell worth a point in any."""
    patterns = series({"tio2-rutile": 0.97, "corundum": 0.03}, 3200.0, 3, KELVIN[::2])
    found = joint_fit(patterns, degree=1)
    assert found is not None
    assert any("corundum:cell0" not in p.refinement.names for p in patterns)
    law = dict(found.laws)["corundum"]
    along = dict(expansion_between(law, 298.15, 798.15).along)
    assert abs(along["a"].value - 7.5e-6) < min(3 * (along["a"].std or 0), 5e-6)
    assert abs(law.cell(548.15)[0] / (CORUNDUM.cell[0] * (1 + 7.5e-6 * 250)) - 1) < 1.5e-3


def scans(shares: dict[str, float]) -> list[DiffractionScan]:
    beam = StatedBeam(
        anode="Cu", alpha1_angstrom=1.5405929, alpha2_angstrom=1.5444274, other_wavelength_angstrom=None,
        alpha2_ratio=0.5, monochromator="", monochromator_two_theta_deg=None, beta_filter="", radius_m=0.24,
    )  # fmt: skip
    return [
        DiffractionScan(
            name=f"s{i}", origin=Origin(path=f"s{i}", sha256="", format=""), two_theta_deg=p.two_theta_deg,
            intensity=p.intensity, std=p.std, use=p.use, temperature_K=float(t), stated=beam,
        )
        for i, (p, t) in enumerate(zip(counted(shares, 6000.0, 9), KELVIN, strict=True))
    ]  # fmt: skip


def analysed(measured: list[DiffractionScan], **settings: Any) -> DiffractionResult:
    held = {"instrument": {**PROFILE, "source": "truth"}, "phases": ("tio2-rutile",), **settings}
    result = CARD.analyse(measured, Inputs(sample=Sample(name="A"), settings=DiffractionSettings(**held)))
    assert isinstance(result, DiffractionResult)
    return result


def test_the_setting_changes_how_laws_are_found_and_says_it() -> None:
    measured = scans({"tio2-rutile": 1.0})
    separate, parametric = (analysed(measured, series_mode=m) for m in ("separate", "parametric"))
    assert separate.series is not None
    assert parametric.series is not None
    assert "parametric" in parametric.series.method
    (summary,) = parametric.series.joint
    assert summary.phases == ("tio2-rutile",)
    assert "parametric-fit" in {f.code for f in parametric.findings}
    assert "StinsonEvans2007" in parametric.lineage.references
    one, other = separate.series.expansions[0].secant, parametric.series.expansions[0].secant
    assert abs(one.mean_per_K.value - other.mean_per_K.value) < 0.3 * (one.mean_per_K.std or 0)
    assert encoded(decoded(encoded(parametric))) == encoded(parametric)
    assert CARD.present(parametric).figures


def test_free_intensities_have_no_parametric_fit_and_it_is_said() -> None:
    result = analysed(scans({"tio2-rutile": 1.0}), series_mode="parametric", le_bail=("tio2-rutile",))
    assert result.series is not None
    said = [f.sentence for f in result.findings if f.code == "parametric-fit-missing"]
    assert any("free intensities" in s for s in said)
    assert result.series.expansions  # the two-step law stands


def test_more_processes_give_the_same_laws(strong: list[JointPattern]) -> None:
    order: list[int] = []

    def reversed_map(function: Any, tasks: Any) -> Any:
        order.append(len(tasks))
        return [function(task) for task in list(tasks)[::-1]][::-1]

    one, two = joint_fit(strong, degree=1), joint_fit(strong, degree=1, visit_all=reversed_map)
    assert one is not None
    assert two is not None
    assert order
    for (_, a), (_, b) in zip(one.laws, two.laws, strict=True):
        np.testing.assert_array_equal(a.coefficients, b.coefficients)


def test_scans_of_other_phases_are_refused(strong: list[JointPattern]) -> None:
    from pelletry.core.errors import MissingFactError

    other = attrs.evolve(strong[0], structures=(RUTILE,))
    with pytest.raises(MissingFactError, match="other phases"):
        joint_fit([other, *strong[1:]], degree=1)


def test_a_phase_that_is_not_there_has_no_law_and_spoils_none() -> None:
    measured = scans({"tio2-rutile": 1.0})[::2]
    alone = analysed(measured, series_mode="parametric", expansion_degree=1)
    beside = analysed(measured, series_mode="parametric", expansion_degree=1, phases=("tio2-rutile", "corundum"))
    assert alone.series is not None
    assert beside.series is not None
    assert beside.series.joint[0].too_weak == ("corundum",)
    assert [e.phase for e in beside.series.expansions] == ["tio2-rutile"]
    one, other = alone.series.expansions[0].secant.mean_per_K, beside.series.expansions[0].secant.mean_per_K
    assert abs(one.value - other.value) < 0.3 * (one.std or 0)
    assert any("Too weak for a law, all scans together: corundum" in f.sentence for f in beside.findings)


@attrs.frozen
class Place:
    """A stand-in for a state of the fit: where it is and its sum."""

    at: np.ndarray
    total: float


class Bowl:
    """A fit whose chi^2 is f_k x_k^2 along the columns of ``axes``, or falls to one side of the first."""

    def __init__(self, axes: np.ndarray, flatness: np.ndarray, tilt: float = 0.0) -> None:
        self.inverse, self.flatness, self.tilt = np.linalg.inv(axes), flatness, tilt

    def equations(self, _: Place) -> tuple[None, None, list[Any]]:
        return None, None, []

    def moved(self, state: Place, step: np.ndarray, _: Any, part: float) -> tuple[np.ndarray]:
        return (state.at + part * step,)

    def at(self, x: np.ndarray) -> Place:
        along = self.inverse @ x
        return Place(x, float(self.flatness @ along**2 + self.tilt * along[0]))


def test_axes_of_the_covariance_get_the_lengths_at_which_chi2_rises_by_one() -> None:
    turn = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))[0]
    parabola = 1e-8 * turn @ np.diag([1.0, 4.0, 9.0]) @ turn.T
    size = np.sqrt(np.diag(parabola))
    lengths2, directions = np.linalg.eigh(parabola / np.outer(size, size))  # its axes are those of the correlations
    axes = size[:, None] * directions * np.sqrt(lengths2)
    flatness = np.array([0.5, 1.0, 1.6])
    here = Place(np.zeros(3), 0.0)
    found, lower = _Run._by_rise(Bowl(axes, flatness), here, parabola)  # type: ignore[arg-type]
    assert lower is None
    np.testing.assert_allclose(found, axes @ np.diag(1 / flatness) @ axes.T, rtol=1e-9, atol=1e-20)
    same, _ = _Run._by_rise(Bowl(axes, np.ones(3)), here, parabola)  # type: ignore[arg-type]
    np.testing.assert_allclose(same, parabola, rtol=1e-9, atol=1e-20)
    _, lower = _Run._by_rise(Bowl(axes, flatness, tilt=2.0), here, parabola)  # type: ignore[arg-type]
    assert lower is not None
    assert lower.total < 0
