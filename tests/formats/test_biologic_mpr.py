"""The EC-Lab binary reader, held against files written here byte by byte from the description of the format."""

from __future__ import annotations

import contextlib
import struct
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelletry.core.errors import BrokenFileError, FormatError
from pelletry.core.record import Record
from pelletry.formats.biologic_mpr import FORMAT
from pelletry.formats.rawfile import RawFile

# The writer knows nothing of the reader's tables: numbers and types of columns are spelled out again here.
FREQUENCY, REAL, MINUS_IMAGINARY, MODULUS, PHASE = ((number, "<f4") for number in (32, 37, 38, 36, 35))
TIME, EWE, CURRENT, CYCLE, RANGE = (4, "<f8"), (6, "<f4"), (8, "<f4"), (24, "<f8"), (39, "<u2")
RECORDS_AT = {0: 100, 2: 405, 3: 406, 10: 1007, 11: 1007}


def _module(
    name: str, content: bytes, *, version: int, new: bool, date: bytes = b"03/15/23", length: int | None = None
) -> bytes:
    head = b"MODULE" + name.encode().ljust(10) + b"".ljust(25)
    size = len(content) if length is None else length
    if new:
        return head + struct.pack("<4I", 0xFFFFFFFF, size, 0, version) + date + content
    return head + struct.pack("<2I", size, version) + date + content


def _data(columns: dict[tuple[int, str], np.ndarray], version: int, numbers: list[int] | None = None) -> bytes:
    n = len(next(iter(columns.values())))
    table = np.zeros(n, dtype=[(f"c{i}", dtype) for i, (_, dtype) in enumerate(columns)])
    for i, values in enumerate(columns.values()):
        table[f"c{i}"] = values
    listed = numbers if numbers is not None else [number for number, _ in columns]
    head = struct.pack("<I", n) + struct.pack("<H" if version >= 10 else "<B", len(listed))
    head += np.asarray(listed, dtype="<u1" if version == 0 else "<u2").tobytes()
    return head.ljust(RECORDS_AT[version], b"\0") + table.tobytes()


def _settings(*, area: float = 0.001, area_unit: int = 2, mass: float = 0.001, technique: int = 29) -> bytes:
    block = bytearray(700)
    block[0] = technique
    block[7:12] = b"\x04LATP"
    struct.pack_into("<f", block, 0x211, area)
    struct.pack_into("<f", block, 0x24C, mass)
    block[0x250:0x252] = bytes([area_unit, 2])
    return bytes(block)


def _log(days: float) -> bytes:
    block = bytearray(1200)
    block[9] = 2
    struct.pack_into("<H", block, 0xAB, 4711)
    struct.pack_into("<d", block, 0x249, days)
    return bytes(block)


def _file(data: bytes, *, version: int = 3, before: tuple[bytes, ...] = (), after: tuple[bytes, ...] = ()) -> bytes:
    start = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\0\0\0\0"
    return start + b"".join(before) + _module("VMP data", data, version=version, new=version >= 10) + b"".join(after)


