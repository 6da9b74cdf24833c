"""Thermo: a .vgd written here byte by byte, and Avantage's workbook against its own peak table."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile

import numpy as np
import openpyxl
import pytest

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.formats.open_file import format_of, read_file
from pelletry.formats.rawfile import RawFile

PROPERTIES = "\x05Q5nw4m3lIjudbfwyAayojlptCa"
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
WORKBOOK = ("xps_thermo", "gkerherve+AvantageToPlot", "CC-A.xlsx")


def padded(content: bytes, size: int) -> bytes:
    return content + bytes(-len(content) % size)


def entry(name: str, kind: int, *, first: int, size: int, child: int = FREE, right: int = FREE) -> bytes:
    wide = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", wide, len(wide) + 2, kind, 1, FREE, right, child, b"", 0, 0, 0, first, size
    )


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file of 512-byte sectors; streams below 4096 bytes lie in the mini stream, as the format wants it."""
    small = {name: content for name, content in streams.items() if len(content) < 4096}
    mini, mini_fat, places = b"", [], {}
    for name, content in small.items():
        places[name] = len(mini_fat)
        count = -(-len(content) // 64)
        mini_fat += [len(mini_fat) + i + 1 for i in range(count - 1)] + [END] * (count > 0)
        mini += padded(content, 64)
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    parts = [
        ("directory", b"\0" * (512 * -(-(len(names) + 1) // 4))),
        ("mini fat", struct.pack(f"<{len(mini_fat)}I", *mini_fat)),
        ("mini", mini),
    ]
    parts += [(name, streams[name]) for name in names if name not in small]
    fat, sectors, at = [FAT], [], {}
    for what, content in parts:
        count = -(-len(content) // 512)
        at[what] = len(fat) if count else END
        fat += [len(fat) + i + 1 for i in range(count - 1)] + [END] * (count > 0)
        sectors.append((what, padded(content, 512)))
    directory = entry("Root Entry", 5, first=at["mini"], size=len(mini), child=1)
    for i, name in enumerate(names, start=1):
        first = places[name] if name in small else at[name]
        directory += entry(name, 2, first=first, size=len(streams[name]), right=i + 1 if i < len(names) else FREE)
    body = b"".join(padded(directory, 512) if what == "directory" else content for what, content in sectors)
    head = struct.pack(
        "<8s16sHHHHH6xIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        1,
        1,
        0,
        4096,
        at["mini fat"],
        1,
        END,
        0,
        0,
    )
    table = struct.pack("<128I", *(fat + [FREE] * (128 - len(fat))))
    return head + struct.pack("<108I", *([FREE] * 108)) + table + body


def property_set(values: dict[int, tuple[int, object]]) -> bytes:
    packed, pairs = b"", []
    for number, (kind, value) in values.items():
        pairs.append((number, 8 + 8 * len(values) + len(packed)))
        body = {
            2: lambda v: struct.pack("<h", v), 3: lambda v: struct.pack("<i", v), 4: lambda v: struct.pack("<f", v),
            5: lambda v: struct.pack("<d", v), 7: lambda v: struct.pack("<d", v),
            8: lambda v: struct.pack("<I", 2 * len(v) + 2) + v.encode("utf-16-le") + b"\0\0",
            30: lambda v: struct.pack("<I", len(v) + 1) + v.encode("cp1252") + b"\0", 77: lambda v: b"????",
        }[kind](value)  # fmt: skip
        packed += padded(struct.pack("<I", kind) + body, 4)
    section = struct.pack("<II", 8 + 8 * len(values) + len(packed), len(values))
    section += b"".join(struct.pack("<II", *pair) for pair in pairs) + packed
    return struct.pack("<HHI16sI16sI", 0xFFFE, 0, 2, b"", 1, b"", 48) + section


def axis(points: int, start: float, step: float, kind: int, values: tuple[float, ...] = ()) -> bytes:
    text = struct.pack("<Hi", 2, 0)
    return (
        text * 3
        + struct.pack("<iddB", points, start, step, not values)
        + struct.pack(f"<{len(values)}d", *values)
        + struct.pack("<i", kind)
    )


def known(*, dwell=0.05, sweeps=1, **others: tuple[int, object]) -> dict[int, tuple[int, object]]:
    values = {
        105: (4, 1486.68), 305: (4, dwell), 306: (3, sweeps), 404: (4, 200.0), 406: (4, 4.5), 6: (8, "K-Alpha"), 16: (30, r"C:\data\Survey.VGD"),
        303: (7, 43304.5), 100_000: (4, 1.5), 100_001: (5, -0.25), 999: (77, None),
    }  # fmt: skip
    values |= {int(key.removeprefix("p")): value for key, value in others.items()}
    return {number: value for number, value in values.items() if value[1] is not None or value[0] == 77}


def vgd(counts, axes: list[bytes], values: dict[int, tuple[int, object]]) -> bytes:
    data = np.asarray(counts, dtype="<f8").tobytes()
    space = struct.pack("<ii", 0x20000, len(axes)) + b"".join(axes)
    return compound({"VGData": data, "VGSpaceAxes": space, PROPERTIES: property_set(values)})


SURVEY = np.arange(700.0) * 3 + 5580


def test_the_axis_stream_of_one_axis_has_51_bytes_and_is_the_one_that_was_seen():
    """The bytes of a public 301-point scan: 1186.6 eV in steps of 0.1 eV."""
    seen = bytes.fromhex(
        "00000200010000000200000000000200000000000200000000002d0100006666666666 8a9240 9a9999999999b93f 01 01000000"
    )
    assert seen == struct.pack("<ii", 0x20000, 1) + axis(301, 1186.6, 0.1, 1)
    assert len(seen) == 51


@pytest.mark.parametrize(("dwell", "sweeps"), [(0.05, 1), (0.05, 20), (0.01, 1), (0.1, 5)])
def test_counts_per_second_are_counts_by_dwell_and_sweeps(reads, dwell, sweeps):
    """The trap: a survey of one short sweep is 20 times too low when the dwell is taken for 1 s."""
    (record,) = reads("Survey.vgd", vgd(SURVEY, [axis(700, 136.6, 1.0, 1)], known(dwell=dwell, sweeps=sweeps)))
    np.testing.assert_allclose(record.values("Counts / s"), SURVEY / (dwell * sweeps), rtol=1e-12)
    np.testing.assert_array_equal(record.values("Counts"), SURVEY)
    assert float(record.header["time per point (s)"]) == pytest.approx(dwell * sweeps)


def test_energies_and_properties_are_read_by_id_and_type(reads):
    (record,) = reads("C1s Scan.VGD", vgd([10, 20, 30], [axis(3, 1188.68, 0.1, 1)], known(sweeps=10)))
    assert (record.origin.format, record.technique, record.name) == ("thermo-vgd", "xps", "C1s Scan")
    np.testing.assert_allclose(record.values("Kinetic Energy"), [1188.68, 1188.78, 1188.88])
    np.testing.assert_allclose(record.values("Binding Energy"), [298.0, 297.9, 297.8], atol=1e-9)
    expected = {
        "source energy (eV)": "1486.68", "pass energy (eV)": "200", "work function (eV)": "4.5", "dwell (s)": "0.05", "sweeps": "10",
        "instrument": "K-Alpha", "original path": r"C:\data\Survey.VGD", "transmission coefficients": "1.5 -0.25",
        "intensity column": "Counts / s", "intensity unit": "counts/s", "counts column": "Counts",
    }  # fmt: skip
    assert {key: record.header.get(key) for key in expected} == expected
    assert record.origin.acquired_at == "2018-07-23T12:00:00"  # OLE day 43304.5


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"p305": (4, None)}, "dwell"),
        ({"p306": (3, None)}, "number of sweeps"),
        ({"p305": (4, None), "p306": (3, None)}, "dwell and number of sweeps"),
    ],
)
def test_without_dwell_or_sweeps_there_are_counts_only(reads, change, missing):
    (record,) = reads("a.vgd", vgd([10, 20, 30], [axis(3, 1188.68, 0.1, 1)], known(**change)))
    assert record.column("Counts / s") is None
    assert record.header["intensity unit"] == "counts"
    assert record.warnings == (f"the {missing} is not in the file: counts per second are withheld",)


def test_without_a_photon_energy_there_are_no_binding_energies(reads):
    (record,) = reads("a.vgd", vgd([10, 20, 30], [axis(3, 1188.68, 0.1, 1)], known(p105=(4, None))))
    assert record.column("Binding Energy") is None
    assert "the file does not state the energy of its source" in record.warnings[0]


def test_a_depth_profile_is_one_record_a_level(reads):
    axes = [axis(3, 1188.0, 0.5, 1), axis(2, 0.0, 0.0, 6, values=(0.0, 30.0))]
    first, second = reads("O1s.vgd", vgd([1, 2, 3, 4, 5, 6], axes, known(dwell=1.0)))
    assert (first.name, second.name) == ("O1s, etch level 0", "O1s, etch level 30")
    assert (first.values("Counts").tolist(), second.values("Counts").tolist()) == ([1, 2, 3], [4, 5, 6])
    assert second.header["etch level"] == "30"


REFUSED = {
    "a picture": ([1, 2, 3, 4], [axis(2, 0, 1, 3), axis(2, 0, 1, 4)], RefusedFileError, r"holds no spectrum \(its axes: x, y\)"),
    "no axis": ([1, 2], [], RefusedFileError, r"holds no spectrum \(its axes: no axis\)"),
    "a map": (np.zeros(5_000), [axis(1, 0, 1, 1), axis(5000, 0, 1, 3)], RefusedFileError, "is a map of 5000 spectra"),
    "points that do not fit": ([1, 2, 3, 4], [axis(3, 0, 1, 1)], BrokenFileError, "4 values cannot be shared by spectra of 3 points"),
    "absurd points": ([1, 2, 3, 4], [axis(2_000_000_000, 0, 1, 1)], BrokenFileError, "an axis of 2000000000 points .* does not fit"),
    "a step that is no number": ([1, 2], [axis(2, 0, float("nan"), 1)], BrokenFileError, "does not fit into the file"),
    "an axis that ends": ([1, 2], [axis(2, 0, 1, 1)[:20]], BrokenFileError, r"the axes end inside the stream VGSpaceAxes of 28 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_spectrum_is_refused(reads, what):
    counts, axes, error, message = REFUSED[what]
    with pytest.raises(error, match=r"a\.vgd.*: .*" + message):
        reads("a.vgd", vgd(counts, axes, known()))


def test_a_cut_file_is_broken(reads):
    content = vgd(SURVEY, [axis(700, 136.6, 1.0, 1)], known())
    with pytest.raises(BrokenFileError, match="VGData"):
        reads("a.vgd", content[: content.index(np.float64(SURVEY[300]).tobytes())])


def sheet(book, title, rows):
    page = book.create_sheet(title)
    for row in rows:
        page.append(row)


SPECTRUM = [
    ["Axis", "Energy", "Elements=", 3], [], [r"C:\d\C1s Scan.VGD"], [], ["Binding Energy (E)", None, None, None, "C1s C-C", "Backgnd."],
    ["eV", None, "Counts / s  (Residuals × 2)", None, "Counts / s  (Residuals × 2)", "Counts / s  (Residuals × 2)"],
    [285.2, None, 100, None, 90, 10], [285.1, None, 110, None, 95, 11], [285.0, None, 105, None, 92, 12],
]  # fmt: skip
PEAKS = [
    ["Peak Table : "],
    [" ", "Name ", "Start BE", "Peak BE", "Area (P) CPS.eV", "Title "],
    [None, "C 1s", 290, 285.1, 42.5, "碳 C1s"],
]


def workbook(*, spectrum=SPECTRUM, title="碳 C1s") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Titles"
    for row in [["10:16:08  Monday, July 23, 2018"], [], ["Data Files :", "Title"], [None, "C1s"]]:
        book.active.append(row)
    sheet(book, title, spectrum)
    sheet(book, "Peak Table", PEAKS)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_sheets_are_told_by_their_cells_not_their_names(reads):
    spectrum, peaks = reads("a.xlsx", workbook())
    assert (spectrum.name, spectrum.technique, spectrum.origin.format) == ("碳 C1s", "xps", "avantage")
    assert [(c.name, c.unit, c.values.tolist()) for c in spectrum.columns] == [
        ("Binding Energy (E)", "eV", [285.2, 285.1, 285.0]),
        ("Counts", "Counts / s", [100, 110, 105]),
        ("C1s C-C", "Counts / s", [90, 95, 92]),
        ("Backgnd.", "Counts / s", [10, 11, 12]),
    ]
    row = {"Name": "C 1s", "Start BE": 290.0, "Peak BE": 285.1, "Area (P) CPS.eV": 42.5, "Title": "碳 C1s"}
    assert json.loads(spectrum.header["peak table"]) == [row] == json.loads(peaks.header["rows"])
    assert spectrum.header["original path"] == r"C:\d\C1s Scan.VGD"
    assert (peaks.technique, [(c.name, c.unit) for c in peaks.columns][-1]) == ("", ("Area (P)", "CPS.eV"))
    assert peaks.origin.acquired_at == "2018-07-23T10:16:08"


def test_a_sheet_with_rows_removed_is_broken(reads):
    with pytest.raises(
        BrokenFileError, match=r"the sheet '碳 C1s' announces 3 points and holds 2\. Export the spectrum again"
    ):
        reads("a.xlsx", workbook(spectrum=SPECTRUM[:-1]))


def test_a_sheet_without_numbers_is_broken(reads):
    with pytest.raises(BrokenFileError, match="the sheet '碳 C1s' holds no numbers below its heads"):
        reads("a.xlsx", workbook(spectrum=SPECTRUM[:6]))


def test_any_workbook_with_binding_energies_is_not_avantage(written):
    book = openpyxl.Workbook()
    for row in [["Binding Energy (eV)", "Counts"], [285.0, 10], [285.1, 12], [285.2, 11]]:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    assert format_of(RawFile.open(written("a.xlsx", stream.getvalue()))).name == "table-xlsx"


def test_the_real_workbook_opens_with_all_points(raw_data):
    records = read_file(raw_data(*WORKBOOK))
    assert [(record.name, record.points) for record in records] == [
        ("Survey", 2721), ("Zn2p Scan", 371), ("Fe2p Scan", 401), ("O1s Scan", 201), ("N1s Scan", 151), ("C1s Scan", 191),
        ("Si2p Scan", 151), ("S2p Scan", 151), ("Peak Table", 12), ("Quantifications", 11),
    ]  # fmt: skip
    assert [record.technique for record in records] == ["xps"] * 8 + ["", ""]


def test_components_and_residuals_are_what_the_docstring_says(raw_data):
    """Envelope = background + sum (component - background); residuals = counts - envelope, not multiplied by the plot's factor."""
    seen = 0
    for record in read_file(raw_data(*WORKBOOK)):
        if record.column("Envelope") is None:
            continue
        names = [c.name for c in record.columns[2:] if c.name not in ("Backgnd.", "Envelope", "Residuals")]
        (row,) = json.loads(record.header["peak table"])
        energy, base = record.values("Binding Energy (E)"), record.values("Backgnd.")
        inside = (energy < row["Start BE"] - 0.05) & (energy > row["End BE"] + 0.05)
        total = base + sum(record.values(name) - base for name in names)
        np.testing.assert_allclose(total[inside], record.values("Envelope")[inside], rtol=2e-5)
        residuals = record.values("Counts") - record.values("Envelope")
        # The columns have six digits: five counts in a hundred thousand.
        np.testing.assert_allclose(record.values("Residuals"), residuals, atol=2e-5 * record.values("Counts").max())
        seen += 1
    assert seen == 6


@pytest.mark.parametrize(
    ("sheet_name", "component", "level"),
    [("C1s Scan", "C1s C-C", "C1s C-C sp2"), ("C1s Scan", "C1s C-OH", "C1s C-OH"), ("O1s Scan", "O1s O-Si", "O1s O-Si"),
     ("O1s Scan", "O1s O-H", "O1s O-H"), ("Si2p Scan", "Si2p3 Scan A", "Si2p3"), ("S2p Scan", "S2p3 Scan A", "S2p3"), ("N1s Scan", "N1s N-SiO$_2$", "N1s N-SiO2")],
)  # fmt: skip
def test_areas_of_the_components_are_those_of_the_peak_table(raw_data, sheet_name, component, level):
    """Area of component - background over the window against the vendor's own number, and the place of its maximum."""
    records = {record.name: record for record in read_file(raw_data(*WORKBOOK))}
    record = records[sheet_name]
    rows = {row["Name"]: row for row in json.loads(records["Quantifications"].header["rows"])}
    (window,) = json.loads(record.header["peak table"])
    energy = record.values("Binding Energy (E)")
    inside = (energy < window["Start BE"] - 0.05) & (energy > window["End BE"] + 0.05)
    curve = (record.values(component) - record.values("Backgnd."))[inside]
    area = -np.sum((curve[1:] + curve[:-1]) / 2 * np.diff(energy[inside]))
    assert area == pytest.approx(rows[level]["Area (P) CPS.eV"], rel=6e-3)
    assert energy[inside][np.argmax(curve)] == pytest.approx(rows[level]["Peak BE"], abs=0.1)


def damaged(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at, what = chance.randrange(len(changed)), chance.randrange(4)
        if what == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            del changed[at : at + chance.randint(1, 40)]
        elif what == 2:
            changed[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"])
        else:
            changed[at:at] = changed[at : at + 64]
    return bytes(changed)


@pytest.mark.parametrize("name", ["a.vgd", "a.xlsx"])
def test_damaged_files_are_read_or_refused(written, tmp_path, name):
    content = workbook() if name == "a.xlsx" else vgd(SURVEY, [axis(700, 136.6, 1.0, 1)], known())
    chance = random.Random(5)
    for _ in range(60 if name == "a.xlsx" else 400):
        refusal, records = None, ()
        try:
            records = read_file(written(name, damaged(content, chance)), root=tmp_path)
        except FormatError as error:
            refusal = str(error)
        assert refusal is None or name in refusal
        assert all(len({len(column.values) for column in record.columns}) <= 1 for record in records)


def test_damaged_sheets_inside_a_sound_archive_are_read_or_refused(written, tmp_path):
    chance = random.Random(6)
    for _ in range(60):
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(stream, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, damaged(content, chance) if "sheet2" in name else content)
        refusal, records = None, ()
        try:
            records = read_file(written("a.xlsx", stream.getvalue()), root=tmp_path)
        except FormatError as error:
            refusal = str(error)
        assert refusal is None or "a.xlsx" in refusal
        assert all(len({len(column.values) for column in record.columns}) <= 1 for record in records)
