"""Raw enhancements and boost sets -> catalogue.

Pure: what is not understood has been reported before (`check.py`) and becomes a default here.
"""

from collections.abc import Mapping

from gamedata.catalogue import (
    BoostSet,
    BoostSetId,
    Enhancement,
    EnhancementId,
    Expression,
    SetBonus,
)
from gamedata.convert import POWER_TYPES, without_origins
from gamedata.convert_effects import effects
from gamedata.lean import lean
from gamedata.names import Names, archetype_id, enhancement_id
from gamedata.raw import RawBonus, RawBoostSet, RawPower
from gamedata.vocabulary import ORIGINS


def _origins(types: tuple[str, ...]) -> tuple[str, ...]:
    """None when every origin may use it."""
    origins = tuple(word.removesuffix("_Boost") for word in types if word in ORIGINS)
    return () if len(origins) == len(ORIGINS) else origins


def enhancement(
    raw: RawPower, names: Names, pieces: Mapping[EnhancementId, tuple[BoostSetId, int]]
) -> Enhancement:
    """pieces: the boost set of an enhancement and its position there."""
    id_ = enhancement_id(raw.full_name)
    info = raw.boost_info
    boost_set, position = pieces.get(id_, (BoostSetId(""), 0))
    return lean(
        Enhancement(
            id=id_,
            name=info.computed_name or raw.display_name or "",
            boost_set=boost_set,
            position=position,
            enhancement_types=without_origins(raw.boosts_allowed),
            origins=_origins(raw.boosts_allowed),
            aspects=info.aspects,
            boost_type=info.boost_type or "",
            attuned=info.attuned,
            boostable=info.boostable,
            combinable=info.combinable,
            superior=info.superior_scales,
            proc=info.is_proc,
            catalyzes_to=names.enhancement(info.catalyzes_to[0] if info.catalyzes_to else ""),
            max_level=info.max_level,
            min_level=max(1, info.min_slot_level + 1),
            min_bonus_level=max(1, info.min_bonus_level + 1),
            bonuses_ignore_exemplar=info.bonuses_ignore_exemplar,
            ignores_level_differences=info.ignores_level_differences,
            slot_requires=Expression(info.slot_requires),
            restricted_archetypes=tuple(map(archetype_id, info.restricted_ats or ())),
            unique_group=tuple(map(names.enhancement, info.unique_group or ())),
            only_at_50=info.only_at_50,
            global_bonuses=tuple(names.power(name) for name, _ in info.global_bonuses or ()),
            type=POWER_TYPES.get(raw.type, ""),
            targets_affected=raw.targets_affected,
            number_allowed=raw.number_allowed,
            effects=effects(raw.effects, names),
            activation_effects=effects(raw.activation_effects, names),
        )
    )


def _bonus(raw: RawBonus, names: Names) -> SetBonus:
    powers = (*raw.auto_powers, raw.bonus_power) if raw.bonus_power else raw.auto_powers
    return lean(
        SetBonus(
            powers=tuple(map(names.power, powers)),
            min_pieces=raw.min_boosts,
            max_pieces=raw.max_boosts,
            requires=Expression(raw.requires),
            pvp=raw.is_pvp_bonus,
        )
    )


def _marked(groups: tuple[str, ...], mark: str) -> tuple[str, ...]:
    return tuple(group.removeprefix(mark) for group in groups if group.startswith(mark))


def boost_set(
    raw: RawBoostSet, names: Names, enhancements: Mapping[EnhancementId, Enhancement]
) -> BoostSet:
    """The levels of a set without crafted pieces are its pieces': the export says 1 or 50."""
    pieces = tuple(tuple(map(names.enhancement, variants)) for variants in raw.boost_lists)
    known = [enhancements[id_] for variants in pieces for id_ in variants if id_ in enhancements]
    attuned_only = bool(known) and all(piece.attuned for piece in known)
    return lean(
        BoostSet(
            id=names.boost_set(raw.name),
            name=raw.display_name or "",
            group=raw.group_name,
            rarity=", ".join(_marked(raw.conversion_groups, "Rarity: ")),
            categories=_marked(raw.conversion_groups, "Category: "),
            min_level=min(p.min_level for p in known) if attuned_only else raw.min_level,
            max_level=max(p.max_level for p in known) if attuned_only else raw.max_level,
            pieces=pieces,
            bonuses=tuple(_bonus(bonus, names) for bonus in raw.bonuses),
        )
    )
