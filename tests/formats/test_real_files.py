"""The real files: every impedance file opens with its number of points, twins agree, and nothing else is taken for a spectrum."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import FormatError, RefusedFileError
from pelletry.formats.inspect import files_below, inspect_paths
from pelletry.formats.open_file import read_file
from pelletry.formats.twins import spectrum_of

PYIMPSPEC = "vyrjana+pyimpspec"
IMPEDANCE_PY = "ECSHackWeek+impedance_py"
EISFIT = "Sheyigold+EISFitpython"

#: Points of the first impedance record, counted with other programs or by hand (grep -c) on the files themselves.
POINTS = {
    ("solartron_z", IMPEDANCE_PY, "Circuit1_EIS_1.z"): 48,
    ("solartron_z", IMPEDANCE_PY, "Circuit2_EIS_1.z"): 56,
    ("solartron_z", IMPEDANCE_PY, "Circuit3_EIS_1.z"): 53,
    ("solartron_z", IMPEDANCE_PY, "exampleDataZPlot.z"): 21,
    ("eis_other", IMPEDANCE_PY, "exampleDataAutolab.txt"): 41,
    ("eis_other", IMPEDANCE_PY, "exampleDataGamry.DTA"): 72,
    ("eis_other", IMPEDANCE_PY, "exampleDataParstat.txt"): 31,
    ("eis_other", IMPEDANCE_PY, "exampleDataVersaStudio.par"): 61,
    ("eis_other", EISFIT, "CSV_Example.csv"): 50,
    ("eis_other", EISFIT, "Example_header.txt"): 50,
    ("eis_other", EISFIT, "Example_noheader.txt"): 42,
}

#: One spectrum in many formats, and the relative precision that each prints.
SAME_SPECTRUM = {
    ("solartron_z", "data.z"): 5e-7,
    ("eis_other", "data-comma-decimal-separator.csv"): 1e-12,
    ("eis_other", "data-header-variant-2.csv"): 1e-12,
    ("eis_other", "data-header-variant-4.csv"): 1e-12,
    ("eis_other", "data-semicolon.csv"): 1e-12,
    ("eis_other", "data-tab.csv"): 1e-12,
    ("eis_other", "data.dfr"): 1e-12,
    ("eis_other", "data.i2b"): 1e-12,
    ("eis_other", "data.ids"): 5e-6,
}


@pytest.mark.parametrize("where", POINTS, ids="/".join)
def test_every_impedance_file_opens_with_its_points(raw_data, where):
    records = [r for r in read_file(raw_data(*where)) if r.technique == "impedance"]
    assert [r.points for r in records] == [POINTS[where]]


@pytest.mark.parametrize(("folder", "name"), SAME_SPECTRUM)
def test_one_spectrum_in_many_formats_is_the_same_spectrum(raw_data, folder, name):
    record = read_file(raw_data(folder, PYIMPSPEC, name))[0]
    frequency, z = spectrum_of(record)
    assert frequency.size == 29
    tolerance = SAME_SPECTRUM[folder, name]
    assert z[0] == pytest.approx(109.00918219439028 - 26.55567987651522j, rel=tolerance)
    reference_f, reference_z = spectrum_of(read_file(raw_data("eis_other", PYIMPSPEC, "data-tab.csv"))[0])
    np.testing.assert_allclose(frequency, reference_f, rtol=tolerance)
    np.testing.assert_allclose(z, reference_z, rtol=tolerance)


def test_the_temperature_series_has_its_temperatures_from_the_file_names(raw_data):
    folder = raw_data("eis_temperature_series", EISFIT, "spectra")
    found = []
    for path in files_below(folder):
        (record,) = read_file(path, root=folder)
        (hint,) = [h for h in record.hints if h.name == "temperature"]
        assert (record.origin.format, record.technique, hint.source) == ("novocontrol-text", "impedance", "file name")
        found.append((hint.value, record.points))
    assert found == [(413.15, 42), (423.15, 42), (433.15, 42), (443.15, 41), (453.15, 41), (463.15, 41), (473.15, 40)]


def test_published_fits_saved_as_spectra_say_that_they_are_no_measurement(raw_data):
    for folder, count in (("published_fit_global", 7), ("published_fit_separate", 7)):
        spectra = [
            one
            for one in inspect_paths([raw_data("eis_temperature_series", EISFIT, folder)])
            if one.technique == "impedance"
        ]
        assert len(spectra) == count
        assert all(any("not a measurement" in warning for warning in one.warnings) for one in spectra)


def test_simulated_spectra_agree_with_their_own_modulus_and_phase(raw_data):
    for path in files_below(raw_data("eis_known_drt")):
        (record,) = read_file(path)
        if path.name.startswith("gamma"):
            assert record.technique == ""
            continue
        assert record.points in (41, 81)
        z = record.values("Zreal") + 1j * record.values("Zimag")
        np.testing.assert_allclose(np.abs(z), record.values("Zmod"), rtol=1e-12)


def test_the_destroyed_csv_is_refused_with_its_reason(raw_data):
    with pytest.raises(RefusedFileError, match=r"sample_dsc_setaram\.csv:2: '50\.026\.184' has lost its decimal mark"):
        read_file(raw_data("thermal", "PPeitsch+pkynetics", "sample_dsc_setaram.csv"))


#: What the files of each folder may be said to be. Nothing outside these sets is tolerated.
EXPECTED = {
    "bruker_xrd": {"diffraction"},
    "cycling": {"cycling", "impedance", "settings"},
    "edx": {"edx"},
    "eis_known_drt": {"impedance", ""},
    "eis_other": {"impedance"},
    "eis_temperature_series": {"impedance", ""},
    "files.csv": {""},
    "full_cell_cycling": {"cycling"},
    "granulometry": {"granulometry"},
    "INDEX.md": {""},
    "mpr_eis": {"impedance", ""},
    "mpr_gcpl": {"cycling", "impedance", "settings", ""},
    "mpt_eis": {"impedance"},
    "reference_values": {""},
    "rigaku": {"diffraction", ""},
    "sem_fei_tif": {"microscopy"},
    "sem_grains": {"microscopy", ""},
    "sem_zeiss_tif": {"microscopy"},
    "solartron_z": {"impedance"},
    "thermal": {"thermal", "dilatometry", "thermogravimetry", ""},
    "xps_phi": {"xps"},
    "xps_thermo": {"xps"},
    "xps_vamas": {"xps"},
    "xrd_named_mixtures": {"diffraction"},
    "xrd_round_robin": {"diffraction"},
    "xrd_standard": {"diffraction", ""},
    "xrd_weighed_mixtures": {"diffraction", ""},
    "xrdml": {"diffraction"},
}


def test_the_whole_tree_is_told_without_one_wrong_technique(raw_data):
    top = raw_data("INDEX.md").parent
    found = inspect_paths([top], root=top)
    assert len(found) >= 240
    wrong = [
        (one.path, one.technique, one.status)
        for one in found
        if one.technique not in EXPECTED[one.path.partition("/")[0]]
        and not (one.status == "refused" and one.path.endswith("exampleDataBioLogic_MissingFreq.mpt"))
    ]
    assert wrong == []
    assert all(one.reason for one in found if one.status != "read")
    assert all(one.points for one in found if one.status == "read" and one.technique == "impedance")


def test_pairs_in_the_tree_are_found(raw_data):
    top = raw_data("INDEX.md").parent
    folders = [raw_data(name) for name in ("mpr_eis", "mpt_eis", "eis_other", "solartron_z")]
    twins = {one.path: one.duplicate_of for one in inspect_paths(folders, root=top) if one.duplicate_of}
    first = f"eis_other/{PYIMPSPEC}/data-comma-decimal-separator.csv"
    assert {path for path, twin in twins.items() if twin == first} == {
        f"{folder}/{PYIMPSPEC}/{name}" for folder, name in SAME_SPECTRUM if f"{folder}/{PYIMPSPEC}/{name}" != first
    }
    lpscl = "PEIS_LPSCl_IonBlocking_-25C"
    assert twins[f"mpt_eis/jdhuang-csm+hybrid-drt/{lpscl}.txt"] == f"mpr_eis/jdhuang-csm+hybrid-drt/{lpscl}.mpr"


def test_an_independent_program_reads_the_same_spectra(raw_data):
    pyimpspec = pytest.importorskip("pyimpspec")
    for folder, owner, name in POINTS:
        if folder != "solartron_z" and not name.endswith(".DTA"):
            continue
        path = raw_data(folder, owner, name)
        record = next(r for r in read_file(path) if r.technique == "impedance")
        frequency, z = spectrum_of(record)
        theirs = pyimpspec.parse_data(str(path))[0]
        np.testing.assert_allclose(frequency, theirs.get_frequencies(), rtol=1e-12)
        np.testing.assert_allclose(z, theirs.get_impedances(), rtol=1e-9)


def test_no_real_file_raises_anything_but_a_format_error(raw_data):
    for path in files_below(raw_data("INDEX.md").parent):
        records: tuple[object, ...] | None
        try:
            records = read_file(path)
        except FormatError:
            records = None
        assert records is None or len(records) > 0
