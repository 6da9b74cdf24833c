"""Findings that differ in a name or a number are said once; nothing that one of them said is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pelletry.advice.merged import folded_findings, merged_findings
from pelletry.core.finding import Finding


def finding(sentence: str, *samples: str, code: str = "c", severity: str = "notice") -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=samples)


def test_numbers_become_their_range_and_each_sample_keeps_its_own() -> None:
    (one,) = merged_findings(
        finding(f"LR(RQ)Q has the lowest AICc ({n} below R(RQ)Q).", s) for n, s in ((80, "A"), (367, "B"), (47, "C"))
    )
    assert one.sentence == "LR(RQ)Q has the lowest AICc (47–367 below R(RQ)Q)."
    assert one.samples == (("A", "80"), ("B", "367"), ("C", "47"))


def test_lists_of_temperatures_become_their_union() -> None:
    (one,) = merged_findings(
        [
            finding("40 °C, 80 °C: the fit did not come to rest.", "A"),
            finding("-20 °C: the fit did not come to rest.", "B"),
        ]
    )
    assert one.sentence == "-20 °C, 40 °C, 80 °C: the fit did not come to rest."
    assert one.samples == (("A", "40 °C, 80 °C"), ("B", "-20 °C"))


def test_the_name_of_the_sample_gives_way() -> None:
    (one,) = merged_findings(finding(f"The density of {s} counts as exact.", s) for s in ("P-1", "P-10", "P-1b"))
    assert one.sentence == "The density of each of these 3 samples counts as exact."
    assert [own for _, own in one.samples] == ["", "", ""]


def test_different_reasons_codes_and_severities_stay_apart() -> None:
    same = "R1 not resolved."
    found = merged_findings(
        [
            finding(same, "A"),
            finding("R2 not resolved.", "B"),
            finding(same, "C", code="d"),
            finding(same, "D", severity="warning"),
        ]
    )
    assert len(found) == 4


def test_places_of_peaks_are_not_drawn_together() -> None:
    found = merged_findings(
        finding(f"No phase explains the peaks at {at}°.", s, code="unexplained-peaks")
        for at, s in ((17.1, "A"), (28, "B"))
    )
    assert [one.sentence for one in found] == [
        "No phase explains the peaks at 17.1°.", "No phase explains the peaks at 28°.",
    ]  # fmt: skip


def test_one_finding_stays_word_for_word() -> None:
    sentence = "A: 3 of 4 points at 25 °C, -5 °C lie off."
    (one,) = merged_findings([finding(sentence, "A")])
    assert (one.sentence, one.samples) == (sentence, (("A", ""),))


def test_two_findings_on_one_sample_are_both_said() -> None:
    (one,) = merged_findings([finding("Bulk: 3 points.", "A"), finding("Bulk: 4 points.", "A")])
    assert one.sentence == "Bulk: 3 points. Bulk: 4 points."


@given(st.lists(st.tuples(st.text(max_size=30), st.sampled_from("ABC")), max_size=6))
def test_no_sample_and_no_number_is_lost(said: list[tuple[str, str]]) -> None:
    findings = [finding(f"{text} 5 °C and {i} points", name) for i, (text, name) in enumerate(said)]
    found = merged_findings(findings)
    for i, one in enumerate(findings):
        holders = [m for m in found if any(name == one.samples[0] for name, _ in m.samples)]
        assert any(str(i) in m.sentence or any(str(i) in own for _, own in m.samples) for m in holders)


def test_many_lines_of_one_kind_lie_under_the_first() -> None:
    words = ("one thing", "another thing", "a third thing", "yet another thing")
    several = [finding(f"{s}: {what}.", s) for s, what in zip("ABCD", words, strict=True)]
    other = finding("Else.", "E", code="d")
    kind, rest = folded_findings([several[0], other, *several[1:]])
    assert kind.first.sentence == "A: one thing."
    assert [one.sentence for one in kind.alike] == ["B: another thing.", "C: a third thing.", "D: yet another thing."]
    assert kind.samples_alike == ("B", "C", "D")
    assert (rest.first.sentence, rest.alike) == ("Else.", ())


def test_few_lines_of_one_kind_are_read_one_by_one() -> None:
    folded = folded_findings([finding("A: one.", "A"), finding("B: two things.", "B"), finding("C: none at all.", "C")])
    assert [(f.first.sentence, f.alike) for f in folded] == [
        ("A: one.", ()), ("B: two things.", ()), ("C: none at all.", ()),
    ]  # fmt: skip
