"""A powder, its pellet and its cell in one study: what is inherited, what is shared, and what is not asked of whom."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from pelletry.core.errors import StudyError
from pelletry.core.facts import IonicConductivity, ParticleSize, PelletGeometry
from pelletry.core.quantity import Estimate
from pelletry.core.technique import Technique
from pelletry.study.check import check_study, is_of_pellet
from pelletry.study.gather import as_the_study_says
from pelletry.study.plan import facts_for
from pelletry.study.spec import load_study


def study(tmp_path: Path, samples: str, files: str = "") -> Path:
    (tmp_path / "study.toml").write_text('title = "t"\n', encoding="utf-8")
    (tmp_path / "samples.csv").write_text(samples, encoding="utf-8")
    if files:
        (tmp_path / "files.csv").write_text(files, encoding="utf-8")
    (tmp_path / "raw").mkdir(exist_ok=True)
    for name in ("psd.txt", "lab6.xy", "a.xy", "b.xy"):
        (tmp_path / "raw" / name).write_text("1 2\n", encoding="utf-8")
    return tmp_path


def test_a_cell_knows_its_pellet_and_the_powder_of_that(tmp_path: Path) -> None:
    text = "sample,powder,made_of\nLATP powder,,\nP1,latp  POWDER,\nCell,,p1\n"
    loaded = load_study(study(tmp_path, text))
    assert loaded.sample("P1").made_of == ("LATP powder",)
    assert loaded.ancestors("Cell") == ("P1", "LATP powder")
    assert loaded.ancestors("LATP powder") == ()


def test_a_powder_that_is_no_sample_stays_a_text(tmp_path: Path) -> None:
    loaded = load_study(study(tmp_path, "sample,powder\nP1,ball-milled 2 h\n"))
    assert loaded.sample("P1").made_of == ()
    assert loaded.sample("P1").powder == "ball-milled 2 h"


def test_what_is_made_of_nothing_known_or_of_itself_is_a_mistake(tmp_path: Path) -> None:
    text = "sample,made_of\nA,B\nB,A\nC,Latp\nLATP2,\n"
    with pytest.raises(StudyError) as raised:
        load_study(study(tmp_path, text))
    said = str(raised.value)
    assert "'A' is, in the end, made of itself" in said or '"A" is, in the end, made of itself' in said
    assert "no sample of the study" in said
    assert "LATP2" in said


def card(*kinds: type) -> Technique:
    return Technique(
        name="t", title="T", record_techniques=(), needs=frozenset(), wants=frozenset(kinds), gives=frozenset(),
        settings=object, result=object, read=lambda r: (), analyse=lambda m, i: None, present=lambda r: None,  # type: ignore[arg-type,return-value]
    )  # fmt: skip


def number(value: float, unit: str = "m") -> Estimate:
    return Estimate(value=value, unit=unit, method="")


def test_facts_are_inherited_once_the_nearest_first_and_the_size_never() -> None:
    def particle(sample: str, d50: float) -> ParticleSize:
        sizes = {name: number(d50) for name in ("d10_m", "d50_m", "d90_m")}
        return ParticleSize(sample=sample, given_by="granulometry", basis="volume", **sizes)

    conductivity = IonicConductivity(
        sample="P1", given_by="impedance", part="total", temperature_K=298.0, conductivity_S_per_m=number(1e-2, "S/m")
    )
    size = PelletGeometry(sample="P1", given_by="x", thickness_m=number(1e-3), electrode_area_m2=number(1e-4, "m2"))
    facts = [particle("powder", 3e-6), particle("older powder", 9e-6), conductivity, size]
    asked = card(ParticleSize, IonicConductivity, PelletGeometry)
    found = facts_for(asked, facts, "Cell", ancestors=("P1", "powder", "older powder"))
    assert {type(fact) for fact in found} == {ParticleSize, IonicConductivity}
    assert all(fact.sample == "Cell" for fact in found)
    by_kind = {type(fact): fact for fact in found}
    assert by_kind[ParticleSize].d50_m.value == 3e-6
    assert by_kind[ParticleSize].given_by == "granulometry of powder"
    assert facts_for(asked, facts, "P1") == (conductivity, size)


FILES = """\
file,sample,temperature,technique,role
raw/lab6.xy,*,,diffraction,standard
raw/a.xy,A,25 °C,diffraction,
raw/b.xy,A,25 °C,impedance,
"""


def test_a_standard_belongs_to_every_sample_and_carries_its_role(tmp_path: Path) -> None:
    loaded = load_study(study(tmp_path, "sample\nA\nB\n", FILES))
    assert [(f.path, f.sample, f.is_shared) for f in loaded.files] == [
        ("raw/lab6.xy", "A", True),
        ("raw/lab6.xy", "B", True),
        ("raw/a.xy", "A", False),
        ("raw/b.xy", "A", False),
    ]
    from pelletry.core.provenance import Origin
    from pelletry.core.record import Record

    origin = Origin(path="raw/lab6.xy", sha256="", record=0, format="x")
    record = Record(name="r", technique="diffraction", columns=(), origin=origin)
    hints = {hint.name: hint.value for hint in as_the_study_says(record, loaded.files[0]).hints}
    assert hints["role"] == "standard"


def test_a_file_of_every_sample_needs_a_role(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="has no role"):
        load_study(study(tmp_path, "sample\nA\n", "file,sample\nraw/a.xy,*\n"))


def test_a_diffraction_scan_and_a_spectrum_at_one_temperature_are_no_repetition(tmp_path: Path) -> None:
    load_study(study(tmp_path, "sample\nA\n", FILES))
    twice = FILES.replace("impedance", "diffraction")
    with pytest.raises(StudyError, match="a second spectrum"):
        load_study(study(tmp_path, "sample\nA\n", twice))


def test_nobody_asks_a_powder_for_its_conductivity(tmp_path: Path) -> None:
    files = "file,sample,technique\nraw/psd.txt,powder,granulometry\nraw/a.xy,P1,impedance\n"
    checked = check_study(load_study(study(tmp_path, "sample\npowder\nP1\n", files)))
    assert {line.samples for line in checked.withheld} == {("P1",)}
    sample = load_study(tmp_path).sample("powder")
    assert not is_of_pellet(sample, frozenset({"granulometry"}))
    assert is_of_pellet(sample, None)


def test_spectra_between_the_steps_go_along_and_alone_they_give_nothing_to_do(tiny) -> None:
    mean = attrs.evolve(tiny.cards[0], also_reads=("lengths",))
    (tiny.folder / "a1.txt").write_text("#lengths\n7\n")
    for name in ("b1", "b2"):
        (tiny.folder / f"{name}.txt").write_text("#lengths\n1\n")
    result = tiny.run(cards=(mean, tiny.cards[1]))
    means = {r.sample: r.result for r in result.results if r.technique == "mean"}
    assert list(means) == ["A"]
    assert means["A"].values.tolist() == [7.0, 5.0]
