"""What a scenario changes: the design's `calc.md` §5.4, §9, §13, with numbers from the export."""

from typing import Any

import pytest
from msgspec.structs import replace

from calc.build import (
    Build,
    PowerCondition,
    Powersets,
    Scenario,
    Slot,
    SlottedEnhancement,
    TakenPower,
)
from calc.canonical import canonical
from calc.engine import Engine
from calc.operations import Applied, SwitchPower, apply
from calc.rules import findings
from gamedata.catalogue import Catalogue, PowerId

ON = TakenPower(level=1, on=True)
DOMINATION = "Inherent.Inherent.Domination"
AGAINST_ALL_ODDS = "Scrapper_Defense.Shield_Defense.Against_all_Odds"
PHALANX_FIGHTING = "Scrapper_Defense.Shield_Defense.Phalanx_Fighting"
BIO = "Scrapper_Defense.Bio_Organic_Armor"
AGILITY = "Incarnate.Alpha.Agility_Core_Paragon"


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def build(archetype: str, *powers: str, scenario: Scenario | None = None, **fields: Any) -> Build:
    return Build(
        1,
        archetype=f"Class_{archetype}",
        powers=dict.fromkeys(powers, ON),
        scenarios={"solo": scenario or Scenario()},
        **fields,
    )


def value(engine: Engine, found: Build, stat: str) -> float:
    return engine.totals(found)[stat].value


def invention(name: str, level: int, copies: int = 1) -> dict[str, Slot]:
    piece = SlottedEnhancement(name, level)
    return {f"s{index}": Slot(enhancement=piece) for index in range(copies)}


# --- what an archetype gathers ----------------------------------------------------------------


@pytest.mark.parametrize(("fury", "damage"), [(0, 1.0), (80, 2.6), (100, 3.0)])
def test_fury_is_two_percent_of_damage_a_point(engine: Engine, fury: int, damage: float) -> None:
    found = build("Brute", scenario=Scenario(fury=fury))
    assert value(engine, found, "offense.damage.smashing") == pytest.approx(damage)


@pytest.mark.parametrize(("team", "damage"), [(1, 1.3), (2, 1.2), (3, 1.1), (4, 1.0), (8, 1.0)])
def test_vigilance_fades_with_the_first_three_teammates(
    engine: Engine, team: int, damage: float
) -> None:
    found = build("Defender", scenario=Scenario(team=team))
    assert value(engine, found, "offense.damage.fire") == pytest.approx(damage)


def test_domination_protects_while_it_is_on(engine: Engine) -> None:
    """-30 x 0.2768 against holds, and +0.25 to-hit."""
    assert value(engine, build("Dominator"), "protection.held") == 0.0
    on = build("Dominator", DOMINATION)
    assert value(engine, on, "protection.held") == pytest.approx(30 * 0.2768)
    assert value(engine, on, "offense.to_hit") == pytest.approx(0.25)


def test_scaling_resistance_follows_ones_own_health(engine: Engine) -> None:
    """Super Reflexes: nothing at full health, 0.09 at 30 %."""
    agile = "Scrapper_Defense.Super_Reflexes.Agile"
    assert value(engine, build("Scrapper", agile), "resistance.fire") == 0.0
    hurt = build("Scrapper", agile, scenario=Scenario(health=30))
    assert value(engine, hurt, "resistance.fire") == pytest.approx(0.09)


# --- who is near ------------------------------------------------------------------------------


@pytest.mark.parametrize("foes", [0, 1, 3, 10, 50])
def test_foes_in_range_count_where_nobody_chose_another_number(engine: Engine, foes: int) -> None:
    """Against All Odds: 0.125 x (1 + 0.55 n) with a foe near, ten at most."""
    found = build("Scrapper", AGAINST_ALL_ODDS, scenario=Scenario(foes=foes))
    targets = min(foes, 10)
    expected = 1 + 0.125 * (1 + 0.55 * targets) if targets else 1.0
    assert value(engine, found, "offense.damage.fire") == pytest.approx(expected)
    chosen = replace(found, powers={AGAINST_ALL_ODDS: replace(ON, count=2)})
    assert value(engine, chosen, "offense.damage.fire") == pytest.approx(1 + 0.125 * 2.1)


def test_allies_in_range_count_for_powers_about_allies(engine: Engine) -> None:
    """Phalanx Fighting: 0.0375, and 0.0225 for each ally."""
    found = build("Scrapper", PHALANX_FIGHTING, scenario=Scenario(allies=2, foes=5))
    assert value(engine, found, "defense.melee") == pytest.approx(0.0375 + 2 * 0.0225)


