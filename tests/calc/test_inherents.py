"""What archetypes have by themselves: the design's `calc.md` §5.4, §9, numbers from the export."""

from collections.abc import Iterable

import pytest

from calc.build import Build, Rank, Scenario, TakenPower
from calc.engine import Engine
from calc.figure_types import Figures
from gamedata.catalogue import Catalogue, PowerId

ON = TakenPower(level=1, on=True)

FLARES = "Corruptor_Ranged.Fire_Blast.Flares"
RING_OF_FIRE = "Controller_Control.Fire_Control.Ring_of_Fire"
SCRAPPER_SMITE = "Scrapper_Melee.Dark_Melee.Smite"
STALKER_SMITE = "Stalker_Melee.Dark_Melee.Smite"
ASSASSINS_ECLIPSE = "Stalker_Melee.Dark_Melee.Assassins_Eclipse"
ASSASSINS_STRIKE = "Villain_Pets.Dark_Melee_Assassins_Strike.Assassins_Eclipse"
FOCUS = "Temporary_Powers.Temporary_Powers.Assassins_Focus"
SKY_SPLITTER = "Scrapper_Melee.Staff_Fighting.Sky_Splitter"

# The tables at level 50: what one point of scale is in damage.
CORRUPTOR_RANGED = 41.7087
CONTROLLER_RANGED = 30.5864
SCRAPPER_MELEE = 62.5631
STALKER_MELEE = 55.6117


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def build(archetype: str, powers: Iterable[str] = (), scenario: Scenario | None = None) -> Build:
    return Build(
        1,
        archetype=f"Class_{archetype}",
        powers=dict.fromkeys(powers, ON),
        scenarios={"solo": scenario or Scenario()},
    )


def value(engine: Engine, found: Build, stat: str) -> float:
    return engine.totals(found)[stat].value


def figures(
    engine: Engine, power: str, scenario: Scenario | None = None, *others: str, archetype: str = ""
) -> Figures:
    archetype = archetype or power.partition("_")[0]
    return engine.figures(build(archetype, (power, *others), scenario))[PowerId(power)]


# --- inherent damage --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("health", "scourged"),
    [(100, 0.0), (50, 0.0), (49, 0.025), (40, 0.25), (20, 0.75), (11, 0.975), (10, 1.0), (1, 1.0)],
)
def test_scourge_is_likelier_the_less_health_the_foe_has(
    engine: Engine, health: int, scourged: float
) -> None:
    """Flares 0.71, and its burning: 0.15 for four ticks, each of 0.8 after the one before."""
    found = figures(engine, FLARES, Scenario(target_health=health))
    burning = 0.15 * (0.8 + 0.8**2 + 0.8**3 + 0.8**4)
    expected = (0.71 * (1 + scourged) + burning) * CORRUPTOR_RANGED
    assert found.after["power.damage"] == pytest.approx(expected, rel=1e-6)
    assert found.before["power.damage"] == found.after["power.damage"]


def test_scourge_holds_in_epic_powers_of_corruptors_only(engine: Engine) -> None:
    """Dominate of Psychic Mastery asks for the archetype, and rolls after that."""
    dominate = "Epic.Psychic_Mastery.Dominate"

    def damage(archetype: str, health: int) -> float:
        scenario = Scenario(target_health=health)
        found = figures(engine, dominate, scenario, archetype=archetype)
        return found.after["power.damage"]

    assert damage("Corruptor", 10) == pytest.approx(2 * damage("Corruptor", 100))
    assert damage("Corruptor", 30) == pytest.approx(1.5 * damage("Corruptor", 100))
    assert damage("Defender", 10) == damage("Defender", 100)


@pytest.mark.parametrize(("held", "times"), [(False, 1), (True, 2)])
def test_containment_doubles_damage_to_foes_that_are_held(
    engine: Engine, held: bool, times: int
) -> None:
    """Ring of Fire: five ticks of 0.22, and as much again."""
    found = figures(engine, RING_OF_FIRE, Scenario(target_held=held))
    expected = times * 5 * 0.22 * CONTROLLER_RANGED
    assert found.after["power.damage"] == pytest.approx(expected, rel=1e-6)


