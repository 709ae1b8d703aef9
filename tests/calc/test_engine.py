"""Totals of whole builds: worked numbers of `calc.md` by section, and what holds for any build.

The numbers come from the starter catalogue; builds are as small as the rule allows.
"""

import math
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from calc import build as document
from calc.build import Build, PowerCondition, Scenario, Slot, SlottedEnhancement, TakenPower
from calc.engine import Engine
from calc.operations import Applied, apply
from calc.stats import STATS
from gamedata.catalogue import Catalogue
from server.commands.fuzz.edits import random_build, random_operation

SCRAPPER = "Class_Scrapper"
SHIELD = "Scrapper_Defense.Shield_Defense"
DEFLECTION = f"{SHIELD}.Deflection"
ACCOLADES = "Temporary_Powers.Accolades"
ALL_DEFENSE = {stat.key for stat in STATS if stat.group == "Defense"}
ALL_DAMAGE = {stat.key for stat in STATS if stat.group == "Damage"}
ALL_RESISTANCE = {stat.key for stat in STATS if stat.group == "Resistance"}


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Engine:
    return Engine(catalogue)


def slotted(*enhancements: str, level: int = 50) -> dict[str, Slot]:
    return {
        f"s{index}": Slot(enhancement=SlottedEnhancement(enhancement, level))
        for index, enhancement in enumerate(enhancements)
    }


def on(*enhancements: str, count: int | None = None, level: int = 50) -> TakenPower:
    power = TakenPower(level=1, on=True, slots=slotted(*enhancements, level=level))
    return power if count is None else replace(power, count=count)


def added(engine: Engine, build: Build) -> dict[str, float]:
    """What a build has more than its archetype alone, where it differs."""
    bare = engine.totals(
        Build(1, archetype=build.archetype, level=build.level, scenarios=build.scenarios)
    )
    return {
        key: total.value - bare[key].value
        for key, total in engine.totals(build).items()
        if total.value != bare[key].value
    }


def of(engine: Engine, archetype: str, **powers: TakenPower) -> dict[str, float]:
    """What powers add; dots in their ids are written as `__`."""
    named = {power.replace("__", "."): taken for power, taken in powers.items()}
    return added(engine, Build(1, archetype=archetype, powers=named))


# --- §5.1, §5.2: what counts -----------------------------------------------------------------


def test_a_click_counts_while_it_is_on(engine: Engine) -> None:
    """Hasten; its delayed loss of endurance never counts."""
    assert of(engine, SCRAPPER, Pool__Speed__Hasten=TakenPower(level=1)) == {}
    assert of(engine, SCRAPPER, Pool__Speed__Hasten=on()) == {
        "offense.recharge": pytest.approx(0.7)
    }


def test_inherent_fitness_is_on_unless_it_is_switched_off(engine: Engine) -> None:
    alone = engine.totals(Build(1, archetype=SCRAPPER))
    assert alone["health.regeneration"].value == pytest.approx(1.4)  # Health
    assert alone["endurance.recovery"].value == pytest.approx(1.25)  # Stamina
    assert alone["movement.run"].value == pytest.approx(28.35)  # Swift
    off = {"Inherent.Fitness.Health": TakenPower(on=False)}
    assert added(engine, Build(1, archetype=SCRAPPER, powers=off))["health.regeneration"] == (
        pytest.approx(-0.4)
    )


def test_slots_of_an_inherent_power_count(engine: Engine) -> None:
    stamina = {"Inherent.Fitness.Stamina": TakenPower(slots=slotted("Crafted_Recovery"))}
    found = added(engine, Build(1, archetype=SCRAPPER, powers=stamina))
    assert found["endurance.recovery"] == pytest.approx(0.25 * 0.4238, abs=1e-6)


def test_masterminds_have_no_to_hit_from_supremacy(engine: Engine) -> None:
    """Its parts are for henchmen (`jit_requires`)."""
    assert engine.totals(Build(1, archetype="Class_Mastermind"))["offense.to_hit"].value == 0.0


def test_grant_cover_covers_others(engine: Engine) -> None:
    found = of(engine, SCRAPPER, Scrapper_Defense__Shield_Defense__Grant_Cover=on())
    assert found["debuff_resistance.defense"] == pytest.approx(0.4 * 0.346)
    assert not ALL_DEFENSE & set(found)


