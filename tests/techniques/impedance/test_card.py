"""The card of the technique, and how cards are found."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

import pelletry.techniques as room
from pelletry.core.errors import PelletryError
from pelletry.core.facts import PelletGeometry
from pelletry.techniques.impedance import CARD
from pelletry.techniques.impedance.analyse import REFERENCES


def test_geometry_is_wanted_but_not_needed() -> None:
    assert CARD.needs == frozenset()
    assert CARD.wants == {PelletGeometry}


def test_every_reference_is_a_known_source() -> None:
    from pelletry.reference.sources import source

    assert [source(key).key for key in REFERENCES] == list(REFERENCES)


def test_cards_are_found_by_name() -> None:
    assert room.technique_named("impedance") is CARD
    with pytest.raises(PelletryError, match=r"no technique 'xrd'; expected .*density.*impedance"):
        room.technique_named("xrd")


def test_the_room_itself_loads_no_numeric_library() -> None:
    code = "import sys, pelletry.techniques; print(sorted({'numpy', 'scipy', 'pydantic'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    # The words of the house (core.technique) hold arrays, so numpy comes with them; scipy and pydantic do not.
    assert "scipy" not in shown
    assert "pydantic" not in shown


@pytest.fixture
def fresh() -> object:
    room.techniques.cache_clear()
    yield
    room.techniques.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_an_installed_package_may_offer_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = EntryPoint(name="other", value="pelletry.core.units:DISPLAY", group="pelletry.techniques")
    monkeypatch.setattr(room, "entry_points", lambda group: [offered])
    with pytest.raises(PelletryError, match=r"'other' of pelletry\.techniques is a dict"):
        room.techniques()


@pytest.mark.usefixtures("fresh")
def test_a_name_that_is_taken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = EntryPoint(name="again", value="pelletry.techniques.impedance:CARD", group="pelletry.techniques")
    monkeypatch.setattr(room, "entry_points", lambda group: [offered])
    with pytest.raises(PelletryError, match="two techniques are named 'impedance'"):
        room.techniques()