def test_a_scenario_switches_and_counts_power_by_power(engine: Engine) -> None:
    scenario = Scenario(powers={AGAINST_ALL_ODDS: PowerCondition(on=True, count=4)}, foes=1)
    off = {AGAINST_ALL_ODDS: TakenPower(level=1, on=False)}
    found = replace(build("Scrapper", scenario=scenario), powers=off)
    expected = pytest.approx(1 + 0.125 * (1 + 0.55 * 4))
    assert value(engine, found, "offense.damage.fire") == expected


# --- fighting ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("archetype", "power", "stat", "calm", "fighting"),
    [
        ("Scrapper", "Pool.Invisibility.Stealth", "stealth.pve", 55.0, 0.0),
        ("Scrapper", "Pool.Invisibility.Stealth", "defense.melee", 0.075, 0.01875),
        ("Scrapper", "Pool.Speed.Super_Speed", "movement.run", 101.85, 28.35),
        ("Scrapper", "Pool.Fighting.Weave", "defense.melee", 0.0375, 0.0375),
        ("Stalker", "Stalker_Defense.Ninjitsu.Hide", "stealth.pve", 150.0, 0.0),
    ],
)
def test_fighting_takes_stealth_and_travel(
    engine: Engine, archetype: str, power: str, stat: str, calm: float, fighting: float
) -> None:
    assert value(engine, build(archetype, power), stat) == pytest.approx(calm)
    found = build(archetype, power, scenario=Scenario(combat=True))
    assert value(engine, found, stat) == pytest.approx(fighting)


def test_clicks_on_mission_objects_are_no_fighting(engine: Engine) -> None:
    """Personal Force Field is suppressed by what the export calls `Moved` alone."""
    field = "Controller_Buff.Force_Field.Personal_Force_Field"
    calm = value(engine, build("Controller", field), "defense.melee")
    assert calm > 0.5
    found = build("Controller", field, scenario=Scenario(combat=True))
    assert value(engine, found, "defense.melee") == calm


# --- against players --------------------------------------------------------------------------


def test_against_players_domination_resists_instead_of_protecting(engine: Engine) -> None:
    found = build("Dominator", DOMINATION, scenario=Scenario(pvp=True))
    bare = build("Dominator", scenario=Scenario(pvp=True))
    gained = value(engine, found, "status_resistance.held") - value(
        engine, bare, "status_resistance.held"
    )
    assert value(engine, found, "protection.held") == 0.0
    assert gained == pytest.approx(3 * 0.2768)


def test_some_set_bonuses_hold_against_players_only(
    engine: Engine, full_catalogue: Catalogue
) -> None:
    """Five pieces of Gladiator's Javelin: each row with `isPVPMap?` counts in PvP alone."""
    pieces = full_catalogue.boost_sets
    javelin = next(each for each in pieces.values() if each.name == "Gladiator's Javelin")
    rows = [row for row in javelin.bonuses if row.pvp]
    assert rows
    slots = {
        f"s{index}": Slot(enhancement=SlottedEnhancement(variants[0], 50))
        for index, variants in enumerate(javelin.pieces[:6])
    }
    host = "Blaster_Ranged.Fire_Blast.Flares"
    found = replace(build("Blaster"), powers={host: TakenPower(level=1, slots=slots)})
    against = replace(found, scenarios={"solo": Scenario(pvp=True)})
    bare = engine.totals(build("Blaster", scenario=Scenario(pvp=True)))
    calm, fought = engine.totals(found), engine.totals(against)
    assert any(fought[key].value != calm[key].value for key in fought if key in bare)


# --- exemplared -------------------------------------------------------------------------------


def test_exemplared_tables_are_those_of_the_level_played_at(engine: Engine) -> None:
    played = engine.totals(build("Scrapper", scenario=Scenario(exemplar=30)))
    grown = engine.totals(build("Scrapper", level=30))
    assert played["health.max"] == grown["health.max"]
    assert played["health.max"].value < 1338


@pytest.mark.parametrize(("exemplar", "recharge"), [(30, 1.7), (29, 1.0), (50, 1.7), (0, 1.7)])
def test_exemplared_powers_rest_that_were_picked_more_than_five_levels_above(
    engine: Engine, exemplar: int, recharge: float
) -> None:
    hasten = {"Pool.Speed.Hasten": TakenPower(level=35, on=True)}
    found = replace(build("Scrapper", scenario=Scenario(exemplar=exemplar)), powers=hasten)
    assert value(engine, found, "offense.recharge") == pytest.approx(recharge)


