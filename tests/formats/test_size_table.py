"""Size distributions in the texts of several instruments and languages, all of one known lognormal law with its median at 5 µm."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError

EDGES = [0.2 * 1.1482**i for i in range(60)]


def under(x: float) -> float:
    return 50.0 * (1.0 + math.erf(math.log(x / 5.0) / 0.7 / math.sqrt(2.0)))


SHARES = [0.0] + [under(b) - under(a) for a, b in itertools.pairwise(EDGES)]  # below each edge
ABOVE = [*SHARES[1:], 0.0]  # above each edge


def rows(cell: str, *, is_falling: bool = False, has_comma: bool = False) -> str:
    lines = [
        cell.format(i=i + 1, x=x, q=q, a=a, c=under(x), r=100 - under(x), f=under(x) / 100)
        for i, (x, q, a) in enumerate(zip(EDGES, SHARES, ABOVE, strict=True))
    ]
    text = "\n".join(lines[::-1] if is_falling else lines) + "\n"
    return text.replace(".", ",") if has_comma else text


def median_um(record) -> float:
    low, high = record.values("size lower edge"), record.values("size upper edge")
    share = record.columns[2].values
    reached = np.concatenate([[0.0], np.cumsum(share)]) / share.sum()
    return float(np.exp(np.interp(0.5, reached, np.log(np.append(low, high[-1])))))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Sample Name,LATP 3\nMedian Size,5.0012(µm)\nDistribution Base,Volume\n\nNo.,Diameter(µm),q(%),UnderSize(%)\n" + rows("{i},{x:.4f},{q:.4f},{c:.4f}"), "utf-8"),
        ("HELOS & RODOS\nProbe: LLZO\n\nx0 / µm\tQ3 / %\tq3lg / -\n" + rows("{x:.4f}\t{c:.4f}\t{q:.4f}", has_comma=True), "cp1252"),
        ("Volume distribution\n\nSize(um)\t%Chan\t%Pass\n" + rows("{x:.4f}\t{q:.4f}\t{c:.4f}", is_falling=True), "utf-8"),
        ("Channel\tChannel\tDiff.\tCum. <\nNumber\tDiameter\tVolume\tVolume\n\t(Lower)\t%\t%\n\tum\t\t\n" + rows("{i}\t{x:.4f}\t{a:.4f}\t{c:.4f}"), "utf-8"),
        ("Channel Diameter (Lower)\tDiff. Volume\num\t%\n" + rows("{x:.4f}\t{a:.4f}"), "utf-8"),
        ("Channel Diameter (Upper)\tDiff. Volume\num\t%\n" + rows("{x:.4f}\t{q:.4f}"), "utf-8"),
        ("Diamètre (µm);Volume passant cumulé (%)\n" + rows("{x:.4f};{c:.4f}", has_comma=True), "cp1252"),
        ("Partikelgröße [µm];Durchgang Q3 [%]\n" + rows("{x:.4f};{c:.4f}", has_comma=True), "cp1252"),
        ("粒径(μm)\t区间(%)\t累积(%)\n" + rows("{x:.4f}\t{q:.4f}\t{c:.4f}"), "utf-8"),
        ("Size (µm),Cumulative volume retained (%)\n" + rows("{x:.4f},{r:.4f}"), "utf-8"),
        ("Diameter (nm),Cumulative volume\n" + rows("{x:.4f}e3,{f:.6f}"), "utf-8"),
        (
            "Multisizer 3,12-06-14 14:29,,\nGroup ID:,pellets,,\nSample ID:,LATP,,\nFrom,0.2,,\nTo,700,,\n,,,\n"
            "Bin Number,Bin Diameter,Bin Diameter,Diff.,Diff.\n,(Lower),(Center),Number,Volume\n,um,um,,%\n" + rows("{i},{x:.5f},{x:.5f},{i},{a:.5f}"),
            "utf-8",
        ),
        ("[#Bindiam]\n" + rows("{x:.5f}") + "[#Binheight]\n" + rows("{a:.5f}") + "[SizeStats]\nMean=6\nMedian=5.0\n", "utf-8"),
    ],
    ids=["horiba", "sympatec", "microtrac", "coulter", "lower", "upper", "french", "german", "chinese", "retained", "fraction", "multisizer", "ls"],
)  # fmt: skip
def test_the_median_comes_out_whatever_side_the_sizes_are_on(reads, text, encoding):
    (record,) = reads("run.txt", text, encoding=encoding)
    assert record.technique == "granulometry"
    assert record.columns[2].name == "volume in"
    assert median_um(record) == pytest.approx(5.0, rel=2e-3)
    assert record.columns[2].values.sum() == pytest.approx(100.0, abs=0.01)


def test_facts_above_the_table_are_kept(reads):
    (record,) = reads(
        "a.csv",
        "Sample Name,LATP 3\nMedian Size,5.0012(µm)\nD10,2.04(µm)\nDistribution Base,Volume\n\nNo.,Diameter(µm),q(%),UnderSize(%)\n"
        + rows("{i},{x:.4f},{q:.4f},{c:.4f}"),
    )
    assert (record.name, record.header["instrument d50 [µm]"], record.header["instrument d10 [µm]"]) == (
        "LATP 3",
        "5.0012",
        "2.04",
    )


def test_counts_are_by_number_and_said(reads):
    counts = "".join(f"{round(1000 * a)}\n" for a in ABOVE)
    (record,) = reads("a.m4", "[#Bindiam]\n" + rows("{x:.5f}") + "[Binunits]\num\n[#Binheight]\n" + counts + "[end]\n")
    assert record.columns[2].name == "number in"
    assert any("divided by their sum" in warning for warning in record.warnings)


def test_what_the_file_does_not_say_is_a_warning(reads):
    (record,) = reads("a.csv", "Size (um);Passing (%)\n" + rows("{x:.4f};{c:.4f}"))
    assert any("by volume or by number" in warning for warning in record.warnings)
    (record,) = reads("b.csv", "Size (um),Volume (%)\n" + rows("{x:.4f},{q:.5f}"))
    assert [column.name for column in record.columns] == ["size", "volume in"]
    assert any("lower or the upper edge" in warning for warning in record.warnings)
    (record,) = reads("c.csv", "x0 (µm);Q3 (%)\n" + "\n".join(rows("{x:.4f};{c:.4f}").split("\n")[20:]))
    assert any("lie below the first size" in warning for warning in record.warnings)
    assert record.columns[2].values.sum() == pytest.approx(100.0, abs=0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[#Bindiam]\n" + rows("{x:.5f}") + "[#Binheight]\n1\n2\n", "60 diameters and 2 heights"),
        ("[#Bindiam]\n" + rows("{x:.5f}") + "[#Binheight]\nabc\n", r"\[#Binheight\] is not made of numbers"),
        ("[#Bindiam]\n" + rows("{x:.5f}", is_falling=True) + "[#Binheight]\n" + rows("{a:.5f}"), "do not rise"),
    ],
)
def test_broken_coulter_texts_are_refused(reads, text, message):
    with pytest.raises(BrokenFileError, match=message):
        reads("a.ls", text)


@pytest.mark.parametrize(
    "text",
    [
        "Particle size (um),Efficiency (%)\n" + "".join(f"{i + 1},{90 + i * 0.1}\n" for i in range(30)),
        "Grain size (µm),Hardness (HV)\n" + "".join(f"{i + 1},{90 + i}\n" for i in range(30)),
        "Diameter (mm),Height (mm)\n" + "".join(f"{10 + i * 0.01:.2f},{2 + i * 0.01:.2f}\n" for i in range(30)),
    ],
)
def test_other_tables_with_sizes_are_none(reads, text):
    assert "granulometry" not in {record.technique for record in reads("a.csv", text)}
