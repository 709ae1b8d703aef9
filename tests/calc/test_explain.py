"""Where totals come from: every list adds up, and says what was lost on the way."""

import math
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from calc import mbd
from calc.build import Build, Scenario, Slot, SlottedEnhancement, TakenPower
from calc.engine import Engine
from calc.explain import NO_FLIGHT, OUT_OF_LIMITS, Explanation, explain
from calc.operations import Applied, apply
from calc.origins import BARRED, LIKE_ANOTHER, OFF, OUTDONE, Enhancing, Item
from calc.readable import readable
from calc.stats import STATS
from gamedata.catalogue import Catalogue
from server.commands.fuzz.edits import random_operation
from tests.legal_builds import legal_build, players
from tests.strategies import documents

DEFLECTION = "Scrapper_Defense.Shield_Defense.Deflection"
PHALANX = "Scrapper_Defense.Shield_Defense.Phalanx_Fighting"
WEAVE = "Pool.Fighting.Weave"
HASTEN = "Pool.Speed.Hasten"
CLOAK = "Blaster_Support.Gadgets.Cloaking_Device"
GOLDENS = (
    "shield_scrapper_noslots",
    "shield_scrapper_slotted",
    "shield_scrapper_set_bonuses",
    "hasten_2rech",
    "arsenal_dominator_noslots",
    "arsenal_dominator_incarnate",
)
EVERYBODY = 15


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Engine:
    return Engine(catalogue)


@pytest.fixture(scope="module")
def full_engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def build(archetype: str, powers: dict[str, bool | TakenPower] | None = None) -> Build:
    """powers: true is on."""
    return Build(
        1,
        archetype=f"Class_{archetype}",
        powers={
            power: TakenPower(level=1, on=taken) if isinstance(taken, bool) else taken
            for power, taken in (powers or {}).items()
        },
        scenarios={"solo": Scenario()},
    )


def with_pieces(level: int, *pieces: str) -> TakenPower:
    slots = {
        f"s{number}": Slot(1, SlottedEnhancement(piece, level))
        for number, piece in enumerate(pieces)
    }
    return TakenPower(level=1, on=True, slots=slots)


def found(explanation: Explanation, id_: str) -> list[Item]:
    return [item for item in explanation.items if item.id == id_]


def assert_adds_up(engine: Engine, made: Build) -> int:
    """How many items there are for all stats together."""
    remembered = engine.remember(made)
    totals = engine.totals(made)
    items = 0
    for stat in STATS:
        explanation = explain(remembered, stat.key)
        assert math.fsum(item.value for item in explanation.items) == explanation.value, stat.key
        assert explanation.value == totals[stat.key].value, stat.key
        assert explanation.capped == totals[stat.key].capped, stat.key
        assert explanation.cut == explanation.value - explanation.capped, stat.key
        for item in explanation.items:
            assert not (item.value and item.why) or item.kind == "limit", (stat.key, item)
        encoded = msgspec.json.encode(explanation)
        assert msgspec.json.decode(encoded, type=Explanation) == explanation
        items += len(explanation.items)
    return items


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_builds_add_up(name: str, goldens: Path, full_engine: Engine) -> None:
    file = goldens / "builds" / name / f"{name}.mbd"
    made = mbd.read(file.read_bytes(), full_engine.catalogue).build
    assert assert_adds_up(full_engine, made) > 150


@pytest.mark.parametrize("name", ["dominator_electric_psionic", "scrapper_dark_shield"])
def test_community_builds_add_up(name: str, goldens: Path, full_engine: Engine) -> None:
    file = goldens / "community" / f"{name}.mbd"
    made = mbd.read(file.read_bytes(), full_engine.catalogue).build
    assert assert_adds_up(full_engine, made) > 300


@pytest.mark.parametrize("number", range(EVERYBODY))
def test_legal_builds_add_up_in_every_scenario(number: int, engine: Engine) -> None:
    who = players(engine.catalogue)[number]
    made = legal_build(Random(number), who, engine.catalogue)
    all_on = {power: replace(taken, on=True) for power, taken in made.powers.items()}
    for scenario in made.scenarios:
        assert_adds_up(engine, replace(made, scenario=scenario))
    assert assert_adds_up(engine, replace(made, powers=all_on)) > 200


