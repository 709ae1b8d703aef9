"""What Mids Reborn has as constants, and what it lists of set bonuses and slots, against ours.

Input: `common/maths.json`, `archetypes.json`, `server_data.json`, and of each golden build
`set_bonus_virtual_power.json` and `slots.json`. The export is right where both differ (`calc.md`
§16): by name below.
"""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from calc.attributes import FEEDS
from calc.build import Build, Slot, SlottedEnhancement, TakenPower
from calc.ed import KNEES
from calc.engine import Engine
from calc.stats import STATS
from gamedata.catalogue import Catalogue, PowerId
from tests.golden.mids import ALIASES, GOLDENS, build_of, meant, near

THREE_DECIMALS = 5.001e-4
HIT_POINTS = 0.76  # Mids has a stalker's 1204.7588 as 1204
SCHEDULES = "ABCD"
HASTEN = "Pool.Speed.Hasten"
# Something of each schedule: the piece, whose power, the effect.
OF_SCHEDULE = {
    "B": ("Crafted_Defense_Buff", "Class_Scrapper", "Pool.Fighting.Weave", "Melee"),
    "D": (
        "Crafted_Knockback",
        "Class_Dominator",
        "Dominator_Assault.Arsenal_Assault.Buckshot",
        "Knockback",
    ),
}
SNIPER = "Dominator_Assault.Arsenal_Assault.Sniper_Rifle"

# Mids' field, our key, what it multiplies the field with to have our unit.
CAPS = (
    ("HPCap", "health.max"),
    ("ResCap", "resistance.smashing"),
    ("DamageCap", "offense.damage.smashing"),
    ("RechargeCap", "offense.recharge"),
    ("RecoveryCap", "endurance.recovery"),
    ("RegenCap", "health.regeneration"),
    ("PerceptionCap", "perception"),
)
SOLDIERS = ("Class_Arachnos_Soldier", "Class_Arachnos_Widow")
OTHER_CAPS: dict[tuple[str, str], str] = {
    **{(who, "RegenCap"): "5.0 / 0.3 in the export, 20 in Mids" for who in SOLDIERS},
    **{(who, "RecoveryCap"): "5.25 / 1.05 in the export" for who in SOLDIERS},
    ("Class_Sentinel", "PerceptionCap"): "1268.3 in the export",
}


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def with_piece(archetype: str, power: str, piece: str, level: int) -> Build:
    slots = {"own": Slot(enhancement=SlottedEnhancement(piece, level))}
    return Build(1, archetype=archetype, powers={power: TakenPower(level=1, on=False, slots=slots)})


def test_thresholds_of_diversification(goldens: Path) -> None:
    theirs = read(goldens / "common" / "maths.json")["MultED"]
    assert [list(KNEES[schedule]) for schedule in SCHEDULES] == theirs  # type: ignore[index]


def test_inventions_of_every_level(goldens: Path, engine: Engine) -> None:
    """Mids rounds them to three decimals."""
    theirs = read(goldens / "common" / "maths.json")["MultIO"]
    for level in range(10, 51):
        of_a, of_b, of_c, of_d = theirs[level - 1]
        hasten = engine.figures(with_piece("Class_Scrapper", HASTEN, "Crafted_Recharge", level))
        found = hasten[PowerId(HASTEN)]
        ratio = found.before["power.recharge"] / found.after["power.recharge"]
        assert ratio - 1 == pytest.approx(of_a, abs=THREE_DECIMALS), level
        sniper = with_piece("Class_Dominator", SNIPER, "Crafted_Interrupt", level)
        aiming = engine.figures(sniper)[PowerId(SNIPER)]
        ratio = aiming.before["power.interrupt"] / aiming.after["power.interrupt"]
        assert ratio - 1 == pytest.approx(of_c, abs=THREE_DECIMALS), level
        for schedule, expected in (("B", of_b), ("D", of_d)):
            piece, who, power, attribute = OF_SCHEDULE[schedule]
            effects = engine.figures(with_piece(who, power, piece, level))[PowerId(power)].effects
            effect = next(each for each in effects if each.attribute == attribute)
            ratio = effect.magnitude / effect.before
            assert ratio - 1 == pytest.approx(expected, abs=THREE_DECIMALS), (level, schedule)


def test_bases_and_caps_of_every_archetype(goldens: Path, engine: Engine) -> None:
    rows = {each["ClassName"]: each for each in read(goldens / "common" / "archetypes.json")}
    players = [each for each in engine.catalogue.archetypes.values() if each.player]
    different = set()
    for who in players:
        row = rows[who.id]
        limits = engine.frame(Build(1, archetype=who.id)).limits
        caps = {stat.key: cap for stat, cap in zip(STATS, limits.caps, strict=True)}
        bare = engine.totals(Build(1, archetype=who.id))
        assert bare["health.max"].value == pytest.approx(row["Hitpoints"], abs=HIT_POINTS)
        assert limits.base_regeneration == pytest.approx(row["BaseRegen"])
        assert limits.base_recovery == pytest.approx(row["BaseRecovery"])
        for field, key in CAPS:
            cap = caps[key]
            assert cap is not None
            if not near(cap, row[field]):
                different.add((str(who.id), field))
    assert len(players) == 15
    assert different == set(OTHER_CAPS)


