"""The fast conversion of cells gives the doubles of ``float(cell)``, bit for bit, or says that it did not try."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pelletry.formats.cell_floats import Cells, cells_as_bytes, clock_of_cells, fast_floats, padded, runs_of_cells


def cells_of(texts: list[str]) -> Cells:
    text, words = padded(",".join(texts).encode() + b",")
    ends = np.flatnonzero(text == ord(","))
    return Cells(text=text, words=words, starts=np.concatenate([[32], ends[:-1] + 1]), ends=ends)


def number(chance: random.Random) -> str:
    value = chance.choice((1, -1)) * 10 ** chance.uniform(-9, 9)
    how = chance.choice(
        ("{:.3f}", "{:.6f}", "{:.10f}", "{:.6E}", "{:.15E}", "{:.2e}", "{:+.4f}", "{:.0f}", "{!r}", " {:.5f} ")
    )
    return how.format(value)


def test_every_number_is_the_double_that_python_reads():
    chance = random.Random(1)
    texts = [number(chance) for _ in range(20_000)]
    values, strange = fast_floats(cells_of(texts))
    expected = np.array([float(text) for text in texts])
    assert strange.mean() < 0.2  # more digits than a double holds exactly: left to the slow way
    np.testing.assert_array_equal(values[~strange], expected[~strange])
    assert np.array_equal(np.signbit(values[~strange]), np.signbit(expected[~strange]))


@pytest.mark.parametrize("layout", ["{:.4f}", "{:.8f}", "{:.6E}", "{:.0f}", "{:012.3f}"])
def test_columns_of_one_layout(layout):
    chance = random.Random(layout)
    texts = [layout.format(chance.uniform(-50, 50)) for _ in range(2000)]
    values, strange = fast_floats(cells_of(texts))
    assert not strange.any()
    np.testing.assert_array_equal(values, [float(text) for text in texts])


@pytest.mark.parametrize(
    "text",
    ["abc", "1.2.3", "-", "+", ".", "--1", "1e", "e5", "1e5e5", "1_0", "0x1", "nan", "inf", "1 2", "1e400", "1e-40", "1E+-5", "1,5".replace(",", "'"),
     "123456789012345678901234567890", "12345678901234567", "0.00000000000000000000000001", "1-2", "٣"],
)  # fmt: skip
def test_what_is_no_plain_number_is_left_to_others(text):
    _, strange = fast_floats(cells_of(["1.5", text, "2.5"]))
    assert strange.tolist() == [False, True, False]


def test_empty_cells_are_nan_and_signed_zeros_keep_their_sign():
    values, strange = fast_floats(cells_of(["", " ", "-0", "-0.0", "0", "5.", ".5", "+5"]))
    assert not strange.any()
    assert np.isnan(values[:2]).all()
    assert np.signbit(values[2:5]).tolist() == [True, True, False]
    assert values[5:].tolist() == [5.0, 0.5, 5.0]


def test_a_column_that_repeats_one_cell():
    values, strange = fast_floats(cells_of(["-0.25"] * 5 + ["0.25"]))
    assert values.tolist() == [-0.25] * 5 + [0.25]
    assert not strange.any()
    assert fast_floats(cells_of(["x"] * 3))[1].all()


def test_clock_times_at_the_end_of_cells():
    seconds, begin = clock_of_cells(cells_of(["2024-01-01 01:02:03.5", "2024-01-01 10:00:00.0"]))
    assert seconds.tolist() == [3723.5, 36000.0]
    assert (begin - cells_of(["2024-01-01 01:02:03.5", "x"]).starts[0]).tolist()[0] == 11
    assert clock_of_cells(cells_of(["01:02:03", "1:02:03"])) is None
    assert clock_of_cells(cells_of(["01:02:03", "01-02-03"])) is None
    assert clock_of_cells(cells_of(["01:0x:03"])) is None
    assert clock_of_cells(cells_of(["01:02:03.5", "01:02:03.25"])) is None


def test_runs_of_equal_cells():
    texts = ["Rest"] * 3 + ["CC Chg"] * 2 + ["CC_DChg and more", "CC_DChg and mort", "Rest"]
    assert runs_of_cells(cells_of(texts)).tolist() == [0, 3, 5, 6, 7]
    assert cells_as_bytes(cells_of(texts))[5] == b"CC_DChg and more"
