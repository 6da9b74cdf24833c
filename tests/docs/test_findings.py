"""Every code that a finding or a flag can carry stands in the reference page, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pages import ROOT, text_of

SOURCE = ROOT / "src" / "pelletry"
PAGE = ROOT / "docs" / "reference" / "findings.md"

#: Functions that make a finding; where its code stands among their arguments, unless it is the keyword ``code``.
MAKERS = {"Finding": None, "_finding": 0, "_notice": 0, "_weighing": 0, "_highest": None}
#: In this file the helper takes the sample's work first.
OTHER_PLACES = {("workers.py", "_finding"): 1}

_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Unreadable(AssertionError):
    """A code is made in a way that this test does not follow; write it as a literal, or teach the test."""


def _codes_behind(node: ast.expr, around: ast.FunctionDef | None, path: Path) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _codes_behind(node.body, around, path) | _codes_behind(node.orelse, around, path)
    if isinstance(node, ast.JoinedStr):
        return _expanded(node, path)
    if isinstance(node, ast.Name) and around is not None:
        parameters = [a.arg for a in (*around.args.args, *around.args.kwonlyargs)]
        if node.id in parameters:
            return set()  # a helper: its callers are looked at
        return _assigned(node.id, around, path)
    raise Unreadable(f"{path.name}:{node.lineno}: {ast.unparse(node)}")


def _expanded(node: ast.JoinedStr, path: Path) -> set[str]:
    """Codes made of a fixed beginning and a word out of a known list."""
    from pelletry.techniques.cycling import signs
    from pelletry.techniques.impedance.model import window

    beginning = node.values[0]
    words = {"window-": set(window._REASONS), "file-": {"refused", "unknown"}, "sign-": set(signs.SIGNS)}
    if isinstance(beginning, ast.Constant) and beginning.value in words:
        return {f"{beginning.value}{word}" for word in words[str(beginning.value)]}
    raise Unreadable(f"{path.name}:{node.lineno}: {ast.unparse(node)}")


def _assigned(name: str, around: ast.FunctionDef, path: Path) -> set[str]:
    """Values of a local name: of an assignment, or of a loop over rows whose first cell is the code."""
    found: set[str] = set()
    for node in ast.walk(around):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            found |= _codes_behind(node.value, around, path)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Tuple) and isinstance(node.iter, ast.Tuple):
            names = [t.id for t in node.target.elts if isinstance(t, ast.Name)]
            if name in names:
                rows = [row for row in node.iter.elts if isinstance(row, ast.Tuple)]
                found |= {str(ast.literal_eval(row.elts[names.index(name)])) for row in rows}
        if (
            isinstance(node, ast.For)
            and isinstance(node.iter, ast.Call)
            and ast.unparse(node.iter).endswith(".items()")
        ):
            found |= _keys_of(ast.unparse(node.iter).removesuffix(".items()"), path)
    if not found:
        raise Unreadable(f"{path.name}: where does {name} in {around.name} come from?")
    return found


def _keys_of(name: str, path: Path) -> set[str]:
    """The keys of a table of the module: code -> what is said."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name and isinstance(node.value, ast.Dict):
            return {str(ast.literal_eval(key)) for key in node.value.keys if key is not None}
    return set()


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.FunctionDef | None]]:
    """Calls with the innermost function around them."""
    stack: list[tuple[ast.AST, ast.FunctionDef | None]] = [(tree, None)]
    while stack:
        node, around = stack.pop()
        if isinstance(node, ast.FunctionDef):
            around = node
        if isinstance(node, ast.Call):
            yield node, around
        stack.extend((child, around) for child in ast.iter_child_nodes(node))


def _code_argument(call: ast.Call, path: Path) -> ast.expr | None:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name not in MAKERS:
        return None
    for keyword in call.keywords:
        if keyword.arg == "code":
            return keyword.value
    place = OTHER_PLACES.get((path.name, name), MAKERS[name])
    return call.args[place] if place is not None and len(call.args) > place else None


def emitted_codes() -> set[str]:
    """The codes of all findings in the source, and of all flags, which are codes too."""
    found: set[str] = set()
    for path in sorted(SOURCE.rglob("*.py")):
        if path.parts[-2] == "cli" or path.name == "document.py":
            continue  # these show findings and make none
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call, around in _calls(tree):
            argument = _code_argument(call, path)
            if argument is not None:
                found |= _codes_behind(argument, around, path)
            if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "flags.append":
                found |= _codes_behind(call.args[0], around, path)
    return found


def explained_codes() -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text_of(PAGE), flags=re.MULTILINE)


def test_every_code_is_explained_and_every_explained_code_exists() -> None:
    emitted, explained = emitted_codes(), explained_codes()
    assert emitted - set(explained) == set(), "docs/reference/findings.md lacks these codes"
    assert set(explained) - emitted == set(), "docs/reference/findings.md explains codes that nothing gives"
    assert len(explained) == len(set(explained)), "a code stands twice"
    assert all(_CODE.fullmatch(code) for code in emitted)


def test_each_code_says_what_it_means_and_what_to_do() -> None:
    for line in text_of(PAGE).splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            assert len(cells) == 3, line
            assert len(cells[1]) > 10, line
            assert cells[2], line


def test_the_codes_are_found_where_they_are_made() -> None:
    """Guards the search itself: one code of each way of writing it."""
    assert {
        "poor-fit",  # positional, by a helper
        "not-fitted",  # from the keys of a table
        "geometry-missing",  # keyword of Finding
        "window-mains",  # made of two pieces
        "density-above-100",  # one branch of a conditional expression
        "analysis-failed",  # second argument
        "best-conductor",  # keyword of another helper
        "one-start",  # a flag
    } <= emitted_codes()
