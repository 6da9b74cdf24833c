"""From files to numbers: a simulated mixture, its standard, and every bad input named while the other scans go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from pelletry.core.errors import MissingFactError, StudyError
from pelletry.core.facts import LatticeParameters, PhaseContent, TheoreticalDensity
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.diffraction import CARD
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.techniques.diffraction.read import read
from pelletry.techniques.diffraction.result import DiffractionResult
from pelletry.techniques.diffraction.settings import DiffractionSettings
from pelletry.virtual.diffractometer import DiffractometerTruth, PhaseTruth, angles_from, measured_scan
from pelletry.virtual.diffractometer_files import ScanFile, raw_bytes, xrdml_text, xy_text

CORUNDUM, RUTILE, LAB6 = named_phases(["corundum", "tio2-rutile", "lab6"]).structures
LAB6 = attrs.evolve(LAB6, cell=(4.156826, 4.156826, 4.156826, 90.0, 90.0, 90.0))
PROFILE = {"W": 0.004, "X": 0.02, "Y": 0.03, "axial_divergence": 0.02, "zero_deg": 0.012}
TRUTH = DiffractometerTruth(
    instrument=Instrument(radiation=radiation_of("Cu"), radius_m=0.24, is_frozen=True, **PROFILE), displacement_m=-50e-6
)
MIXTURE = (PhaseTruth(structure=CORUNDUM, mass_fraction=0.7), PhaseTruth(structure=RUTILE, mass_fraction=0.3))
NAMED: dict[str, Any] = {"phases": ("corundum", "tio2-rutile")}
HELD = {**NAMED, "instrument": {**PROFILE, "source": "the truth"}}


def scan_file(seed: int = 3, **changes: Any) -> ScanFile:
    return attrs.evolve(measured_scan(MIXTURE, TRUTH, angles_from(20.0, 80.0, 0.02), seed=seed), **changes)


def read_bytes(folder: Path, name: str, content: bytes) -> tuple[DiffractionScan, ...]:
    (folder / name).write_bytes(content)
    return read(read_file(folder / name))


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DiffractionScan]:
    folder = tmp_path_factory.mktemp("scans")
    standard = attrs.evolve(TRUTH, displacement_m=15e-6, highest_counts=20_000.0)
    lab6 = measured_scan(
        [PhaseTruth(structure=LAB6, mass_fraction=1.0)], standard, angles_from(18.0, 120.0, 0.02), seed=1
    )
    return {
        "a": read_bytes(folder, "a.xrdml", xrdml_text([scan_file()]))[0],
        "raw": read_bytes(folder, "a.raw", raw_bytes([scan_file()]))[0],
        "xy": read_bytes(folder, "a.xy", xy_text(scan_file()))[0],
        "lab6": attrs.evolve(read_bytes(folder, "lab6.xrdml", xrdml_text([lab6]))[0], role="standard"),
    }


def analysed(*measured: DiffractionScan, composition: str | None = None, **settings: Any) -> DiffractionResult:
    inputs = Inputs(sample=Sample(name="A", composition=composition), settings=DiffractionSettings(**settings))
    result = CARD.analyse(measured, inputs)
    assert isinstance(result, DiffractionResult)
    return result


def codes(result: DiffractionResult) -> set[str]:
    return {finding.code for finding in result.findings}


def value(result: DiffractionResult, name: str, phase: str = "") -> Estimate:
    found = next(q for q in result.quantities if q.name == name and (not phase or q.condition("phase") == phase))
    assert isinstance(found.quantity, Estimate)
    return found.quantity


@pytest.fixture(scope="module")
def mixture(scans: dict[str, DiffractionScan]) -> DiffractionResult:
    return analysed(scans["a"], composition="Al2O3", **HELD)


def test_the_truth_comes_back_within_its_errors(mixture: DiffractionResult) -> None:
    for name, phase, truth in (
        ("lattice_a", "corundum", CORUNDUM.cell[0]),
        ("lattice_c", "corundum", CORUNDUM.cell[2]),
        ("lattice_a", "tio2-rutile", RUTILE.cell[0]),
        ("mass_fraction", "corundum", 0.7),
    ):
        found = value(mixture, name, phase)
        assert found.std is not None
        assert abs(found.value - truth) < 4 * found.std, (name, phase)
    assert value(mixture, "displacement").value == pytest.approx(-50e-6, abs=4e-6)
    assert value(mixture, "gof").value == pytest.approx(1.0, abs=0.05)


def test_the_volume_carries_the_error_that_follows_from_a_and_c(mixture: DiffractionResult) -> None:
    a, c, v = (value(mixture, f"lattice_{k}", "corundum") for k in ("a", "c", "volume"))
    assert v.value == pytest.approx(a.value**2 * c.value * np.sqrt(3) / 2)
    least = v.value * abs(2 * (a.std or 0) / a.value - (c.std or 0) / c.value)
    most = v.value * (2 * (a.std or 0) / a.value + (c.std or 0) / c.value)
    assert least <= (v.std or 0) <= most * 1.0001


def test_the_density_of_the_mixture_is_the_harmonic_mean_by_mass(mixture: DiffractionResult) -> None:
    w = value(mixture, "mass_fraction", "corundum").value
    parts = [value(mixture, "density_phase", p).value for p in ("corundum", "tio2-rutile")]
    assert value(mixture, "density_theoretical").value == pytest.approx(1 / (w / parts[0] + (1 - w) / parts[1]))
    (fact,) = (f for f in mixture.facts if isinstance(f, TheoreticalDensity))
    assert fact.density_kg_per_m3.unit == "kg/m3"
    assert "corundum" in fact.source


def test_facts_name_the_main_phase(mixture: DiffractionResult) -> None:
    cells = [f for f in mixture.facts if isinstance(f, LatticeParameters)]
    assert [(f.phase, f.is_main) for f in cells] == [("corundum", True), ("tio2-rutile", False)]
    assert sum(f.mass_fraction.value for f in mixture.facts if isinstance(f, PhaseContent)) == pytest.approx(1.0)


def test_what_was_not_weighed_in_is_named(mixture: DiffractionResult) -> None:
    said = [f.sentence for f in mixture.findings if f.code == "elements-against-phases"]
    assert any("tio2-rutile" in s and "Ti" in s for s in said)


def test_a_result_can_be_kept_and_comes_back_equal(mixture: DiffractionResult) -> None:
    payload = encoded(mixture)
    assert encoded(decoded(payload)) == payload
    assert mixture.is_simulated


def test_a_standard_gives_the_instrument_and_prints_it_as_settings(scans: dict[str, DiffractionScan]) -> None:
    result = analysed(scans["lab6"], scans["a"], standard_phase="lab6", **NAMED)
    (standard,) = result.standards
    assert standard.instrument.zero_deg == pytest.approx(0.012, abs=0.002)
    assert standard.instrument.axial_divergence == pytest.approx(0.02, abs=0.002)
    assert standard.instrument.is_frozen
    assert "profile-not-calibrated" not in codes(result)
    told = next(f.sentence for f in result.findings if f.code == "instrument-as-settings")
    assert f"zero_deg = {standard.instrument.zero_deg:.5g}" in told
    assert abs(value(result, "lattice_a", "corundum").value - CORUNDUM.cell[0]) < 3e-4
    assert len(result.patterns) == 1


def test_without_phases_they_are_searched_among_the_elements(scans: dict[str, DiffractionScan]) -> None:
    result = analysed(scans["a"], instrument=HELD["instrument"], elements=("Al", "Ti", "O"))
    assert set(result.phases) == {"corundum", "tio2-rutile"}
    assert result.phases[0] == "corundum"
    assert "phases-as-settings" in codes(result)
    assert value(result, "mass_fraction", "corundum").value == pytest.approx(0.7, abs=0.01)


def test_layouts_of_one_scan_give_one_result(scans: dict[str, DiffractionScan]) -> None:
    results = [analysed(scans[k], **HELD, radiation="Cu Ka", goniometer_radius_m=0.24) for k in ("a", "raw", "xy")]
    cells = [value(r, "lattice_a", "corundum").value for r in results]
    assert np.ptp(cells) < 1e-6


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_a_missing_wavelength_is_named_and_nothing_is_assumed(scans: dict[str, DiffractionScan]) -> None:
    with pytest.raises(MissingFactError, match=r"does not say the wavelength.*Write radiation = 'Cu Ka'"):
        analysed(scans["xy"], **NAMED)


def test_a_scan_without_wavelength_leaves_the_others(scans: dict[str, DiffractionScan]) -> None:
    result = analysed(scans["xy"], scans["a"], **HELD)
    assert [p.label for p in result.patterns] == ["a.xrdml"]
    assert [w.what for w in result.withheld] == ["everything from a.xy"]


def test_a_wrong_wavelength_is_contradicted_and_not_trusted(scans: dict[str, DiffractionScan]) -> None:
    result = analysed(scans["a"], radiation="Co Ka", **NAMED)
    assert {"radiation-contradicts-file", "fit-not-trusted"} <= codes(result)
    assert not result.facts


def test_a_wrong_phase_is_not_trusted_and_gives_no_facts(scans: dict[str, DiffractionScan]) -> None:
    result = analysed(scans["a"], phases=("nacl",), instrument=HELD["instrument"])
    assert "fit-not-trusted" in codes(result)
    assert not result.facts


def test_a_phase_too_many_keeps_its_cell_and_spoils_nothing(
    scans: dict[str, DiffractionScan], mixture: DiffractionResult
) -> None:
    result = analysed(scans["a"], **{**HELD, "phases": ("corundum", "tio2-rutile", "caf2")})
    w = value(result, "mass_fraction", "caf2")
    assert w.value < 3 * (w.std or 0) + 1e-4
    held = next(q for q in result.quantities if q.name == "lattice_volume" and q.condition("phase") == "caf2")
    assert isinstance(held.quantity, Unresolved)
    shift = abs(value(result, "lattice_a", "corundum").value - value(mixture, "lattice_a", "corundum").value)
    assert shift < 0.3 * (value(mixture, "lattice_a", "corundum").std or 0)
    assert result.patterns[0].refinement is not None
    assert result.patterns[0].refinement.is_trusted


def test_an_unknown_phase_is_refused_with_its_neighbours(scans: dict[str, DiffractionScan]) -> None:
    with pytest.raises(StudyError, match=r"'corumdum' is not in the library.*[Nn]ear: corundum"):
        analysed(scans["a"], phases=("corumdum",))


def test_rates_without_time_give_the_same_cell_and_say_so(
    scans: dict[str, DiffractionScan], mixture: DiffractionResult
) -> None:
    from pelletry.core.record import Column, Record

    counts = scans["a"]
    record = Record(
        name="rate", technique="diffraction", origin=counts.origin,
        columns=(
            Column(name="2Theta", unit="deg", values=counts.two_theta_deg),
            Column(name="I", unit="cps", values=counts.intensity / 37.0),
        ),
        header={"angle column": "2Theta", "intensity column": "I"},
    )  # fmt: skip
    (scan,) = read([record])
    result = analysed(scan, radiation="Cu Ka", goniometer_radius_m=0.24, **HELD)
    assert "noise-from-scatter" in codes(result)
    a, truth = value(result, "lattice_a", "corundum"), value(mixture, "lattice_a", "corundum")
    assert abs(a.value - truth.value) < 0.3 * (truth.std or 0)
    assert a.std == pytest.approx(truth.std, rel=0.2)


def test_excluded_regions_are_not_fitted(scans: dict[str, DiffractionScan]) -> None:
    result = analysed(scans["a"], excluded_deg=((34.0, 36.5),), two_theta_max_deg=70.0, **HELD)
    pattern = result.patterns[0]
    x = pattern.two_theta_deg
    assert not pattern.use[((x > 34.0) & (x < 36.5)) | (x > 70.0)].any()
    assert abs(value(result, "lattice_a", "corundum").value - CORUNDUM.cell[0]) < 5e-4


def test_a_spike_gives_the_amorphous_part(scans: dict[str, DiffractionScan]) -> None:
    # 30 wt% rutile is seen; had 15 % been weighed in, half of the mixture would not diffract
    result = analysed(scans["a"], spike={"phase": "tio2-rutile", "mass_fraction": 0.15}, **HELD)
    assert value(result, "amorphous_fraction").value == pytest.approx((1 - 0.15 / 0.3) / (1 - 0.15), abs=0.01)


def external(
    tmp_path: Path, *, amorphous: float = 0.0, seconds: float = 1.0, **settings: Any
) -> tuple[DiffractionResult, Estimate | Unresolved]:
    """The mixture beside pure corundum on one instrument: intensities as scale = K W / (Z M V mu*), of which part does not diffract."""
    from pelletry.techniques.diffraction.external_standard import mass_absorption_m2_per_kg
    from pelletry.techniques.diffraction.model.calculate import calculate, scales_of_fractions

    # composition of 70 wt% Al2O3 and 30 wt% TiO2, its amorphous part included
    moles = {"Al": 2 * 0.7 / 101.961, "Ti": 0.3 / 79.866, "O": 3 * 0.7 / 101.961 + 2 * 0.3 / 79.866}
    of_mixture = mass_absorption_m2_per_kg(moles, 1.5405929)
    of_corundum = mass_absorption_m2_per_kg({"Al": 2, "O": 3}, 1.5405929)
    x = angles_from(20.0, 80.0, 0.02)
    made = {}
    for name, phases, shares, mu, time in (
        ("lab", [CORUNDUM], [0.99], of_corundum, 1.0),
        ("mix", [CORUNDUM, RUTILE], [0.7 * (1 - amorphous), 0.3 * (1 - amorphous)], of_mixture, seconds),
    ):
        scales = scales_of_fractions(phases, shares, 1.0)
        curve = calculate(x, phases, TRUTH.instrument, scales=scales) / mu * time
        made[name] = (curve, time)
    most = float(made["lab"][0].max()) / 30_000.0
    random = np.random.default_rng(4)
    scans = []
    for name, (curve, time) in made.items():
        file = attrs.evolve(
            scan_file(),
            two_theta_deg=x,
            counts=random.poisson(curve / most + 150.0 * time).astype(float),
            time_per_step_s=time,
        )
        scans.append(read_bytes(tmp_path, f"{name}.xrdml", xrdml_text([file]))[0])
    words = "Al{Al:.6f}Ti{Ti:.6f}O{O:.6f}".format(**{k: 100 * n for k, n in moles.items()})
    given = {"crystalline_fraction": 0.99, "std": 0.005}
    result = analysed(
        attrs.evolve(scans[0], role="standard"), scans[1], composition=words, standard_phase="corundum",
        external_standard=given, **{**NAMED, **settings},
    )  # fmt: skip
    found = next(q.quantity for q in result.quantities if q.name == "amorphous_fraction_external")
    assert isinstance(found, Estimate | Unresolved)
    return result, found


@pytest.mark.parametrize(("amorphous", "seconds"), [(0.0, 1.0), (0.35, 3.0)])
def test_an_external_standard_gives_the_amorphous_part(tmp_path: Path, amorphous: float, seconds: float) -> None:
    result, found = external(tmp_path, amorphous=amorphous, seconds=seconds)
    assert isinstance(found, Estimate)
    assert found.std is not None
    assert 0.002 < found.std < 0.02
    assert abs(found.value - amorphous) < 3 * found.std
    assert "OConnorRaven1988" in result.lineage.references


def test_an_external_standard_is_withheld_where_absorption_or_scan_is_missing(
    scans: dict[str, DiffractionScan],
) -> None:
    given = {"crystalline_fraction": 0.99}
    alone = analysed(scans["a"], external_standard=given, composition="Al2O3", **HELD)
    beside = analysed(scans["lab6"], scans["a"], standard_phase="lab6", external_standard=given, **NAMED)
    reasons = [
        next(q.quantity for q in r.quantities if q.name == "amorphous_fraction_external") for r in (alone, beside)
    ]
    assert isinstance(reasons[0], Unresolved)
    assert "no scan of a standard" in reasons[0].reason
    assert isinstance(reasons[1], Unresolved)
    assert "needs its composition" in reasons[1].reason


def test_the_mass_absorption_of_corundum_is_that_of_the_tables_without_scattering() -> None:
    """Total attenuation of the NIST tables at 8 keV: Al 50.33, O 11.63 cm2/g, hence 3.211 m2/kg; the photoelectric part is a few percent less."""
    from pelletry.techniques.diffraction.external_standard import mass_absorption_m2_per_kg

    assert 0.93 < mass_absorption_m2_per_kg({"Al": 2, "O": 3}, 12.398419843 / 8.0) / 3.211 < 1.0


@pytest.mark.parametrize("kind", ["linear", "spline"])
def test_a_background_between_nodes_gives_the_same_cell(
    scans: dict[str, DiffractionScan], mixture: DiffractionResult, kind: str
) -> None:
    result = analysed(scans["a"], background=kind, **HELD)
    a, other = value(result, "lattice_a", "corundum"), value(mixture, "lattice_a", "corundum")
    assert abs(a.value - other.value) < 0.3 * (a.std or 0)
    assert value(result, "gof").value < 1.1


def test_nodes_that_lie_elsewhere_are_named(scans: dict[str, DiffractionScan]) -> None:
    result = analysed(scans["a"], background="spline", background_nodes_deg=(90.0, 100.0, 110.0), **HELD)
    assert "0 of 3 background nodes lie in the range" in result.patterns[0].reason


def test_rigid_phosphates_keep_their_shape_while_atoms_move() -> None:
    """Berlinite with few counts: free oxygens leave the tetrahedron, held ones do not."""
    from pelletry.techniques.diffraction.model.data import Pattern
    from pelletry.techniques.diffraction.refining import attempt, options_of

    (berlinite,) = named_phases(["alpo4-berlinite"]).structures
    x = angles_from(18.0, 70.0, 0.03)
    few = attrs.evolve(TRUTH, highest_counts=600.0)
    scan = measured_scan([PhaseTruth(structure=berlinite, mass_fraction=1.0)], few, x, seed=2)
    spread = {}
    for held in ({}, {"alpo4-berlinite": 1.53}):
        settings = DiffractionSettings(phases=("alpo4-berlinite",), refine_atoms="positions", rigid_phosphates=held)
        options = options_of(settings, ["alpo4-berlinite"])
        made = attempt(Pattern.from_counts(x, scan.counts), [berlinite], TRUTH.instrument, options)
        assert made.refinement is not None
        lengths = bonds(made.refinement.phases[0].structure)
        assert len(lengths) == 4
        spread[bool(held)] = float(np.abs(lengths - 1.53).max())
    assert spread[True] < 0.012
    assert spread[False] > 2 * spread[True]


def bonds(structure: Any) -> np.ndarray:
    """P-O distances of a structure, from its own symmetry by gemmi. [angstrom]"""
    import gemmi

    cell = gemmi.UnitCell(*structure.cell)
    operations = [gemmi.Op(o) for o in structure.operations]
    phosphorus = next(s for s in structure.sites if s.element == "P")
    centre, found = gemmi.Fractional(phosphorus.x, phosphorus.y, phosphorus.z), []
    for site in (s for s in structure.sites if s.element == "O"):
        images = {tuple(np.round(np.mod(o.apply_to_xyz([site.x, site.y, site.z]), 1.0), 5)) for o in operations}
        for image in images:
            for cell_shift in np.ndindex(3, 3, 3):
                place = gemmi.Fractional(*(np.array(image) + cell_shift - 1.0))
                length = cell.orthogonalize(place - centre).length()
                if 1.0 < length < 2.0:
                    found.append(length)
    return np.array(found)


def test_a_printed_mean_wavelength_is_questioned(scans: dict[str, DiffractionScan]) -> None:
    stated = attrs.evolve(
        scans["a"].stated, alpha1_angstrom=None, alpha2_angstrom=None, other_wavelength_angstrom=1.5418
    )
    result = analysed(attrs.evolve(scans["a"], stated=stated), **HELD)
    assert "wavelength-of-no-tube" in codes(result)


def test_an_older_printed_wavelength_names_its_line(
    scans: dict[str, DiffractionScan], mixture: DiffractionResult
) -> None:
    stated = attrs.evolve(scans["a"].stated, alpha1_angstrom=1.54056, alpha2_angstrom=1.54439)
    result = analysed(attrs.evolve(scans["a"], stated=stated), **HELD)
    assert "wavelength-replaced" in codes(result)
    assert value(result, "lattice_a", "corundum").value == pytest.approx(
        value(mixture, "lattice_a", "corundum").value, abs=1e-7
    )


def test_an_instrument_file_gives_the_profile(scans: dict[str, DiffractionScan], tmp_path: Path) -> None:
    from pelletry.techniques.diffraction.exchange.instrument_files import instprm_text

    (tmp_path / "mine.instprm").write_text(instprm_text(TRUTH.instrument))
    result = analysed(scans["a"], **NAMED, instrument_file=str(tmp_path / "mine.instprm"))
    assert "profile-not-calibrated" not in codes(result)
    refinement = result.patterns[0].refinement
    assert refinement is not None
    assert pytest.approx(0.004) == refinement.instrument.W
    assert refinement.zero_deg == pytest.approx(0.012)


def test_own_cif_files_are_named_by_path_and_found_by_a_search(
    scans: dict[str, DiffractionScan], tmp_path: Path
) -> None:
    from pelletry.reference.phases import phase

    own = tmp_path / "own"
    own.mkdir()
    (own / "my_rutile.cif").write_text(phase("tio2-rutile").cif)
    named = analysed(scans["a"], phases=("corundum", str(own / "my_rutile.cif")), instrument=HELD["instrument"])
    assert value(named, "mass_fraction", "my_rutile").value == pytest.approx(0.3, abs=0.01)
    found = analysed(scans["a"], cif_folder=str(own), elements=("Al", "Ti", "O"), instrument=HELD["instrument"])
    assert len(found.phases) == 2
    with pytest.raises(StudyError, match="there is no folder"):
        analysed(scans["a"], cif_folder=str(tmp_path / "none"))


def test_the_command_line_prints_the_numbers_and_draws(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from pelletry.cli.app import group

    (tmp_path / "a.xrdml").write_bytes(xrdml_text([scan_file()]))
    arguments = [
        "analyse",
        "diffraction",
        str(tmp_path / "a.xrdml"),
        "--set",
        "phases=corundum,tio2-rutile",
        "--figures",
        str(tmp_path / "f"),
    ]
    ran = CliRunner().invoke(group, arguments)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.output
    assert "lattice_a" in ran.output
    assert "tio2-rutile" in ran.output
    assert any(f.suffix == ".svg" for f in (tmp_path / "f").iterdir())
