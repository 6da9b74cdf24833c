"""One study of a good pellet and many bad files: each bad file is one plain sentence, and the good pellet comes out."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import numpy as np
import pytest


def _no_numbers(rows):
    rows[:, 1] = np.nan


def _some_missing(rows):
    rows[5, 1], rows[9, 2] = np.nan, np.inf


def _one_negative_frequency(rows):
    rows[7, 0] *= -1


def _twice(rows):
    return np.repeat(rows, 2, axis=0)


def _shuffled(rows):
    return rows[np.random.default_rng(1).permutation(len(rows))]


def _turned(rows):
    rows[:, 2] *= -1


def _zero(rows):
    rows[:, 1:] = 0


def _one_zero(rows):
    rows[4, 1:] = 0


def _huge(rows):
    rows[:, 1:] *= 1e300


def _tiny(rows):
    rows[:, 1:] *= 1e-300


def _negative_resistance(rows):
    rows[:, 1] *= -1


def _two_interleaved(rows):
    other = rows.copy()
    other[:, 1:] *= 3
    return np.stack([rows, other], 1).reshape(-1, 3)


def _bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<row>" + b" " * 300_000_000)
    return packed.getvalue()


def _files(s) -> dict[str, str | bytes]:
    good, two = s.text(s.points()), s.points()[:, :2]
    return {
        "good.csv": good,
        "truncated.csv": good[: len(good) // 2],
        "empty.csv": b"",
        "blank.csv": "\n \n\t\n",
        "garbage.csv": np.random.default_rng(3).bytes(5000),
        "page.csv": "<!DOCTYPE html><html><body><h1>Login</h1><table><tr><td>1</td></tr></table></body></html>",
        "missing.csv": s.changed(_some_missing),
        "nothing.csv": s.changed(_no_numbers),
        "negative.csv": s.changed(_one_negative_frequency),
        "twice.csv": s.changed(_twice),
        "shuffled.csv": s.changed(_shuffled),
        "turned.csv": s.changed(_turned),
        "zero.csv": s.changed(_zero),
        "one_zero.csv": s.changed(_one_zero),
        "huge.csv": s.changed(_huge),
        "tiny.csv": s.changed(_tiny),
        "minus.csv": s.changed(_negative_resistance),
        "interleaved.csv": s.changed(_two_interleaved),
        "no_frequency.csv": s.text(s.points()[:, 1:], "Re(Z) / Ohm,-Im(Z) / Ohm"),
        "no_imaginary.csv": s.text(two, "freq / Hz,Re(Z) / Ohm"),
        "volts.csv": s.text(s.points(), "freq / Hz,Re(Z) / V,-Im(Z) / A"),
        "three.csv": s.text(s.points()[:3]),
        "bomb.xlsx": _bomb(),
        "not_a_zip.xlsx": b"PK\x03\x04" + b"junk" * 100,
        "header.mpt": "EC-Lab ASCII FILE\r\nNb header lines : 50\r\n",
        "header.mpr": b"BIO-LOGIC MODULAR FILE\x1a" + b"\x00" * 30,
        "no_columns.z": 'ZPLOT2 ASCII\n"abc"\n',
    }


@pytest.fixture(scope="module")
def ran(spectra, pelletry, tmp_path_factory):
    """The run of the study, after which the raw files are still what they were."""
    folder = tmp_path_factory.mktemp("bad") / "study"
    raw = folder / "raw"
    raw.mkdir(parents=True)
    for name, content in _files(spectra).items():
        (raw / name).write_bytes(content.encode() if isinstance(content, str) else content)
    (raw / "folder.csv").mkdir()
    spectra.study(folder, {name.partition(".")[0] + name[-4:]: f"raw/{name}" for name in _files(spectra)})
    before = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in raw.iterdir() if p.is_file()}
    done = pelletry("run", folder, "--json")
    after = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in raw.iterdir() if p.is_file()}
    assert before == after
    return done


def _name(file: str) -> str:
    return file.partition(".")[0] + file[-4:]


def test_a_bad_file_is_exit_code_3_and_json_alone_is_on_stdout(ran):
    assert ran.code == 3
    assert ran.document["quantities"]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("empty.csv", "raw/empty.csv: the file is empty. Copy it again from the instrument."),
        ("blank.csv", "raw/blank.csv: no reader recognises this text: it holds no table of numbers"),
        ("garbage.csv", "raw/garbage.csv: no reader recognises this binary content"),
        ("page.csv", "raw/page.csv: recognised as a web page (HTML), not data"),
        ("nothing.csv", "raw/nothing.csv: only 0 usable points; expected at least 5."),
        ("zero.csv", "raw/zero.csv: only 0 usable points; expected at least 5."),
        ("three.csv", "raw/three.csv: only 3 usable points; expected at least 5."),
        (
            "negative.csv",
            "raw/negative.csv:9: the frequency in data row 8 is -100000 Hz; expected positive frequencies",
        ),
        ("huge.csv", "ohm at 1e+06 Hz, and at 42 more points; expected impedances between 1e-09 and 1e+18 ohm"),
        ("tiny.csv", "ohm at 1e+06 Hz, and at 42 more points; expected impedances between 1e-09 and 1e+18 ohm"),
        (
            "interleaved.csv",
            "43 frequencies occur twice with impedances 200 % apart (median): two spectra under one name",
        ),
        ("volts.csv", "column 'Re(Z)' is in 'V' and column '-Im(Z)' is in 'A', a unit that does not fit"),
        ("no_frequency.csv", "no technique knows what its columns mean ('Re(Z)', '-Im(Z)'); expected for a spectrum"),
        ("no_imaginary.csv", "no technique knows what its columns mean ('freq', 'Re(Z)'); expected for a spectrum"),
        ("bomb.xlsx", "raw/bomb.xlsx: the archive would unpack to 300 MB"),
        ("not_a_zip.xlsx", "raw/not_a_zip.xlsx: the zip archive is damaged"),
        ("header.mpt", "raw/header.mpt:2: there is no line of headings"),
        ("header.mpr", "raw/header.mpr: byte 53: there is no data module"),
        ("no_columns.z", "raw/no_columns.z: the line with the column names is missing"),
        ("turned.csv", "Z'' is positive at 43 points"),
        ("minus.csv", "Re Z is negative at 43 points"),
        ("truncated.csv", "line 22 is cut short and was left out"),
        ("missing.csv", "2 rows with missing or non-finite numbers left out"),
        ("one_zero.csv", "1 row with an impedance of exactly zero left out"),
        ("twice.csv", "43 rows repeat another row exactly; each is used once"),
        ("shuffled.csv", "the frequencies were not in order; sorted from high to low"),
    ],
)
def test_each_is_one_plain_sentence(ran, file, sentence):
    said = ran.sentences(_name(file))
    assert any(sentence in one for one in said), said


@pytest.mark.parametrize("file", ["good.csv", "missing.csv", "one_zero.csv", "shuffled.csv", "twice.csv"])
def test_what_can_be_used_gives_the_resistance_of_the_pellet(ran, file):
    assert ran.value(_name(file)) == pytest.approx(3000.0, rel=3e-3)


def test_rows_written_twice_make_no_number_more_certain(ran):
    std = {q["sample"]: q["std"] for q in ran.document["quantities"] if q["name"] == "resistance_total" and q["value"]}
    assert std[_name("twice.csv")] == std[_name("good.csv")]


def test_no_resistance_is_given_for_a_spectrum_with_the_wrong_sign(ran):
    assert ran.value(_name("turned.csv")) is None


def test_no_number_is_infinite(ran):
    def refuse(text):
        raise AssertionError(text)

    json.loads(ran.out, parse_constant=refuse)
