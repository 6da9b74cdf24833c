"""decisions.toml: who decided what, when and why; and every mistake at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pelletry.core.errors import StudyError
from pelletry.study.decisions import CircuitDecision, ExcludeDecision, MaskDecision, SignDecision, TemperatureDecision
from pelletry.study.spec import load_study

SIGNED = 'author = "A. Person"\ndate = 2026-03-01\nreason = "cable resonance"\n'


def study(tmp_path: Path, decisions: str) -> Path:
    (tmp_path / "study.toml").write_text('title = "t"\n')
    (tmp_path / "samples.csv").write_text("sample,files\nLATP-800,raw/*.z\nB,b.z\n")
    (tmp_path / "raw").mkdir(exist_ok=True)
    for name in ("raw/x.z", "raw/y.z", "b.z"):
        (tmp_path / name).write_text("x")
    (tmp_path / "decisions.toml").write_text(decisions, encoding="utf-8")
    return tmp_path


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(StudyError) as raised:
        load_study(folder)
    return [str(mistake) for mistake in raised.value.mistakes]


def test_each_kind_is_read_into_house_units(tmp_path):
    text = f"""\
[[mask]]
sample = "latp-800"
frequencies = ["7 MHz", "2 MHz"]
{SIGNED}
[[mask]]
file = "raw/x.z"
record = 2
points = [1, 5]
above = "1 MHz"
{SIGNED}
[[circuit]]
sample = "B"
circuit = "R(RQ)Q"
{SIGNED}
[[exclude]]
file = "raw/y.z"
{SIGNED}
[[temperature]]
file = "b.z"
value = "25.4 °C"
{SIGNED}
[[temperature]]
sample = "LATP-800"
offset = "-1.5 °C"
{SIGNED}"""
    loaded = load_study(study(tmp_path, text))
    first, second, circuit, exclude, stated, moved = loaded.decisions
    assert isinstance(first, MaskDecision)
    assert (first.sample, first.low_Hz, first.high_Hz, first.points) == ("LATP-800", 2e6, 7e6, ())
    assert (first.author, first.date, first.reason) == ("A. Person", "2026-03-01", "cable resonance")
    assert first.where == "decisions.toml:1: mask[1]"
    assert (second.file, second.record, second.points, second.low_Hz, second.high_Hz) == (
        "raw/x.z",
        1,
        (0, 4),
        1e6,
        None,
    )
    assert isinstance(circuit, CircuitDecision)
    assert circuit.circuit == "R(RQ)Q"
    assert isinstance(exclude, ExcludeDecision)
    assert isinstance(stated, TemperatureDecision)
    assert stated.temperature_K == pytest.approx(298.55)
    assert moved.offset_K == pytest.approx(-1.5)
    assert loaded.decisions_of("B") == (circuit, stated)
    assert set(loaded.decisions_of("LATP-800")) == {first, second, exclude, moved}


def test_author_date_and_reason_are_required(tmp_path):
    found = mistakes(study(tmp_path, '[[exclude]]\nfile = "b.z"\nauthor = ""\n'))
    assert len(found) == 3
    assert found[2].startswith("decisions.toml:3: exclude[1].author: ")
    assert all("is missing" in one for one in found[:2])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[[msak]]\n",
            "decisions.toml:1: msak: unknown key; expected one of circuit, exclude, mask, sign, temperature. Did you mean mask?",
        ),
        ('[mask]\nsample = "B"\n', "decisions.toml:1: mask: mask is not a list of decisions; expected a head [[mask]]"),
        (
            f'[[mask]]\nsample = "C"\nabove = "1 MHz"\n{SIGNED}',
            "decisions.toml:2: mask[1].sample: there is no sample 'C'",
        ),
        (f'[[mask]]\nfile = "raw/z.z"\nabove = "1 MHz"\n{SIGNED}', "no sample of the study has the file 'raw/z.z'"),
        (f'[[mask]]\nsample = "B"\n{SIGNED}', "the mask names no points"),
        (f'[[mask]]\nsample = "B"\nabove = "1 MHz"\nbelow = "1 Hz"\n{SIGNED}', "both above and below"),
        (f'[[mask]]\nsample = "B"\nabove = "1000"\n{SIGNED}', "mask[1].above: '1000' has no unit"),
        (f'[[mask]]\nsample = "B"\npoints = [1]\n{SIGNED}', "single points are masked without a file"),
        (f'[[mask]]\nfile = "b.z"\npoints = [0]\n{SIGNED}', "points are counted from 1"),
        (f'[[mask]]\nabove = "1 MHz"\n{SIGNED}', "names neither a sample nor a file"),
        (f'[[exclude]]\nsample = "B"\n{SIGNED}', "excludes no file"),
        (f'[[temperature]]\nfile = "b.z"\n{SIGNED}', "needs either value or offset"),
        (f'[[temperature]]\nsample = "B"\nvalue = "25 °C"\n{SIGNED}', "one temperature is stated for all files"),
        (f'[[temperature]]\nfile = "b.z"\nvalue = "-300 °C"\n{SIGNED}', "is not a temperature of a pellet"),
        ('[[exclude]]\nfile = "b.z"\nauthor = "a"\nreason = "r"\ndate = "yesterday"\n', "'yesterday' is not a date"),
        (f'[[circuit]]\nsample = "B"\ncircuit = "R(RQ"\n{SIGNED}', "decisions.toml:3: circuit[1].circuit: "),
    ],
)
def test_each_mistake_is_one_sentence_at_its_line(tmp_path, text, words):
    found = mistakes(study(tmp_path, text))
    assert any(words in one for one in found), found


def test_no_file_no_decisions(tmp_path):
    folder = study(tmp_path, "")
    (folder / "decisions.toml").unlink()
    assert load_study(folder).decisions == ()


def test_a_sign_is_decided_for_a_file_or_a_sample(tmp_path):
    decisions = load_study(study(tmp_path, f'[[sign]]\nfile = "raw/x.z"\nrecord = 2\n{SIGNED}')).decisions
    (sign,) = decisions
    assert isinstance(sign, SignDecision)
    assert (sign.file, sign.record, sign.reason) == ("raw/x.z", 1, "cable resonance")
