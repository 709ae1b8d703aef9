"""Raw effects -> effect groups and templates.

Pure: what is not understood has been reported before (`check.py`) and becomes a default here.
"""

import re
from functools import cache
from typing import Literal, get_args

from gamedata.catalogue import (
    Aspect,
    EffectGroup,
    EntityParams,
    Event,
    Expression,
    FilterParams,
    Params,
    PowerParams,
    Template,
    TemplateType,
)
from gamedata.lean import lean
from gamedata.names import Names, archetype_id
from gamedata.raw import RawEffect, RawEvent, RawParams, RawTemplate

ANY_ENHANCEMENT = "Science_Boost"  # what the export writes for "no restriction"
DURATION = re.compile(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?) seconds")

ASPECTS: dict[str, Aspect] = {word: word for word in get_args(Aspect)}
TEMPLATE_TYPES: dict[str, TemplateType] = {word: word for word in get_args(TemplateType)}
PVP: dict[str, Literal["", "only", "never"]] = {"PVP_ONLY": "only", "PVE_ONLY": "never"}


@cache
def duration_s(text: str) -> float | None:
    """`"0.75 seconds"` -> 0.75, `"UntilKilled"` -> None; anything else counts as 0."""
    if text == "UntilKilled":
        return None
    match = DURATION.fullmatch(text)
    return float(match[1]) if match else 0.0


@cache
def flag_names(flags: tuple[str, ...]) -> tuple[str, ...]:
    """`"Boost (11)"` -> Boost: the number names different flags by attribute."""
    return tuple(flag.split(" (", 1)[0] for flag in flags)


def _events(events: tuple[RawEvent, ...]) -> tuple[Event, ...]:
    return tuple(lean(Event(e.event, e.post_event_duration, e.always)) for e in events)


def params(raw: RawParams | None, names: Names) -> Params | None:
    match raw:
        case RawParams(type="Power"):
            return lean(
                PowerParams(
                    powers=tuple(map(names.power, raw.power_names)),
                    count=raw.count,
                    powersets=tuple(map(names.powerset, raw.powerset_names)),
                    categories=tuple(map(names.category, raw.category_names)),
                )
            )
        case RawParams(type="EntCreate"):
            return lean(
                EntityParams(
                    entity=names.entity(raw.entity_def or ""),
                    name=raw.display_name or "",
                    archetype=archetype_id(raw.class_name) if raw.class_name else "",
                    powers=tuple(map(names.power, raw.redirects)),
                )
            )
        case RawParams(type="EffectFilter"):
            return lean(
                FilterParams(
                    tags=raw.tags,
                    powers=tuple(map(names.power, raw.power_names)),
                    powersets=tuple(map(names.powerset, raw.powerset_names)),
                    categories=tuple(map(names.category, raw.category_names)),
                )
            )
        case _:
            return None


def template(raw: RawTemplate, names: Names) -> Template:
    allowed = raw.boost_mod_allowed
    return lean(
        Template(
            attributes=raw.attribs,
            aspect=ASPECTS.get(raw.aspect, ""),
            type=TEMPLATE_TYPES.get(raw.type, ""),
            table=raw.table.lower(),
            scale=raw.scale,
            magnitude=raw.magnitude,
            duration_s=duration_s(raw.duration),
            magnitude_expression=Expression(raw.magnitude_expression),
            duration_expression=Expression(raw.duration_expression),
            target=raw.target,
            application=raw.application_type,
            period_s=raw.application_period,
            delay_s=raw.delay,
            tick_chance=raw.tick_chance,
            tick_magnitude_multiplier=raw.tick_mag_multiplier,
            tick_magnitude_additive=raw.tick_mag_additive,
            stack=raw.stack,
            caster_stack=raw.caster_stack,
            stack_limit=raw.stack_limit,
            stack_key=raw.stack_key or "",
            flags=flag_names(raw.flags),
            boost_mod_allowed="" if allowed == ANY_ENHANCEMENT else allowed,
            jit_requires=Expression(raw.jit_requires),
            mode=raw.mode_name or "",
            cancel_events=raw.cancel_events,
            suppress_events=_events(raw.suppress_events),
            required_events=_events(raw.required_events),
            params=params(raw.params, names),
        )
    )


def effects(raw: tuple[RawEffect, ...], names: Names) -> tuple[EffectGroup, ...]:
    return tuple(
        lean(
            EffectGroup(
                templates=tuple(template(inner, names) for inner in effect.templates),
                children=effects(effect.child_effects, names),
                chance=effect.chance,
                ppm=effect.ppm,
                delay_s=effect.delay,
                radius_inner_ft=effect.radius_inner,
                radius_outer_ft=effect.radius_outer,
                requires=Expression(effect.requires_expression),
                pvp=PVP.get(effect.is_pvp, ""),
                flags=effect.flags,
                tags=effect.tags,
            )
        )
        for effect in raw
    )
