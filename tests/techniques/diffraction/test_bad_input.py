"""Every bad input of a powder scan through the command line: one sentence that names it, nothing guessed, the other scans go on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from click.testing import CliRunner

from pelletry.cli.app import group
from pelletry.reference.phases import phase
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.virtual.diffractometer import DiffractometerTruth, PhaseTruth, angles_from, measured_scan
from pelletry.virtual.diffractometer_files import ScanFile, xrdml_text, xy_text

Say = Callable[..., str]
TRUTH = DiffractometerTruth(
    instrument=Instrument(radiation=radiation_of("Cu"), radius_m=0.24, W=0.004, X=0.02, Y=0.03, axial_divergence=0.02)
)
(RUTILE,) = named_phases(["tio2-rutile"]).structures
GOOD = measured_scan([PhaseTruth(structure=RUTILE, mass_fraction=1.0)], TRUTH, angles_from(24.0, 60.0, 0.03), seed=3)


@pytest.fixture
def say(tmp_path: Path) -> Say:
    """Write the files, analyse them, give back all that is printed with its blanks made one."""

    def said(files: dict[str, bytes], *settings: str, phases: str = "tio2-rutile") -> str:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        scans = [str(tmp_path / name) for name in files if not name.endswith(".cif")]
        named = phases.replace("{folder}", str(tmp_path))
        options = [part for text in (f"phases={named}", *settings) for part in ("--set", text)]
        ran = CliRunner().invoke(group, ["analyse", "diffraction", *scans, *options])
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            return re.sub(r"\s+", " ", f"{ran.output} {ran.exception}")  # the program prints it and ends
        return re.sub(r"\s+", " ", ran.output)

    return said


def changed(**changes: Any) -> ScanFile:
    return attrs.evolve(GOOD, **changes)


def test_no_wavelength(say: Say) -> None:
    words = say({"a.xy": xy_text(GOOD), "b.xrdml": xrdml_text([GOOD])})
    assert "everything from a.xy: missing the file does not say the wavelength. Write radiation = 'Cu Ka'" in words
    assert "lattice_a phase tio2-rutile" in words


def test_wrong_wavelength(say: Say) -> None:
    words = say({"a.xrdml": xrdml_text([GOOD])}, "radiation=Co Ka")
    assert "the settings say Co Ka (1.789 Å) and the file prints 1.5406 Å: one of them is wrong" in words
    assert "fit-not-trusted" in words


def test_rates_without_time(say: Say) -> None:
    text = re.sub(rb"<commonCountingTime.*?</commonCountingTime>", b"", xrdml_text([GOOD]))
    words = say({"a.xrdml": text.replace(b'<intensities unit="counts">', b'<intensities unit="cps">')})
    assert "weights follow from the scatter of neighbouring points" in words
    assert "noise-from-scatter" in words


def test_attenuated_counts(say: Say) -> None:
    factors = " ".join("8.3" if 100 < i < 200 else "1" for i in range(GOOD.counts.size)).encode()
    block = b"<beamAttenuationFactors>" + factors + b'</beamAttenuationFactors><intensities unit="counts">'
    words = say({"a.xrdml": xrdml_text([GOOD]).replace(b'<intensities unit="counts">', block)})
    assert "99 points were counted behind an attenuator; their weights follow from the counts received" in words


def test_negative_counts(say: Say) -> None:
    counts = GOOD.counts.copy()
    counts[:20] -= 900.0
    words = say({"a.xrdml": xrdml_text([changed(counts=counts)]), "b.xrdml": xrdml_text([GOOD])})
    assert "20 of 1201 intensities are negative" in words
    assert "lattice_a phase tio2-rutile" in words


def test_two_ranges_in_one_file(say: Say) -> None:
    low = changed(two_theta_deg=GOOD.two_theta_deg[:700], counts=GOOD.counts[:700])
    high = changed(two_theta_deg=GOOD.two_theta_deg[400:], counts=GOOD.counts[400:])
    words = say({"a.xrdml": xrdml_text([low, high])})
    assert len(re.findall(r"lattice_a phase tio2-rutile", words)) == 2


def test_a_table_whose_angle_goes_back(say: Say) -> None:
    x = np.concatenate([GOOD.two_theta_deg[:700], GOOD.two_theta_deg[400:]])
    y = np.concatenate([GOOD.counts[:700], GOOD.counts[400:]])
    rows = "\n".join(f"{a:.3f}\t{int(n)}" for a, n in zip(x, y, strict=True))
    words = say({"a.txt": f"2theta (deg)\tIntensity (counts)\n{rows}\n".encode()}, "radiation=Cu Ka")
    assert "the angles do not rise in equal steps to the end. Export the scan again" in words


def test_a_cif_without_symmetry(say: Say) -> None:
    kept = [line for line in phase("tio2-rutile").cif.splitlines() if "space_group" not in line]
    words = say({"a.xrdml": xrdml_text([GOOD]), "mine.cif": "\n".join(kept).encode()}, phases="{folder}/mine.cif")
    assert "mine: the CIF states no symmetry" in words
    assert "nothing is guessed" in words


def test_a_cif_with_partial_sites(say: Say) -> None:
    text = phase("tio2-rutile").cif.replace("O1 O 0.306 0.306 0 1 0.55", "O1 O 0.306 0.306 0 0.7 0.55")
    words = say({"a.xrdml": xrdml_text([GOOD]), "mine.cif": text.encode()}, phases="{folder}/mine.cif")
    assert "partly occupied sites O1; mass and intensities follow the occupancies" in words


def test_a_wrong_phase(say: Say) -> None:
    words = say({"a.xrdml": xrdml_text([GOOD])}, phases="nacl")
    assert "a phase is wrong or missing, its cell is far off, or the wavelength is not that of the scan" in words
    assert "coordinates of nacl are not known" not in words
    assert not re.search(r"(lattice_\w+|mass_fraction) phase nacl [\d.]", words)
    assert "nacl is not seen: its scale is not three standard deviations above zero" in words


def test_a_saturated_detector(say: Say) -> None:
    counts = np.minimum(GOOD.counts, np.sort(GOOD.counts)[-40])
    words = say({"a.xrdml": xrdml_text([changed(counts=counts)])})
    assert "the detector was saturated there, and these points are left out" in words


def test_twenty_points(say: Say) -> None:
    few = changed(two_theta_deg=GOOD.two_theta_deg[:20], counts=GOOD.counts[:20])
    words = say({"a.xrdml": xrdml_text([few]), "b.xrdml": xrdml_text([GOOD])})
    assert "only 20 points; expected at least 50" in words
    assert "lattice_a phase tio2-rutile" in words