def test_containment_is_half_again_against_players(engine: Engine) -> None:
    """0.1379 beside 0.2758."""
    free = figures(engine, RING_OF_FIRE, Scenario(pvp=True)).after["power.damage"]
    held = figures(engine, RING_OF_FIRE, Scenario(pvp=True, target_held=True)).after["power.damage"]
    assert held == pytest.approx(1.5 * free)


@pytest.mark.parametrize(
    ("rank", "chance"),
    [
        ("minion", 0.05),
        ("lieutenant", 0.1),
        ("boss", 0.1),
        ("elite_boss", 0.1),
        ("archvillain", 0.1),
        ("monster", 0.1),
    ],
)
def test_scrappers_are_critical_half_as_often_with_minions(
    engine: Engine, rank: Rank, chance: float
) -> None:
    """CritSmall or CritLarge, never both; Smite is 0.32 + 1.0, and 1.32 when critical."""
    found = figures(engine, SCRAPPER_SMITE, Scenario(target_rank=rank))
    expected = 1.32 * (1 + chance) * SCRAPPER_MELEE
    assert found.after["power.damage"] == pytest.approx(expected, rel=1e-6)
    assert [each.chance for each in found.effects if each.chance < 1.0] == [chance]


# --- assassination ----------------------------------------------------------------------------


