"""The figures of every power that anybody can pick: what must hold for all of them."""

import math
from collections.abc import Iterable, Iterator

import pytest

from calc.attributes import FEEDS
from calc.build import Build, Slot, SlottedEnhancement, TakenPower
from calc.damage import TYPE_OF
from calc.engine import Engine
from calc.figure_types import EffectFigure, Figures
from calc.stats import STATS
from gamedata.catalogue import ArchetypeId, Catalogue, Power, PowerId, Template
from gamedata.queries import Role, powersets_of
from tests.legal_builds import players

ROLES: tuple[Role, ...] = ("primary", "secondary", "epic", "pool")
METEOR = PowerId("Blaster_Ranged.Seismic_Blast.Meteor")

NOT_THE_SUM = {
    "Thunder_Strike": "a part of it is for those around the target",
    "Lightning_Clap": "the same, of stalkers: Thunder Strike by another id",
    "Liquid_Nitrogen": "a power to be read says what its pulses come to",
    "FRT_Scramble_Thoughts": "its ticks grow",
    "Lightning_Field": "its ticks grow",
}
NO_DAMAGE = {
    "Eclipse": "takes damage sets for its accuracy",
    "Faraday_Cage": "protects",
    "Reverberant": "is a shield of its owner's attacks",
    "Soul_Transfer": "hurts when one is dead",
    "Storm_Cell": "lightning strikes those whom other powers hit",
}


NOT_IN_TOTALS = {
    "Quantum_Boost": "while one flies",
    **dict.fromkeys(
        (
            *("Mercurial_Blow", "Precise_Strike", "Guarded_Spin", "Eye_of_the_Storm"),
            *("Serpents_Reach", "Sky_Splitter", "Assassins_Staff"),
        ),
        "levels of perfection, which the scenario counts",
    ),
}


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


@pytest.fixture(scope="module")
def everything(engine: Engine) -> list[tuple[Power, Figures]]:
    """All powers of all archetypes, unslotted, as a build has them with their powerset."""
    return [
        each for who in players(engine.catalogue) for each in powers_of(engine, ArchetypeId(who))
    ]


def powers_of(engine: Engine, who: ArchetypeId) -> Iterator[tuple[Power, Figures]]:
    for role in ROLES:
        for powerset in powersets_of(engine.catalogue, who, role):
            known = [each for each in powerset.powers if each in engine.catalogue.powers]
            taken = {str(each): TakenPower(level=1) for each in known}
            found = engine.figures(Build(1, archetype=who, powers=taken))
            for power in known:
                if power in found:
                    yield engine.catalogue.powers[power], found[power]


def hits(effects: Iterable[EffectFigure]) -> Iterator[EffectFigure]:
    for effect in effects:
        if effect.on != "self" and effect.aspect == "Absolute" and effect.attribute in TYPE_OF:
            yield effect


def added(effects: Iterable[EffectFigure]) -> float | None:
    """What effects hurt together; None where a missed tick may end the row."""
    found = list(hits(effects))
    if any(hit.chance < 1.0 and hit.ticks > 1 for hit in found):
        return None
    return math.fsum(hit.magnitude * hit.chance * hit.ticks for hit in found)


def test_damage_is_the_sum_of_its_effects(everything: list[tuple[Power, Figures]]) -> None:
    compared = 0
    different = set()
    for power, found in everything:
        parts = [added(found.effects)]
        for pet in found.pets:
            for each in pet.powers if pet.is_part else ():
                part = added(each.effects)
                parts.append(None if part is None else part * each.pulses * pet.chance * pet.count)
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            continue
        compared += 1
        if found.after.get("power.damage", 0.0) != pytest.approx(math.fsum(known)):
            different.add(power.id.rpartition(".")[2])
    assert different == set(NOT_THE_SUM)
    assert compared > 4000


def test_what_takes_damage_sets_hurts(everything: list[tuple[Power, Figures]]) -> None:
    """Itself, or by somebody whom it summons."""
    harmless = set()
    for power, found in everything:
        wanted = power.type == "Click" and any("Damage" in group for group in power.set_groups)
        if not wanted or not reaches_others(power):
            continue
        by_pets = [each for pet in found.pets for each in pet.powers]
        if not any(hits(found.effects)) and not any(any(hits(each.effects)) for each in by_pets):
            harmless.add(power.id.rpartition(".")[2])
    assert harmless == set(NO_DAMAGE)