def test_a_build_that_was_edited_is_explained_like_a_new_one(engine: Engine) -> None:
    random = Random(7)
    made = legal_build(random, players(engine.catalogue)[7], engine.catalogue)
    memory = engine.remember(made)
    for _ in range(25):
        operation = random_operation(random, made, engine.catalogue)
        answer = apply(made, operation, engine.catalogue)
        made = answer.build if isinstance(answer, Applied) else made
        memory = engine.remember(made, memory)
        stat = random.choice(STATS).key
        assert engine.explain(memory, stat) == engine.explain(made, stat), operation
    assert_adds_up(engine, made)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_document_adds_up(engine: Engine, data: st.DataObject) -> None:
    assert_adds_up(engine, data.draw(documents(engine.catalogue)))


def test_what_ed_took(engine: Engine) -> None:
    """`calc.md` §6.3: three inventions of defense in Deflection."""
    slotted = with_pieces(50, *["Crafted_Defense_Buff"] * 3)
    made = build("Scrapper", {DEFLECTION: slotted})
    explanation = engine.explain(made, "defense.ranged")
    (item,) = found(explanation, DEFLECTION)
    assert item.kind == "power"
    assert item.value == pytest.approx(0.178284, abs=5e-5)
    assert item.enhancing == Enhancing(
        "Ranged",
        pytest.approx(0.7635, abs=1e-9),  # type: ignore[arg-type]
        pytest.approx(0.56 + (0.7635 - 0.6) * 0.15),  # type: ignore[arg-type]
        pytest.approx(1.584525),  # type: ignore[arg-type]
    )


def test_alpha_enhances_powers_and_nothing_beside_them(full_engine: Engine) -> None:
    """`calc.md` §8: Agility on Stamina, half of it beyond ED."""
    hybrid = "Incarnate.Hybrid.Melee_Genome_9"
    incarnates = {"alpha": "Incarnate.Alpha.Agility_Core_Paragon", "hybrid": hybrid}
    made = replace(build("Scrapper"), incarnates=incarnates)
    (item,) = found(full_engine.explain(made, "endurance.recovery"), "Inherent.Fitness.Stamina")
    assert item.value == pytest.approx(0.3625)
    assert item.enhancing is not None
    assert item.enhancing.slotted == pytest.approx(0.45)
    assert item.enhancing.strength == pytest.approx(1.45)
    on = replace(made, powers={hybrid: TakenPower(on=True)})
    items = found(full_engine.explain(on, "defense.melee"), hybrid)
    assert items
    assert all(item.enhancing is None or not item.enhancing.slotted for item in items)


def test_what_reads_totals(full_engine: Engine) -> None:
    """A third of the maximum HP, as it is with everything else."""
    carapace = "Scrapper_Defense.Bio_Organic_Armor.Ablative_Carapace"
    made = replace(
        build("Scrapper", {carapace: True}),
        accolades={"Temporary_Powers.Accolades.Freedom_Phalanx_Reserve": True},
    )
    health = full_engine.totals(made)["health.max"].value
    items = found(full_engine.explain(made, "health.absorb"), carapace)
    assert [(item.value, item.why) for item in items] == [
        (pytest.approx(0.3 * health), ""),
        (0.0, "only when: in Defensive Adaptation"),
    ]
    assert assert_adds_up(full_engine, made)


def test_what_the_rule_of_five_dropped(goldens: Path, full_engine: Engine) -> None:
    """Six Luck of the Gambler, of which five count: `calc.md` §7.3."""
    file = goldens / "builds" / "shield_scrapper_set_bonuses" / "shield_scrapper_set_bonuses.mbd"
    made = mbd.read(file.read_bytes(), full_engine.catalogue).build
    explanation = full_engine.explain(made, "offense.recharge")
    bonuses = found(explanation, "Set_Bonus.Set_Bonus.Luck_of_the_Gambler")
    assert [item.value for item in bonuses] == [pytest.approx(0.075)] * 5 + [0.0]
    assert len({item.power for item in bonuses}) == 6
    assert {(item.kind, item.boost_set, item.pieces) for item in bonuses} == {
        ("set bonus", "Luck_of_the_Gambler", 1)
    }
    assert bonuses[-1].lost == pytest.approx(0.075)
    assert bonuses[-1].why == "only 5 of a kind count"
    assert explanation.items[0] == Item("base", 1.0)