def test_exemplared_inventions_are_worth_no_more_than_those_of_the_level(engine: Engine) -> None:
    """Weave with an invention of level 50, played at 30: the table's 0.2091 of level 30."""
    slots = invention("Crafted_Defense_Buff", 50)
    weave = {"Pool.Fighting.Weave": TakenPower(level=1, on=True, slots=slots)}
    found = replace(build("Scrapper", scenario=Scenario(exemplar=30)), powers=weave)
    plain = replace(found, powers={"Pool.Fighting.Weave": ON})
    strength = value(engine, found, "defense.melee") / value(engine, plain, "defense.melee")
    assert strength == pytest.approx(1.2091, abs=1e-4)


def test_exemplared_slots_of_higher_levels_stay(engine: Engine) -> None:
    slot = {"s1": Slot(level=50, enhancement=SlottedEnhancement("Crafted_Defense_Buff", 30))}
    weave = {"Pool.Fighting.Weave": TakenPower(level=1, on=True, slots=slot)}
    found = replace(build("Scrapper", scenario=Scenario(exemplar=30)), powers=weave)
    plain = replace(found, powers={"Pool.Fighting.Weave": ON})
    assert value(engine, found, "defense.melee") > value(engine, plain, "defense.melee")


@pytest.mark.parametrize(("exemplar", "bonus"), [(47, 0.075), (46, 0.0)])
def test_exemplared_set_bonuses_hold_three_levels_below_the_piece(
    engine: Engine, exemplar: int, bonus: float
) -> None:
    slots = invention("Crafted_Luck_of_the_Gambler_F", 50)
    weave = {"Pool.Fighting.Weave": TakenPower(level=1, slots=slots)}
    found = replace(build("Scrapper", scenario=Scenario(exemplar=exemplar)), powers=weave)
    assert value(engine, found, "offense.recharge") == pytest.approx(1 + bonus)


@pytest.mark.parametrize(("exemplar", "shift"), [(45, 1), (44, 0)])
def test_incarnates_rest_below_45(engine: Engine, exemplar: int, shift: int) -> None:
    found = build("Scrapper", scenario=Scenario(exemplar=exemplar), incarnates={"alpha": AGILITY})
    assert value(engine, found, "level_shift") == shift


# --- stances and forms ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("adaptation", "resistance", "damage", "discount"),
    [("Defensive", 3.25, 0.75, 0.0), ("Offensive", 1.5, 1.3125, 0.0), ("Efficient", 2.5, 1, 0.298)],
)
def test_an_adaptation_changes_what_bio_armor_gives(
    engine: Engine, adaptation: str, resistance: float, damage: float, discount: float
) -> None:
    """Hardened Carapace: 2.5 x 0.075 resistance to lethal, more or less by adaptation."""
    stance = f"{BIO}.{adaptation}_Adaptation"
    found = build("Scrapper", f"{BIO}.Hardened_Carapace", f"{BIO}.Evolution", stance)
    assert value(engine, found, "resistance.lethal") == pytest.approx(resistance * 0.075)
    assert value(engine, found, "offense.damage.fire") == pytest.approx(damage)
    gained = value(engine, found, "offense.endurance_discount")
    assert gained == pytest.approx(discount, abs=5e-4)


def test_a_form_keeps_the_powers_of_ones_own_shape_from_running(engine: Engine) -> None:
    """Bright Nova: its own 0.15 resistance; Shining Shield rests while it is on."""
    shield = "Peacebringer_Defensive.Luminous_Aura.Shining_Shield"
    nova = "Peacebringer_Offensive.Luminous_Blast.Bright_Nova"
    assert value(engine, build("Peacebringer", shield), "resistance.lethal") > 0.2
    found = build("Peacebringer", shield, nova)
    assert value(engine, found, "resistance.lethal") == 0.0
    assert value(engine, found, "resistance.energy") == pytest.approx(0.15)
    assert value(engine, found, "offense.damage.energy") == pytest.approx(1.45)


def test_ammunition_changes_chances_and_no_totals(engine: Engine) -> None:
    """Swap Ammo's toggles say which effects of the attacks happen; that is in their figures."""
    cryo = "Blaster_Ranged.Dual_Pistols.Cryo_Ammunition"
    swap = "Blaster_Ranged.Dual_Pistols.Swap_Ammo"
    found = build("Blaster", swap, cryo)
    assert engine.totals(found) == engine.totals(build("Blaster"))
    assert engine.remember(found).state.chances["ColdDamage"] == 1.0
    frame = engine.frame(build("Blaster"))
    tags = {tag for part in frame.power(PowerId(cryo)).chances for tag in part.tags}
    assert {"ColdDamage", "Lethal"} <= tags


