"""Refinements of simulated patterns return the truth; laws that hold for any refinement; bad input is named."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from pelletry.core.errors import MeasurementError, MissingFactError
from pelletry.techniques.diffraction.model.calculate import calculate, scales_of_fractions
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.refine import RefineOptions, Texture, refine
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure, structure_from_cif

pytest.importorskip("gemmi")
pytest.importorskip("numba")

CELL_TAGS = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")


def structure(name: str, group: str, cell: tuple[float, ...], sites: str) -> Structure:
    head = "\n".join(f"_cell_{tag} {value}" for tag, value in zip(CELL_TAGS, cell, strict=True))
    columns = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "B_iso_or_equiv")
    loop = "\n".join(f"_atom_site_{column}" for column in columns)
    return structure_from_cif(
        f"data_x\n{head}\n_symmetry_space_group_name_H-M '{group}'\nloop_\n{loop}\n{sites}\n", name=name
    )


CORUNDUM = structure(
    "corundum",
    "R -3 c:H",
    (4.7594, 4.7594, 12.9923, 90, 90, 120),
    "Al1 Al 0 0 0.35216 1 0.25\nO1 O 0.30668 0 0.25 1 0.3",
)
RUTILE = structure(
    "rutile", "P 42/m n m", (4.594, 4.594, 2.959, 90, 90, 90), "Ti1 Ti 0 0 0 1 0.5\nO1 O 0.305 0.305 0 1 0.5"
)
FLUORITE = structure("fluorite", "F m -3 m", (5.4631,) * 3 + (90,) * 3, "Ca Ca 0 0 0 1 0.5\nF F 0.25 0.25 0.25 1 0.7")

X = np.arange(20.0, 90.0, 0.03)
KNOWN = Instrument(
    radiation=radiation_of("Cu"),
    radius_m=0.2,
    U=0.004,
    V=-0.002,
    W=0.005,
    X=0.02,
    Y=0.02,
    axial_divergence=0.02,
    is_frozen=True,
)
UNKNOWN = Instrument(radiation=radiation_of("Cu"), radius_m=0.2)


def simulated(
    phases: list[Structure], fractions: list[float], *, counts: float = 5000.0, seed: int | None = 1, **more: object
) -> Pattern:
    scales = scales_of_fractions(phases, fractions, 1.0)
    curve = calculate(X, phases, KNOWN, scales=scales, displacement_m=5e-5, **more)  # type: ignore[arg-type]
    curve = curve * (counts / curve.max()) + 0.02 * counts * (1.3 - X / 200.0)
    if seed is not None:
        curve = np.random.default_rng(seed).poisson(curve).astype(float)
        return Pattern.from_counts(X, curve)
    return Pattern(two_theta_deg=X, intensity=curve, std=np.sqrt(curve), use=np.ones(X.size, dtype=bool))


def stretched(s: Structure, *factors: float) -> Structure:
    a, b, c, *angles = s.cell
    return attrs.evolve(s, cell=(a * factors[0], b * factors[1], c * factors[2], *angles))


def is_at(found: Refinement, name: str, truth: Structure, sigmas: float = 4.0) -> bool:
    cells = zip(found.phase(name).cell[:3], truth.cell[:3], strict=True)
    return all(abs(cell.value - true) < sigmas * (cell.std or 0.0) for cell, true in cells)


@pytest.mark.parametrize("phase", [CORUNDUM, RUTILE, FLUORITE], ids=lambda s: s.name)
@pytest.mark.parametrize("signs", [(1, 1), (-1, -1), (1, -1), (-1, 1)])
def test_a_cell_wrong_by_one_and_a_half_percent_is_found(phase: Structure, signs: tuple[int, int]) -> None:
    a, c = 1 + 0.015 * signs[0], 1 + 0.015 * signs[1]
    start = stretched(phase, a, a, a if phase is FLUORITE else c)
    found = refine(simulated([phase], [1.0]), [start], UNKNOWN)
    assert is_at(found, phase.name, phase)
    assert found.gof < 1.06
    assert found.is_trusted
    assert found.started_cold


def test_two_phases_and_their_fractions_come_back() -> None:
    truth = (0.93, 0.07)
    found = refine(
        simulated([CORUNDUM, RUTILE], list(truth)), [stretched(CORUNDUM, 1.002, 1.002, 0.998), RUTILE], KNOWN
    )
    for phase, true in zip(found.phases, truth, strict=True):
        assert phase.mass_fraction is not None
        assert phase.mass_fraction.std is not None
        assert abs(phase.mass_fraction.value - true) < 4 * phase.mass_fraction.std
        assert phase.detection_limit_fraction is not None
        assert phase.detection_limit_fraction < true
    total = sum(p.mass_fraction.value for p in found.phases if p.mass_fraction)
    assert total == pytest.approx(1.0, abs=1e-12)
    assert found.displacement_m == pytest.approx(5e-5, abs=2e-5)


def test_size_strain_and_texture_come_back() -> None:
    pattern = simulated(
        [CORUNDUM], [1.0], counts=40000.0, sizes_m={"corundum": 60e-9}, strains={"corundum": 4e-4},
        textures={"corundum": ((0, 0, 1), 0.8)},
    )  # fmt: skip
    options = RefineOptions(texture=(Texture(phase="corundum", axis=(0, 0, 1)),))
    phase = refine(pattern, [CORUNDUM], KNOWN, options=options).phases[0]
    for got, true in ((phase.size_m, 60e-9), (phase.strain, 4e-4), (phase.texture, 0.8)):
        assert got is not None
        assert got.std is not None
        assert abs(got.value - true) < 4 * got.std
        assert got.value == pytest.approx(true, rel=0.1)


def test_positions_and_displacement_parameters_come_back() -> None:
    start = attrs.evolve(CORUNDUM, sites=tuple(attrs.evolve(s, B_iso_angstrom2=0.6) for s in CORUNDUM.sites))
    start = attrs.evolve(start, sites=(attrs.evolve(start.sites[0], z=0.3505), attrs.evolve(start.sites[1], x=0.300)))
    found = refine(
        simulated([CORUNDUM], [1.0], counts=50000.0), [start], KNOWN, options=RefineOptions(refine_atoms="all")
    )
    al, oxygen = found.phases[0].structure.sites
    assert al.z == pytest.approx(0.35216, abs=2e-4)
    assert oxygen.x == pytest.approx(0.30668, abs=1e-3)
    assert (al.B_iso_angstrom2, oxygen.B_iso_angstrom2) == pytest.approx((0.25, 0.3), abs=0.15)


def test_volume_has_the_deviation_that_follows_from_a_and_c() -> None:
    phase = refine(simulated([CORUNDUM], [1.0]), [CORUNDUM], KNOWN).phases[0]
    a, c = phase.cell[0].value, phase.cell[2].value
    block = phase.cell_covariance[np.ix_([0, 2], [0, 2])]
    slope = np.array([2 * a * c, a * a]) * np.sqrt(3) / 2
    assert phase.volume_angstrom3.value == pytest.approx(np.sqrt(3) / 2 * a * a * c, rel=1e-12)
    assert phase.volume_angstrom3.std == pytest.approx(float(np.sqrt(slope @ block @ slope)), rel=1e-5)
    assert phase.density_kg_per_m3 is not None
    assert phase.density_kg_per_m3.std == pytest.approx(
        phase.density_kg_per_m3.value * (phase.volume_angstrom3.std or 0) / phase.volume_angstrom3.value
    )


def test_a_warm_start_ends_where_the_cold_one_does_in_fewer_calls() -> None:
    first = refine(simulated([CORUNDUM, RUTILE], [0.8, 0.2], seed=1), [CORUNDUM, RUTILE], UNKNOWN)
    pattern = simulated([CORUNDUM, RUTILE], [0.8, 0.2], seed=2)
    cold = refine(pattern, [CORUNDUM, RUTILE], UNKNOWN)
    warm = refine(pattern, [CORUNDUM, RUTILE], UNKNOWN, start=first)
    assert not warm.started_cold
    assert warm.evaluations < 0.4 * cold.evaluations
    assert warm.names == cold.names
    for a, b in zip(warm.phases, cold.phases, strict=True):
        assert abs(a.cell[0].value - b.cell[0].value) < 0.2 * (b.cell[0].std or 0)
        assert a.mass_fraction is not None
        assert b.mass_fraction is not None
        assert abs(a.mass_fraction.value - b.mass_fraction.value) < 0.2 * (b.mass_fraction.std or 0)


def test_a_warm_start_that_leads_astray_is_followed_by_a_cold_one() -> None:
    neighbour = refine(simulated([CORUNDUM], [1.0]), [CORUNDUM], UNKNOWN)
    moved = stretched(CORUNDUM, 1.012, 1.012, 1.012)
    found = refine(simulated([moved], [1.0], seed=3), [CORUNDUM], UNKNOWN, start=neighbour)
    assert is_at(found, "corundum", moved)
    assert found.gof < 1.06


def test_the_scale_of_the_counts_does_not_move_fractions() -> None:
    pattern = simulated([CORUNDUM, RUTILE], [0.8, 0.2])
    tenfold = attrs.evolve(pattern, intensity=pattern.intensity * 10, std=pattern.std * 10)
    one, other = (refine(p, [CORUNDUM, RUTILE], KNOWN) for p in (pattern, tenfold))
    assert one.phases[0].mass_fraction is not None
    assert other.phases[0].mass_fraction is not None
    assert other.phases[0].mass_fraction.value == pytest.approx(one.phases[0].mass_fraction.value, abs=1e-4)
    assert other.gof == pytest.approx(one.gof, rel=1e-4)


def test_four_times_the_counts_halve_the_deviations() -> None:
    few, many = (
        refine(simulated([CORUNDUM], [1.0], counts=c, seed=None), [CORUNDUM], KNOWN) for c in (5000.0, 20000.0)
    )
    assert (few.phases[0].cell[0].std or 0) / (many.phases[0].cell[0].std or 1) == pytest.approx(2.0, rel=0.03)


def test_excluded_points_do_not_count_and_are_still_calculated() -> None:
    pattern = simulated([CORUNDUM], [1.0])
    spoiled = pattern.intensity.copy()
    region = (X > 44.0) & (X < 50.0)
    spoiled[region] += 3000.0
    found = refine(attrs.evolve(pattern, intensity=spoiled, use=~region), [CORUNDUM], KNOWN)
    assert is_at(found, "corundum", CORUNDUM)
    assert found.points == int(np.count_nonzero(~region))
    assert found.calculated.size == X.size
    assert np.all(np.isfinite(found.calculated))
    assert found.gof < 1.1


def test_a_phase_without_coordinates_is_fitted_by_le_bail() -> None:
    bare = attrs.evolve(stretched(RUTILE, 1.003, 1.003, 1.003), sites=(), reliability="cell")
    found = refine(simulated([RUTILE], [1.0]), [bare], KNOWN)
    phase = found.phases[0]
    assert phase.is_le_bail
    assert phase.mass_fraction is None
    assert is_at(found, "rutile", RUTILE)
    assert found.gof < 1.05
    assert not any(name.startswith("rutile:I") for name in found.names)


def test_a_phase_without_coordinates_beside_one_with() -> None:
    bare = attrs.evolve(RUTILE, sites=(), reliability="cell")
    found = refine(simulated([CORUNDUM, RUTILE], [0.8, 0.2]), [CORUNDUM, bare], KNOWN)
    assert is_at(found, "corundum", CORUNDUM)
    assert is_at(found, "rutile", RUTILE)
    assert found.phase("corundum").mass_fraction is None  # of what? the rest has none
    assert "fraction-not-known" in {v.code for v in found.verdicts}


def test_the_curve_is_the_sum_of_its_parts() -> None:
    found = refine(simulated([CORUNDUM, RUTILE], [0.5, 0.5]), [CORUNDUM, RUTILE], KNOWN)
    parts = found.background + sum(phase.contribution for phase in found.phases)
    assert found.calculated == pytest.approx(parts, rel=1e-12)
    pattern = simulated([CORUNDUM, RUTILE], [0.5, 0.5])
    weighted = (pattern.intensity - found.calculated) / pattern.std
    chi2 = float(weighted @ weighted)
    assert found.gof == pytest.approx(np.sqrt(chi2 / (X.size - len(found.names))), rel=1e-6)
    assert found.rwp / found.rexp == pytest.approx(found.gof, rel=1e-6)


# --- bad input ---------------------------------------------------------------------------------------------------------


def test_twenty_points_are_too_few() -> None:
    pattern = simulated([CORUNDUM], [1.0])
    short = Pattern.from_counts(X[:20], pattern.intensity[:20], name="short.xy")
    with pytest.raises(MeasurementError, match=r"short\.xy: 20 usable points are too few"):
        refine(short, [CORUNDUM], KNOWN)


def test_no_phase_and_a_phase_twice_are_named() -> None:
    with pytest.raises(MissingFactError, match="no phase"):
        refine(simulated([CORUNDUM], [1.0]), [], KNOWN)
    with pytest.raises(MissingFactError, match="corundum is given twice"):
        refine(simulated([CORUNDUM], [1.0]), [CORUNDUM, CORUNDUM], KNOWN)


def test_an_empty_pattern_is_named() -> None:
    with pytest.raises(MeasurementError, match="all intensities are zero"):
        refine(Pattern.from_counts(X, np.zeros(X.size)), [CORUNDUM], KNOWN)


def test_angles_that_do_not_ascend_are_refused() -> None:
    with pytest.raises(MeasurementError, match="do not ascend"):
        Pattern.from_counts(np.array([10.0, 10.1, 10.05]), np.ones(3))


def test_a_used_point_needs_a_deviation() -> None:
    with pytest.raises(MeasurementError, match="no positive standard deviation"):
        Pattern(two_theta_deg=X, intensity=np.ones(X.size), std=np.zeros(X.size), use=np.ones(X.size, dtype=bool))


def test_negative_counts_are_not_used_and_said() -> None:
    pattern = simulated([CORUNDUM], [1.0])
    counts = pattern.intensity.copy()
    counts[100:105] = -7
    found = refine(Pattern.from_counts(X, counts), [CORUNDUM], KNOWN)
    assert "5 points have negative intensities" in next(
        v.sentence for v in found.verdicts if v.code == "negative-counts"
    )
    assert found.points == X.size - 5
    assert is_at(found, "corundum", CORUNDUM)


def test_a_saturated_detector_is_a_serious_verdict() -> None:
    pattern = simulated([CORUNDUM], [1.0], counts=50000.0)
    found = refine(Pattern.from_counts(X, np.minimum(pattern.intensity, 20000.0)), [CORUNDUM], KNOWN)
    assert "saturated" in {v.code for v in found.verdicts if v.is_serious}
    assert not found.is_trusted


def test_a_wrong_phase_is_never_trusted() -> None:
    found = refine(simulated([CORUNDUM], [1.0]), [RUTILE], KNOWN)
    assert not found.is_trusted
    assert any("wrong or missing" in v.sentence for v in found.verdicts)


def test_a_phase_that_is_absent_is_not_seen() -> None:
    found = refine(simulated([CORUNDUM], [1.0]), [CORUNDUM, FLUORITE], KNOWN)
    seen = [v.sentence for v in found.verdicts if v.code == "phase-not-seen"]
    fraction = found.phase("fluorite").mass_fraction
    assert fraction is not None
    assert fraction.value < 0.004
    assert len(seen) == 1 or fraction.value < 4 * (fraction.std or 0)
    assert is_at(found, "corundum", CORUNDUM)


def test_two_ranges_are_fitted_together_and_said() -> None:
    pattern = simulated([CORUNDUM], [1.0])
    kept = (X < 45.0) | (X > 55.0)
    found = refine(Pattern.from_counts(X[kept], pattern.intensity[kept]), [CORUNDUM], KNOWN)
    assert "range-gap" in {v.code for v in found.verdicts}
    assert is_at(found, "corundum", CORUNDUM)


def test_nothing_is_ever_not_a_number() -> None:
    rng = np.random.default_rng(5)
    noise = Pattern.from_counts(X, rng.poisson(30.0, X.size).astype(float))
    for phases in ([CORUNDUM], [RUTILE, FLUORITE]):
        found = refine(noise, phases, UNKNOWN)
        assert np.all(np.isfinite(found.values))
        assert np.all(np.isfinite(found.std))
        assert np.all(np.isfinite(found.calculated))
        assert np.isfinite([found.rwp, found.gof, found.durbin_watson, found.berar_lelann]).all()
