"""Circuit texts: both notations, exact positions of mistakes, and nothing but CircuitError whatever is typed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelletry.core.errors import CircuitError
from pelletry.techniques.impedance.model.circuit import NAMED_CIRCUITS, parse_circuit
from pelletry.techniques.impedance.model.circuit_text import Leaf, Parallel, Series, Tree, parse_tree, tree_text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("R(RQ)Q", "R(RQ)Q"),
        ("R[RQ][RQ][RQ]W", "R(RQ)(RQ)(RQ)W"),
        ("R1(R2Q1)Q2", "R(RQ)Q"),
        ("R(Q(RW))", "R(Q(RW))"),
        ("R(QR)Q", "R(RQ)Q"),
        ("  R ( R CPE ) Wo ", "R(RQ)Wo"),
        ("R1+(R2||Q1)+Q2", "R(RQ)Q"),
        ("R1+R2/Q2+Q3", "R(RQ)Q"),
        ("(R1|Q1)+(R2|Q1)+Q2", "(RQ)(RQ)Q"),
        ("R1+Q1/(R2+W1)", "R(Q(RW))"),
        ("((RQ))", "RQ"),
        ("(RQ)", "(RQ)"),
        ("raj-2023", "R(RQ)Q"),
        ("el-shinawi-2018", "R(RQ)(RQ)(RQ)W"),
    ],
)
def test_both_notations_give_the_same_circuit(text: str, canonical: str) -> None:
    assert parse_circuit(text).text == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("R(RX)Q", "'X' is not an element at position 4"),
        ("R(RQ", "the bracket opened at position 2 is not closed at position 5"),
        ("R(RQ]Q", "']' closes the '(' of position 2 at position 5"),
        ("R()Q", "an empty bracket at position 3"),
        ("R)Q", "a closing bracket that was never opened at position 2"),
        ("R1+", "an operator without an element behind it at position 4"),
        ("R1+R2Q1", "two elements without an operator between them at position 6"),
        ("R1+(R2Q1)", "two elements without an operator between them at position 7"),
        ("", "the circuit is empty"),
        ("r(rq)q", "'r' is not an element at position 1"),
        ("R" * 25, "25 elements"),
        ("(" * 30 + "R" + ")" * 30, "more than 12 nested brackets at position 13"),
        ("R\x1b[31mQ", r"'\x1b' is not an element at position 2"),
    ],
)
def test_a_mistake_is_named_with_its_position(text: str, message: str) -> None:
    with pytest.raises(CircuitError) as caught:
        parse_circuit(text)
    assert message in str(caught.value)
    assert "\x1b" not in str(caught.value)


@given(st.text(alphabet="RLCQWso()[]{}+/|12_ -xé∥", max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_circuit_or_a_circuit_error(text: str) -> None:
    try:
        circuit = parse_circuit(text)
    except CircuitError:
        return
    assert parse_circuit(circuit.text) == circuit
    assert parse_circuit(circuit.text).text == circuit.text


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_unicode_text_raises_nothing_else(text: str) -> None:
    message = ""
    try:
        parse_tree(text)
    except CircuitError as error:
        message = str(error)
    assert message.isprintable()


def _trees() -> st.SearchStrategy[Tree]:
    leaves = st.sampled_from(["R", "L", "C", "Q", "W", "Ws", "Wo"]).map(Leaf)

    def join(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        children = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return children.map(Series) | children.map(Parallel)

    return st.recursive(leaves, join, max_leaves=8)


@given(_trees())
@settings(max_examples=200, deadline=None)
def test_the_text_of_a_tree_reads_back_to_one_with_the_same_text(tree: Tree) -> None:
    text = tree_text(parse_tree(tree_text(tree)))
    assert tree_text(parse_tree(text)) == text
    assert parse_tree(text) == parse_tree(tree_text(tree))


def test_every_named_circuit_parses() -> None:
    for name, text in NAMED_CIRCUITS.items():
        assert parse_circuit(name) == parse_circuit(text)
