"""Accolades: powers for what a character has done. Source: calc.md 9, the game."""

from gamedata.catalogue import Power, PowersetId

POWERSET = PowersetId("Temporary_Powers.Accolades")

# The same accolade for heroes and for villains: only one of a pair counts.
PAIRS = {
    f"{POWERSET}.{villain}": f"{POWERSET}.{hero}"
    for villain, hero in (
        ("Marshall", "The_Atlas_Medallion"),
        ("Born_In_Battle", "Portal_Jockey"),
        ("Invader", "Task_Force_Commander"),
        ("High_Pain_Threshold", "Freedom_Phalanx_Reserve"),
    )
}


def is_accolade(power: Power) -> bool:
    """Whether a power is an accolade's, which has a place of its own in the document."""
    return power.powerset == POWERSET
