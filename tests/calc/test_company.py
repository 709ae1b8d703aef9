"""What a build's powers give henchmen and other pets: numbers of the export's own powers.

Supremacy is `Inherent.Inherent.Supremacy`, 0.25 damage and 0.1 to-hit. Of the classes of henchmen
minions have 0.58 to-hit, lieutenants 0.67 and bosses 0.75.
"""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from calc.build import Build, Slot, SlottedEnhancement, TakenPower
from calc.canonical import canonical
from calc.engine import Engine
from calc.figure_types import PetFigures, PetPowerFigures
from gamedata.catalogue import ArchetypeId, Catalogue, PowerId

ROBOTICS = "Mastermind_Summon.Robotics"
DRONES = f"{ROBOTICS}.Battle_Drones"
PROTECTORS = f"{ROBOTICS}.Protector_Bots"
ASSAULT_BOT = f"{ROBOTICS}.Assault_Bot"
EQUIP = f"{ROBOTICS}.Equip_Robot"
UPGRADE = f"{ROBOTICS}.Upgrade_Robot"
ZOMBIES = "Mastermind_Summon.Necromancy.Zombie_Horde"
SOLDIERS = "Mastermind_Summon.Mercenaries.Soldiers"
SERUM = "Mastermind_Summon.Mercenaries.Serum"
ASSAULT = "Pool.Leadership.Assault"
TACTICS = "Pool.Leadership.Tactics"
SMASH = "Mastermind_Pets.Droid.Smash"
ON = TakenPower(level=1, on=True)


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def taken(*pieces: str, on: bool = True) -> TakenPower:
    slots = {
        f"s{index}": Slot(enhancement=SlottedEnhancement(f"Crafted_{piece}", 50))
        for index, piece in enumerate(pieces)
    }
    return TakenPower(level=1, on=on, slots=slots)


def build(
    powers: Mapping[str, TakenPower], level: int = 50, archetype: str = "Mastermind"
) -> Build:
    return Build(1, archetype=f"Class_{archetype}", powers=dict(powers), level=level)


def pet(engine: Engine, made: Build, power: str) -> PetFigures:
    return engine.figures(made)[PowerId(power)].pets[0]


def use(found: PetFigures, power: str) -> PetPowerFigures:
    return next(each for each in found.powers if each.power == power)


def strength(figures: PetPowerFigures) -> float:
    return figures.after["power.damage"] / figures.before["power.damage"]


# --- Supremacy --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("summon", "base"), [(DRONES, 0.58), (PROTECTORS, 0.67), (ASSAULT_BOT, 0.75)]
)
def test_supremacy_is_a_quarter_of_damage_and_a_tenth_of_to_hit(
    engine: Engine, summon: str, base: float
) -> None:
    attack = pet(engine, build({summon: ON}), summon).powers[0]
    assert strength(attack) == pytest.approx(1.25)
    accuracy = attack.before["power.accuracy_multiplier"]
    assert attack.before["power.accuracy"] == pytest.approx(accuracy * base)
    assert attack.after["power.accuracy"] == pytest.approx(accuracy * (base + 0.1))


@pytest.mark.parametrize(
    ("summon", "level", "to_hit"),
    [
        (DRONES, 18, 0.68),
        (DRONES, 17, 0.77),
        (DRONES, 6, 0.77),
        (DRONES, 5, 0.85),
        (PROTECTORS, 24, 0.77),
        (PROTECTORS, 23, 0.85),
        (ASSAULT_BOT, 17, 0.85),
    ],
)
def test_at_low_levels_henchmen_hit_as_well_as_their_master(
    engine: Engine, summon: str, level: int, to_hit: float
) -> None:
    """Supremacy adds 0.17, 0.09 and 0.08 for those who are too few to be weaker."""
    attack = pet(engine, build({summon: ON}, level), summon).powers[0]
    found = attack.after["power.accuracy"] / attack.after["power.accuracy_multiplier"]
    assert found == pytest.approx(to_hit)


def test_supremacy_is_for_henchmen_only(engine: Engine) -> None:
    """An imp of a controller; what is there for a power only has its summoner's strengths."""
    imps = "Controller_Control.Fire_Control.Fire_Imps"
    attack = pet(engine, build({imps: ON}, archetype="Controller"), imps).powers[0]
    assert strength(attack) == 1.0


# --- auras, buffs, set bonuses ----------------------------------------------------------------


def test_leadership_reaches_henchmen(engine: Engine) -> None:
    """Assault 1.5 x 0.075; Tactics 1.0 x 0.075, with an invention of 0.2545."""
    made = build({DRONES: ON, ASSAULT: ON, TACTICS: taken("ToHit_Buff")})
    smash = use(pet(engine, made, DRONES), SMASH)
    own = engine.totals(made)
    assert strength(smash) == pytest.approx(1.25 + own["offense.damage.smashing"].value - 1)
    assert strength(smash) > 1.3
    expected = 0.58 + 0.1 + own["offense.to_hit"].value
    found = smash.after["power.accuracy"] / smash.after["power.accuracy_multiplier"]
    assert found == pytest.approx(expected)
    assert own["offense.to_hit"].value == pytest.approx(0.075 * 1.2545, abs=1e-4)


def test_what_is_for_oneself_alone_stays_with_oneself(engine: Engine) -> None:
    aim = "Epic.Mace_Mastery_Mastermind.Mace_Beam"
    hasten = "Pool.Speed.Hasten"
    made = build({DRONES: ON, hasten: ON, aim: ON})
    smash = use(pet(engine, made, DRONES), SMASH)
    assert smash.after["power.recharge"] == smash.before["power.recharge"]


