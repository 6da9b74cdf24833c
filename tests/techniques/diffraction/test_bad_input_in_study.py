"""Bad scans in a study: each is named in one sentence, nothing is guessed, and the other scan of its sample gives its cell."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from pelletry import api
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.reference.phases import phase
from pelletry.study.result import StudyResult
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.virtual.diffractometer import DiffractometerTruth, PhaseTruth, angles_from, measured_scan
from pelletry.virtual.diffractometer_files import ScanFile, xrdml_text, xy_text

TRUTH = DiffractometerTruth(
    instrument=Instrument(radiation=radiation_of("Cu"), radius_m=0.24, W=0.004, X=0.02, Y=0.03, axial_divergence=0.02)
)
(RUTILE,) = named_phases(["tio2-rutile"]).structures
COUNTS = b'<intensities unit="counts">'


def scan(seed: int) -> ScanFile:
    return measured_scan(
        [PhaseTruth(structure=RUTILE, mass_fraction=1.0)], TRUTH, angles_from(24.0, 60.0, 0.03), seed=seed
    )


def bad_files() -> dict[str, tuple[str, bytes]]:
    """Sample to the name and the content of its bad file."""
    good = scan(9)
    x, n = good.two_theta_deg, good.counts
    whole = xrdml_text([good])
    untimed = re.sub(rb"<commonCountingTime.*?</commonCountingTime>", b"", whole)
    factors = b" ".join(b"8.3" if 100 < i < 200 else b"1" for i in range(n.size))
    attenuated = b"<beamAttenuationFactors>" + factors + b"</beamAttenuationFactors>" + COUNTS
    negative = np.where(np.arange(n.size) < 20, n - 900.0, n)
    parts = [attrs.evolve(good, two_theta_deg=x[part], counts=n[part]) for part in (slice(700), slice(400, None))]
    back = "".join(
        f"{a:.3f}\t{int(c)}\n" for part in parts for a, c in zip(part.two_theta_deg, part.counts, strict=True)
    )
    return {
        "no wavelength": ("bad.xy", xy_text(good)),
        "rates": ("bad.xrdml", untimed.replace(COUNTS, b'<intensities unit="cps">')),
        "whole rates": ("bad.xrdml", xrdml_text([attrs.evolve(good, counts=np.round(n / 10))])),
        "attenuated": ("bad.xrdml", whole.replace(COUNTS, attenuated)),
        "negative": ("bad.xrdml", xrdml_text([attrs.evolve(good, counts=negative)])),
        "two ranges": ("bad.xrdml", xrdml_text(parts)),
        "angle back": ("bad.txt", f"2theta (deg)\tIntensity (counts)\n{back}".encode()),
        "saturated": ("bad.xrdml", xrdml_text([attrs.evolve(good, counts=np.minimum(n, np.sort(n)[-40]))])),
        "twenty points": ("bad.xrdml", xrdml_text([attrs.evolve(good, two_theta_deg=x[:20], counts=n[:20])])),
    }


def run(folder: Path, files: dict[str, dict[str, bytes]], settings: str) -> StudyResult:
    rows = ["sample,files"]
    for k, (sample, contents) in enumerate(files.items()):
        (folder / f"raw{k}").mkdir(parents=True)
        rows.append(f"{sample},raw{k}/*")
        for name, content in contents.items():
            (folder / f"raw{k}" / name).write_bytes(content)
    (folder / "samples.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    toml = f'title = "t"\n[samples]\nfile = "samples.csv"\n[diffraction]\n{settings}\n'
    (folder / "study.toml").write_text(toml, encoding="utf-8")
    return api.run(folder, jobs=1)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    files = {
        sample: {name: content, "good.xrdml": xrdml_text([scan(20 + k)])}
        for k, (sample, (name, content)) in enumerate(bad_files().items())
    }
    return run(tmp_path_factory.mktemp("study"), files, 'phases = ["tio2-rutile"]')


def said_of(result: StudyResult, sample: str) -> list[str]:
    """All sentences about a sample."""
    withheld = [f"{w.what}: {w.missing}. {w.do}" for w in result.withheld if sample in w.samples]
    return [*(f.sentence for f in result.findings if sample in f.samples), *withheld]


def cells(result: StudyResult, sample: str, scan: str = "") -> list[Estimate]:
    return [
        q.quantity
        for q in result.quantities
        if (q.sample, q.name) == (sample, "lattice_a")
        and isinstance(q.quantity, Estimate)
        and scan in str(dict(q.conditions).get("scan", ""))
    ]


@pytest.mark.parametrize("sample", bad_files())
def test_the_other_scan_goes_on(result: StudyResult, sample: str) -> None:
    good = cells(result, sample, "good") or cells(result, sample)
    assert len(good) == 1
    assert good[0].value == pytest.approx(RUTILE.cell[0], abs=5 * (good[0].std or 0) + 2e-4)


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ("no wavelength", "everything from bad.xy: the file does not say the wavelength. write radiation = 'Cu Ka' under [diffraction]"),
        ("rates", "bad.xrdml: the file gives no counts and no uncertainty: weights follow from the scatter of neighbouring points"),
        ("whole rates", "times that of counts: the scan was smoothed, scaled or summed"),
        ("attenuated", "99 points were counted behind an attenuator; their weights follow from the counts received"),
        ("negative", "20 of 1201 intensities are negative"),
        ("angle back", "the angles do not rise in equal steps to the end. Export the scan again"),
        ("saturated", "the detector was saturated"),
        ("twenty points", "only 20 points; expected at least 50"),
    ],
)  # fmt: skip
def test_the_bad_scan_is_named_in_one_sentence(result: StudyResult, sample: str, words: str) -> None:
    assert [s for s in said_of(result, sample) if words in s]


@pytest.mark.parametrize("sample", ["no wavelength", "negative", "angle back", "twenty points"])
def test_a_scan_that_cannot_be_used_gives_no_number(result: StudyResult, sample: str) -> None:
    assert len(cells(result, sample)) == 1


def test_two_ranges_are_two_scans_of_one_cell(result: StudyResult) -> None:
    found = cells(result, "two ranges", "bad")
    assert len(found) == 2
    for one in found:
        assert one.value == pytest.approx(RUTILE.cell[0], abs=5 * (one.std or 0))


def test_weights_of_rates_and_behind_an_attenuator_are_those_of_counts(result: StudyResult) -> None:
    """All three are the same counts: their cells and errors agree, however the file puts it."""
    of = {s: cells(result, s, "bad")[0] for s in ("rates", "attenuated")}
    (plain,) = cells(result, "no wavelength")
    assert of["rates"].value == pytest.approx(of["attenuated"].value, abs=0.6 * (plain.std or 0))
    assert of["rates"].std == pytest.approx(plain.std, rel=0.3)
    assert of["attenuated"].std == pytest.approx(plain.std, rel=0.6)


def test_a_saturated_peak_is_flagged(result: StudyResult) -> None:
    (flags,) = (
        q.flags
        for q in result.quantities
        if (q.sample, q.name) == ("saturated", "lattice_a") and "bad" in str(dict(q.conditions).get("scan"))
    )
    assert "fit-not-trusted" in flags


# -- what is wrong in the settings or the model, which all scans of the study share ------------------------------------


def two_samples(folder: Path, settings: str, *, cif: str = "") -> StudyResult:
    folder.mkdir(exist_ok=True)
    if cif:
        (folder / "mine.cif").write_text(cif, encoding="utf-8")
    return run(folder, {"A": {"a.xrdml": xrdml_text([scan(1)])}, "B": {"b.xrdml": xrdml_text([scan(2)])}}, settings)


def test_a_wrong_wavelength(tmp_path: Path) -> None:
    result = two_samples(tmp_path, 'phases = ["tio2-rutile"]\nradiation = "Co Ka"')
    for sample in "AB":
        said = said_of(result, sample)
        assert any(
            "the settings say Co Ka (1.789 Å) and the file prints 1.5406 Å: one of them is wrong" in s for s in said
        )
        assert not [q for q in cells(result, sample) if q.value]


def test_a_wrong_wavelength_that_no_file_contradicts(tmp_path: Path) -> None:
    files = {sample: {"a.xy": xy_text(scan(k))} for k, sample in enumerate("AB")}
    result = run(tmp_path, files, 'phases = ["tio2-rutile"]\nradiation = "Co Ka"')
    for sample in "AB":
        assert any("or the wavelength is not that of the scan" in s for s in said_of(result, sample))
        assert not cells(result, sample)


def test_a_cif_without_symmetry(tmp_path: Path) -> None:
    text = "\n".join(line for line in phase("tio2-rutile").cif.splitlines() if "space_group" not in line)
    result = two_samples(tmp_path, 'phases = ["tio2-rutile", "mine.cif"]', cif=text)
    for sample in "AB":
        assert any(
            "mine: the CIF states no symmetry" in s and "nothing is guessed" in s for s in said_of(result, sample)
        )
        assert not cells(result, sample)


def test_a_cif_with_partial_sites(tmp_path: Path) -> None:
    text = phase("tio2-rutile").cif.replace("O1 O 0.306 0.306 0 1 0.55", "O1 O 0.306 0.306 0 0.7 0.55")
    result = two_samples(tmp_path, 'phases = ["mine.cif"]', cif=text)
    for sample in "AB":
        words = "partly occupied sites O1; mass and intensities follow the occupancies"
        assert any(words in s for s in said_of(result, sample))
        assert len(cells(result, sample)) == 1


def test_a_wrong_phase(tmp_path: Path) -> None:
    result = two_samples(tmp_path, 'phases = ["nacl"]')
    for sample in "AB":
        assert any("a phase is wrong or missing" in s for s in said_of(result, sample))
        assert not cells(result, sample)
        reasons = [
            q.quantity.reason
            for q in result.quantities
            if q.sample == sample and q.name == "mass_fraction" and isinstance(q.quantity, Unresolved)
        ]
        assert reasons == ["nacl is not seen: its scale is not three standard deviations above zero"]


def test_a_wrong_phase_beside_the_right_one_spoils_nothing(tmp_path: Path) -> None:
    result = two_samples(tmp_path, 'phases = ["tio2-rutile", "nacl"]')
    for sample in "AB":
        (a,) = cells(result, sample)
        assert a.value == pytest.approx(RUTILE.cell[0], abs=5 * (a.std or 0) + 2e-4)
