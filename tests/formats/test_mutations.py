"""Every reader on damaged files: bit flips, truncation, repeated pieces, absurd counts. Records or a FormatError, nothing else."""

from __future__ import annotations

import io
import json
import random
import re

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pelletry.core.errors import FormatError
from pelletry.formats.open_file import format_of, read_file
from pelletry.formats.rawfile import RawFile

ROWS = [(10.0 ** (5 - i), 100.0 + 11 * i, -5.0 * i - 1) for i in range(6)]


def _lines(template, separator="\n"):
    return separator.join(template.format(f=f, a=a, b=b, n=-b, i=i) for i, (f, a, b) in enumerate(ROWS)) + separator


def _workbook():
    book = openpyxl.Workbook()
    for row in [["f (Hz)", "Z' (Ohm)", "Z'' (Ohm)"], *map(list, ROWS)]:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _palmsens():
    columns = [
        {"Unit": {"Q": q, "S": s}, "DataValues": [{"V": row[k] * sign} for row in ROWS]}
        for k, (q, s, sign) in enumerate((("Frequency", "Hz", 1), ("Z'", "Ohm", 1), ("-Z''", "Ohm", -1)))
    ]
    session = {
        "Type": "PalmSens.Session",
        "Measurements": [{"Title": "t", "EISDataList": [{"DataSet": {"Values": columns}}]}],
    }
    return json.dumps(session).encode("utf-16")


FILES = {
    "zplot-ascii": ("ZPLOT2 ASCII\n  Data Points: 6\n  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange\nEnd Comments\n" + _lines("{f:.6E}\t0.01\t0\t1\t{a:.4E}\t{b:.4E}\t0\t0\t4")).encode(),
    "zview-text": ('"ZPlotW Data File: Version 3.2c"\n"Raw Data"\n0,3,0,1,100000,1\n6\n"  Freq (Hz)    Ampl     Bias   Time(Sec)   Z\'(a)    Z\'\'(b)    GD   Err   Range"\n' + _lines("{f}, 0.01, 0, 1, {a}, {b}, 0, 0, 4")).encode(),
    "gamry-dta": ("EXPLAIN\nTAG\tEISPOT\nAREA\tQUANT\t1.0\tArea\nZCURVE\tTABLE\t6\n\tPt\tTime\tFreq\tZreal\tZimag\n\t#\ts\tHz\tohm\tohm\n" + _lines("\t{i}\t{i}\t{f}\t{a}\t{b}")).encode("cp1252"),
    "novocontrol-text": ("t\nFixed value(s) :  Temp. [°C]=25.0  AC Volt [Vrms]=1\n Freq.[Hz]\tZs'[ohm]\tZs''[ohm]\n" + _lines(" {f:.5e}\t {a:.5e}\t{b:.5e}")).encode("cp1252"),
    "versastudio-par": ("<Application>\nName=VersaStudio\n</Application>\n<Segment1>\nDefinition=Point #, Frequency(Hz), Z Real, Z Imag\n" + _lines("{i},{f},{a},{b}") + "</Segment1>\n").encode(),
    "parstat-text": ("Potential (V)\tCurrent (A)\tElapsed Time (s)\tFrequency (Hz)\tZre (ohms)\tZim (ohms)\n" + _lines("1\t2\t{i}\t{f}\t{a}\t{b}")).encode(),
    "ivium": b"\0\0H\0\nCorrosion=false\nECN=false\nMethod=Impedance\nprimary_data\n3\n6\n" + _lines("{a:.5E} {b:.5E} {f:.5E}").encode() + b"\0\0",
    "palmsens-session": _palmsens(),
    "autolab-dfr": ("VERSION8.0\n 6\n 1\n" + _lines(" {f}\n {a}\n {n}\n 0\n 0\n 0\n 0\n 0\n 0")).encode(),
    "autolab-p00": ("Procedure : t\nd\nt = 1 s\n f/Hz\t Z'/Ohm\t -Z''/Ohm\t time/s\t\n 6\n" + _lines(" {f}\t {a}\t {n}\t 1.0\t")).encode(),
    "chi-text": ("Feb. 20, 2020   15:55:08\nA.C. Impedance\nInit E (V) = 0\n\nFreq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, Phase/deg\n\n" + _lines("{f:.3e}, {a:.3e}, {b:.3e}, 1.0, -1.0")).encode(),
    "lcr-text": ("Thickness\t0,000\nF[Hz]\tZ[Ohm]\tTheta\n" + _lines("{f}\t{a}\t{b}")).replace(".", ",").encode(),
    "elins-i2b": ("notes\n6\n" + _lines("{f} {a} {b}")).encode(),
    "table-text": ("f (Hz);Z' (Ohm);Z'' (Ohm)\n" + _lines("{f};{a};{b}")).replace(".", ",").encode("utf-16"),
    "table-xlsx": _workbook(),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_unharmed_file_is_read_by_its_reader(written, name):
    path = written(name, FILES[name])
    assert format_of(RawFile.open(path)).name == name
    assert sum(record.points for record in read_file(path)) == 6


def _survives(path):
    """Records with whole columns, or a FormatError that names the file."""
    refusal, records = None, ()
    try:
        records = read_file(path, root=path.parent)
    except FormatError as error:
        refusal = str(error)
    assert refusal is None or path.name in refusal
    assert all(len({len(column.values) for column in record.columns}) <= 1 for record in records)


@pytest.mark.parametrize("name", FILES)
def test_cut_at_every_place(written, name):
    content = FILES[name]
    for end in range(0, len(content), max(1, len(content) // 30)):
        _survives(written(name, content[:end]))


@pytest.mark.parametrize("name", FILES)
def test_bytes_changed_removed_and_repeated(written, name):
    chance = random.Random(name)
    for _ in range(40):
        content = bytearray(FILES[name])
        for _ in range(chance.randint(1, 8)):
            at, length = chance.randrange(len(content)), chance.randint(1, 40)
            what = chance.randrange(4)
            if what == 0:
                content[at] ^= 1 << chance.randrange(8)
            elif what == 1:
                del content[at : at + length]
            elif what == 2:
                content[at:at] = content[at : at + length] * chance.randint(1, 3)
            else:
                content[at : at + length] = chance.randbytes(length)
            if not content:
                break
        _survives(written(name, bytes(content)))


@pytest.mark.parametrize("name", [name for name in FILES if name != "table-xlsx"])
@pytest.mark.parametrize("number", ["999999999999", "-7", "1e400", "nan", "٣", "0x10", "1_0"])
def test_absurd_numbers_in_place_of_each(written, name, number):
    encoding = "utf-16" if name in ("palmsens-session", "table-text") else "cp1252"
    text = FILES[name].decode(encoding, errors="replace")
    for match in list(re.finditer(r"\d+(?:[.,]\d+)?", text))[:9]:
        changed = text[: match.start()] + number + text[match.end() :]
        _survives(written(name, changed, encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_repeated_headers_and_doubled_files(written, name):
    _survives(written(name, FILES[name] * 3))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(sorted(FILES)), st.binary(max_size=200), st.integers(0, 400))
def test_foreign_bytes_anywhere(written, name, piece, at):
    content = FILES[name]
    _survives(written("mixed", content[:at] + piece + content[at:]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes(written, content):
    _survives(written("soup", content))
