"""Pieces as powers: what they do besides enhancing the power that they sit in."""

from collections.abc import Iterable, Iterator

from gamedata.catalogue import (
    EffectGroup,
    Enhancement,
    FilterParams,
    Power,
    PowerId,
    PowersetId,
    Template,
)

_ON_SELF = frozenset({"Self", "SelfAndPets"})


def only_enhances(enhancement: Enhancement) -> bool:
    """Whether a piece does nothing else: most pieces, so that it is worth to ask first."""
    return _only_boosts(enhancement.effects) and _only_boosts(enhancement.activation_effects)


def _only_boosts(groups: Iterable[EffectGroup]) -> bool:
    for group in groups:
        for template in group.templates:
            if "Boost" not in template.flags:
                return False
        if group.children and not _only_boosts(group.children):
            return False
    return True


def changing_chances(enhancement: Enhancement) -> tuple[tuple[Template, tuple[str, ...]], ...]:
    """What of a piece changes chances in the power that it sits in, with the tags of which."""
    return tuple(_changing_chances(enhancement.effects))


def _changing_chances(
    groups: Iterable[EffectGroup],
) -> Iterator[tuple[Template, tuple[str, ...]]]:
    for group in groups:
        for template in group.templates:
            params = template.params
            if "Power_Chance_Mod" in template.attributes and isinstance(params, FilterParams):
                yield template, params.tags
        yield from _changing_chances(group.children)


def unique(enhancement: Enhancement) -> Power:
    """A piece's own effects on its owner as a power: without what enhances the host power.

    What a piece does to anybody affected goes to the targets of its host, although the piece
    says that it affects only its owner.
    """
    return Power(
        _power_id(enhancement),
        enhancement.name,
        _powerset_id(enhancement),
        type="Auto",
        targets_affected=("Self",),
        ignore_strength=True,
        effects=_own(enhancement.effects),
        activation_effects=_own(enhancement.activation_effects),
    )


def _own(groups: Iterable[EffectGroup]) -> tuple[EffectGroup, ...]:
    return tuple(
        EffectGroup(
            tuple(
                template
                for template in group.templates
                if "Boost" not in template.flags and template.target in _ON_SELF
            ),
            _own(group.children),
            group.chance,
            group.ppm,
            group.delay_s,
            requires=group.requires,
            pvp=group.pvp,
            flags=group.flags,
            tags=group.tags,
        )
        for group in groups
    )


def in_host(enhancement: Enhancement, host: Power) -> Power:
    """A piece as a power that does what it does when its host is used."""
    return Power(
        _power_id(enhancement),
        enhancement.name,
        _powerset_id(enhancement),
        type=host.type,
        target_type=host.target_type,
        targets_affected=host.targets_affected,
        effects=enhancement.effects,
        activation_effects=enhancement.activation_effects,
    )


def _power_id(enhancement: Enhancement) -> PowerId:
    return PowerId(f"Boosts.{enhancement.id}.{enhancement.id}")


def _powerset_id(enhancement: Enhancement) -> PowersetId:
    return PowersetId(f"Boosts.{enhancement.id}")
