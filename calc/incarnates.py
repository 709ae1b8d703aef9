"""The incarnate slots, and which powers go into them. Source: calc.md 8, the game."""

from gamedata.catalogue import Power

SLOTS = ("alpha", "judgement", "interface", "lore", "destiny", "hybrid", "genesis")
FIRST_LEVEL = 50


def slot_of(power: Power) -> str:
    """The slot that a power goes into, or "": the game keeps a powerset for each slot."""
    category, _, name = power.powerset.partition(".")
    slot = name.lower()
    return slot if category == "Incarnate" and slot in SLOTS else ""
