"""Defaults are left out by what they are, not by where they came from."""

import msgspec

from gamedata.catalogue import Template
from gamedata.lean import lean


def test_a_default_that_was_read_is_left_out() -> None:
    chance = float("1.0")  # equal to the default, but another object
    row = Template(("ToHit",), tick_chance=chance, scale=float("2.5"))
    assert lean(row) == row
    assert "tick_chance" not in msgspec.to_builtins(lean(row))
    assert msgspec.to_builtins(lean(row)) == {"attributes": ("ToHit",), "scale": 2.5}
