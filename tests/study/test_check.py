"""Which numbers cannot be had, for want of what, and where to write it."""

from __future__ import annotations

from pathlib import Path

from pelletry.study.check import check_folder

FULL = (
    "sample,composition,mass,diameter,thickness,electrode_diameter,theoretical_density,theoretical_density_source\n"
    "S1,LZP,0.0812(1) g,8.70(5) mm,0.463(5) mm,face,3.14 g/cm3,ICSD\n"
)
FILES = "file,sample,temperature,temperature_source\n" + "".join(f"s{t}.z,S1,{t} °C,file name\n" for t in (20, 30, 40))


def study(tmp_path: Path, *, samples: str = FULL, files: str | None = FILES, confirmed: bool = True) -> Path:
    text = f'title = "t"\n[confirm]\ntemperatures_from_file_names = {str(confirmed).lower()}\n'
    (tmp_path / "study.toml").write_text(text)
    (tmp_path / "samples.csv").write_text(samples)
    if files is not None:
        (tmp_path / "files.csv").write_text(files)
        for t in (20, 30, 40):
            (tmp_path / f"s{t}.z").write_text("x")
    return tmp_path


def withheld(folder: Path) -> dict[str, tuple[str, str]]:
    checked = check_folder(folder)
    assert checked.can_run, checked.mistakes
    return {line.what: (line.missing, line.do) for line in checked.withheld}


def test_a_full_study_lacks_nothing(tmp_path):
    assert withheld(study(tmp_path)) == {}


def test_a_missing_thickness_withholds_conductivity_and_density_and_says_where_to_write_it(tmp_path):
    found = withheld(study(tmp_path, samples=FULL.replace("0.463(5) mm", "")))
    assert found["conductivity of S1"] == ("thickness", "write it in samples.csv:2, column thickness, as '0.463 mm'")
    assert found["density of S1"] == ("thickness", "write it in samples.csv:2, column thickness")
    assert len(found) == 2


def test_a_missing_mass_withholds_the_density_alone(tmp_path):
    found = withheld(study(tmp_path, samples=FULL.replace("0.0812(1) g", "")))
    assert list(found) == ["density of S1"]


def test_an_electrode_that_nobody_measured_is_not_taken_for_the_face(tmp_path):
    found = withheld(study(tmp_path, samples=FULL.replace("face", "")))
    assert found["conductivity of S1"][0] == "size of the electrode"


def test_a_missing_theoretical_density_names_both_places_it_can_stand(tmp_path):
    found = withheld(study(tmp_path, samples=FULL.replace("3.14 g/cm3,ICSD", ",")))
    assert list(found) == ["relative density of S1"]
    assert '[theoretical_density."LZP"] in study.toml' in found["relative density of S1"][1]


def test_temperatures_of_names_wait_for_a_person(tmp_path):
    found = withheld(study(tmp_path, confirmed=False))
    missing, do = found["conductivity by temperature and activation energy of S1"]
    assert missing == "confirmation of the temperatures read from names (3 files, such as s20.z)"
    assert do.startswith("set temperatures_from_file_names = true under [confirm] in study.toml")


def test_temperatures_of_patterns_wait_too(tmp_path):
    samples = FULL.replace("\n", ",files\n", 1).replace("ICSD\n", "ICSD,*deg.z\n")
    (tmp_path / "S1-20deg.z").write_text("x")
    folder = study(tmp_path, samples=samples, files=None, confirmed=False)
    assert list(withheld(folder)) == ["conductivity by temperature and activation energy of S1"]


def test_a_decided_temperature_needs_no_confirmation(tmp_path):
    folder = study(tmp_path, confirmed=False)
    entries = [
        f'[[temperature]]\nfile = "s{t}.z"\nvalue = "{t} °C"\nauthor = "a"\ndate = 2026-01-01\nreason = "r"\n'
        for t in (20, 30, 40)
    ]
    (folder / "decisions.toml").write_text("".join(entries), encoding="utf-8")
    assert withheld(folder) == {}


def test_two_temperatures_make_an_energy_without_uncertainty_and_one_makes_none(tmp_path):
    two = FILES.replace("s40.z,S1", "s40.z,")
    found = withheld(study(tmp_path, files=two))
    assert found["uncertainty of the activation energy of S1"][0] == "spectra at three temperatures or more (2 given)"
    found = withheld(study(tmp_path, files=two.replace("s30.z,S1", "s30.z,")))
    assert found["activation energy of S1"][0] == "spectra at two temperatures or more (1 given)"


def test_a_pellet_without_files_and_sizes_without_uncertainty_are_named(tmp_path):
    found = withheld(study(tmp_path, samples=FULL.replace("8.70(5)", "8.70"), files=None))
    assert found["conductivity of S1"][0] == "no raw file"
    assert found["uncertainty from the pellet's size of S1"][0] == "uncertainty of diameter"


def test_mistakes_come_instead_of_gaps(tmp_path):
    checked = check_folder(study(tmp_path, samples=FULL.replace("0.463(5) mm", "450")))
    assert not checked.can_run
    assert [mistake.where for mistake in checked.mistakes] == ["samples.csv:2: thickness"]