def test_speeds_of_everybody(goldens: Path, engine: Engine) -> None:
    data = read(goldens / "common" / "server_data.json")
    totals = engine.totals(Build(1, archetype="Class_Scrapper"))
    limits = engine.frame(Build(1, archetype="Class_Scrapper")).limits
    assert limits.highest_jump == pytest.approx(1.5 * data["MaxJumpHeight"])
    assert totals["movement.run_cap"].value == pytest.approx(data["MaxRunSpeed"], rel=5e-4)
    assert totals["movement.fly_cap"].value == pytest.approx(data["MaxFlySpeed"], rel=5e-4)
    assert totals["movement.jump_cap"].value == pytest.approx(114.66)  # Mids: 114.4


@pytest.mark.parametrize("name", GOLDENS)
def test_all_that_set_bonuses_give(
    name: str, goldens: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stat by stat, after the rule of five: what Mids lists, what our explanations name."""
    theirs: dict[str, list[float]] = {}
    listed = read(goldens / "builds" / name / "set_bonus_virtual_power.json")["Effects"]
    for effect in listed:
        attribute, aspect = meant(effect)
        for number, unit in FEEDS[attribute, aspect or "Current"]:
            theirs.setdefault(STATS[number].key, []).append(effect["BuffedMag"] * unit)
    memory = engine.remember(build_of(name, goldens, engine.catalogue))
    ours = {}
    for stat in STATS:
        items = engine.explain(memory, stat.key).items
        if values := [item.value for item in items if item.kind == "set bonus" and item.value]:
            ours[stat.key] = math.fsum(values)
    ours.pop("offense.damage", None)  # the same once more, as one figure
    assert ours.keys() == theirs.keys()
    for key, values in theirs.items():
        assert near(ours[key], math.fsum(values)), key
    with capsys.disabled():
        print(f"\n{name}: {len(listed)} effects of set bonuses on {len(ours)} stats", end=" ")  # noqa: T201


@pytest.mark.parametrize("name", GOLDENS)
def test_every_slot(name: str, goldens: Path, full_catalogue: Catalogue) -> None:
    """Where Mids has slots, and what is in them."""
    uids = {row["Nid"]: row["UID"] for row in read(goldens / "common" / "enhancements.json")}
    powers = read(goldens / "builds" / name / "enhanced_powers.json")
    names = {row["BuildIndex"]: row["FullName"] for row in powers}
    build = build_of(name, goldens, full_catalogue)
    compared = 0
    for row in read(goldens / "builds" / name / "slots.json"):
        power = names[row["BuildIndex"]]
        taken = build.powers.get(ALIASES.get(power, power))
        if taken is None:
            assert all(slot["Enh"] < 0 for slot in row["Slots"])
            continue
        theirs = Counter(uids[slot["Enh"]] for slot in row["Slots"] if slot["Enh"] >= 0)
        ours = Counter(slot.enhancement.id for slot in taken.slots.values() if slot.enhancement)
        assert ours == theirs, power
        added = [slot["Level"] + 1 for slot in row["Slots"][1:]]
        assert sorted(slot.level for key, slot in taken.slots.items() if key != "own") == added
        compared += len(row["Slots"])
    assert compared > 20


# Mids has the same sizes of range bonuses under other names (`calc.md` §16).
RANGE = {"Increased_Range_1": "3", "Increased_Range_2": "5", "Increased_Range_3": "7"}
OTHER_BONUSES = {
    "Attuned_Cupids_Crush": "the export calls the set Cupids_Crush",
    "Experienced_Marksman": "Mids names the bonuses of PvP and PvE the other way round",
}
GLOBAL = "PowerBoostsSlotted"  # of a single piece: Mids has those apart


def test_bonuses_of_every_set(goldens: Path, full_catalogue: Catalogue) -> None:
    names = [row["FullName"] for row in read(goldens / "common" / "power_static_index.json")]
    different = set()
    compared = 0
    for row in read(goldens / "common" / "enhancement_sets.json"):
        boost_set = full_catalogue.boost_sets.get(row["Uid"])
        if boost_set is None:
            different.add(row["Uid"])
            continue
        theirs = Counter(
            (each["Slotted"], each["PvModeName"] == "PvP", _in_the_export(names[index]))
            for each in row["Bonus"]
            for index in each["Index"]
        )
        ours = Counter(
            (bonus.min_pieces, bonus.pvp, str(power))
            for bonus in boost_set.bonuses
            if GLOBAL not in bonus.requires
            for power in bonus.powers
        )
        compared += ours.total()
        if ours != theirs:
            different.add(row["Uid"])
    assert different == set(OTHER_BONUSES)
    assert compared > 1000


def _in_the_export(name: str) -> str:
    powerset, _, bonus = name.rpartition(".")
    return f"{powerset}.Increased_Range_{RANGE[bonus]}" if bonus in RANGE else name
