"""One spectrum, kept by several programs, is the same spectrum whichever file it is read from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.formats.open_file import read_file
from pelletry.techniques.impedance import CARD
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum

#: The same 29 points written by hand of one library in many layouts.
SAME = (
    "eis_other/vyrjana+pyimpspec/data-comma-decimal-separator.csv",
    "eis_other/vyrjana+pyimpspec/data-semicolon.csv",
    "eis_other/vyrjana+pyimpspec/data-header-variant-2.csv",
    "eis_other/vyrjana+pyimpspec/data-header-variant-4.csv",
    "eis_other/vyrjana+pyimpspec/data.dfr",
    "eis_other/vyrjana+pyimpspec/data.i2b",
    "eis_other/vyrjana+pyimpspec/data.ids",
    "solartron_z/vyrjana+pyimpspec/data.z",
)


def spectra_of(path: Path) -> tuple[ImpedanceSpectrum, ...]:
    return tuple(CARD.read([r for r in read_file(path) if r.technique == "impedance"]))


@pytest.mark.parametrize("name", SAME, ids=lambda n: n.rpartition("/")[2])
def test_every_layout_holds_the_same_spectrum(raw_data: Callable[..., Path], name: str) -> None:
    (reference,) = spectra_of(raw_data("eis_other", "vyrjana+pyimpspec", "data-tab.csv"))
    found = spectra_of(raw_data(*name.split("/")))[0]
    # The .ids layout prints six digits, so it is half of its last digit away.
    digits = 5e-6 if name.endswith(".ids") else 1e-6
    np.testing.assert_allclose(found.frequency_Hz, reference.frequency_Hz, rtol=digits)
    np.testing.assert_allclose(found.impedance_ohm, reference.impedance_ohm, rtol=digits)


def test_a_binary_file_and_its_text_export_agree(raw_data: Callable[..., Path]) -> None:
    binary = next(raw_data("mpr_eis").rglob("PEIS_LPSCl_IonBlocking_-25C.mpr"))
    text = next(raw_data("mpr_eis").parent.rglob("PEIS_LPSCl_IonBlocking_-25C.txt"))
    (one,), (two,) = spectra_of(binary), spectra_of(text)
    np.testing.assert_allclose(one.frequency_Hz, two.frequency_Hz, rtol=1e-6)
    np.testing.assert_allclose(one.impedance_ohm, two.impedance_ohm, rtol=1e-6)
    assert (one.impedance_ohm.imag < 0).mean() > 0.9


def test_a_single_frequency_is_no_spectrum(raw_data: Callable[..., Path]) -> None:
    for path in sorted(raw_data("mpt_eis").rglob("zir.mpt")):
        with pytest.raises(MeasurementError, match="only 1 usable point;"):
            spectra_of(path)
