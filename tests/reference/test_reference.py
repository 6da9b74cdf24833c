import importlib
import math
import pkgutil
import re
from pathlib import Path

import pytest

from pelletry.reference.capacitance_ranges import capacitance_ranges
from pelletry.reference.constants import BOLTZMANN_EV_PER_K, CONSTANTS
from pelletry.reference.sources import bibtex, citation, source, sources


@pytest.mark.parametrize("key", sources())
def test_every_source_can_be_found_again(key):
    entry = source(key)
    assert re.fullmatch(r"10\.\d{4,5}/\S+", entry.doi) or entry.url.startswith("https://")
    assert entry.title
    assert entry.authors
    assert re.fullmatch(r"(19|20)\d\d", entry.year)
    assert entry.licence
    assert entry.year in entry.citation
    assert "{" not in entry.citation


def test_no_doi_is_listed_twice():
    dois = [entry.doi.lower() for entry in sources().values() if entry.doi]
    assert len(dois) == len(set(dois))


@pytest.mark.parametrize("constant", CONSTANTS, ids=lambda constant: constant.symbol)
def test_every_constant_has_unit_source_and_licence(constant):
    assert constant.unit
    assert source(constant.source)
    assert constant.licence
    assert math.isfinite(constant.value)
    assert constant.value > 0


def test_constants_are_the_values_codata_prints():
    printed = {"k_B/e": 8.617333262e-5, "R": 8.314462618, "F": 96485.33212, "eps0": 8.8541878128e-12}
    for constant in CONSTANTS:
        if constant.symbol in printed:
            assert constant.value == pytest.approx(printed[constant.symbol], rel=6e-11)


def test_constants_agree_with_scipy():
    codata = pytest.importorskip("scipy.constants")
    assert pytest.approx(codata.value("Boltzmann constant in eV/K"), rel=1e-12) == BOLTZMANN_EV_PER_K


@pytest.mark.parametrize("entry", capacitance_ranges(), ids=lambda entry: entry.process)
def test_every_capacitance_range_has_source_and_licence(entry):
    assert 0 < entry.low_F <= entry.high_F < 1
    assert source(entry.source)
    assert entry.licence


def test_capacitance_ranges_ascend():
    centres = [math.log10(e.low_F * e.high_F) for e in capacitance_ranges()]
    assert centres == sorted(centres)


def test_unknown_key_names_the_known_ones():
    with pytest.raises(KeyError, match="Brug1984"):
        source("Nobody1900")


def test_citation_is_one_line_with_doi():
    assert citation("HsuMansfeld2001") == "Hsu, Mansfeld, Corrosion 57 (2001), 747–748, doi:10.5006/1.3280607"


def test_bibtex_gives_each_entry_once_in_file_order():
    text = bibtex(["HsuMansfeld2001", "Brug1984", "HsuMansfeld2001"])
    assert text.count("@article{") == 2
    assert text.index("Brug1984") < text.index("HsuMansfeld2001")


def test_every_source_that_a_formula_names_is_in_the_list():
    package = importlib.import_module("pelletry.techniques.impedance.model")
    modules = [importlib.import_module(m.name) for m in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    named = {key for module in modules for key in getattr(module, "SOURCES", ())}
    assert "HsuMansfeld2001" in named
    assert named <= set(sources())


def test_the_page_of_the_works_names_every_doi_that_was_seen_once_only():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "sources.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page.partition("## DOIs not seen")[2].partition("## All works")[0]))
    assert named == {entry.key for entry in sources().values() if "DOI not seen in a second place" in entry.note}
