"""A flag stands on the number it is about, and on no other of the same level."""

from __future__ import annotations


def _flags(result, role, region, state):
    at = {"role": role, "region": region, "state": state}.items()
    return next(
        set(r.flags) for r in result.quantities if r.name == "binding_energy" and at <= dict(r.conditions).items()
    )


def test_a_doubted_assignment_flags_one_state_in_one_role(lzp_result):
    assert {"xps-assignment-outside", "xps-partner-missing"} <= _flags(lzp_result, "cycled", "P 2p", "low P")
    # The sample is called LZP-1, the other state LZP.
    assert _flags(lzp_result, "cycled", "P 2p", "LZP") == set()
    assert _flags(lzp_result, "pristine", "P 2p", "LZP") == set()
    assert "xps-state-not-seen" in _flags(lzp_result, "pristine", "P 2p", "low P")
