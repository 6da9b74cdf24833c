"""Results kept as bytes come back equal, and foreign bytes build nothing."""

from __future__ import annotations

import contextlib
import datetime
import math

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelletry.core.facts import PelletGeometry
from pelletry.core.figure import Series
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate, Reported, Unresolved
from pelletry.study.serial import SerialError, decoded, encoded

_GEOMETRY = PelletGeometry(
    sample="A",
    given_by="calliper",
    thickness_m=Estimate(value=2.1e-3, std=1e-5, unit="m", method="as stated"),
    electrode_area_m2=Estimate(value=5.03e-5, unit="m2", method="from diameter", interval_95=(5.0e-5, 5.1e-5)),
)
_LINEAGE = Lineage(origins=(Origin(path="a.z", sha256="0" * 64, format="zplot"),), settings=(("circuit", "R(RQ)Q"),))


@pytest.mark.parametrize(
    "thing",
    [
        _GEOMETRY,
        _LINEAGE,
        Reported(
            sample="A",
            technique="t",
            name="x",
            quantity=Unresolved(reason="no"),
            conditions=(("temperature_K", 300.0),),
        ),
        {"a": (1, 2.5, None, True), "b": [frozenset({"x", "y"})]},
        1 + 2j,
        {"date": datetime.date(2026, 1, 31), "at": datetime.datetime(2026, 1, 31, 12, 30)},
        "Ω µ \x1b[31m \ud800",
    ],
)
def test_what_is_kept_comes_back_equal(thing):
    assert decoded(encoded(thing)) == thing


def test_arrays_come_back_bit_for_bit_and_read_only():
    z = np.array([1 + 2j, np.nan + 1j, -0.0])
    back = decoded(
        encoded({"z": z, "empty": np.empty((0, 3)), "big": np.arange(4, dtype=">i4"), "yes": np.array([True])})
    )
    assert back["z"].tobytes() == z.tobytes()
    assert not back["z"].flags.writeable
    assert back["empty"].shape == (0, 3)
    assert back["big"].tolist() == [0, 1, 2, 3]
    assert back["yes"].dtype == bool


def test_a_figure_series_keeps_its_arrays():
    series = Series(label="fit", x=np.linspace(0, 1, 7), y=np.geomspace(1, 9, 7))
    assert decoded(encoded(series)) == series


def test_numpy_numbers_become_plain_numbers():
    assert encoded({"x": np.float64(0.1), "n": np.int64(3)}) == encoded({"x": 0.1, "n": 3})


def test_not_a_number_and_infinity_survive():
    assert math.isnan(decoded(encoded((math.nan,)))[0])
    assert decoded(encoded((math.inf, -math.inf))) == (math.inf, -math.inf)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda s: st.lists(s).map(tuple) | st.dictionaries(st.text(), s),
    )
)
def test_any_tree_of_plain_values_comes_back(tree):
    assert decoded(encoded(tree)) == tree


def test_the_same_object_gives_the_same_bytes():
    assert encoded({"s": frozenset({"b", "a", "c"})}) == encoded({"s": frozenset({"c", "b", "a"})})


def test_an_object_that_cannot_be_kept_is_named_with_its_place():
    with pytest.raises(SerialError, match=r"result\['a'\]\[1\] is a builtins.object"):
        encoded({"a": (1, object())})


@pytest.mark.parametrize("name", ["os:system", "subprocess:Popen", "pelletry.study.serial:encoded", "builtins:eval"])
def test_stored_bytes_can_not_call_anything(name):
    payload = encoded(_LINEAGE).replace(b"pelletry.core.provenance:Lineage", name.encode().ljust(32))
    with pytest.raises(SerialError):
        decoded(payload)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damaged_bytes_are_refused_or_read_but_never_crash(noise, cut):
    good = encoded((_GEOMETRY, np.arange(5.0)))
    for payload in (noise, good[:cut], good[:cut] + noise + good[cut:]):
        with contextlib.suppress(SerialError):  # any other error fails the test
            decoded(payload)


def test_a_class_that_has_lost_a_field_is_refused():
    @attrs.frozen(kw_only=True)
    class Gone:
        x: int

    with pytest.raises(SerialError, match=r"cannot be read|not one of ours"):
        decoded(encoded(Gone(x=1)))
