"""Avantage dumps (.avg): one spectrum, a depth profile, values never measured, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError, RefusedFileError

COUNTS = [1000.0 + 7 * i for i in range(21)]
HEAD = (
    ";Dump of DataSpace 'D:\\Data\\C1s Scan'\n$FORMAT=3\n$PROPERTIES=9\n"
    "DS_EXT_SUPROPID_TITLE                       : VT_BSTR = 'C1s Scan'\n"
    "DS_EXT_SUPROPID_SUBJECT                     : VT_BSTR = 'LATP 7'\n"
    "DS_GEPROPID_VALUE_LABEL                     : VT_BSTR = 'Counts'\n"
    "DS_SOPROPID_ENERGY                          : VT_R4   = 1486.680054\n"
    "DS_ANPROPID_PASS                            : VT_R4   = 20.000000\n"
    "DS_ACPROPID_ACQ_TIME                        : VT_R4   = 0.050000\n"
    "DS_ACPROPID_START_TIME                      : VT_DATE = 12/5/2008   17:34:00\n"
    "DS_ACPROPID_EV_SCALE                        : VT_I4   = 1\n"
)
AXIS = "    0=  1186.0, 0.1, 21, ENERGY, LINEAR, 'E', 'eV', 'Energy'\n"


def values(counts=COUNTS) -> str:
    return "$DATA=*\n" + "".join(
        f"LIST@ {k:3d}= " + ", ".join(f"{v}" for v in counts[k : k + 4]) + "\n" for k in range(0, len(counts), 4)
    )


def avg(*, more: str = "", axes: str = "$SPACEAXES=1\n" + AXIS, data: str = "") -> str:
    return HEAD + more + "$DATAAXES=1,#empty#\n    0=  0, 20, 1\n" + axes + (data or values())


def test_counts_become_rates_only_with_dwell_and_sweeps(reads):
    (record,) = reads("a.avg", avg(more="DS_ACPROPID_SCANS : VT_I4 = 5\n"))
    np.testing.assert_allclose(record.values("Counts / s"), np.array(COUNTS) / (0.05 * 5))
    np.testing.assert_allclose(record.values("Binding Energy"), 1486.680054 - (1186.0 + 0.1 * np.arange(21)))
    header = record.header
    assert (record.technique, header["pass energy (eV)"], header["region"], header["time per point (s)"]) == (
        "xps",
        "20",
        "C1s",
        "0.25",
    )
    assert record.origin.acquired_at == "2008-05-12T17:34:00"
    assert [hint.value for hint in record.hints if hint.name == "sample"][-1] == "LATP 7"
    (record,) = reads("b.avg", avg())
    assert (record.header["intensity column"], record.header["intensity unit"]) == ("Counts", "counts")
    assert any("stay counts" in warning for warning in record.warnings)


def test_a_binding_scale_is_kept(reads):
    (record,) = reads("a.avg", avg().replace("EV_SCALE                        : VT_I4   = 1", "EV_SCALE : VT_I4 = 2"))
    assert record.header["energy scale"] == "binding"
    assert record.values("Binding Energy")[0] == 1186.0


def test_a_depth_profile_is_a_record_a_level(reads):
    axes = "$SPACEAXES=2\n" + AXIS + "    1=  0, 30, 2, ETCHTIME, LINEAR, 't', 's', 'Etch Time'\n"
    level = "$AXISVALUE= DATAXIS=1 SPACEAXIS=1 LABEL='Etch Time' POINT={k} VALUE={v};\n"
    data = level.format(k=0, v="0.0") + values() + level.format(k=1, v="30.0") + values([c + 1 for c in COUNTS])
    records = reads("a.avg", avg(axes=axes, data=data))
    assert [record.header["Etch Time"] for record in records] == ["0.0", "30.0"]
    np.testing.assert_array_equal(records[1].values("Counts"), np.array(COUNTS) + 1)


def test_points_never_measured_are_left_out(reads):
    (record,) = reads("a.avg", avg(data=values([*COUNTS[:18], "#empty#", "#empty#", "#empty#"])))
    assert record.points == 18
    assert any("3 of 21 points were never measured" in warning for warning in record.warnings)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (avg(data=values([*COUNTS, 1.0])), BrokenFileError, "more than the 21 points"),
        (avg(data=values(["x", *COUNTS[1:]])), BrokenFileError, "'x' is no value"),
        (avg(data=";\n"), BrokenFileError, r"no \$DATA block"),
        (avg(axes="$SPACEAXES=1\n" + AXIS.replace("ENERGY", "X")), RefusedFileError, "holds no spectrum"),
        (avg(axes="$SPACEAXES=1\n" + AXIS.replace(" 21,", " 9999999,")), RefusedFileError, "map of more than"),
    ],
)
def test_broken_dumps_are_refused_in_words(reads, text, error, message):
    with pytest.raises(error, match=message):
        reads("a.avg", text)
