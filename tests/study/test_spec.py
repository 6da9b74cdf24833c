"""study.toml: every mistake at once, at its line, with what was meant; and the Study that comes of a right one."""

from __future__ import annotations

import math
import re
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pelletry.core.errors import Mistake, StudyError
from pelletry.core.facts import PelletGeometry, TheoreticalDensity
from pelletry.study.schema import decisions_schema, study_schema
from pelletry.study.spec import Study, load_study
from pelletry.study.toml_file import read_toml


def study(tmp_path: Path, toml: str, samples: str | None = "sample,thickness (mm),diameter (mm)\nA,0.46,8.7\n") -> Path:
    (tmp_path / "study.toml").write_text(toml, encoding="utf-8")
    if samples is not None:
        (tmp_path / "samples.csv").write_text(samples, encoding="utf-8")
    return tmp_path


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(StudyError) as raised:
        load_study(folder)
    assert raised.value.exit_code == 2
    return [str(mistake) for mistake in raised.value.mistakes]


def test_a_study_is_put_together_from_its_four_files(tmp_path):
    toml = """\
title = "Two pellets"
author = "A. Person"

[theoretical_density."Li1.4Al0.4Ti1.6(PO4)3"]
value = "2.931(6) g/cm3"
source = "refined cell"

[calliper]
resolution = "0.01 mm"

[impedance]
temperature_std = "0.5 K"
"""
    samples = (
        "sample,composition,mass (g),diameter (mm),thickness (mm),electrode_diameter (mm),files\n"
        "A,Li1.4Al0.4Ti1.6(PO4)3,0.0812,8.70,0.463,face,raw/A_*.txt\n"
        "B,Li₁.₄Al₀.₄Ti₁.₆(PO₄)₃,0.0812,8.70,0.463,8.0,\n"
    )
    folder = study(tmp_path, toml, samples)
    (folder / "raw").mkdir()
    for name in ("A_10C.txt", "A_2C.txt"):
        (folder / "raw" / name).write_text("x")
    loaded = load_study(folder)
    assert (loaded.title, loaded.author, loaded.is_simulated) == ("Two pellets", "A. Person", False)
    assert [file.path for file in loaded.files_of("A")] == ["raw/A_2C.txt", "raw/A_10C.txt"]
    assert loaded.settings["impedance"].temperature_std_K == 0.5
    assert loaded.places == {"A": "samples.csv:2", "B": "samples.csv:3"}
    for name in ("A", "B"):
        density = next(fact for fact in loaded.facts_of(name) if isinstance(fact, TheoreticalDensity))
        assert (density.given_by, density.source) == ("study.toml", "refined cell")
        assert density.density_kg_per_m3.value == pytest.approx(2931)
        assert density.density_kg_per_m3.std == pytest.approx(6)
    geometry = next(fact for fact in loaded.facts_of("B") if isinstance(fact, PelletGeometry))
    assert geometry.given_by == "samples.csv"
    assert geometry.electrode_area_m2.value == pytest.approx(math.pi / 4 * 64e-6)
    resolution = 0.01e-3 / math.sqrt(12)
    assert geometry.relative_std == pytest.approx(math.hypot(resolution / 0.463e-3, 2 * resolution / 8e-3))


def test_a_row_s_own_theoretical_density_goes_before_the_composition_s(tmp_path):
    toml = 'title = "t"\n[theoretical_density.LZP]\nvalue = "3.1 g/cm3"\nsource = "a"\n'
    samples = "sample,composition,theoretical_density,theoretical_density_source\nA,LZP,3.2 g/cm3,b\nB,LZP,,\n"
    loaded = load_study(study(tmp_path, toml, samples))
    assert [(d.sample, d.source, d.given_by) for d in loaded.theoretical_densities] == [
        ("A", "b", "samples.csv"),
        ("B", "a", "study.toml"),
    ]