@pytest.mark.parametrize(("team", "chance"), [(1, 0.10), (2, 0.13), (4, 0.19), (8, 0.31)])
def test_stalkers_are_critical_more_often_in_teams(
    engine: Engine, team: int, chance: float
) -> None:
    """0.07 of the attack and 0.03 of Assassination for each in the team, oneself included."""
    found = figures(engine, STALKER_SMITE, Scenario(team=team))
    expected = 1.32 * (1 + chance) * STALKER_MELEE
    assert found.after["power.damage"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("team", [1, 8])
def test_who_is_hidden_is_always_critical_and_only_once(engine: Engine, team: int) -> None:
    found = figures(engine, STALKER_SMITE, Scenario(meter=100, team=team))
    assert found.after["power.damage"] == pytest.approx(2.64 * STALKER_MELEE, rel=1e-6)


def test_an_assassins_strike_is_another_power_when_hidden(engine: Engine) -> None:
    quick = figures(engine, ASSASSINS_ECLIPSE)
    assert quick.power == f"{ASSASSINS_STRIKE}_Quick"
    assert quick.after["power.cast"] == 1.0
    assert quick.after["power.damage"] == pytest.approx(2.76 * STALKER_MELEE, rel=1e-6)

    stealth = figures(engine, ASSASSINS_ECLIPSE, Scenario(meter=100))
    assert stealth.power == f"{ASSASSINS_STRIKE}_Stealth"
    assert stealth.after["power.cast"] == 3.0
    # 1.75 + 0.75, and 4.5 from hiding.
    assert stealth.after["power.damage"] == pytest.approx(7.0 * STALKER_MELEE, rel=1e-6)


def test_each_focus_of_an_assassin_adds_a_third_to_the_quick_strike(engine: Engine) -> None:
    found = figures(engine, ASSASSINS_ECLIPSE, None, FOCUS)
    expected = 2.76 * (1 + 0.333) * STALKER_MELEE
    assert found.after["power.damage"] == pytest.approx(expected, rel=1e-6)


# --- what gives its owner nothing -------------------------------------------------------------


@pytest.mark.parametrize(
    ("archetype", "inherent"),
    [
        ("Mastermind", "Supremacy"),  # for henchmen: three parts by their class, two by their group
        ("Tanker", "Gauntlet"),  # taunts those who are hit
        ("Corruptor", "Scourge"),
        ("Controller", "Containment"),
        ("Scrapper", "Critical_Hit"),
        ("Stalker", "Assassination"),
        ("Arachnos_Soldier", "Spider_Conditioning"),
        ("Arachnos_Widow", "Widow_Conditioning"),
        ("Sentinel", "Vulnerability"),
    ],
)
def test_an_inherent_for_others_changes_no_totals_of_ones_own(
    engine: Engine, archetype: str, inherent: str
) -> None:
    power = f"Inherent.Inherent.{inherent}"
    assert power in engine.figures(build(archetype))  # issued with the archetype
    switched_off = Build(1, archetype=f"Class_{archetype}", powers={power: TakenPower(on=False)})
    switched_on = build(archetype, [power], Scenario(meter=100, team=8))
    assert engine.totals(switched_on) == engine.totals(switched_off)
    assert value(engine, switched_on, "offense.to_hit") == 0.0
    assert value(engine, switched_on, "offense.damage.fire") == 1.0


def test_scrutiny_resists_blinding_and_vulnerability_weakens_a_foe(engine: Engine) -> None:
    """The sentinel's Opportunity: its meter is only how often the click can be used."""
    for meter in (0, 50, 100):
        found = build("Sentinel", scenario=Scenario(meter=meter))
        assert value(engine, found, "debuff_resistance.to_hit") == pytest.approx(0.1)
        assert value(engine, found, "debuff_resistance.perception") == pytest.approx(0.1)
    assert value(engine, build("Blaster"), "debuff_resistance.to_hit") == 0.0

    power = "Inherent.Inherent.Vulnerability"
    effects = engine.figures(build("Sentinel"))[PowerId(power)].effects
    on_foe = {(each.attribute, each.aspect): each for each in effects if each.on == "foe"}
    assert on_foe["Fire_Dmg", "Resistance"].magnitude == pytest.approx(-0.15)
    assert on_foe["Base_Defense", "Current"].magnitude == pytest.approx(-0.1125)
    assert on_foe["Base_Defense", "Current"].duration_s == 15.0


@pytest.mark.parametrize("archetype", ["Arachnos_Soldier", "Arachnos_Widow"])
def test_conditioning_is_in_the_archetype_itself(engine: Engine, archetype: str) -> None:
    """A fifth more regeneration and a twentieth more recovery from the same buffs."""

    def a_second(archetype: str, kind: str, per_second: str, maximum: str) -> float:
        totals = engine.totals(build(archetype))
        return totals[per_second].value / totals[kind].value / totals[maximum].value

    health = ("health.regeneration", "health.regeneration_per_second", "health.max")
    assert a_second(archetype, *health) == pytest.approx(0.3 / 60)
    assert a_second("Scrapper", *health) == pytest.approx(0.25 / 60)
    endurance = ("endurance.recovery", "endurance.recovery_per_second", "endurance.max")
    assert a_second(archetype, *endurance) == pytest.approx(1.05 / 60)
    assert a_second("Scrapper", *endurance) == pytest.approx(1 / 60)


# --- forms ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("archetype", "nova", "kind"),
    [
        ("Peacebringer", "Peacebringer_Offensive.Luminous_Blast.Bright_Nova", "energy"),
        ("Warshade", "Warshade_Offensive.Umbral_Blast.Dark_Nova", "negative"),
    ],
)
def test_a_nova_blasts_and_flies(engine: Engine, archetype: str, nova: str, kind: str) -> None:
    """5 x 0.09 damage of its own two types, 1 x 0.09 to-hit, 0.15 recovery and resistance."""
    bare, found = engine.totals(build(archetype)), engine.totals(build(archetype, [nova]))
    gained = {
        stat: pytest.approx(found[stat].value - bare[stat].value)
        for stat in found
        if found[stat].value != bare[stat].value and stat.startswith(("offense.d", "resistance"))
    }
    assert gained == {
        "offense.damage": 0.45,
        "offense.damage.smashing": 0.45,
        f"offense.damage.{kind}": 0.45,
        "resistance.energy": 0.15,
        "resistance.negative": 0.15,
    }
    assert found["offense.to_hit"].value == pytest.approx(0.09)
    assert found["endurance.recovery"].value == pytest.approx(1.4)
    assert found["movement.fly"].value > 0.0


@pytest.mark.parametrize(
    ("archetype", "dwarf"),
    [
        ("Peacebringer", "Peacebringer_Defensive.Luminous_Aura.White_Dwarf"),
        ("Warshade", "Warshade_Defensive.Umbral_Aura.Black_Dwarf"),
    ],
)
def test_a_dwarf_stands_firm(engine: Engine, archetype: str, dwarf: str) -> None:
    """What it has while it is on: the same once more holds for two seconds from the start."""
    found = engine.totals(build(archetype, [dwarf]))
    assert found["resistance.fire"].value == pytest.approx(5 * 0.075)
    assert found["resistance.psionic"].value == 0.0
    assert found["protection.held"].value == pytest.approx(50 * 0.3114)
    assert found["protection.immobilized"].value == pytest.approx(60 * 0.3114)
    assert found["protection.knockback"].value == pytest.approx(100.0)
    assert found["health.max"].value == pytest.approx(1.75 * 1070.8967)