def _read(content: bytes) -> tuple[Record, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.mpr"
        path.write_bytes(content)
        raw = RawFile.open(path, root=folder)
        assert FORMAT.can_read(raw)
        return tuple(FORMAT.read(raw))


def _spectrum(points: int = 31, *, first_Hz: float = 1e6, last_Hz: float = 1.0) -> dict[tuple[int, str], np.ndarray]:
    """R(RC) in closed form: 20 ohm and 500 ohm parallel to 10 nF."""
    frequency = np.geomspace(first_Hz, last_Hz, points)
    z = 20 + 500 / (1 + 2j * np.pi * frequency * 500 * 1e-8)
    return {
        FREQUENCY: frequency,
        REAL: z.real,
        MINUS_IMAGINARY: -z.imag,
        MODULUS: np.abs(z),
        PHASE: np.degrees(np.angle(z)),
        TIME: np.arange(points) * 0.5,
    }


def _joined(*parts: dict[tuple[int, str], np.ndarray]) -> dict[tuple[int, str], np.ndarray]:
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


@pytest.mark.parametrize("version", [0, 2, 3, 10, 11])
def test_every_layout_of_the_data_module_gives_the_same_spectrum(version: int) -> None:
    columns = _spectrum()
    (record,) = _read(_file(_data(columns, version), version=version))
    assert record.technique == "impedance"
    assert [(c.name, c.unit) for c in record.columns] == [
        ("freq", "Hz"),
        ("Re(Z)", "Ohm"),
        ("-Im(Z)", "Ohm"),
        ("|Z|", "Ohm"),
        ("Phase(Z)", "deg"),
        ("time", "s"),
    ]
    for column, ((_, dtype), written) in zip(record.columns, columns.items(), strict=True):
        assert column.values.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(column.values, written.astype(dtype))
    assert record.warnings == ()


def test_an_unknown_version_with_a_known_layout_is_read() -> None:
    (record,) = _read(_file(_data(_spectrum(7), 11), version=12))
    assert record.points == 7


def test_columns_are_read_only_views_that_keep_their_precision() -> None:
    (record,) = _read(_file(_data(_spectrum(), 3)))
    for column in record.columns:
        assert not column.values.flags.owndata
        assert not column.values.flags.writeable


def test_flags_share_one_byte() -> None:
    byte = np.array([0b1000_0001, 0b0010_0110, 0b0001_1011], dtype="u1")
    columns = {(1, "u1"): byte, TIME: np.array([0.0, 1.0, 2.0]), EWE: np.array([3.0, 3.1, 3.2])}
    (record,) = _read(_file(_data(columns, 3, numbers=[1, 2, 3, 21, 31, 65, 4, 6])))
    flags = {c.name: c.values.tolist() for c in record.columns[:6]}
    assert flags == {
        "mode": [1, 2, 3],
        "ox/red": [0, 1, 0],
        "error": [0, 0, 1],
        "control changes": [0, 0, 1],
        "Ns changes": [0, 1, 0],
        "counter inc.": [1, 0, 0],
    }
    assert record.technique == "cycling"
    assert record.values("time").tolist() == [0.0, 1.0, 2.0]


def test_settings_log_and_loops_are_not_needed() -> None:
    data = _data(_spectrum(), 3)
    bare = _read(_file(data))[0]
    full = _read(
        _file(
            data,
            before=(_module("VMP Set", _settings(), version=0, new=False),),
            after=(_module("VMP LOG", _log(45000.5), version=0, new=False),),
        )
    )[0]
    assert bare.origin.acquired_at == "2023-03-15"  # from the module's date, month first
    np.testing.assert_array_equal(bare.values("Re(Z)"), full.values("Re(Z)"))


def test_start_channel_and_key_come_from_the_log() -> None:
    # Day 45000 of the count that begins on 30 December 1899 is 15 March 2023.
    log = _module("VMP LOG", _log(45000.5), version=0, new=False)
    (record,) = _read(_file(_data(_spectrum(3), 3), after=(log,)))
    assert record.origin.acquired_at == "2023-03-15T12:00:00.000"
    assert record.header["acquisition key"] == "SN 4711, channel 3, 2023-03-15T12:00:00"
    assert record.header["acquisition part"] == "3 points, 0.000 s to 1.000 s"


@pytest.mark.parametrize(
    ("area", "unit", "shown", "is_default"),
    [
        (0.001, 2, "0.001 cm²", True),
        (0.0, 2, "0 cm²", True),
        (113.1, 3, "113.1 mm²", False),
        (0.785, 2, "0.785 cm²", False),
    ],
)
def test_default_area_is_reported_as_not_set(area: float, unit: int, shown: str, is_default: bool) -> None:
    set_up = _module("VMP Set", _settings(area=area, area_unit=unit, mass=8.5), version=0, new=False)
    (record,) = _read(_file(_data(_spectrum(3), 3), before=(set_up,)))
    assert record.header["Electrode surface area"] == shown
    assert ("Electrode surface area" in record.not_set) is is_default
    assert record.header["Characteristic mass"] == "8.5 mg"
    assert record.header["Comments"] == "LATP"
    assert record.name == "PEIS"


def test_a_run_stopped_before_its_first_point_stays_empty() -> None:
    (record,) = _read(_file(_data({key: values[:0] for key, values in _spectrum().items()}, 3)))
    assert record.points == 0
    assert [c.name for c in record.columns][:2] == ["freq", "Re(Z)"]
    assert "holds no points" in record.warnings[0]


@pytest.mark.parametrize("loops", [True, False])
def test_loops_or_restarts_of_the_frequency_make_several_spectra(loops: bool) -> None:
    one = _spectrum(9)
    data = _data(_joined(one, one, one), 3)
    index = struct.pack("<5I", 4, 0, 9, 18, 27).ljust(268, b"\0")
    after = (_module("VMP loop", index, version=0, new=False),) if loops else ()
    records = _read(_file(data, after=after))
    assert [r.points for r in records] == [9, 9, 9]
    assert [r.origin.record for r in records] == [0, 1, 2]
    for record in records:
        np.testing.assert_array_equal(record.values("Re(Z)"), one[REAL].astype("f4"))


def test_a_change_of_cycle_begins_a_spectrum_even_at_one_frequency() -> None:
    single = _spectrum(1)
    columns = _joined(single, single, single) | {CYCLE: np.array([1.0, 2.0, 3.0])}
    assert [r.points for r in _read(_file(_data(columns, 3)))] == [1, 1, 1]


def test_a_sweep_down_and_up_again_is_one_spectrum() -> None:
    down = _spectrum(12)
    up = {key: values[::-1] for key, values in down.items()}
    assert [r.points for r in _read(_file(_data(_joined(down, up), 3)))] == [24]


def test_points_without_a_frequency_are_kept_apart_and_none_is_lost() -> None:
    sweep = _spectrum(8)
    rest = {key: np.zeros(3) for key in sweep} | {TIME: np.array([10.0, 20.0, 30.0])}
    columns = _joined(rest, sweep, rest, sweep) | {EWE: np.full(22, 3.3)}
    records = _read(_file(_data(columns, 3)))
    assert [(r.technique, r.points) for r in records] == [("impedance", 8), ("impedance", 8), ("cycling", 6)]
    assert records[-1].values("time").tolist() == [10.0, 20.0, 30.0, 10.0, 20.0, 30.0]


@pytest.mark.parametrize(
    ("dtype", "values", "shown"),
    [
        ("<f4", np.linspace(0.1, 9, 31), "float32"),
        ("<f8", np.linspace(-4, 4, 31), "float64"),
        ("<u4", np.arange(31), "uint32"),
        ("<u2", np.arange(31), "uint16"),
        ("<u1", np.arange(31), "uint8"),
    ],
)
def test_an_unknown_column_is_inferred_from_the_length_of_a_point_and_reported(
    dtype: str, values: np.ndarray, shown: str
) -> None:
    spectrum = _spectrum()
    columns = {FREQUENCY: spectrum[FREQUENCY], (60000, dtype): values, **spectrum}
    (record,) = _read(_file(_data(columns, 3)))
    assert record.warnings == (
        f"column number 60000 is not known; read as {shown} from the length of a point, without a unit",
    )
    np.testing.assert_array_equal(record.values("column 60000"), values.astype(dtype))
    np.testing.assert_array_equal(record.values("-Im(Z)"), spectrum[MINUS_IMAGINARY].astype("f4"))


def test_bytes_of_a_width_that_no_number_has_are_left_out_and_the_rest_is_right() -> None:
    spectrum = _spectrum()
    columns = {(60000, "V3"): np.zeros(31, dtype="V3"), **spectrum}
    (record,) = _read(_file(_data(columns, 3)))
    assert "its 3 bytes a point were not read" in record.warnings[0]
    np.testing.assert_array_equal(record.values("Re(Z)"), spectrum[REAL].astype("f4"))


def test_two_unknown_columns_are_told_apart_by_the_columns_between_and_behind_them() -> None:
    spectrum, n = _spectrum(200), 200
    columns = {
        FREQUENCY: spectrum[FREQUENCY],
        (60000, "<f8"): np.linspace(1, 7, n),
        REAL: spectrum[REAL],
        (60001, "<f4"): np.linspace(5, 9, n),
        MINUS_IMAGINARY: spectrum[MINUS_IMAGINARY],
        TIME: spectrum[TIME],
    }
    (record,) = _read(_file(_data(columns, 11), version=11))
    assert len(record.warnings) == 2
    for name, key in (("Re(Z)", REAL), ("-Im(Z)", MINUS_IMAGINARY), ("column 60000", (60000, "<f8"))):
        np.testing.assert_array_equal(record.values(name), columns[key].astype(key[1]))


def test_unknown_columns_that_cannot_be_told_apart_withhold_only_what_lies_between() -> None:
    n = 20
    columns = {
        TIME: np.arange(n) * 1.0,
        (60000, "<f4"): np.zeros(n),
        EWE: np.zeros(n),
        (60001, "<f8"): np.zeros(n),
        CURRENT: np.linspace(1, 2, n),
    }
    (record,) = _read(_file(_data(columns, 3)))
    assert [c.name for c in record.columns] == ["time", "I"]
    assert record.warnings == (
        "the column numbers 60000, 60001 are not known and were not read; so were the columns between them: Ewe",
    )
    np.testing.assert_array_equal(record.values("I"), columns[CURRENT].astype("f4"))


def test_the_length_of_a_point_decides_between_two_meanings_of_a_number() -> None:
    charge = {TIME: np.arange(4.0), (498, "<f8"): np.array([0.1, 0.2, 0.3, 0.4]), EWE: np.ones(4)}
    assert _read(_file(_data(charge, 3)))[0].column("Q charge") is not None
    harmonic = {TIME: np.arange(4.0), (498, "<f4"): np.array([0.1, 0.2, 0.3, 0.4]), EWE: np.ones(4)}
    assert _read(_file(_data(harmonic, 3)))[0].column("|Ece h2|") is not None


def test_a_recorded_temperature_is_hinted_in_kelvin() -> None:
    columns = _spectrum(5) | {(462, "<f4"): np.array([24.0, 25.0, 25.0, 25.0, 26.0])}
    (record,) = _read(_file(_data(columns, 3)))
    (hint,) = record.hints
    assert (hint.name, hint.unit, hint.source) == ("temperature", "K", "column")
    assert hint.value == pytest.approx(298.15)


def test_a_modulus_that_does_not_fit_its_parts_is_reported() -> None:
    columns = _spectrum(10)
    columns[MODULUS] = columns[MODULUS] * np.where(np.arange(10) < 4, 2.0, 1.0)
    assert _read(_file(_data(columns, 3)))[0].warnings == (
        "|Z| differs from the root of Re(Z)^2 + Im(Z)^2 at 4 of 10 points",
    )


def test_a_file_cut_inside_its_data_says_where_and_how_many_points_are_whole() -> None:
    whole = _file(_data(_spectrum(31), 3))
    size = 5 * 4 + 8
    cut = whole[: len(whole) - 10 * size - 5]
    with pytest.raises(BrokenFileError) as caught:
        _read(cut)
    message = str(caught.value)
    assert message.startswith(
        f"run.mpr: byte {len(cut)}: the file ends inside the measured data: 20 of 31 points are complete"
    )
    assert "Copy the file from the instrument again" in message


def test_a_file_cut_behind_its_data_is_read_with_a_warning() -> None:
    log = _module("VMP LOG", _log(45000.5), version=0, new=False)
    whole = _file(_data(_spectrum(31), 3), after=(log,))
    (record,) = _read(whole[:-700])
    assert record.points == 31
    assert "ends at byte" in record.warnings[0]
    assert "inside the module 'VMP LOG'" in record.warnings[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (_file(b"")[:52], "the file ends behind its first line"),
        (_file(b"")[:49], "the file ends behind its first line"),
        (_file(b"")[:52] + b"nonsense", "there is no data module"),
        (_file(b"\5\0\0\0"), "inside the head of the measured data: no point is complete"),
        (_file(struct.pack("<IB", 7, 0).ljust(406 + 70, b"\0")), "the data module names no columns"),
        (_file(_data(_spectrum(31), 3) + b"\0"), "31 points of equal length do not fill the 869 bytes"),
        (
            _file(struct.pack("<I", 4_000_000_000) + _data(_spectrum(31), 3)[4:]),
            "4000000000 points of equal length do not fill",
        ),
        (_file(_data(_spectrum(31), 3, numbers=[32, 37, 38])), "a point has 28 bytes, but its columns need 12"),
    ],
)
def test_each_kind_of_damage_has_its_own_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(BrokenFileError, match=sentence.replace("(", r"\(")):
        _read(content)