def test_geometry_is_a_fact_without_a_mass_and_none_without_an_electrode(tmp_path):
    samples = "sample,diameter,thickness,electrode_diameter\nA,8.7 mm,0.46 mm,face\nB,8.7 mm,0.46 mm,\nC,8.7 mm,,face\n"
    loaded = load_study(study(tmp_path, 'title = "t"\n', samples))
    assert [len(loaded.facts_of(name)) for name in "ABC"] == [1, 0, 0]


def test_every_mistake_has_its_line_and_what_was_meant(tmp_path):
    toml = """\
title = ""
auther = "x"

[samples]
flie = "samples.csv"

[confirm]
temperatures_from_file_names = "perhaps"

[theoretical_density.LATP]
value = "2.94"

[impedance]
circut = "R(RQ)Q"
weighting = "moduls"
temperature_std = 0.5

[calliper]
resolution = "0,01 mm"
"""
    found = mistakes(study(tmp_path, toml))
    starts = {
        "study.toml:1: title: ",
        "study.toml:2: auther: unknown key; expected one of author, balance, ",
        "study.toml:5: samples.flie: unknown key; expected one of file, sheet. Did you mean file?",
        "study.toml:8: confirm.temperatures_from_file_names: ",
        "study.toml:10: theoretical_density.LATP: the key source is missing",
        "study.toml:14: impedance.circut: unknown key; expected one of ",
        "study.toml:15: impedance.weighting: ",
        "study.toml:16: impedance.temperature_std: 0.5 has no unit; expected a text with its unit, or the key temperature_std_K",
    }
    for start in starts:
        assert any(one.startswith(start) for one in found), (start, found)
    assert any("Did you mean circuit?" in one for one in found)
    assert any("Did you mean author?" in one for one in found)


def test_mistakes_of_study_and_samples_come_together(tmp_path):
    found = mistakes(study(tmp_path, 'title = "t"\nx = 1\n', "sample,thickness\nA,450\n"))
    assert [one.partition(":")[0] for one in found] == ["study.toml", "samples.csv"]


@pytest.mark.parametrize(
    ("toml", "start"),
    [
        ('title = "t"\nthickness = 0.4 mm\n', "study.toml:2: "),
        ('title = "t\n', "study.toml:1: "),
        ('title = "t"\n[impedance\n', "study.toml:2: "),
        ('title = "t"\ntitle = "u"\n', "study.toml:2: "),
        ('impedance = 3\ntitle = "t"\n', "study.toml:1: impedance: impedance is not a table"),
        ('title = "t"\n[raw]\nfolder = "../nowhere"\n', "study.toml:3: raw.folder: the folder"),
        ('title = "t"\n[calliper]\nstd = "0 mm"\n', "study.toml:3: calliper.std: '0 mm' is not above zero"),
        (
            'title = "t"\n[theoretical_density.X]\nvalue = "2.9 g/cm3"\nsource = "s"\n',
            "study.toml:2: theoretical_density.X: no sample",
        ),
        ('title = "t"\n[samples]\nfile = "other.csv"\n', "other.csv: there is no such file"),
    ],
)
def test_each_mistake_names_its_line(tmp_path, toml, start):
    found = mistakes(study(tmp_path, toml))
    assert any(one.startswith(start) for one in found), found


def test_a_file_in_another_encoding_is_said_so(tmp_path):
    study(tmp_path, "")
    (tmp_path / "study.toml").write_bytes('author = "x"\ntitle = "Prüfling"\n'.encode("cp1252"))
    assert mistakes(tmp_path) == ["study.toml:2: the file is not UTF-8 text. Save it as UTF-8."]


def test_no_folder_no_study_no_samples(tmp_path):
    assert "there is no such folder" in mistakes(tmp_path / "nowhere")[0]
    assert mistakes(tmp_path)[0].startswith("study.toml: there is no such file")
    assert "the study has no samples" in mistakes(study(tmp_path, 'title = "t"\n', None))[0]