def test_switching_off_does_not_count(engine: Engine) -> None:
    """Reaction Time slows foes around its owner, and the owner when it is switched off."""
    found = of(engine, "Class_Blaster", Blaster_Support__Martial_Manipulation__Reaction_Time=on())
    assert "offense.recharge" not in found
    assert "movement.run" not in found
    assert found["endurance.recovery"] == pytest.approx(0.5)


# --- §5.3: stacking --------------------------------------------------------------------------


@pytest.mark.parametrize(("foes", "damage"), [(0, 0.0), (1, 0.19375), (10, 0.8125), (50, 0.8125)])
def test_against_all_odds(engine: Engine, foes: int, damage: float) -> None:
    found = of(engine, SCRAPPER, Scrapper_Defense__Shield_Defense__Against_all_Odds=on(count=foes))
    assert [found.get(key, 0.0) for key in sorted(ALL_DAMAGE)] == pytest.approx([damage] * 8)


@pytest.mark.parametrize("foes", [1, 4, 10])
def test_soul_drain(engine: Engine, foes: int) -> None:
    found = of(engine, SCRAPPER, Scrapper_Melee__Dark_Melee__Soul_Drain=on(count=foes))
    assert found["offense.to_hit"] == pytest.approx(0.1 * (1 + 0.2 * foes))
    assert found["offense.damage"] == pytest.approx(0.125 * (4 + 0.8 * foes))


def test_one_foe_is_assumed_and_no_ally(engine: Engine) -> None:
    found = of(engine, SCRAPPER, Scrapper_Melee__Dark_Melee__Soul_Drain=on())
    assert found["offense.to_hit"] == pytest.approx(0.12)
    found = of(engine, SCRAPPER, Scrapper_Defense__Shield_Defense__Phalanx_Fighting=on())
    assert found == {
        f"defense.{word}": pytest.approx(0.0375) for word in ("melee", "ranged", "aoe")
    }


@pytest.mark.parametrize("allies", [0, 1, 3])
def test_phalanx_fighting(engine: Engine, allies: int) -> None:
    found = of(
        engine, SCRAPPER, Scrapper_Defense__Shield_Defense__Phalanx_Fighting=on(count=allies)
    )
    assert found["defense.melee"] == pytest.approx(0.0375 + 0.0225 * allies)


def test_stacks_of_a_click(engine: Engine) -> None:
    rage = "Brute_Melee__Super_Strength__Rage"
    once = of(engine, "Class_Brute", **{rage: on()})
    twice = of(engine, "Class_Brute", **{rage: on(count=2)})
    assert twice["offense.damage"] == pytest.approx(2 * once["offense.damage"])


def test_of_one_key_only_the_strongest_counts(engine: Engine) -> None:
    """The speeds of travel powers share a key, so do Cloaking Device's two defenses."""
    hover = of(engine, SCRAPPER, Pool__Flight__Combat_Flight=on())["movement.fly"]
    fly = of(engine, SCRAPPER, Pool__Flight__Fly=on())["movement.fly"]
    both = of(engine, SCRAPPER, Pool__Flight__Fly=on(), Pool__Flight__Combat_Flight=on())
    assert 0 < hover < fly
    assert both["movement.fly"] == pytest.approx(fly)
    assert both["defense.melee"] == pytest.approx(0.01875)  # Hover's defense remains
    cloak = "Dominator_Control__Arsenal_Control__Cloaking_Device"
    assert of(engine, "Class_Dominator", **{cloak: on()})["defense.melee"] == pytest.approx(0.0425)


def test_without_a_key_powers_add(engine: Engine) -> None:
    speed = of(engine, SCRAPPER, Pool__Speed__Super_Speed=on())["movement.run"]
    sprint = of(engine, SCRAPPER, Inherent__Inherent__Sprint=on())["movement.run"]
    both = of(engine, SCRAPPER, Pool__Speed__Super_Speed=on(), Inherent__Inherent__Sprint=on())
    assert both["movement.run"] == pytest.approx(speed + sprint)


# --- §6: enhancement -------------------------------------------------------------------------


def test_defense_inventions_in_deflection(engine: Engine) -> None:
    found = of(
        engine,
        SCRAPPER,
        Scrapper_Defense__Shield_Defense__Deflection=on(*["Crafted_Defense_Buff"] * 3),
    )
    assert found["defense.ranged"] == pytest.approx(0.178284, rel=5e-4)
    assert found["debuff_resistance.defense"] == pytest.approx(0.219329, rel=5e-4)