# --- switches ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owned", "here", "gained"), [(True, None, 5), (True, False, 0), (False, True, 5)]
)
def test_a_scenario_switches_accolades(
    engine: Engine, owned: bool, here: bool | None, gained: float
) -> None:
    """The Atlas Medallion: 5 endurance."""
    medallion = "Temporary_Powers.Accolades.The_Atlas_Medallion"
    powers = {} if here is None else {medallion: PowerCondition(on=here)}
    found = build("Scrapper", scenario=Scenario(powers=powers), accolades={medallion: owned})
    assert value(engine, found, "endurance.max") == pytest.approx(100 + gained)


@pytest.mark.parametrize(("proc", "to_hit"), [(None, 0.06), (True, 0.06), (False, 0.0)])
def test_what_a_piece_gives_by_itself_can_be_switched_off(
    engine: Engine, proc: bool | None, to_hit: float
) -> None:
    """Kismet's +0.06 to-hit, in Weave while it is on."""
    piece = SlottedEnhancement("Crafted_Kismet_E", 30)
    slot = Slot(enhancement=piece if proc is None else replace(piece, proc=proc))
    weave = {"Pool.Fighting.Weave": replace(ON, slots={"own": slot})}
    found = replace(build("Scrapper"), powers=weave)
    assert value(engine, found, "offense.to_hit") == pytest.approx(to_hit)
    assert engine.remember(found).totals == engine.totals(found)


@pytest.mark.parametrize("switched", ["build", "scenario"])
def test_of_stances_one_counts(engine: Engine, switched: str) -> None:
    """Two adaptations at once: the first by id, or the one that the scenario switches on."""
    defensive, efficient, offensive = (
        f"{BIO}.{name}_Adaptation" for name in ("Defensive", "Efficient", "Offensive")
    )
    evolution = f"{BIO}.Evolution"
    alone = {
        each: engine.totals(build("Scrapper", f"{BIO}.Hardened_Carapace", evolution, each))
        for each in (defensive, offensive)
    }
    assert alone[defensive] != alone[offensive]
    if switched == "build":
        both = build(
            "Scrapper", f"{BIO}.Hardened_Carapace", evolution, offensive, efficient, defensive
        )
        assert engine.totals(both) == alone[defensive]
    else:
        scenario = Scenario(powers={offensive: PowerCondition(on=True)})
        both = build(
            "Scrapper", f"{BIO}.Hardened_Carapace", evolution, defensive, scenario=scenario
        )
        both = replace(both, powers=both.powers | {offensive: TakenPower()})
        assert engine.totals(both) == alone[offensive]
        # What a scenario alone switches on is no mistake of the build.
        codes = [each.code for each in findings(both, engine.catalogue)]
        assert "exclude_each_other" not in codes


def test_a_finding_says_which_stance_counts(engine: Engine) -> None:
    both = build("Scrapper", f"{BIO}.Offensive_Adaptation", f"{BIO}.Defensive_Adaptation")
    (told,) = (
        each for each in findings(both, engine.catalogue) if each.code == "exclude_each_other"
    )
    assert told.message.endswith("Defensive Adaptation counts.")
    assert told.power == f"{BIO}.Offensive_Adaptation"


def test_what_was_picked_first_counts(engine: Engine) -> None:
    early = TakenPower(level=4, on=True)
    nova = "Peacebringer_Offensive.Luminous_Blast.Bright_Nova"
    dwarf = "Peacebringer_Defensive.Luminous_Aura.White_Dwarf"
    alone = replace(build("Peacebringer"), powers={nova: early})
    late = TakenPower(level=20, on=True)
    both = replace(alone, powers={dwarf: late, nova: early})
    assert engine.totals(both) == engine.totals(alone)


def test_of_two_kinds_of_ammunition_one_changes_chances(engine: Engine) -> None:
    pistols = "Blaster_Ranged.Dual_Pistols"
    cryo, fire = f"{pistols}.Cryo_Ammunition", f"{pistols}.Incendiary_Ammunition"
    shot = PowerId(f"{pistols}.Executioners_Shot")
    swap = f"{pistols}.Swap_Ammo"
    one = engine.figures(build("Blaster", shot, swap, cryo))[shot]
    two = engine.figures(build("Blaster", shot, swap, cryo, fire))[shot]
    assert one == two
    # 0.636 of the damage is of the ammunition's kind.
    assert one.before["power.damage.cold"] == pytest.approx(0.636 * 62.5631, rel=1e-4)
    assert "power.damage.fire" not in one.after
    burning = engine.figures(build("Blaster", shot, swap, fire))[shot]
    assert burning.after["power.damage.fire"] > one.after["power.damage.cold"]


