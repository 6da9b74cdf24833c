"""EDX spectra in plain tables, and other tables over an energy that are none; EMSA files as programs write them."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import RefusedFileError

COUNTS = [(i * 37) % 91 for i in range(1024)]


def rows(cell: str, *, first: float = -0.2, step: float = 0.01) -> str:
    return "".join(cell.format(x=first + step * i, y=y, z=y + 1) + "\n" for i, y in enumerate(COUNTS))


@pytest.mark.parametrize(
    ("text", "encoding", "unit", "first"),
    [
        ("Energy (keV)\tCounts\n" + rows("{x:.3f}\t{y}"), "utf-8", "keV", -0.2),
        (
            "Live Time (s),30\nAcc. Voltage,15 kV\n\nEnergy [keV],Intensity [Counts]\n" + rows("{x:.3f},{y}"),
            "utf-8",
            "keV",
            -0.2,
        ),
        ("Energie (keV);Impulse\n" + rows("{x:.3f};{y}").replace(".", ","), "cp1252", "keV", -0.2),
        ("keV\tcounts\n" + rows("{x:.3f}\t{y}"), "utf-16", "keV", -0.2),
        ("Energy (eV),Counts\n" + rows("{x:.0f},{y}", first=0.0, step=10.0), "utf-8", "eV", 0.0),
    ],
)
def test_energies_and_counts_are_a_spectrum(reads, text, encoding, unit, first):
    (record,) = reads("a.txt", text, encoding=encoding)
    assert (record.technique, [column.name for column in record.columns]) == ("edx", ["Energy", "Counts"])
    assert (record.columns[0].unit, record.columns[0].values[0]) == (unit, pytest.approx(first))
    np.testing.assert_array_equal(record.values("Counts"), COUNTS)


def test_facts_above_the_table_and_several_spectra(reads):
    first, second = reads(
        "a.csv", "Live Time (s),30\nBeam energy (keV),15\n\nEnergy (keV),Area 1,Area 2\n" + rows("{x:.3f},{y},{z}")
    )
    assert (first.header["live time"], first.header["beam energy"]) == ("30 s", "15 keV")
    np.testing.assert_array_equal(second.values("Counts"), np.array(COUNTS) + 1)
    assert second.name == "a.csv [Area 2]"


@pytest.mark.parametrize(
    "text",
    [
        "Binding Energy (eV),Counts\n" + rows("{x:.0f},{y}", first=0.0, step=10.0),
        "Energy (eV),Absorption\n" + rows("{x:.0f},{y}", first=8000.0, step=2.0),
        "Energy (eV),Counts\n" + rows("{x:.2f},{y}", first=0.0, step=1.0),
        "Photon energy (keV),Flux\n" + rows("{x:.3f},{y}", first=5.0),
        "Energy (keV),Stopping power\n" + "".join(f"{10 ** (i / 300):.4f},{i}\n" for i in range(600)),
    ],
    ids=["xps", "xas", "survey", "photon", "logarithmic"],
)
def test_other_tables_over_an_energy_are_none(reads, text):
    assert "edx" not in {record.technique for record in reads("a.csv", text)}


def emsa(*, kind="XY", extra="", body="", name="Energy", columns=1) -> str:
    return (
        "#FORMAT      : EMSA/MAS Spectral Data File\n#VERSION     : 1.0\n#TITLE       : Spectrum 1\n#NPOINTS     : 4.\n"
        f"#NCOLUMNS    : {columns}.\n#XUNITS      : keV\n#YUNITS      : counts\n#DATATYPE    : {kind}\n#XPERCHAN    : 0.01\n#OFFSET      : -0.2\n"
        f"#SIGNALTYPE  : EDS\n#XLABEL      : {name}\n{extra}#SPECTRUM    : Spectral Data Starts Here\n{body}#ENDOFDATA   : \n"
    )


def test_oxfords_own_keys_and_any_label_of_the_axis(reads):
    own = "##OXINSTPIXEL : 0.1\n##OXINSTELEMS: 8,13,15,22\n#BEAMKV   -kV: 15.0\n"
    (record,) = reads("a.msa", emsa(extra=own, name="X-RAY ENERGY", body="-0.2, 1.\n-0.19, 2.\n-0.18, 3.\n-0.17, 4.\n"))
    assert (record.technique, record.header["beam energy"]) == ("edx", "15 keV")
    np.testing.assert_allclose(record.values("Energy"), [-0.2, -0.19, -0.18, -0.17])


def test_spectra_side_by_side_are_refused(reads):
    with pytest.raises(RefusedFileError, match="2 spectra side by side"):
        reads("a.msa", emsa(kind="YY", columns=2, body="1, 2\n3, 4\n5, 6\n7, 8\n"))