def test_global_endurance_discount_reaches_a_toggles_cost(engine: Engine) -> None:
    """Tough's effects ignore global strengths, its cost does not: `calc.md` §6.4, §7.4."""
    reactive = [f"Crafted_Reactive_Defenses_{piece}" for piece in "ABCDE"]
    with_set = {DEFLECTION: replace(on(*reactive), on=False), "Pool.Fighting.Tough": on()}
    found = added(engine, Build(1, archetype=SCRAPPER, powers=with_set))
    assert found["offense.endurance_discount"] == pytest.approx(0.0375)
    assert found["endurance.use_per_second"] == pytest.approx(0.325 / 1.0375)
    assert found["health.max"] == pytest.approx(25.0991, abs=1e-4)
    assert found["resistance.smashing"] == pytest.approx(0.1125 + found["resistance.fire"] / 2)


def test_global_strengths_enhance_the_effects_of_others(engine: Engine) -> None:
    """Power Boost strengthens defense among others, but nothing that ignores strength."""
    boost = {"Blaster_Support.Energy_Manipulation.Power_Boost": on()}
    jumping = {"Pool.Leaping.Combat_Jumping": on()}
    boosted = added(engine, Build(1, archetype="Class_Blaster", powers=boost | jumping))
    plain = added(engine, Build(1, archetype="Class_Blaster", powers=jumping))
    strength = boosted["defense.melee"] / plain["defense.melee"]
    assert strength > 1.4
    assert boosted["offense.heal"] == pytest.approx(strength - 1)


# --- §7: sets --------------------------------------------------------------------------------


def test_three_pieces_of_luck_of_the_gambler(engine: Engine) -> None:
    """The set bonus holds although the power is off (`calc.md` §7.1, §7.2, §0.1)."""
    pieces = slotted(*(f"Crafted_Luck_of_the_Gambler_{piece}" for piece in "ABC"))
    powers = {DEFLECTION: TakenPower(level=1, on=False, slots=pieces)}
    found = added(engine, Build(1, archetype=SCRAPPER, powers=powers))
    assert found["health.regeneration"] == pytest.approx(0.10)
    assert found["health.max"] == pytest.approx(15.0595, abs=1e-4)


def test_sets_are_counted_power_by_power(engine: Engine) -> None:
    powers = {
        DEFLECTION: on("Crafted_Luck_of_the_Gambler_A"),
        "Pool.Fighting.Weave": on("Crafted_Luck_of_the_Gambler_B"),
    }
    found = added(engine, Build(1, archetype=SCRAPPER, powers=powers))
    assert "health.regeneration" not in found


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("Crafted_Kismet_E", {"offense.to_hit": 0.06}),
        ("Crafted_Miracle_F", {"endurance.recovery": 0.15}),
        ("Crafted_Regenerative_Tissue_E", {"health.regeneration": 0.25}),
        ("Crafted_Celerity_C", {"stealth.pve": 30.0, "stealth.pvp": 300.0}),
        ("Crafted_Freebird_C", {"stealth.pve": 30.0, "stealth.pvp": 300.0}),
        ("Crafted_Unbounded_Leap_C", {"stealth.pve": 30.0, "stealth.pvp": 300.0}),
        ("Attuned_TimeSpace_Manipulation_C", {"stealth.pve": 30.0, "stealth.pvp": 300.0}),
        ("Crafted_Launch_D", {"movement.jump_height": 8.0}),
        ("Crafted_Thrust_D", {"movement.run": 0.35 * 21}),
        ("Crafted_Warp_D", {"perception": 100.0}),
        (
            "Attuned_Numinas_Convalesence_F",
            {"endurance.recovery": 0.10, "health.regeneration": 0.20},
        ),
        ("Attuned_Winters_Bite_F", {}),  # for the host power's targets
        ("Superior_Attuned_Winters_Bite_F", {}),
        ("Crafted_Performance_Shifter_F", {}),  # procs: §12
        ("Crafted_Panacea_F", {}),
    ],
)
def test_pieces_that_give_their_owner_something(
    engine: Engine, piece: str, expected: dict[str, float]
) -> None:
    """While the host power is on, and never enhanced (`calc.md` §7.4)."""
    plain = of(engine, SCRAPPER, Scrapper_Defense__Shield_Defense__Deflection=on())
    with_piece = of(engine, SCRAPPER, Scrapper_Defense__Shield_Defense__Deflection=on(piece))
    extra = {
        key: with_piece[key] - plain.get(key, 0.0)
        for key in with_piece
        if "per_second" not in key
        and with_piece[key] != plain.get(key)
        and key not in plain  # the piece may enhance its host
    }
    assert extra == pytest.approx(expected)
    off = of(
        engine,
        SCRAPPER,
        Scrapper_Defense__Shield_Defense__Deflection=replace(on(piece), on=False),
    )
    assert off == {}