def test_two_samples_tables_must_be_told_apart(tmp_path):
    study(tmp_path, 'title = "t"\n')
    (tmp_path / "samples.xlsx").write_bytes(b"PK")
    assert "there are samples.csv and samples.xlsx" in mistakes(tmp_path)[0]


def test_samples_may_stand_in_study_toml_with_their_lines(tmp_path):
    toml = 'title = "t"\n\n[[sample]]\nsample = "A"\nthickness = "0.46 mm"\nfiles = ["a.txt"]\n\n[[sample]]\nsample = "B"\nthickness = 450\n'
    (tmp_path / "a.txt").write_text("x")
    assert mistakes(study(tmp_path, toml, None)) == [
        "study.toml:8: thickness: '450' has no unit; expected a number with a unit, like '0.46 mm'. Write the unit behind the number."
    ]
    loaded = load_study(study(tmp_path, toml.replace("450", '"0.45 mm"'), None))
    assert [sample.pellet.thickness_m.value for sample in loaded.samples] == pytest.approx([0.46e-3, 0.45e-3])
    assert loaded.files[0].path == "a.txt"


def test_simulated_studies_mark_every_sample(tmp_path):
    loaded = load_study(study(tmp_path, 'title = "t"\nsimulated_from = "a table"\n'))
    assert loaded.is_simulated
    assert all(sample.is_simulated for sample in loaded.samples)


def test_settings_take_texts_with_units_and_house_units(tmp_path):
    toml = 'title = "t"\n[impedance]\nfrequency_max = "1 MHz"\nfrequency_min_Hz = 0.5\ntemperature_std = "0.5 °C"\n'
    loaded = load_study(study(tmp_path, toml)).settings["impedance"]
    assert (loaded.frequency_max_Hz, loaded.frequency_min_Hz) == (1e6, 0.5)
    assert loaded.temperature_std_K == 0.5


def test_tables_inside_settings_take_units_too(tmp_path):
    toml = 'title = "t"\n[[impedance.transitions]]\nname = "triclinic to rhombohedral"\ntemperature = "50 °C"\nsource = "s"\n'
    (transition,) = load_study(study(tmp_path, toml)).settings["impedance"].transitions
    assert transition.temperature_K == pytest.approx(323.15)
    found = mistakes(study(tmp_path, toml.replace("°C", "mm").replace("name", "nam")))
    assert [one.partition(": ")[0] for one in found] == ["study.toml:2", "study.toml:3", "study.toml:4"]


def test_a_setting_written_twice_is_refused(tmp_path):
    toml = 'title = "t"\n[impedance]\nfrequency_max = "1 MHz"\nfrequency_max_Hz = 2e6\n'
    assert any("the same setting" in one for one in mistakes(study(tmp_path, toml)))


def test_loading_changes_nothing_in_the_folder(tmp_path):
    folder = study(tmp_path, 'title = "t"\n')
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    load_study(folder)
    load_study(folder / "study.toml")
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before


def test_study_is_frozen(tmp_path):
    loaded = load_study(study(tmp_path, 'title = "t"\n'))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        loaded.title = "u"
    with pytest.raises(KeyError):
        loaded.sample("nobody")
    assert isinstance(loaded, Study)


def test_lines_of_keys_survive_arrays_texts_and_dots(tmp_path):
    text = '''\
a.b = 1
list = [
  "x = 1", # [no]
  "]",
]
long = """
fake = 1
[fake]
"""
["quoted key".x]
y = { z = 1, w = 2 }
[[many]]
k = 1
[[many]]
k = 2
[many.sub]
l = 3
'''
    path = tmp_path / "x.toml"
    path.write_text(text)
    found: list[Mistake] = []
    file = read_toml(path, shown="x.toml", mistakes=found)
    assert found == []
    expected = {
        ("a", "b"): 1,
        ("list",): 2,
        ("long",): 6,
        ("quoted key", "x", "y"): 11,
        ("quoted key", "x", "y", "w"): 11,
        ("many", 0, "k"): 13,
        ("many", 1, "k"): 15,
        ("many", 1, "sub", "l"): 17,
    }
    assert {key: file.line(key) for key in expected} == expected
    assert file.where(("many", 1, "k")) == "x.toml:15: many[2].k"
    assert ("fake",) not in file.lines