def test_a_piece_is_named_with_its_place(engine: Engine) -> None:
    made = build("Scrapper", {WEAVE: with_pieces(30, "Crafted_Kismet_E")})
    (item,) = found(engine.explain(made, "offense.to_hit"), "Crafted_Kismet_E")
    assert item == Item("enhancement", pytest.approx(0.06), "Crafted_Kismet_E", WEAVE, "s0")  # type: ignore[arg-type]
    off = replace(made, powers={WEAVE: replace(made.powers[WEAVE], on=False)})
    (item,) = found(engine.explain(off, "offense.to_hit"), "Crafted_Kismet_E")
    assert (item.value, item.why) == (0.0, "its power is off")
    assert item.lost == pytest.approx(0.06)


def test_conditions_that_are_off_are_told_in_words(full_engine: Engine) -> None:
    made = build("Scrapper", {PHALANX: True})
    items = found(full_engine.explain(made, "defense.melee"), PHALANX)
    assert [(item.value, item.why) for item in items] == [
        (pytest.approx(0.0375), ""),
        (0.0, "nobody is in range"),
    ]
    in_company = replace(made, scenarios={"solo": Scenario(allies=2)})
    items = found(full_engine.explain(in_company, "defense.melee"), PHALANX)
    assert [item.value for item in items] == pytest.approx([0.0375, 0.045])
    assert [item.times for item in items] == [1, 2]


def test_powers_that_are_off_are_listed(engine: Engine) -> None:
    made = build("Scrapper", {HASTEN: False})
    (item,) = found(engine.explain(made, "offense.recharge"), HASTEN)
    assert item == Item("power", 0.0, HASTEN, why=OFF)
    made = build("Scrapper", {WEAVE: False})
    (item,) = found(engine.explain(made, "endurance.use_per_second"), WEAVE)
    assert item == Item("power", 0.0, WEAVE, why=OFF)


def test_of_one_kind_only_the_strongest_counts(full_engine: Engine) -> None:
    made = build("Blaster", {CLOAK: True})
    items = found(full_engine.explain(made, "defense.melee"), CLOAK)
    values = sorted((item.value, item.lost, item.why) for item in items)
    assert values[-1][2] == ""
    assert values[0][0] == 0.0
    assert values[0][2] == OUTDONE
    assert 0 < values[0][1] < values[-1][0]


def test_what_the_cap_cut(engine: Engine) -> None:
    shields = ("Tough_Hide", "Resist_Physical_Damage", "Temp_Invulnerability", "Unstoppable")
    made = build(
        "Scrapper", {f"Scrapper_Defense.Invulnerability.{power}": True for power in shields}
    )
    explanation = engine.explain(made, "resistance.smashing")
    assert explanation.value > explanation.capped == 0.75
    assert explanation.cut == explanation.value - 0.75


def test_nobody_flies_without_a_power_of_flight(engine: Engine) -> None:
    explanation = engine.explain(build("Scrapper"), "movement.fly")
    assert explanation.value == 0.0
    (base,) = (item for item in explanation.items if item.kind == "base")
    assert (base.value, base.why) == (0.0, NO_FLIGHT)
    assert base.lost == pytest.approx(31.5)
    flying = engine.explain(build("Scrapper", {"Pool.Flight.Fly": True}), "movement.fly")
    assert flying.value > 31.5