@pytest.mark.parametrize(
    ("form", "stat", "gained"),
    [
        ("Body", "offense.damage.fire", (0.4 * 0.125, 0.9 * 0.125, 1.5 * 0.125)),
        ("Mind", "offense.recharge", (0.04, 0.09, 0.15)),
        ("Soul", "offense.endurance_discount", (0.066, 0.165, 0.33)),
    ],
)
def test_each_level_of_perfection_replaces_nothing_but_itself(
    engine: Engine, form: str, stat: str, gained: tuple[float, ...]
) -> None:
    bare = value(engine, build("Scrapper"), stat)
    for level, expected in enumerate(gained, start=1):
        perfection = f"Temporary_Powers.Temporary_Powers.Perfection_of_{form}_Level_{level}"
        found = value(engine, build("Scrapper", [perfection]), stat)
        assert found - bare == pytest.approx(expected)


@pytest.mark.parametrize(
    ("form", "kind", "strength"),
    [
        ("", "", 1.0),
        ("Body", "smashing", 1.1875),
        ("Mind", "psionic", 1.0),
        ("Soul", "energy", 1.0),
    ],
)
def test_sky_splitter_spends_perfection(
    engine: Engine, form: str, kind: str, strength: float
) -> None:
    """Two blows of 1.38, 2.76 in ten per cent, and 1.656 of the form's kind."""
    perfection = [f"Temporary_Powers.Temporary_Powers.Perfection_of_{form}_Level_3"] if form else []
    after = figures(engine, SKY_SPLITTER, None, *perfection).after
    blows, spent = (2 * 1.38 + 0.1 * 2.76) * strength, 1.656 * strength
    damage = {"smashing": blows}
    if kind:
        damage[kind] = damage.get(kind, 0.0) + spent
    for each, expected in damage.items():
        found = after[f"power.damage.{each}"]
        assert found == pytest.approx(expected * SCRAPPER_MELEE, rel=1e-6)
    assert after["power.damage"] == pytest.approx(sum(damage.values()) * SCRAPPER_MELEE, rel=1e-6)


# --- elusivity --------------------------------------------------------------------------------


def test_elusivity_is_for_pvp_and_by_type(engine: Engine) -> None:
    """Focused Fighting 0.25 to melee; nobody has any by default."""
    fighting = "Scrapper_Defense.Super_Reflexes.Focused_Fighting"
    evasion = "Scrapper_Defense.Super_Reflexes.Evasion"

    def elusive(pvp: bool, *powers: str) -> dict[str, float]:
        totals = engine.totals(build("Scrapper", powers, Scenario(pvp=pvp)))
        return {
            stat: total.value
            for stat, total in totals.items()
            if stat.startswith("elusivity.") and total.value
        }

    assert elusive(True, fighting, evasion) == {"elusivity.melee": 0.25, "elusivity.aoe": 0.25}
    assert elusive(True, fighting) == {"elusivity.melee": 0.25}
    assert elusive(False, fighting, evasion) == {}
    assert elusive(True) == {}


# --- stacking keys ----------------------------------------------------------------------------

SUPER_SPEED = "Pool.Speed.Super_Speed"
SPEED_OF_SOUND = "Pool.Experimentation.Speed_of_Sound"
STEALTH = "Pool.Invisibility.Stealth"
INVISIBILITY = "Controller_Control.Illusion_Control.Invisibility"