def test_serum_is_for_mercenaries(engine: Engine, full_catalogue: Catalogue) -> None:
    """10 x `Ranged_Buff_Dmg`."""
    tables = full_catalogue.archetypes[ArchetypeId("Class_Mastermind")].tables
    of_fifty = tables["ranged_buff_dmg"][-1]
    soldiers = pet(engine, build({SOLDIERS: ON, SERUM: ON}), SOLDIERS).powers[0]
    assert strength(soldiers) == pytest.approx(1.25 + 10 * of_fifty)
    drones = pet(engine, build({DRONES: ON, SERUM: ON}), DRONES).powers[0]
    assert strength(drones) == pytest.approx(1.25)


def test_henchmen_get_their_share_of_set_bonuses(engine: Engine) -> None:
    """`calc.md` §7.2: 40 % of what the mastermind has."""
    pieces = [f"Luck_of_the_Gambler_{letter}" for letter in "ABCDE"]
    made = build({ZOMBIES: taken("Damage"), "Pool.Fighting.Weave": taken(*pieces)})
    figures = engine.figures(made)
    (horde,) = figures[PowerId(ZOMBIES)].pets
    assert (horde.count, horde.is_part) == (3, False)
    assert "power.damage" not in figures[PowerId(ZOMBIES)].after  # they choose what to do
    attack = horde.powers[0]
    # Luck of the Gambler with four pieces: accuracy 9 %, of which henchmen get 3.6 %.
    mine = engine.totals(made)["offense.accuracy"].value
    assert mine == pytest.approx(0.09)
    theirs = attack.after["power.accuracy_multiplier"] / attack.before["power.accuracy_multiplier"]
    assert theirs - 1 == pytest.approx(0.4 * mine)
    assert strength(attack) == pytest.approx(1.25 + 0.4238, rel=1e-4)


def test_what_pets_have_by_themselves_counts_in_their_attacks(engine: Engine) -> None:
    """`Incarnate.Lore_Pet_Generic.Lore_Power`: a quarter more damage."""
    made = Build(
        1,
        archetype="Class_Scrapper",
        incarnates={"lore": "Incarnate.Lore.Arachnos_Core_Superior_Ally"},
    )
    found = engine.figures(made)
    ally = next(iter(found[PowerId("Incarnate.Lore.Arachnos_Core_Superior_Ally")].pets))
    burst = use(ally, "Incarnate.Lore_Pet_Arachnos_Boss.Venom_Burst")
    assert strength(burst) == pytest.approx(1.25)


# --- upgrades ---------------------------------------------------------------------------------


def test_upgrades_give_henchmen_their_powers(engine: Engine) -> None:
    drones = pet(engine, build({DRONES: ON, EQUIP: ON, UPGRADE: ON}), DRONES)
    given = {each.power.rpartition(".")[2]: each.via for each in drones.powers if each.via}
    assert given == {
        "Heavy_Laser_Burst": EQUIP,
        "Full_Auto_Laser": UPGRADE,
        "Overcharged_Burst": UPGRADE,
    }
    plain = pet(engine, build({DRONES: ON}), DRONES)
    assert not any(each.via for each in plain.powers)


def test_what_upgrades_count_unless_they_are_switched_off(
    engine: Engine, full_catalogue: Catalogue
) -> None:
    """They are clicks, but last: what says nothing of them has them."""
    silent = build({DRONES: ON, EQUIP: TakenPower(level=1)})
    assert any(each.via for each in pet(engine, silent, DRONES).powers)
    off = build({DRONES: ON, EQUIP: TakenPower(level=1, on=False)})
    assert not any(each.via for each in pet(engine, off, DRONES).powers)
    assert canonical(off, full_catalogue).powers[EQUIP].on is False
    assert engine.totals(off) == engine.totals(silent)


def test_the_summoners_slots_work_in_powers_that_upgrades_give(engine: Engine) -> None:
    made = build({DRONES: taken("Damage"), EQUIP: taken("Recharge")})
    burst = use(pet(engine, made, DRONES), "Mastermind_Pets.Droid_2.Heavy_Laser_Burst")
    assert strength(burst) == pytest.approx(1.25 + 0.4238, rel=1e-4)
    # The upgrade's own slots are for what it gives with them, which is no attack.
    assert burst.after["power.recharge"] == burst.before["power.recharge"]


# --- remembered -------------------------------------------------------------------------------


def test_henchmen_follow_every_change_of_other_powers(engine: Engine) -> None:
    plan = {DRONES: taken("Damage"), PROTECTORS: ON, EQUIP: ON, ASSAULT: ON, TACTICS: ON}
    weave = "Pool.Fighting.Weave"
    pieces = [f"Luck_of_the_Gambler_{letter}" for letter in "ABCDE"]
    changes: list[dict[str, TakenPower]] = [
        {EQUIP: replace(ON, on=False)},
        {ASSAULT: replace(ON, on=False)},
        {TACTICS: taken("ToHit_Buff")},
        {weave: taken(*pieces)},
        {weave: taken(*pieces[:3])},
        {EQUIP: taken("Damage_Resist")},
        {UPGRADE: ON},
        {UPGRADE: replace(ON, on=False)},
        {"Inherent.Inherent.Supremacy": TakenPower(on=False)},
    ]
    result = engine.result(build(plan))
    for change in changes:
        plan = plan | change
        made = build(plan)
        result = engine.result(made, result)
        assert result.figures == Engine(engine.catalogue).figures(made), change