def test_what_is_remembered_follows_stances(engine: Engine) -> None:
    memory = None
    both = (f"{BIO}.Hardened_Carapace", f"{BIO}.Evolution")
    for stances in (("Offensive",), ("Offensive", "Defensive"), ("Defensive",), ()):
        found = build("Scrapper", *both, *(f"{BIO}.{each}_Adaptation" for each in stances))
        memory = engine.remember(found, memory)
        assert memory.totals == engine.totals(found)


def test_switching_one_stance_on_switches_the_others_off(full_catalogue: Catalogue) -> None:
    found = build("Scrapper", f"{BIO}.Evolution", f"{BIO}.Defensive_Adaptation")
    found = canonical(replace(found, powersets=Powersets(secondary=BIO)), full_catalogue)
    operation = SwitchPower(f"{BIO}.Offensive_Adaptation", True)
    answer = apply(found, operation, full_catalogue)
    assert isinstance(answer, Applied)
    on = {power for power, taken in answer.build.powers.items() if taken.on is True}
    assert f"{BIO}.Offensive_Adaptation" in on
    assert f"{BIO}.Defensive_Adaptation" not in on
    back = answer.build
    for undoing in answer.inverse:
        undone = apply(back, undoing, full_catalogue)
        assert isinstance(undone, Applied)
        back = undone.build
    assert back == found


def test_undoing_restores_even_what_excludes_each_other(full_catalogue: Catalogue) -> None:
    names = ("Defensive_Adaptation", "Efficient_Adaptation", "Evolution")
    found = build("Scrapper", *(f"{BIO}.{name}" for name in names))
    found = canonical(replace(found, powersets=Powersets(secondary=BIO)), full_catalogue)
    answer = apply(found, SwitchPower(f"{BIO}.Offensive_Adaptation", True), full_catalogue)
    assert isinstance(answer, Applied)
    back = answer.build
    for undoing in answer.inverse:
        undone = apply(back, undoing, full_catalogue)
        assert isinstance(undone, Applied)
        back = undone.build
    assert back == found


def test_p12_a_stance_that_nothing_grants_does_not_count(engine: Engine) -> None:
    """Adaptations come with Evolution."""
    carapace, stance = f"{BIO}.Hardened_Carapace", f"{BIO}.Offensive_Adaptation"
    alone = engine.totals(build("Scrapper", carapace))
    assert engine.totals(build("Scrapper", carapace, stance)) == alone
    assert engine.totals(build("Scrapper", carapace, stance, f"{BIO}.Evolution")) != alone
    # Nor what nobody has among his powers.
    bonus = "Set_Bonus.Set_Bonus.Luck_of_the_Gambler"
    assert bonus in engine.catalogue.powers
    assert engine.totals(build("Scrapper", carapace, bonus)) == alone


# --- what only some places have ---------------------------------------------------------------

STATES = "Temporary_Powers.Temporary_Powers"


def in_states(*states: str, **fields: Any) -> Scenario:
    switched = {f"{STATES}.{state}": PowerCondition(on=True) for state in states}
    return Scenario(powers=switched, **fields)


@pytest.mark.parametrize(
    ("states", "shift"),
    [
        ((), 1),
        (("Incarnate_Reward_Dark_Astoria",), 3),
        (("Incarnate_Reward_Dark_Astoria", "PVP_Mode"), 1),
    ],
)
def test_level_shifts_of_destiny_and_lore_are_for_incarnate_content(
    engine: Engine, states: tuple[str, ...], shift: int
) -> None:
    """Where the game gives its rewards; not in the arena."""
    incarnates = {
        "alpha": AGILITY,
        "destiny": "Incarnate.Destiny.Ageless_Core_Epiphany",
        "lore": "Incarnate.Lore.Arachnos_Core_Superior_Ally",
    }
    found = build("Scrapper", scenario=in_states(*states), incarnates=incarnates)
    assert value(engine, found, "level_shift") == shift


@pytest.mark.parametrize(("pvp", "resistance"), [(True, 0.1), (False, 0.0)])
def test_the_resistance_of_pvp_zones_is_a_state(
    engine: Engine, pvp: bool, resistance: float
) -> None:
    """`Melee_PvPResist`: nothing in the export says who gives it, so a scenario does."""
    found = build("Scrapper", scenario=in_states("PVP_Resist_Bonus", pvp=pvp))
    assert value(engine, found, "resistance.fire") == pytest.approx(resistance)
