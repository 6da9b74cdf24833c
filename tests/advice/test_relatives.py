"""Numbers of a study are gathered once, however often the advice asks for them."""

from __future__ import annotations

from made_studies import made_study, number

from pelletry.advice.audit import audit
from pelletry.advice.relatives import estimate_of, reported_of
from pelletry.core.provenance import Lineage
from pelletry.core.quantity import Reported


class _Counted:
    """A result that counts how often its numbers are asked for."""

    asked = 0
    findings = facts = ()
    lineage = Lineage()
    theoretical = relative_density = None

    def __init__(self, sample: str) -> None:
        self.sample = sample

    @property
    def quantities(self) -> tuple[Reported, ...]:
        type(self).asked += 1
        return (number(self.sample, "relative_density", 0.9, 0.01),)


def test_the_audit_of_many_samples_asks_each_result_once() -> None:
    names = [f"P{n}" for n in range(30)]
    result = made_study(
        [number(n, "porosity", 0.1, 0.02) for n in names], extra=[("density", _Counted(n)) for n in names]
    )
    _Counted.asked = 0
    audit(result)
    assert 0 < _Counted.asked <= len(names)


def test_numbers_come_in_their_order_and_reasons_are_none() -> None:
    result = made_study(
        [number("A", "d50", 1.0), number("B", "d50", 2.0), number("A", "d50", "too few"), number("A", "d50", 3.0)]
    )
    assert [q.quantity.value for q in reported_of(result, "A", "d50")] == [1.0, 3.0]
    assert estimate_of(result, "A", "d50").value == 1.0
    assert estimate_of(result, "C", "d50") is None
