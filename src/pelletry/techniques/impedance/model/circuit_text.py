"""Circuit texts to trees and back: Boukamp's notation and the infix notation of instrument software.

Two notations are read, told apart by whether the text contains ``+``, ``/``, ``|`` or ``∥``:

- Boukamp (Solid State Ionics 20 (1986) 31): elements in a row are in series, and every opened bracket changes from
  series to parallel and back: ``R(RQ)Q``, ``R[RQ][RQ]W``, ``R(Q(RW))``. The kind of bracket does not matter, only that
  the closing one matches.
- infix: ``+`` is series, ``|``, ``||``, ``∥`` or ``/`` is parallel and binds tighter, brackets group:
  ``R1+(R2||Q1)+Q2``, ``R1+R2/Q2+Q3``.

Numbers behind an element are allowed and ignored: elements are numbered in order of appearance.
"""

from __future__ import annotations

import re

import attrs

from pelletry.core.errors import CircuitError, quoted

__all__ = ["Leaf", "Parallel", "Series", "Tree", "parse_tree", "tree_text"]

ELEMENTS = ("R", "L", "C", "Q", "W", "Ws", "Wo")
LONGEST_TEXT = 200
DEEPEST_NESTING = 12
MOST_ELEMENTS = 24

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<element>Ws|Wo|CPE|[RLCQW])(?P<number>_?[0-9]{0,4})"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<series>\+)|(?P<parallel>\|\||\||/|∥)"
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@attrs.frozen
class Leaf:
    """One element: R, L, C, Q, W, Ws or Wo."""

    symbol: str


@attrs.frozen
class Series:
    children: tuple[Tree, ...]


@attrs.frozen
class Parallel:
    children: tuple[Tree, ...]


Tree = Leaf | Series | Parallel


@attrs.frozen
class _Token:
    kind: str
    text: str
    position: int


def _refuse(text: str, position: int, what: str, expected: str = "") -> CircuitError:
    return CircuitError(
        f"{what} at position {position + 1} of the circuit {quoted(text, longest=LONGEST_TEXT)}",
        expected=expected,
        do="write it like 'R(RQ)Q' or 'R1+(R2|Q1)+Q2'",
    )


def _tokens(text: str) -> list[_Token]:
    found = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refuse(
                text, position, f"{quoted(text[position])} is not an element", f"one of {', '.join(ELEMENTS)}"
            )
        kind = match.lastgroup if match.lastgroup != "number" else "element"
        if kind != "space":
            value = match["element"] if kind == "element" else match[0]
            found.append(_Token(str(kind), "Q" if value == "CPE" else value, position))
        position = match.end()
    return found


class _Parser:
    """Recursive descent over the tokens of one text; depth is limited, so foreign text cannot exhaust the stack."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.next = 0
        self.depth = 0

    def refuse(self, what: str, expected: str = "", position: int | None = None) -> CircuitError:
        here = self.tokens[self.next].position if self.next < len(self.tokens) else len(self.text)
        return _refuse(self.text, here if position is None else position, what, expected)

    def peek(self) -> str:
        return self.tokens[self.next].kind if self.next < len(self.tokens) else "end"

    def take(self) -> _Token:
        self.next += 1
        return self.tokens[self.next - 1]

    def opened(self) -> _Token:
        token = self.take()
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise self.refuse(f"more than {DEEPEST_NESTING} nested brackets", position=token.position)
        return token

    def closed(self, opening: _Token) -> None:
        if self.peek() in ("element", "open"):
            raise self.refuse("two elements without an operator between them", "'+' (series) or '|' (parallel)")
        if self.peek() != "close":
            shown = f"the bracket opened at position {opening.position + 1} is not closed"
            raise self.refuse(shown, f"'{_CLOSING[opening.text]}'")
        if self.tokens[self.next].text != _CLOSING[opening.text]:
            raise self.refuse(
                f"'{self.tokens[self.next].text}' closes the '{opening.text}' of position {opening.position + 1}",
                f"'{_CLOSING[opening.text]}'",
            )
        self.take()
        self.depth -= 1

    def boukamp(self, *, is_series: bool) -> Tree:
        children: list[Tree] = []
        while self.peek() in ("element", "open"):
            if self.peek() == "element":
                children.append(Leaf(self.take().text))
                continue
            opening = self.opened()
            if self.peek() == "close":
                raise self.refuse("an empty bracket", "elements inside it")
            children.append(self.boukamp(is_series=not is_series))
            self.closed(opening)
        if not children:
            raise self.refuse("nothing", "an element")
        return _joined(Series if is_series else Parallel, children)

    def infix_sum(self) -> Tree:
        children = [self.infix_product()]
        while self.peek() == "series":
            self.take()
            children.append(self.infix_product())
        return _joined(Series, children)

    def infix_product(self) -> Tree:
        children = [self.infix_atom()]
        while self.peek() == "parallel":
            self.take()
            children.append(self.infix_atom())
        return _joined(Parallel, children)

    def infix_atom(self) -> Tree:
        if self.peek() == "element":
            return Leaf(self.take().text)
        if self.peek() != "open":
            raise self.refuse("an operator without an element behind it", "an element or a bracket")
        opening = self.opened()
        inside = self.infix_sum()
        self.closed(opening)
        return inside


def _joined(kind: type[Series] | type[Parallel], children: list[Tree]) -> Tree:
    """One node of that kind: brackets that change nothing are dissolved, and the R of an R-Q or R-C arc comes first."""
    flat: list[Tree] = []
    for child in children:
        flat.extend(child.children if isinstance(child, kind) else (child,))
    if len(flat) == 1:
        return flat[0]
    if kind is Parallel and len(flat) == 2 and flat[1] == Leaf("R") and flat[0] in (Leaf("Q"), Leaf("C")):
        flat.reverse()
    return kind(tuple(flat))


def _count(tree: Tree) -> int:
    return 1 if isinstance(tree, Leaf) else sum(_count(child) for child in tree.children)


def parse_tree(text: str) -> Tree:
    """The tree of a circuit text in either notation.

    Raises
    ------
    CircuitError
        When the text is not a circuit; names the position (from 1) and what was expected there.
    """
    if not isinstance(text, str) or not text.strip():
        raise CircuitError("the circuit is empty", expected="a text such as 'R(RQ)Q'")
    if len(text) > LONGEST_TEXT:
        raise CircuitError(
            f"the circuit text has {len(text)} characters",
            expected=f"at most {LONGEST_TEXT}",
            do="write a smaller circuit",
        )
    parser = _Parser(text)
    is_infix = any(token.kind in ("series", "parallel") for token in parser.tokens)
    tree = parser.infix_sum() if is_infix else parser.boukamp(is_series=True)
    if parser.peek() == "close":
        raise parser.refuse("a closing bracket that was never opened")
    if parser.peek() != "end":
        raise parser.refuse("two elements without an operator between them", "'+' (series) or '|' (parallel)")
    if _count(tree) > MOST_ELEMENTS:
        raise CircuitError(
            f"the circuit has {_count(tree)} elements",
            expected=f"at most {MOST_ELEMENTS}",
            do="write a smaller circuit",
        )
    return tree


def tree_text(tree: Tree) -> str:
    """Boukamp's notation of a tree, without numbers; ``parse_tree`` reads it back to an equal tree."""
    return f"({_inside(tree)})" if isinstance(tree, Parallel) else _inside(tree)


def _inside(tree: Tree) -> str:
    if isinstance(tree, Leaf):
        return tree.symbol
    return "".join(child.symbol if isinstance(child, Leaf) else f"({_inside(child)})" for child in tree.children)