def test_schemas_accept_what_the_loader_accepts(tmp_path):
    import jsonschema

    schema = study_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator.check_schema(decisions_schema())
    right = {"title": "t", "impedance": {"temperature_std": "0.5 K"}, "sample": [{"sample": "A", "files": ["a"]}]}
    jsonschema.validate(right, schema)
    for wrong in ({}, {"title": "t", "auther": "x"}, {"title": "t", "impedance": {"circut": "R"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_the_reference_page_names_every_key_column_and_decision_and_its_examples_load(tmp_path):
    from pelletry.study.claims import ClaimsSpec
    from pelletry.study.decisions import DECISIONS
    from pelletry.study.files import FILE_COLUMNS
    from pelletry.study.samples import COLUMNS
    from pelletry.study.spec import StudySpec

    page = (Path(__file__).parents[2] / "docs" / "reference" / "study-files.md").read_text(encoding="utf-8")
    words = [*StudySpec.model_fields, *(column.key for column in COLUMNS), *FILE_COLUMNS]
    words += [key for model, _ in DECISIONS.values() for key in model.model_fields]
    words += list(ClaimsSpec.model_json_schema()["$defs"]["_Claim"]["properties"])
    for table in ("samples", "raw", "confirm", "calliper", "theoretical_density"):
        inner = StudySpec.model_json_schema()["$defs"]
        words += [
            key for name, one in inner.items() if table.split("_")[0] in name.lower() for key in one["properties"]
        ]
    assert [word for word in words if word not in page] == []
    assert [kind for kind in DECISIONS if f"[[{kind}]]" not in page] == []
    blocks = re.findall(r"```(?:toml|csv)\n(.*?)```", page, re.DOTALL)
    (tmp_path / "measurements").mkdir()
    folder = tmp_path / "study"
    (folder / "raw").mkdir(parents=True)
    for name in ("LATP-800_25C.mpt", "LATP-800_T.mpr", "LATP-800_40C_b.mpt", "1_4_80C.z"):
        (folder / "raw" / name).write_text("x")
    for name, block in zip(
        ("study.toml", "samples.csv", "files.csv", "decisions.toml", "claims.toml"), blocks, strict=True
    ):
        (folder / name).write_text(block, encoding="utf-8")
    loaded = load_study(folder)
    assert [len(loaded.samples), len(loaded.files), len(loaded.decisions), len(loaded.claims)] == [2, 4, 4, 2]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["study.toml", "samples.csv", "files.csv", "decisions.toml", "claims.toml"]),
    content=st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(
            st.sampled_from(
                [
                    "sample",
                    "file",
                    ",",
                    ";",
                    "\n",
                    '"',
                    "=",
                    "[",
                    "]",
                    "[[",
                    "]]",
                    "mask",
                    "1",
                    "mm",
                    "A",
                    "NaN",
                    "(",
                    "±",
                ]
            ),
            max_size=60,
        ).map(lambda parts: "".join(parts).encode()),
    ),
)
def test_no_content_of_any_file_gives_anything_but_a_study_or_its_mistakes(tmp_path, name, content):
    folder = study(tmp_path, 'title = "t"\n')
    for other in ("files.csv", "decisions.toml"):
        (folder / other).unlink(missing_ok=True)
    (folder / name).write_bytes(content)
    found: tuple[Mistake, ...] = ()
    try:
        load_study(folder)
    except StudyError as error:
        found = error.mistakes
    assert all(mistake.what and mistake.where and str(mistake).isprintable() for mistake in found)
