"""Photoelectron spectra in plain tables: which column is what, counts or counts per second, and tables that are none."""

from __future__ import annotations

import math

import numpy as np
import pytest

ENERGIES = [298 - 0.1 * i for i in range(201)]
COUNTS = [round(1000 + 9000 * math.exp(-(((e - 285) / 0.7) ** 2))) for e in ENERGIES]


def rows(cell: str) -> str:
    return "".join(
        cell.format(b=b, k=1486.69 - b, y=y, r=y / 0.2) + "\n" for b, y in zip(ENERGIES, COUNTS, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "encoding", "unit", "region"),
    [
        ("Binding Energy (eV),Counts / s\n" + rows("{b:.2f},{y}"), "utf-8", "counts/s", None),
        ("Binding Energy (eV),Counts\n" + rows("{b:.2f},{y}"), "utf-8", "counts", None),
        ("BE/eV\tcps\n" + rows("{b:.2f}\t{y}"), "utf-8", "counts/s", None),
        ('"Binding Energy (eV)","Sn3d5.spe"\n' + rows("{b:.2f},{y}"), "utf-8", None, "Sn 3d"),
        ("B.E.\tC 1s\tBackground\tEnvelope\n" + rows("{b:.2f}\t{y}\t1000\t{y}"), "utf-8", None, "C 1s"),
        (
            "Bindungsenergie / eV;Intensität / Impulse\n" + rows("{b:.2f};{y}").replace(".", ","),
            "cp1252",
            "counts",
            None,
        ),
        (
            "Énergie de liaison (eV);Intensité (coups/s)\n" + rows("{b:.2f};{y}").replace(".", ","),
            "utf-8",
            "counts/s",
            None,
        ),
        ("结合能(eV),强度(counts)\n" + rows("{b:.2f},{y}"), "utf-8", "counts", None),
        (
            "C1s Scan,,,\n,,,\nBinding Energy (E),,Counts / s\neV,,\n" + rows("{b:.2f},,{y}"),
            "utf-8",
            "counts/s",
            "C 1s",
        ),
    ],
    ids=["rate", "counts", "cps", "multipak", "casa", "german", "french", "chinese", "avantage"],
)
def test_energies_intensities_and_their_units(reads, text, encoding, unit, region):
    (record,) = reads("a.txt", text, encoding=encoding)
    header = record.header
    assert (record.technique, header["energy scale"]) == ("xps", "binding")
    assert (header.get("intensity unit"), header.get("region")) == (unit, region)
    np.testing.assert_allclose(record.values(header["binding energy column"]), ENERGIES, atol=1e-9)
    np.testing.assert_array_equal(record.values(header["intensity column"]), COUNTS)


def test_kinetic_energies_become_binding_energies_only_with_the_source(reads):
    table = "Kinetic Energy (eV)\tCounts\n" + rows("{k:.2f}\t{y}")
    (record,) = reads("a.txt", "Photon energy: 1486.69 eV\nPass Energy: 20\n" + table)
    np.testing.assert_allclose(record.values("Binding Energy"), ENERGIES, atol=1e-9)
    assert record.header["pass energy (eV)"] == "20"
    (record,) = reads("b.txt", table)
    assert "binding energy column" not in record.header
    assert any("energy of its source" in warning for warning in record.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "Binding energy (kcal/mol),Compound\n" + "".join(f"{-7 - 0.1 * i:.1f},{i}\n" for i in range(40)),
        "be,to\n" + "".join(f"{i},{i * i}\n" for i in range(40)),
        "Energy (eV),Absorption\n" + rows("{b:.2f},{y}"),
    ],
)
def test_other_tables_are_none(reads, text):
    assert reads("a.csv", text)[0].origin.format != "xps-table"
