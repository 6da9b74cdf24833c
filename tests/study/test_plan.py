"""Who gives comes before who needs; a key moves with everything its outcome depends on and with nothing else."""

from __future__ import annotations

import attrs
import pytest

from pelletry.core.errors import PelletryError
from pelletry.core.facts import PelletGeometry, RelativeDensity, TheoreticalDensity
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Pellet, Sample
from pelletry.core.technique import Inputs, Technique
from pelletry.study.plan import (
    Task,
    estimated_seconds,
    facts_for,
    key_of,
    ordered_techniques,
    parts_of,
    program_digest,
    why_computed,
)
from pelletry.study.result import DataFile


def _card(name, *, needs=(), wants=(), gives=()):
    return Technique(
        name=name,
        title=name,
        record_techniques=(),
        needs=frozenset(needs),
        wants=frozenset(wants),
        gives=frozenset(gives),
        settings=dict,
        result=DataFile,
        read=lambda _: [],
        analyse=lambda *_: None,
        present=lambda _: None,
    )


def test_a_giver_comes_before_who_needs_or_wants():
    cards = [
        _card("a", needs=[RelativeDensity]),
        _card("b", wants=[TheoreticalDensity], gives=[RelativeDensity]),
        _card("c", gives=[TheoreticalDensity]),
    ]
    assert [card.name for card in ordered_techniques(cards)] == ["c", "b", "a"]
    assert ordered_techniques(cards[::-1]) == ordered_techniques(cards)


def test_techniques_that_need_one_another_are_named():
    cards = [
        _card("a", needs=[RelativeDensity], gives=[TheoreticalDensity]),
        _card("b", needs=[TheoreticalDensity], gives=[RelativeDensity]),
    ]
    with pytest.raises(PelletryError, match=r"in a circle: a -> b -> a|in a circle: b -> a -> b"):
        ordered_techniques(cards)


def _geometry(sample, t):
    area = Estimate(value=5e-5, unit="m2", method="as stated")
    return PelletGeometry(
        sample=sample,
        given_by="calliper",
        thickness_m=Estimate(value=t, unit="m", method="as stated"),
        electrode_area_m2=area,
    )


def test_a_card_sees_only_facts_it_asks_for_and_of_its_own_sample():
    mine, other = _geometry("A", 1.0), _geometry("B", 1.0)
    density = RelativeDensity(
        sample="A", given_by="density", relative_density=Estimate(value=0.9, unit="1", method="x")
    )
    facts = [other, density, mine]
    assert facts_for(_card("a", needs=[PelletGeometry]), facts, "A") == (mine,)
    assert set(facts_for(_card("a", needs=[PelletGeometry], wants=[RelativeDensity]), facts, "A")) == {mine, density}
    assert facts_for(_card("a"), facts, "A") == ()


_BASE = Task(
    sample="A",
    technique="a",
    inputs=Inputs(sample=Sample(name="A"), settings={"x": 1}, facts=(_geometry("A", 1.0),)),
    files=(("a.txt", "00", "x"), ("b.txt", "11", "x")),
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"files": (("a.txt", "22", "x"), ("b.txt", "11", "x"))}, "file changed: a.txt"),
        ({"files": (("a.txt", "00", "x"),)}, "file changed: b.txt"),
        ({"inputs": attrs.evolve(_BASE.inputs, settings={"x": 2})}, "the settings changed"),
        ({"inputs": attrs.evolve(_BASE.inputs, facts=())}, "a fact it builds on changed"),
        ({"inputs": attrs.evolve(_BASE.inputs, decisions={"mask": (1,)})}, "a decision changed"),
        (
            {"inputs": attrs.evolve(_BASE.inputs, sample=Sample(name="A", pellet=Pellet(electrode_area_source="x")))},
            "the sample as described changed",
        ),
    ],
)
def test_each_part_moves_the_key_and_is_named_as_the_reason(change, reason):
    card = _card("a")
    before, now = parts_of(_BASE, card), parts_of(attrs.evolve(_BASE, **change), card)
    assert key_of(before) != key_of(now)
    assert why_computed(before, now) == reason


def test_the_same_task_has_the_same_key_and_another_version_of_the_technique_another():
    card = _card("a")
    assert key_of(parts_of(_BASE, card)) == key_of(parts_of(attrs.evolve(_BASE), card))
    newer = parts_of(_BASE, attrs.evolve(card, version="2"))
    assert why_computed(parts_of(_BASE, card), newer) == "the program changed"


def test_the_program_digest_covers_the_computing_rooms():
    assert len(program_digest()) == 16
    assert program_digest() != program_digest("attrs")


def test_the_estimate_grows_with_the_measurements():
    assert estimated_seconds([("impedance", 200)]) > 3.0
    assert estimated_seconds([("impedance", 7), ("density", 14)]) < 3.0