def test_a_speed_beyond_all_limits(full_engine: Engine) -> None:
    costumes = ("PS_Antimatter_Costume", "FRKLK_PM_Costume")
    states = ("Synapstic_Resistance", "Tyranny", "Gull_Incarnate", *costumes)
    named = [f"Temporary_Powers.Temporary_Powers.{state}" for state in states]
    speeds = [*named, "Pool.Speed.Super_Speed", "Scrapper_Defense.Super_Reflexes.Elude"]
    made = build("Scrapper", dict.fromkeys(speeds, True))
    explanation = full_engine.explain(made, "movement.run")
    limit = explanation.items[-1] if explanation.items[-1].kind == "limit" else None
    assert limit is not None
    assert limit.why == OUT_OF_LIMITS
    assert limit.value < -50
    assert explanation.value == pytest.approx(8.398 * 21)
    assert math.fsum(item.value for item in explanation.items) == explanation.value


def test_an_accolade_of_both_sides_counts_once(full_engine: Engine) -> None:
    atlas = "Temporary_Powers.Accolades.The_Atlas_Medallion"
    marshall = "Temporary_Powers.Accolades.Marshall"
    made = replace(build("Scrapper"), accolades={atlas: True, marshall: True})
    explanation = full_engine.explain(made, "endurance.max")
    assert [(i.kind, i.value, i.why) for i in found(explanation, atlas)] == [("accolade", 5.0, "")]
    assert [(i.value, i.why) for i in found(explanation, marshall)] == [(0.0, LIKE_ANOTHER)]
    made = replace(made, accolades={atlas: False})
    assert found(full_engine.explain(made, "endurance.max"), atlas)[0].why == OFF


def test_what_follows_from_other_stats(engine: Engine) -> None:
    remembered = engine.remember(build("Scrapper"))
    totals = remembered.totals
    regeneration = explain(remembered, "health.regeneration_per_second")
    assert "Regeneration" in regeneration.formula
    assert regeneration.inputs == {
        key: totals[key] for key in ("health.max", "health.regeneration")
    }
    net = explain(remembered, "endurance.net_per_second")
    assert [(item.kind, item.id) for item in net.items] == [
        ("stat", "endurance.recovery_per_second"),
        ("stat", "endurance.use_per_second"),
    ]
    damage = explain(remembered, "offense.damage")
    assert damage.formula.startswith("as offense.damage.")
    assert damage.inputs["offense.damage.fire"] == totals["offense.damage.fire"]


def test_an_unknown_stat(engine: Engine) -> None:
    with pytest.raises(KeyError):
        engine.explain(build("Scrapper"), "charisma")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Source.Mode?(kRestedAdaptation)", "in Rested Adaptation"),
        ("target.mode?(kVengeance_Mode)", "the target in Vengeance Mode"),
        ("Ne(target>entref, source>entref)", "the target is not oneself"),
        ("source>kMeter > 0.5", "the meter > 0.5"),
        ("source>arch eq 'Class_Blaster'", "the archetype is Blaster"),
        ("source.TeamSize>100 < 3", "team members within 100 ft < 3"),
        (
            "!(source.ownPower?(Pool.Speed.Hasten) || source>kHitPoints% < 50)",
            "not (has Hasten or own health in percent < 50)",
        ),
        (
            "source>kRage > 0 && (always || ispvpmap?)",
            "Fury > 0 and (always or in PvP)",
        ),
        ("this is (no expression", "this is (no expression"),
    ],
)
def test_conditions_in_words(text: str, words: str, catalogue: Catalogue) -> None:
    assert readable(text, catalogue) == words


def test_what_bars_a_power_is_told(full_engine: Engine) -> None:
    """A warshade in the dwarf's form has no shields."""
    shield = "Warshade_Defensive.Umbral_Aura.Twilight_Shield"
    dwarf = "Warshade_Defensive.Umbral_Aura.Black_Dwarf"
    human = full_engine.explain(build("Warshade", {shield: True}), "resistance.energy")
    assert found(human, shield)[0].value > 0
    made = build("Warshade", {shield: True, dwarf: True})
    explanation = full_engine.explain(made, "resistance.energy")
    assert [(item.value, item.why) for item in found(explanation, shield)] == [(0.0, BARRED)]
    assert found(explanation, dwarf)[0].value > 0
