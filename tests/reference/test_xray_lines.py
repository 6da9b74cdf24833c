import pytest

from pelletry.reference.sources import source
from pelletry.reference.xray_lines import ANODES, TUNGSTEN_LINES, lines_of

HC_KEV_ANGSTROM = 12.398419843


@pytest.mark.parametrize("anode", ANODES)
def test_lines_ascend_and_have_sources(anode):
    first, second, beta = lines_of(anode)
    assert beta.wavelength_angstrom < first.wavelength_angstrom < second.wavelength_angstrom
    for line in (first, second, beta):
        assert source(line.source)
        assert 0 < line.std_angstrom < 1e-4
        assert line.licence


# Energies of the X-ray Data Booklet (Thompson et al. 2009), printed to 0.01 keV: Ka1, Ka2, Kb1.
BOOKLET_KEV = {
    "Cr": (5.41472, 5.405509, 5.94671),
    "Mn": (5.89875, 5.88765, 6.49045),
    "Fe": (6.40384, 6.39084, 7.05798),
    "Co": (6.93032, 6.91530, 7.64943),
    "Ni": (7.47815, 7.46089, 8.26466),
    "Cu": (8.04778, 8.02783, 8.90529),
    "Mo": (17.47934, 17.3743, 19.6083),
    "Ag": (22.16292, 21.9903, 24.9424),
}


@pytest.mark.parametrize("anode", ANODES)
def test_lines_are_those_of_the_data_booklet_to_a_few_parts_in_ten_thousand(anode):
    for line, energy in zip(lines_of(anode), BOOKLET_KEV[anode], strict=True):
        assert line.wavelength_angstrom == pytest.approx(HC_KEV_ANGSTROM / energy, rel=1.5e-4)


def test_copper_is_the_value_that_1_54056_is_not():
    first = lines_of("cu")[0]
    assert first.wavelength_angstrom == 1.5405929
    assert (1.54056 / first.wavelength_angstrom - 1) * 1e6 == pytest.approx(-21.4, abs=0.2)


def test_tungsten_lines_are_those_of_the_data_booklet():
    for line, energy in zip(TUNGSTEN_LINES, (8.3976, 8.3352), strict=True):
        assert line.wavelength_angstrom == pytest.approx(HC_KEV_ANGSTROM / energy, rel=1e-4)
        assert source(line.source)


def test_unknown_anode_names_the_known():
    with pytest.raises(KeyError, match=r"Cr.*Cu.*Mo"):
        lines_of("Xx")