_WHOLE = _file(
    _data({(1, "u1"): np.arange(31), **_spectrum()}, 11, numbers=[1, 2, 3, 32, 37, 38, 36, 35, 4]),
    version=11,
    before=(_module("VMP Set", _settings(), version=10, new=True),),
    after=(
        _module("VMP LOG", _log(45000.5), version=10, new=True),
        _module("VMP loop", struct.pack("<3I", 2, 0, 31), version=10, new=True),
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0, len(_WHOLE) - 1), st.integers(1, 255)), max_size=8),
    keep=st.one_of(st.just(len(_WHOLE)), st.integers(52, len(_WHOLE))),
    absurd=st.one_of(
        st.none(), st.tuples(st.integers(52, len(_WHOLE) - 4), st.sampled_from([0, 1, 0x7FFFFFFF, 0xFFFFFFFF]))
    ),
)
def test_damaged_files_are_read_or_refused_and_never_crash(
    flips: list[tuple[int, int]], keep: int, absurd: tuple[int, int] | None
) -> None:
    damaged = bytearray(_WHOLE)
    for place, mask in flips:
        damaged[place] ^= mask if place >= 23 else 0
    if absurd is not None:
        struct.pack_into("<I", damaged, *absurd)
    refusal, points = "run.mpr", 0
    with contextlib.suppress(FormatError):
        _read(bytes(damaged[:keep]))  # what is imported on the way is not memory of this file
    tracemalloc.start()
    try:
        points = sum(record.points for record in _read(bytes(damaged[:keep])))
    except FormatError as error:
        refusal = str(error)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert refusal.startswith("run.mpr")
    assert points <= len(_WHOLE)
    assert peak < 10 * len(_WHOLE) + 2_000_000
