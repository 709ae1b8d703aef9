"""What holds for a power of which the document says nothing: off or on, and how many targets.

Source: calc.md 5.1 and 5.3.
"""

from typing import Literal

from calc.build import TakenPower
from gamedata.catalogue import EffectGroup, Power

Targets = Literal["foes", "allies", "stacks"]
_PLAIN = TakenPower()
_HENCHMEN = "Own Pet (Alive)"


def on(power: Power) -> bool:
    """Whether a power counts while its `on` is absent: autos do, and what upgrades henchmen."""
    return power.type not in ("Click", "Toggle", "Inspiration") or upgrades_henchmen(power)


def upgrades_henchmen(power: Power) -> bool:
    """Whether a power gives henchmen powers for good, with its slots: what is used once counts."""
    return power.target_type == _HENCHMEN and any(
        "Grant_Boosted_Power" in template.attributes
        for group in power.effects
        for template in group.templates
    )


def on_when_taken(power: Power, excluded_is_on: bool) -> bool:
    """Whether a power is on that was just picked: a toggle too, unless one that it excludes is."""
    return on(power) or (power.type == "Toggle" and not excluded_is_on)


def count(power: Power) -> int:
    """How many foes, allies or stacks are assumed while `count` is absent.

    One foe hit, or one stack; no ally near.
    """
    return 0 if targets(power) == "allies" else 1


def targets(power: Power) -> Targets:
    """What a power's count means."""
    if not _is_for_others(power):
        return "stacks"
    return "foes" if any("Foe" in target for target in power.targets_affected) else "allies"


def gives_per_target(power: Power) -> bool:
    """Whether each target touched gives the power's owner something: then none is a choice."""
    return _is_for_others(power) and _reaches_self(power.effects)


def is_plain(taken: TakenPower) -> bool:
    """Whether this is all defaults: then a granted power needs no place in the document."""
    return taken == _PLAIN


def _is_for_others(power: Power) -> bool:
    several = power.max_targets > 0 or bool(power.max_targets_expression)
    return several and any(target != "Self" for target in power.targets_affected)


def _reaches_self(groups: tuple[EffectGroup, ...]) -> bool:
    return any(
        any(template.target in ("Self", "SelfAndPets") for template in group.templates)
        or _reaches_self(group.children)
        for group in groups
    )
