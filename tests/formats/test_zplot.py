"""ZPlot and ZView files: three dialects and Autolab's relative."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError

ROWS = (
    (100000.0, 1.25e3, -2.5e2),
    (10000.0, 2.5e3, -5.0e2),
    (1000.0, 5.0e3, -1.0e3),
    (100.0, 1.0e4, -2.0e3),
    (10.0, 1.1e4, -9.0e3),
)
NAMES = "Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange"
QUOTED = "\"  Freq (Hz)    Ampl     Bias   Time(Sec)   Z'(a)    Z''(b)    GD   Err   Range\""


def ascii_file(
    rows=ROWS,
    header="  Date:                       10-12-2018\n  Time:                       12:32:21\n",
    end="End Comments\n",
):
    body = "".join(
        f"{f:.6E}\t1.0000E-02\t0.0000E+00\t2.59E+00\t{a:.4E}\t{b:.4E}\t0.0000E+00\t0\t4\n" for f, a, b in rows
    )
    return f"ZPLOT2 ASCII\n  Measured Data, ZPlot:       3.2c\n{header}  {NAMES}\n{end}{body}"


def quoted_file(
    first='"ZView Calculated Data File: Version 1.1"',
    rows=ROWS,
    count=None,
    date='"Date: 12-17-2019    Time: 16:24:35"',
    title='"C:\\data\\pellet 3.z"',
    separator=", ",
):
    head = [
        first,
        '"Raw Data"',
        '"Sweep Frequency: Control Voltage"',
        date,
        '""',
        '""',
        title,
        '"Frequency"',
        "0,2,0,1,100000,10",
        str(len(rows) if count is None else count),
        QUOTED,
    ]
    body = [separator.join(map(repr, (f, 0.01, 0.0, 1.0, a, b, 0.0, 0, 4))) for f, a, b in rows]
    return "\n".join([*head, *body]) + "\n"


def check(record):
    assert record.technique == "impedance"
    np.testing.assert_array_equal(record.values("Freq"), [f for f, _, _ in ROWS])
    np.testing.assert_array_equal(record.values("Z'(a)"), [a for _, a, _ in ROWS])
    np.testing.assert_array_equal(record.values("Z''(b)"), [b for _, _, b in ROWS])


def test_zplot2_ascii(reads):
    (record,) = reads("a.z", ascii_file())
    check(record)
    assert record.origin.format == "zplot-ascii"
    assert record.origin.acquired_at == "2018-10-12T12:32:21"
    assert record.origin.line == 7


def test_zplot2_defaults_are_not_set(reads):
    header = "    Surface Area:             1\n    Density:                  0\n    Weight:                   0\n"
    assert reads("a.z", ascii_file(header=header))[0].not_set == ("Surface Area", "Density", "Weight")
    header = header.replace("1\n", "0.503\n", 1)
    assert "Surface Area" not in reads("b.z", ascii_file(header=header))[0].not_set


@pytest.mark.parametrize(
    "first",
    [
        '"ZPlotW Data File: Version 2.6b"',
        '"ZPlotW Data File: Version 3.2c"',
        '"ZView Calculated Data File: Version 1.1"',
        "ZView Calculated Data File: Version 1.1",
        '"Z60W Data File: Version 1.1"',
    ],
)
@pytest.mark.parametrize("separator", [", ", ",", "\t"])
def test_quoted_headers(reads, first, separator):
    (record,) = reads("a.z", quoted_file(first, separator=separator))
    check(record)
    assert record.origin.format == "zview-text"
    assert record.warnings == ()


def test_a_header_with_a_line_missing_or_unquoted_is_read_all_the_same(reads):
    lines = quoted_file('"ZPlotW Data File: Version 3.2c"').split("\n")
    lines[3] = "Date: 12-17-2019    Time: 16:24:35"
    del lines[5]
    (record,) = reads("a.z", "\n".join(lines))
    check(record)
    assert record.origin.acquired_at == "2019-12-17T16:24:35"


def test_a_file_of_nothing_but_two_header_lines_and_rows(reads):
    lines = quoted_file().split("\n")
    (record,) = reads("a.z", "\n".join([lines[0], *lines[10:]]))
    check(record)


def test_the_date_of_a_zview_file_is_never_trusted_and_demo_leftovers_are_named(reads):
    (record,) = reads("a.z", quoted_file())
    assert record.origin.acquired_at is None
    stale = quoted_file(
        '"ZPlotW Data File: Version 3.2c"', date='"Date: 9-14-1993     "Time: 11:8:31"', title='"C:\\ZVIEW\\demo.z"'
    )
    (record,) = reads("b.z", stale)
    assert record.origin.acquired_at is None
    assert "leftovers of a ZView demo file" in record.warnings[0]


def test_fewer_points_than_announced_is_a_warning(reads):
    (record,) = reads("a.z", quoted_file(count=79))
    assert record.points == 5
    assert record.warnings == ("the header announces 79 points, the file holds 5: an aborted or edited measurement",)


def test_four_digit_exponents(reads):
    text = quoted_file().replace("100000.0, ", "1.000000E+0005, ", 1)
    check(reads("a.z", text)[0])


def test_decimal_commas(reads):
    (record,) = reads("a.z", ascii_file().replace(".", ","))
    check(record)


def test_a_run_without_points_has_no_points(reads):
    (record,) = reads("a.z", ascii_file(rows=()))
    assert record.points == 0


def test_a_file_cut_in_its_header_is_broken(reads):
    with pytest.raises(BrokenFileError, match=r"a\.z: the line with the column names is missing"):
        reads("a.z", "ZPLOT2 ASCII\n  Measured Data, ZPlot:       3.2c\n  Date: 1-1-2020\n")
    with pytest.raises(BrokenFileError, match=r"announces 5 points, the file holds 0"):
        reads("a.z", "\n".join(quoted_file().split("\n")[:11]))


def test_a_row_without_its_impedance_is_named(reads):
    lines = ascii_file().split("\n")
    lines[8] = lines[8][:20]
    with pytest.raises(BrokenFileError, match=r"a\.z:9"):
        reads("a.z", "\n".join(lines))