@pytest.mark.parametrize(
    ("powers", "stat", "expected"),
    [
        # TravelBuff: 21 ft/s x 1.35 with Swift, and 1.0 x 3.5 x 21 once.
        ((SUPER_SPEED,), "movement.run", 28.35 + 73.5),
        ((SUPER_SPEED, SPEED_OF_SOUND), "movement.run", 28.35 + 73.5),
        # StealthToggle: 35, 55 and 200 ft; the greatest only.
        ((SUPER_SPEED,), "stealth.pve", 35.0),
        ((SUPER_SPEED, STEALTH), "stealth.pve", 55.0),
        ((SUPER_SPEED, STEALTH, INVISIBILITY), "stealth.pve", 200.0),
        ((STEALTH,), "stealth.pvp", 611.0),
        ((STEALTH, INVISIBILITY), "stealth.pvp", 1000.0),
        # Its defense has the key too: 1.0 and 0.5 of 0.09.
        ((INVISIBILITY,), "defense.melee", 0.045),
        ((STEALTH, INVISIBILITY), "defense.melee", 0.09),
        # Another power without the key adds to it.
        ((STEALTH, "Pool.Fighting.Weave"), "defense.melee", 0.09 + 0.045),
    ],
)
def test_of_one_stacking_key_the_strongest_counts(
    engine: Engine, powers: tuple[str, ...], stat: str, expected: float
) -> None:
    for order in (powers, powers[::-1]):
        found = value(engine, build("Controller", order), stat)
        assert found == pytest.approx(expected)


def test_an_explanation_says_what_a_stacking_key_drops(engine: Engine) -> None:
    explained = engine.explain(build("Controller", (SUPER_SPEED, STEALTH)), "stealth.pve")
    items = {item.id: item for item in explained.items}
    assert items[STEALTH].value == 55.0
    assert (items[SUPER_SPEED].value, items[SUPER_SPEED].lost) == (0.0, 35.0)
    assert items[SUPER_SPEED].why


@pytest.mark.parametrize("meter", [1, 50, 89, 100])
def test_a_stalker_is_hidden_or_is_not(engine: Engine, meter: int) -> None:
    """Hide and Placate fill the meter at once: no other number means anything."""
    hidden = figures(engine, STALKER_SMITE, Scenario(meter=100)).after["power.damage"]
    seen = figures(engine, STALKER_SMITE, Scenario()).after["power.damage"]
    assert figures(engine, STALKER_SMITE, Scenario(meter=meter)).after["power.damage"] == hidden
    assert figures(engine, STALKER_SMITE, Scenario(fury=80)).after["power.damage"] == seen
    assert hidden > 1.5 * seen


@pytest.mark.parametrize(("team", "chance"), [(1, 0.1), (8, 0.31)])
def test_savage_leap_hits_critically_the_likelier_the_larger_the_team(
    engine: Engine, team: int, chance: float
) -> None:
    """0.845 again, and bleeding: 0.068 for four ticks, each of 0.8 after the one before."""
    leap = "Stalker_Melee.Savage_Melee.Savage_Leap"
    found = figures(engine, leap, Scenario(team=team)).after["power.damage"]
    bleeding = 0.068 * (0.8 + 0.8**2 + 0.8**3 + 0.8**4)
    assert found == pytest.approx((0.845 * (1 + chance) + bleeding) * STALKER_MELEE, rel=1e-5)


@pytest.mark.parametrize(
    ("attacks", "damage"),
    [
        (("Flares",), 0.066 * 1.0),
        (("Fire_Blast",), 0.066 * 1.2),
        (("Flares", "Fire_Blast", "Blaze"), 0.066 * (1.0 + 1.2 + 1.0)),
    ],
)
def test_defiance_grows_with_each_attack_by_its_cast_time(
    engine: Engine, attacks: tuple[str, ...], damage: float
) -> None:
    """0.066 x cast time / how wide it reaches, while the attack is switched on."""
    found = build("Blaster", [f"Blaster_Ranged.Fire_Blast.{attack}" for attack in attacks])
    assert value(engine, found, "offense.damage.cold") == pytest.approx(1 + damage)


@pytest.mark.parametrize("foes", [1, 3])
def test_defiance_of_an_area_attack_counts_for_each_foe(engine: Engine, foes: int) -> None:
    """Fire Ball: 1 s, 15 ft."""
    fire_ball = "Blaster_Ranged.Fire_Blast.Fire_Ball"
    found = build("Blaster", [fire_ball], Scenario(foes=foes))
    expected = 1 + foes * 0.066 / (1 + 0.15 * 15)
    assert value(engine, found, "offense.damage.cold") == pytest.approx(expected)


def test_only_blasters_have_defiance(engine: Engine) -> None:
    found = build("Corruptor", ["Corruptor_Ranged.Fire_Blast.Flares"])
    assert value(engine, found, "offense.damage.cold") == 1.0
