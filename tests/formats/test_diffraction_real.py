"""Real diffraction files: number of points, the vendor's own export, independent readers, facts that the files state."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from pelletry.formats.inspect import files_below, inspect_paths
from pelletry.formats.open_file import read_file

FAIRMAT, DATALAB = "FAIRmat-NFDI+nomad-measurements", "datalab-org+datalab"
HOT = ("rigaku", FAIRMAT, "Omega-2Theta_scan_high_temperature.rasx")
RAS = ("rigaku", "nims-dpfc+M-DaC_XRD", "XRD_RIGAKU.ras")
BRML = ("bruker_xrd", FAIRMAT, "23-012-AG_2thomegascan_long.brml")
TIO2 = ("bruker_xrd", DATALAB, "TiO2.raw")
SRM = ("xrd_standard", "NIST-SRM660c", "nist_srm660c_100a.cif")
ROUND_ROBIN = ("xrd_round_robin", "IUCr-CPD-QPA", "corundum.prn")

#: Format, records, points of all of them (counted in the files themselves), first and last angle.
FILES = {
    ("xrdml", FAIRMAT, "XRD-918-16_10.xrdml"): ("xrdml", 1, 5027, 4.00656514, 69.99936587),
    ("xrdml", FAIRMAT, "m82762_rc1mm_1_16dg_src_slit_phi-101_3dg_-420_mesh_long.xrdml"): ("xrdml", 101, 25755, 67.45053915, 69.95146085),
    ("xrdml", DATALAB, "Scan_C1.xrdml"): ("xrdml", 1, 7181, 5.00475563, 124.99166689),
    ("xrdml", "dgbowl+yadg", "210520step1_30min.xrdml"): ("xrdml", 1, 4489, 5.00835563, 80.0085308),
    ("xrdml", "dkriegner+xrayutilities", "polefig_Ge113.xrdml.bz2"): ("xrdml", 91, 109109, -179.7, 179.7),
    ("xrdml", "dkriegner+xrayutilities", "simpack_xrd_AlGaAs.xrdml.gz"): ("xrdml", 1, 2999, 65.46, 66.6592),
    BRML: ("bruker-brml", 1, 2001, 44.0, 48.0),
    TIO2: ("bruker-raw4", 1, 1647, 10.0, 70.041142),
    ("bruker_xrd", DATALAB, "example_evadiffract.xy"): ("bruker-eva-xy", 1, 28, 5.0001, 5.2743),
    ("bruker_xrd", "cheminfo+xrd-analysis", "MG1-Cu2O-28_bg_subtracted.xy"): ("bruker-eva-xy", 1, 3449, 10.0, 70.00501426972),
    HOT: ("rigaku-rasx", 1, 1042, 44.0, 48.9968),
    ("rigaku", FAIRMAT, "TwoTheta_scan_powder.rasx"): ("rigaku-rasx", 1, 2726, 10.0, 119.0),
    RAS: ("rigaku-ras", 1, 3501, 25.0, 60.0),
    ("xrd_standard", "AdvancedPhotonSource+GSAS-II-tutorials", "FAP.XRA"): ("gsas-data", 1, 5753, 15.0, 130.04),
    SRM: ("pdcif", 2, 2 * 5332, 20.3, 150.908),
    ROUND_ROBIN: ("powder-xy", 1, 7251, 5.0, 150.0),
    ("xrd_named_mixtures", "njszym+XRD-AutoAnalyzer", "MnO.xy"): ("powder-xy", 1, 9001, 10.0, 100.0),
}  # fmt: skip


def _scan(record):
    return record.values(record.header["angle column"]), record.values(record.header["intensity column"])


@pytest.mark.parametrize("where", FILES, ids="/".join)
def test_every_file_opens_with_its_points_between_its_angles(raw_data, where):
    records = read_file(raw_data(*where))
    format_name, count, points, first, last = FILES[where]
    assert {record.origin.format for record in records} == {format_name}
    assert {record.technique for record in records} == {"diffraction"}
    assert (len(records), sum(record.points for record in records)) == (count, points)
    angle, intensity = _scan(records[0])
    assert (angle[0], angle[-1]) == (pytest.approx(first, abs=1e-9), pytest.approx(last, abs=1e-9))
    assert np.all(np.isfinite(intensity))


def test_ras_agrees_with_the_csv_that_was_made_of_it(raw_data):
    path = raw_data(*RAS)
    with path.with_suffix(".csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream) if len(row) == 2 and not row[0].startswith("#")]
    angle, intensity = _scan(read_file(path)[0])
    np.testing.assert_array_equal(np.array(rows, dtype=float), np.column_stack([angle, intensity]))


def test_the_raw_that_others_take_for_garbage_is_a_whole_raw4_file(raw_data):
    (record,) = read_file(raw_data(*TIO2))
    header = record.header
    assert (header["anode"], header["sample"], header["scan axis"]) == ("Cu", "TiO2", "Locked Coupled")
    assert header["wavelength K-alpha1 (Angstrom)"] == "1.5406"
    assert record.origin.acquired_at == "2018-07-11T15:55:31"
    angle, counts = _scan(record)
    assert np.all(counts == np.round(counts))
    # Bragg's law by hand: rutile 110, d = 4.594 / sqrt 2 angstrom, is its strongest line; the step is 0.036 degrees.
    assert angle[np.argmax(counts)] == pytest.approx(2 * np.degrees(np.arcsin(1.5406 * 2**0.5 / 2 / 4.594)), abs=0.04)


def test_the_temperature_is_that_of_the_heating_stage_and_never_of_the_cooling_water(raw_data):
    (record,) = read_file(raw_data(*HOT))
    (hint,) = [hint for hint in record.hints if hint.name == "temperature"]
    assert (hint.value, hint.unit, hint.source, hint.text) == (823.15, "K", "header", "axis Temp 550 C (DHS1100-RxRy)")
    assert record.header["sample temperature (K)"] == "823.15"
    (cold,) = read_file(raw_data("rigaku", DATALAB, "JO_KL_16_ZF_3_60deg_0.02step_12degpermin_001.rasx"))
    assert "sample temperature (K)" not in cold.header
    assert not any(hint.name == "temperature" for hint in cold.hints)


def test_factors_and_times_stay_beside_the_counts(raw_data):
    (record,) = read_file(raw_data("xrdml", "dkriegner+xrayutilities", "simpack_xrd_AlGaAs.xrdml.gz"))
    assert record.header["time per step (s)"] == "0.50"
    assert record.header["intensity"].startswith("counts as the detector received them")
    factors, counts = record.values("beamAttenuationFactors"), record.values("counts")
    assert set(factors) <= {1.0, 172.0}
    assert np.all(counts == np.round(counts))


def test_the_absorber_of_the_brml_is_found_to_be_in_the_counts_already(raw_data):
    (record,) = read_file(raw_data(*BRML))
    counts, factors = record.values("ScanCounter1"), record.values("AbsorptionFactor")
    assert (int(np.sum(factors == 8.3)), int(np.sum(factors == 1.0))) == (29, 1972)
    np.testing.assert_allclose(counts / factors, np.round(counts / factors), atol=1e-6)
    assert "already multiplied" in record.header["intensity"]


def test_maps_come_back_line_by_line_in_their_order(raw_data):
    records = read_file(raw_data("xrdml", "dkriegner+xrayutilities", "polefig_Ge113.xrdml.bz2"))
    psi = [float(record.header["position Psi (deg)"]) for record in records]
    assert psi == list(range(91))
    assert records[5].header["scan"] == "6 of 91"
    assert records[5].name.endswith("[6] Psi 5.00")


def test_the_calculated_pattern_of_the_standard_is_not_taken_for_the_measured_one(raw_data):
    measured, calculated = read_file(raw_data(*SRM))
    assert not any(hint.name == "kind" for hint in measured.hints)
    assert any(hint.name == "kind" and hint.value == "not a measurement" for hint in calculated.hints)
    assert [h.value for h in measured.hints if h.name == "temperature"] == [294.0]
    # The file's own text: the weight 1/sigma^2 is tau^2 / (N + 1); with tau = 2 s and N = 38 the first point has 19 counts/s.
    assert measured.values("pd_proc_ls_weight")[0] == pytest.approx(
        2**2 / (2 * measured.values("pd_proc_intensity_total")[0] + 1), rel=5e-3
    )
    # NIST's own model of the same scan has its first line where the measured one is.
    angle, intensity = _scan(measured)
    low = angle < 25
    assert angle[low][np.argmax(intensity[low])] == angle[low][np.argmax(_scan(calculated)[1][low])]


def _two_theta(h, k, ll):
    """SRM 676a, certified cell, Cu K-alpha1."""
    d = 1 / np.sqrt(4 / 3 * (h * h + h * k + k * k) / 4.759355**2 + ll * ll / 12.99231**2)
    return 2 * np.degrees(np.arcsin(1.5405929 / 2 / d))


def test_corundum_lines_are_as_far_apart_as_its_certified_cell_puts_them(raw_data):
    angle, intensity = _scan(read_file(raw_data(*ROUND_ROBIN))[0])
    found = []
    for expected in (_two_theta(1, 0, 4), _two_theta(1, 1, 6)):
        near = np.abs(angle - expected) < 0.4
        found.append(angle[near][np.argmax(intensity[near])])
    # Zero and displacement move both lines by 0.04 degrees; their distance is right to one step.
    assert found[1] - found[0] == pytest.approx(_two_theta(1, 1, 6) - _two_theta(1, 0, 4), abs=0.02)


@pytest.mark.filterwarnings("ignore:The unit of the quantity is stripped")
def test_fairmat_reads_the_same_numbers(raw_data):
    readers = pytest.importorskip("fairmat_readers_xrd.readers")
    for folder, count in (("xrdml", 9), ("xrd_weighed_mixtures", 12), ("rigaku", 3), ("bruker_xrd", 1)):
        paths = [p for p in files_below(raw_data(folder)) if p.suffix in (".xrdml", ".rasx", ".brml")]
        assert len(paths) == count
        for path in paths:
            theirs = readers.read_file(str(path))
            records = read_file(path)
            mine = np.array([_scan(record)[1] for record in records]).squeeze()
            np.testing.assert_array_equal(mine, np.asarray(theirs["intensity"].magnitude).squeeze())
            np.testing.assert_allclose(
                _scan(records[0])[0], np.asarray(theirs["2Theta"].magnitude).ravel(), rtol=0, atol=1e-12
            )


def test_nothing_but_licence_instrument_file_and_copy_is_left_over(raw_data):
    top = raw_data("INDEX.md").parent
    folders = [path for path in sorted(top.iterdir()) if path.name.startswith(("xrd", "rigaku", "bruker_xrd"))]
    left = {one.path.rpartition("/")[2] for one in inspect_paths(folders, root=top) if one.technique != "diffraction"}
    assert left <= {"LICENSE", "INST_XRY.PRM", "XRD_RIGAKU.csv"}