@pytest.mark.parametrize(
    ("piece", "stats", "value"),
    [
        ("Crafted_Steadfast_Protection_B", ALL_DEFENSE, 0.03),
        ("Crafted_Gladiators_Armor_F", ALL_DEFENSE, 0.03),
        ("Crafted_Reactive_Defenses_F", ALL_RESISTANCE, 0.03),  # 13 % - health / 10, §5.5
    ],
)
def test_globals_that_are_set_bonuses(
    engine: Engine, piece: str, stats: set[str], value: float
) -> None:
    found = of(
        engine,
        SCRAPPER,
        Scrapper_Defense__Shield_Defense__Deflection=replace(on(piece), on=False),
    )
    assert found == {key: pytest.approx(value) for key in stats}


def test_impervious_skin_has_both_kinds(engine: Engine) -> None:
    found = of(engine, SCRAPPER, Pool__Fighting__Tough=on("Crafted_Impervious_Skin_E"))
    assert found["health.regeneration"] == pytest.approx(0.25)
    assert found["status_resistance.held"] == pytest.approx(0.075)


# --- §8, §9: powers that bring others, inherents, accolades -----------------------------------


@pytest.mark.parametrize(("team", "damage"), [(1, 0.3), (2, 0.2), (3, 0.1), (4, 0.0), (8, 0.0)])
def test_vigilance_of_a_defender(engine: Engine, team: int, damage: float) -> None:
    build = Build(1, archetype="Class_Defender", scenarios={"solo": Scenario(team=team)})
    assert engine.totals(build)["offense.damage"].value == pytest.approx(1 + damage)


def test_inherents_that_depend_on_the_fight_are_at_rest(engine: Engine) -> None:
    for archetype in ("Class_Brute", "Class_Blaster", "Class_Stalker", "Class_Dominator"):
        totals = engine.totals(Build(1, archetype=archetype))
        assert totals["offense.damage"].value == 1.0, archetype
        assert totals["protection.held"].value == 0.0, archetype


@pytest.mark.parametrize(
    ("accolades", "endurance", "health"),
    [
        (("The_Atlas_Medallion",), 5.0, 0.0),
        (("Marshall",), 5.0, 0.0),
        (("The_Atlas_Medallion", "Marshall"), 5.0, 0.0),  # the same for heroes and villains
        (("Portal_Jockey",), 5.0, 0.5),
        (("Portal_Jockey", "Born_In_Battle"), 5.0, 0.5),
        (("Task_Force_Commander", "Invader"), 0.0, 0.5),
        (("Freedom_Phalanx_Reserve", "High_Pain_Threshold"), 0.0, 1.0),
        (("Marshall", "Portal_Jockey", "Invader", "High_Pain_Threshold"), 10.0, 2.0),
    ],
)
def test_accolades(
    engine: Engine, accolades: tuple[str, ...], endurance: float, health: float
) -> None:
    chosen = {f"{ACCOLADES}.{name}": True for name in accolades}
    build = Build(1, archetype=SCRAPPER, accolades=chosen)
    found = added(engine, build)
    assert found.get("endurance.max", 0.0) == pytest.approx(endurance)
    assert found.get("health.max", 0.0) == pytest.approx(health * 133.8621)
    left_out = replace(build, accolades=dict.fromkeys(chosen, False))
    assert added(engine, left_out) == {}


# --- levels and scenarios ---------------------------------------------------------------------


def test_tables_are_read_at_the_builds_level(engine: Engine, catalogue: Catalogue) -> None:
    curve = next(a for a in catalogue.archetypes.values() if a.id == SCRAPPER).maximum["hit_points"]
    totals = engine.totals(Build(1, archetype=SCRAPPER, level=20))
    assert totals["health.max"].value == curve[19]