def reaches_others(power: Power) -> bool:
    templates: list[Template] = [each for group in power.effects for each in group.templates]
    return (
        any("Foe" in target for target in power.targets_affected)
        or power.target_type.startswith(("Location", "Foe"))
        or any("Create_Entity" in each.attributes for each in templates)
    )


def test_all_numbers_are_numbers(everything: list[tuple[Power, Figures]]) -> None:
    for power, found in everything:
        for numbers in (found.before, found.after):
            for key, value in numbers.items():
                assert math.isfinite(value), (power.id, key)
                assert value >= 0.0, (power.id, key)
        for effect in found.effects:
            assert math.isfinite(effect.magnitude), (power.id, effect)
            assert 0.0 < effect.chance <= 1.0, (power.id, effect)
            assert effect.ticks >= 1, (power.id, effect)


def test_what_oneself_feels_is_in_the_totals(engine: Engine) -> None:
    """Of each power alone, switched on: the stats of the effects that its figures have on oneself.

    A speed of flight is nothing to who does not fly.
    """
    compared = 0
    left_out = set()
    for who in players(engine.catalogue):
        bare = engine.totals(Build(1, archetype=who))
        for power in {each for role in ROLES for each in ids_of(engine, who, role)}:
            build = Build(1, archetype=who, powers={power: TakenPower(level=1, on=True)})
            stats = {stat for each in felt(engine.figures(build).get(power)) for stat in each}
            if stats - {"movement.fly"}:
                compared += 1
                totals = engine.totals(build)
                if any(totals[stat] == bare[stat] for stat in stats - {"movement.fly"}):
                    left_out.add(power.rpartition(".")[2])
    assert left_out == set(NOT_IN_TOTALS)
    assert compared > 1500


def ids_of(engine: Engine, who: ArchetypeId, role: Role) -> Iterator[PowerId]:
    for powerset in powersets_of(engine.catalogue, who, role):
        yield from (each for each in powerset.powers if each in engine.catalogue.powers)


def felt(found: Figures | None) -> Iterator[set[str]]:
    """The stats of what oneself feels for a while, surely and soon."""
    for effect in found.effects if found else ():
        lasts = effect.duration_s is None or effect.duration_s > 0.0
        sure = effect.on == "self" and effect.chance == 1.0 and effect.delay_s <= 5.0
        if lasts and sure and effect.magnitude:
            fed = FEEDS.get((effect.attribute, effect.aspect), ())
            yield {STATS[number].key for number, _ in fed if number < len(STATS)}


def test_what_a_thing_puts_in_its_place_hurts_too(engine: Engine) -> None:
    """Meteor's shadow summons the meteor: 1 + 3 times the table, with the slots of the power."""
    slots = {"own": Slot(enhancement=SlottedEnhancement("Crafted_Damage", 50))}
    taken = {str(METEOR): TakenPower(level=1, slots=slots)}
    found = engine.figures(Build(1, archetype="Class_Blaster", powers=taken))[METEOR]
    assert found.before["power.damage"] == pytest.approx(4 * 62.5631)
    assert found.after["power.damage"] == pytest.approx(4 * 62.5631 * 1.4238, rel=1e-4)


def test_what_a_summoned_thing_does_by_another_power(engine: Engine) -> None:
    """Dark Servant's grasp heals by what it executes, with the slots of its summoner."""
    servant = PowerId("Controller_Buff.Darkness_Affinity.Dark_Servant")
    slots = {"own": Slot(enhancement=SlottedEnhancement("Crafted_Heal", 50))}
    taken = {str(servant): TakenPower(level=1, slots=slots)}
    found = engine.figures(Build(1, archetype="Class_Controller", powers=taken))[servant]
    (pet,) = found.pets
    (grasp,) = (each for each in pet.powers if each.power.endswith(".Twilight_Grasp"))
    (heal,) = (each for each in grasp.effects if each.attribute == "Heal_Dmg")
    assert heal.via == "Redirects.Dark_Miasma.Twilight"
    assert heal.magnitude == pytest.approx(heal.before * 1.4238, rel=1e-4)