def test_what_comes_later_does_not_count_yet(engine: Engine) -> None:
    early = TakenPower(
        level=10, on=True, slots={"k1": Slot(30, SlottedEnhancement("Crafted_Defense_Buff", 25))}
    )
    at_20 = added(engine, Build(1, archetype=SCRAPPER, level=20, powers={DEFLECTION: early}))
    unslotted = replace(early, slots={})
    assert at_20 == added(
        engine, Build(1, archetype=SCRAPPER, level=20, powers={DEFLECTION: unslotted})
    )
    late = replace(unslotted, level=24)
    assert added(engine, Build(1, archetype=SCRAPPER, level=20, powers={DEFLECTION: late})) == {}


def test_a_scenario_switches_powers(engine: Engine) -> None:
    drain = "Scrapper_Melee.Dark_Melee.Soul_Drain"
    build = Build(
        1,
        archetype=SCRAPPER,
        powers={drain: TakenPower(level=1)},
        scenario="raid",
        scenarios={
            "solo": Scenario(),
            "raid": Scenario(powers={drain: PowerCondition(on=True, count=10)}),
        },
    )
    assert engine.totals(build)["offense.to_hit"].value == pytest.approx(0.3)
    assert engine.totals(replace(build, scenario="solo"))["offense.to_hit"].value == 0.0


# --- any build --------------------------------------------------------------------------------


def test_an_empty_build_has_all_totals(engine: Engine) -> None:
    totals = engine.totals(document.empty())
    assert list(totals) == [stat.key for stat in STATS]
    assert all(total.value in (0.0, 1.0) for total in totals.values())


def test_what_the_catalogue_does_not_know_adds_nothing(engine: Engine) -> None:
    powers = {DEFLECTION: on()}
    known = Build(1, archetype=SCRAPPER, powers=powers)
    strange = Build(
        1,
        archetype=SCRAPPER,
        powers={
            DEFLECTION: on("No_Such_Enhancement"),
            "No.Such.Power": on("Crafted_Defense_Buff", count=100),
            "nonsense": on(),
        },
        accolades={"No.Such.Accolade": True, DEFLECTION + "x": True},
        incarnates={"alpha": "No.Such.Incarnate"},
        scenario="missing",
    )
    assert engine.totals(strange) == engine.totals(known)
    assert engine.totals(Build(1, archetype="Class_Nobody"))["health.max"].value == 0.0


@pytest.mark.parametrize("archetype", ["Class_Scrapper", "Class_Mastermind", "Class_Warshade"])
def test_everything_on_at_once_is_no_trouble(
    engine: Engine, catalogue: Catalogue, archetype: str
) -> None:
    """No cycle of grants and no mode stops the engine, and no number gets out of hand."""
    powers = {power: on(count=100) for power in catalogue.powers}
    for total in engine.totals(Build(1, archetype=archetype, powers=powers)).values():
        assert math.isfinite(total.value)
        assert math.isfinite(total.capped)


def _backwards(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return dict(reversed(list(mapping.items())))


def _reversed(build: Build) -> Build:
    """The same choices, written down in the other order."""
    powers = {
        power: replace(taken, slots=_backwards(taken.slots))
        for power, taken in build.powers.items()
    }
    pools = _backwards(build.powersets.pools)
    return replace(
        build, powers=_backwards(powers), powersets=replace(build.powersets, pools=pools)
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_totals_do_not_depend_on_order_or_on_what_was_asked_before(
    catalogue: Catalogue, engine: Engine, seed: int
) -> None:
    """Bit for bit: another engine, another order, after other builds."""
    random = Random(seed)
    build = random_build(random, catalogue, edits=40)
    for _ in range(10):
        answer = apply(build, random_operation(random, build, catalogue), catalogue)
        if isinstance(answer, Applied):
            build = answer.build
        engine.totals(build)
    totals = engine.totals(build)
    assert Engine(catalogue).totals(build) == totals
    assert engine.totals(_reversed(build)) == totals
    assert engine.totals(document.decode(document.encode(build))) == totals
    for key, total in totals.items():
        assert math.isfinite(total.value), key
        if "per_second" not in key:
            assert total.capped <= total.value, key
