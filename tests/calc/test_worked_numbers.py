"""The worked numbers of `calc.md`, section by section.

`ELSEWHERE` says where those are that another module's tests hold; the others are here, named by
their section. All are of level 50.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from calc import mbd
from calc.build import Build, Scenario, Slot, SlottedEnhancement, TakenPower
from calc.ed import KNEES, apply_ed
from calc.engine import Engine
from calc.figure_types import EffectFigure, Figures
from calc.slotting import fits
from gamedata.catalogue import Catalogue, EffectGroup, EnhancementId, PowerId, PowerParams, Template

TESTS = Path(__file__).parents[1]
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "0.1 a set bonus has the player's value": (
        "calc/test_engine.py::test_three_pieces_of_luck_of_the_gambler",
    ),
    "0.2 Crafted_X grows with the level": ("calc/test_enhance.py::test_common_inventions",),
    "0.3 superior pieces": (
        "calc/test_enhance.py::test_superior_pieces_have_their_quarter_more_in_the_data",
    ),
    "0.4 procs per minute of a boost": (
        "calc/test_enhance.py::test_a_piece_enhances_whatever_the_chance_of_its_proc",
    ),
    "2.1 tables": ("calc/test_tables.py::test_tables_of_a_scrapper_of_level_50",),
    "2.2 bases and caps": (
        "calc/test_tables.py::test_limits_of_a_scrapper_of_level_50",
        "calc/test_tables.py::test_soldiers_of_arachnos_recover_faster",
        "calc/test_stats.py::test_bases_and_caps_of_a_scrapper",
        "calc/test_totals.py::test_caps",
    ),
    "3 ticks, expressions, deactivation": (
        "calc/test_damage.py::test_one_tick_at_once_and_one_after_each_period",
        "calc/test_conditions.py::test_the_result_of_an_expression_template",
        "calc/test_engine.py::test_switching_off_does_not_count",
    ),
    "5.1 Hasten": ("calc/test_engine.py::test_a_click_counts_while_it_is_on",),
    "5.2 Supremacy, Grant Cover": (
        "calc/test_engine.py::test_masterminds_have_no_to_hit_from_supremacy",
        "calc/test_engine.py::test_grant_cover_covers_others",
    ),
    "5.3 per target": (
        "calc/test_engine.py::test_against_all_odds",
        "calc/test_engine.py::test_soul_drain",
        "calc/test_engine.py::test_phalanx_fighting",
        "calc/test_running.py::test_one_target_powers_have_their_target_while_they_are_on",
    ),
    "5.3 keys": ("calc/test_engine.py::test_of_one_key_only_the_strongest_counts",),
    "5.5 Boxing": ("calc/test_figures.py::test_damage_of_one_use",),
    "5.5 Reactive Defenses": ("calc/test_engine.py::test_globals_that_are_set_bonuses",),
    "6.2 inventions, origins, boosters": (
        "calc/test_enhance.py::test_common_inventions",
        "calc/test_enhance.py::test_levels_of_inventions_are_kept_within_bounds",
        "calc/test_enhance.py::test_more_aspects_share_the_value",
        "calc/test_enhance.py::test_training_dual_and_single_origin",
        "calc/test_enhance.py::test_origin_enhancements_have_the_schedule_of_their_kind",
        "calc/test_enhance.py::test_boosters_and_relative_levels",
    ),
    "6.3 knees, Hasten, Deflection, Weave": (
        "calc/test_ed.py::test_value_at_each_knee",
        "calc/test_ed.py::test_recharge_inventions_in_hasten",
        "calc/test_ed.py::test_defense_inventions_in_deflection",
        "calc/test_ed.py::test_weave_with_two_sets_and_kismet",
        "calc/test_ed.py::test_a_negative_sum_is_not_diminished",
        "calc/test_figures.py::test_hasten_with_two_inventions",
    ),
    "6.4 Tough's cost, 7.4 Reactive Defenses in Deflection": (
        "calc/test_engine.py::test_global_endurance_discount_reaches_a_toggles_cost",
    ),
    "7.2 three pieces of Luck of the Gambler": (
        "calc/test_engine.py::test_three_pieces_of_luck_of_the_gambler",
    ),
    "7.3 the rule of five": (
        "golden/test_totals.py::test_six_copies_of_one_bonus_count_five_times",
    ),
    "7.4 pieces that give something": (
        "calc/test_engine.py::test_pieces_that_give_their_owner_something",
        "calc/test_engine.py::test_globals_that_are_set_bonuses",
        "calc/test_engine.py::test_impervious_skin_has_both_kinds",
    ),
    "8 Agility, Destiny": (
        "calc/test_incarnates.py::test_alpha_enhances_what_takes_its_types",
        "calc/test_incarnates.py::test_alpha_joins_the_slots_before_ed_and_adds_its_rest_after",
        "calc/test_incarnates.py::test_destiny_fades_in_steps",
    ),
    "9 Vigilance, Fury, accolades": (
        "calc/test_engine.py::test_vigilance_of_a_defender",
        "calc/test_scenarios.py::test_fury_is_two_percent_of_damage_a_point",
        "calc/test_engine.py::test_accolades",
    ),
    "10 caps, derived": (
        "calc/test_totals.py::test_caps",
        "calc/test_totals.py::test_launch_raises_the_cap_of_the_jump_height",
        "calc/test_totals.py::test_what_follows_from_others",
        "calc/test_figures.py::test_the_chance_to_hit_falls_with_the_level_of_the_foe",
    ),
    "11 cast times, damage, summons": (
        "calc/test_arcana.py::test_a_cast_ends_at_the_beat_after_next",
        "calc/test_damage.py::test_a_tick_that_misses_ends_the_row",
        "calc/test_figures.py::test_damage_of_one_use",
        "calc/test_figures.py::test_what_is_derived_from_damage",
    ),
    "12 procs per minute": ("calc/test_procs.py::test_the_worked_numbers",),
    "13 set bonuses below the piece's level": (
        "calc/test_bonuses.py::test_exemplared_characters_keep_some_bonuses",
    ),
    "14.1 the schedule": ("calc/test_schedule.py::test_24_picks_and_67_slots",),
    "14.6 allowed pairs of Mids": ("calc/test_slotting.py::test_pairs_that_mids_was_asked_about",),
    "14.6 added slots of the golden builds": (
        "calc/test_rules.py::test_golden_builds_are_legal_but_for_their_slots",
    ),
    "15, 16 Mids": (
        "golden/test_totals.py::test_every_number_of_a_golden_build",
        "golden/test_totals.py::test_every_number_with_the_records_of_mids",
        "golden/test_figures.py::test_every_scalar_of_every_power",
        "golden/test_figures.py::test_every_scalar_with_the_records_of_mids",
        "golden/test_effects.py::test_every_effect_of_every_power",
        "golden/test_effects.py::test_every_effect_with_the_records_of_mids",
    ),
}

SCRAPPER = "Class_Scrapper"
SMITE = "Scrapper_Melee.Dark_Melee.Smite"
SOUL_DRAIN = "Scrapper_Melee.Dark_Melee.Soul_Drain"
DEFLECTION = "Scrapper_Defense.Shield_Defense.Deflection"
ONE_WITH_THE_SHIELD = "Scrapper_Defense.Shield_Defense.One_with_the_Shield"
HASTEN = "Pool.Speed.Hasten"
HAIL_OF_BULLETS = "Blaster_Ranged.Dual_Pistols.Hail_of_Bullets"
CRYO_FREEZE_RAY = "Dominator_Control.Arsenal_Control.Cryo_Freeze_Ray"
MOONBEAM = "Epic.Stalker_Soul_Mastery.Moonbeam"
AGILITY = "Incarnate.Alpha.Agility_Core_Paragon"


def test_every_test_that_is_named_exists() -> None:
    for name in {name for names in ELSEWHERE.values() for name in names}:
        file, _, function = name.partition("::")
        assert function in functions(TESTS / file), name


@cache
def functions(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def on(*pieces: str, count: int | None = None) -> TakenPower:
    slots = {
        f"s{index}": Slot(enhancement=SlottedEnhancement(piece, 50))
        for index, piece in enumerate(pieces)
    }
    power = TakenPower(level=1, on=True, slots=slots)
    return power if count is None else replace(power, count=count)


def build(archetype: str, powers: dict[str, TakenPower], **scenario: object) -> Build:
    return Build(
        1,
        archetype=archetype,
        powers=powers,
        scenarios={"solo": replace(Scenario(), **scenario)},
    )


def figures(engine: Engine, of: str, made: Build) -> Figures:
    return engine.figures(made)[PowerId(of)]


def effects(found: Figures, attribute: str) -> list[EffectFigure]:
    return [effect for effect in found.effects if effect.attribute == attribute]


# --- §0 ---------------------------------------------------------------------------------------


def test_0_8_nothing_makes_one_with_the_shield_come_sooner(engine: Engine) -> None:
    powers = {ONE_WITH_THE_SHIELD: on("Crafted_Recharge"), HASTEN: on()}
    found = figures(engine, ONE_WITH_THE_SHIELD, build(SCRAPPER, powers))
    assert found.after["power.recharge"] == 360.0


def test_0_9_a_magnitude_of_zero_is_no_factor(engine: Engine, full_catalogue: Catalogue) -> None:
    rest = figures(engine, "Inherent.Inherent.Rest", build(SCRAPPER, {}))
    assert [effect.magnitude for effect in effects(rest, "Regeneration")] == [19.0]
    power = full_catalogue.powers[PowerId("Inherent.Inherent.Rest")]
    (stored,) = (each for each in templates(power.effects) if "Regeneration" in each.attributes)
    assert stored.magnitude == 0.0


def templates(groups: tuple[EffectGroup, ...]) -> Iterator[Template]:
    for group in groups:
        yield from group.templates
        yield from templates(group.children)


def test_0_10_a_dominators_hold_is_doubled_by_domination_only(engine: Engine) -> None:
    plain = {CRYO_FREEZE_RAY: on()}
    rising = plain | {"Inherent.Inherent.Domination": on()}
    for powers, holds in ((plain, [14.9]), (rising, [14.9, 26.82])):
        found = figures(engine, CRYO_FREEZE_RAY, build("Class_Dominator", powers))
        durations = [effect.duration_s for effect in effects(found, "Held")]
        assert durations == pytest.approx(holds)


# --- §3: ticks --------------------------------------------------------------------------------


def test_3_midnight_grasps_ticks(engine: Engine) -> None:
    """3.1 s, one each 0.75 s after the first half second: five ticks."""
    grasp = "Scrapper_Melee.Dark_Melee.Midnight_Grasp"
    found = figures(engine, grasp, build(SCRAPPER, {grasp: on()}))
    (slow,) = (each for each in effects(found, "Negative_Energy_Dmg") if each.ticks > 1)
    assert (slow.ticks, slow.period_s, slow.delay_s, slow.duration_s) == (5, 0.75, 0.5, 3.1)
    assert slow.magnitude == pytest.approx(0.11 * 62.5631)


# --- §5.5: chances ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ammunition", "lethal", "fire"),
    [(None, [0.6, 0.6], []), ("Incendiary_Ammunition", [0.6], [0.6, 0.8])],
)
def test_5_5_ammunition_in_hail_of_bullets(
    engine: Engine, ammunition: str | None, lethal: list[float], fire: list[float]
) -> None:
    """Chances of each tick: 0.6 - 0.6 of the lethal part, 0 + 0.6 of fire, 0 + 0.8 of burning."""
    powers = {HAIL_OF_BULLETS: on(), "Blaster_Ranged.Dual_Pistols.Swap_Ammo": on()}
    if ammunition:
        powers[f"Blaster_Ranged.Dual_Pistols.{ammunition}"] = on()
    found = figures(engine, HAIL_OF_BULLETS, build("Class_Blaster", powers))
    for attribute, chances in (("Lethal_Dmg", lethal), ("Fire_Dmg", fire)):
        hits = [each for each in effects(found, attribute) if each.aspect == "Absolute"]
        assert [each.chance for each in hits] == pytest.approx(chances)


@pytest.mark.parametrize(
    ("piece", "minion", "boss"),
    [
        ((), 0.05, 0.10),
        (("Attuned_Scrappers_Strike_F",), 0.07, 0.14),
        (("Superior_Attuned_Superior_Scrappers_Strike_F",), 0.08, 0.16),  # +0.03, +0.06
    ],
)
def test_5_5_a_set_bonus_makes_critical_hits_likelier(
    engine: Engine, piece: tuple[str, ...], minion: float, boss: float
) -> None:
    """Wherever the piece is, and whether or not that power is on; but once."""
    powers = {SMITE: on(), DEFLECTION: replace(on(*piece), on=False)}
    for rank, chance in (("minion", minion), ("boss", boss)):
        found = figures(engine, SMITE, build(SCRAPPER, powers, target_rank=rank))
        (critical,) = (effect.chance for effect in found.effects if effect.chance < 1)
        assert critical == pytest.approx(chance)
        expected = (1.32 + chance * 1.32) * 62.5631
        assert found.after["power.damage"] == pytest.approx(expected, abs=1e-3)


def test_5_5_remembered_chances_follow_the_pieces(engine: Engine) -> None:
    """The figures of Smite change with a piece that is elsewhere."""
    plain = build(SCRAPPER, {SMITE: on(), DEFLECTION: on()})
    piece = "Superior_Attuned_Superior_Scrappers_Strike_F"
    other = build(SCRAPPER, {SMITE: on(), DEFLECTION: on(piece)})
    result = engine.result(plain)
    for made in (other, plain):
        result = engine.result(made, result)
        assert result.figures == Engine(engine.catalogue).figures(made)


def test_5_5_a_piece_changes_chances_in_its_own_power(engine: Engine) -> None:
    """Sudden Acceleration: -1 on 1.1 and on 1; and no other power hears of it."""
    field, other = (
        f"Controller_Buff.Force_Field.{name}" for name in ("Repulsion_Field", "Force_Bolt")
    )
    piece = "Crafted_Sudden_Acceleration_F"
    plain = engine.figures(build("Class_Controller", {field: on(), other: on()}))
    found = engine.figures(build("Class_Controller", {field: on(piece), other: on()}))
    chances = [
        {effect.attribute: effect.chance for effect in figures_[PowerId(field)].effects}
        for figures_ in (plain, found)
    ]
    assert (chances[0]["Knockback"], chances[0]["Repel"]) == (1.0, 1.0)
    assert chances[1]["Knockback"] == pytest.approx(0.1)
    assert "Repel" not in chances[1]
    assert found[PowerId(other)] == plain[PowerId(other)]


@pytest.mark.parametrize(("pieces", "likelier"), [(1, 0.0), (3, 0.4), (6, 1.0)])
def test_5_5_pieces_of_a_set_make_its_proc_larger(
    engine: Engine, pieces: int, likelier: float
) -> None:
    """Cupid's Crush: half a point more of confusion, 0 + 0.2 for each other piece, at most 1."""
    confuse = "Controller_Control.Mind_Control.Confuse"
    slotted = on(*(f"Attuned_Cupids_Crush_{letter}" for letter in "FABCDE"[:pieces]))
    found = figures(engine, confuse, build("Class_Controller", {confuse: slotted}))
    (proc,) = found.procs
    half = [effect.chance for effect in proc.effects if effect.magnitude == 0.5]
    assert half == pytest.approx([proc.chance * likelier] if likelier else [])


# --- §6 ---------------------------------------------------------------------------------------


def test_6_3_the_slopes() -> None:
    for schedule, (first, second, third) in KNEES.items():
        for start, slope in ((0.0, 1.0), (first, 0.9), (second, 0.7), (third, 0.15)):
            rise = apply_ed(start + 0.01, schedule) - apply_ed(start, schedule)
            assert rise == pytest.approx(slope * 0.01), (schedule, start)


# --- §7 ---------------------------------------------------------------------------------------


def test_7_3_how_often_bonuses_count(full_catalogue: Catalogue) -> None:
    bonuses = [
        power.number_allowed
        for power in full_catalogue.powers.values()
        if power.powerset.startswith("Set_Bonus.")
    ]
    counts = {times: bonuses.count(times) for times in sorted(set(bonuses))}
    assert counts == {1: 41, 2: 5, 3: 5, 5: 946}


# --- §8 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alpha", "slotted", "past_ed"),
    [
        ("Damage_Common", 0.275, 0.055),
        ("Damage_Uncommon", 0.22, 0.11),
        ("Damage_Rare", 0.165, 0.165),
        ("Damage_Very_Rare", 0.11, 0.22),
        ("Damage_Plus", 0.225, 0.225),
        ("Damage_Plus_Very_Rare", 0.15, 0.30),
        ("Hold_Half", 0.0825, 0.0825),
        ("Defense_Buff_Uncommon", 0.1333, 0.0667),
        ("Defense_Buff_Rare", 0.10, 0.10),
        ("Defense_Buff_Very_Rare", 0.0667, 0.1333),
    ],
)
def test_8_alphas_parts(
    engine: Engine, full_catalogue: Catalogue, alpha: str, slotted: float, past_ed: float
) -> None:
    """What joins the slots before ED, and what is added after it: as the figures list them."""
    silent = PowerId(f"Incarnate.Alpha_Silent.{alpha}")
    granting = next(
        power
        for power in full_catalogue.powers.values()
        if power.powerset == "Incarnate.Alpha"
        and any(
            isinstance(each.params, PowerParams) and silent in each.params.powers
            for each in templates(power.effects)
        )
    )
    chosen = replace(build(SCRAPPER, {}), incarnates={"alpha": granting.id})
    found = figures(engine, granting.id, chosen)
    values = {each.magnitude for each in found.effects if each.via == silent}
    assert sorted(values) == pytest.approx(sorted({slotted, past_ed}))


def test_8_agility_on_three_defenses(engine: Engine) -> None:
    """Maneuvers, Weave and Combat Jumping of a dominator, 20 % more: with Cloaking Device as
    Mids has it (0.017475) that is 0.107475 and 0.12897, which the golden builds hold."""
    names = ("Pool.Leadership.Defense", "Pool.Fighting.Weave", "Pool.Leaping.Combat_Jumping")
    plain = build("Class_Dominator", {name: on() for name in names})
    assert engine.totals(plain)["defense.melee"].value == pytest.approx(0.107475 - 0.017475)
    alpha = replace(plain, incarnates={"alpha": AGILITY})
    expected = 0.12897 - 1.2 * 0.017475
    assert engine.totals(alpha)["defense.melee"].value == pytest.approx(expected)


# --- §10: hasten_2rech ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("defense.smashing", 0.079),
        ("defense.ranged", 0.294784),
        ("defense.melee", 0.1165),
        ("resistance.smashing", 0.1125),
        ("health.max", 1472.483),
        ("health.absorb", 0.0),
        ("health.regeneration", 1.4),
        ("endurance.recovery", 1.25),
        ("endurance.max", 100.0),
        ("endurance.use_per_second", 1.859),
        ("offense.to_hit", 0.07),
        ("movement.run", 28.35),
        ("movement.jump", 47.355),
        ("movement.jump_height", 18.672),
        ("movement.run_cap", 135.66),
        ("movement.jump_cap", 114.66),
        ("movement.fly_cap", 85.995),
        ("perception", 742.2),
        ("protection.immobilized", 20.76),
        ("status_resistance.immobilized", 0.6055),
        ("status_resistance.knockback", 100.0),
        ("debuff_resistance.defense", 0.53073),
        ("debuff_resistance.recharge", 0.30),
        ("debuff_resistance.perception", 0.3633),
    ],
)
def test_10_totals_of_hasten_2rech(goldens: Path, engine: Engine, key: str, value: float) -> None:
    file = goldens / "builds" / "hasten_2rech" / "hasten_2rech.mbd"
    made = mbd.read(file.read_bytes(), engine.catalogue).build
    assert engine.totals(made)[key].value == pytest.approx(value, rel=5e-4)


def test_10_cardiac_and_red_fortune(goldens: Path, engine: Engine) -> None:
    """`EndUse` 2.165 / 1.45, and 0.02 damage of four pieces (§8, §10)."""
    file = goldens / "builds" / "arsenal_dominator_noslots" / "arsenal_dominator_noslots.mbd"
    made = mbd.read(file.read_bytes(), engine.catalogue).build
    cost = engine.totals(made)["endurance.use_per_second"].value
    assert cost == pytest.approx(2.165 + 0.006)  # the export's two dearer powers (§16)
    cardiac = replace(made, incarnates={"alpha": "Incarnate.Alpha.Cardiac_Core_Paragon"})
    assert engine.totals(cardiac)["endurance.use_per_second"].value == pytest.approx(cost / 1.45)
    red_fortune = on(*(f"Crafted_Red_Fortune_{letter}" for letter in "ABCD"))
    found = engine.totals(build(SCRAPPER, {DEFLECTION: red_fortune}))
    assert found["offense.damage"].value == pytest.approx(1.02)


# --- §11 --------------------------------------------------------------------------------------


def test_11_accuracy_of_soul_drain(engine: Engine) -> None:
    tactics = {SOUL_DRAIN: TakenPower(level=1), "Pool.Leadership.Tactics": on()}
    found = figures(engine, SOUL_DRAIN, build(SCRAPPER, tactics))
    assert found.after["power.accuracy"] == pytest.approx(1.2 * 0.82)


def test_11_a_range_alpha(engine: Engine) -> None:
    made = build("Class_Dominator", {CRYO_FREEZE_RAY: on()})
    alpha = replace(made, incarnates={"alpha": "Incarnate.Alpha.Intuition_Radial_Paragon"})
    found = figures(engine, CRYO_FREEZE_RAY, alpha)
    assert found.before["power.range"] == 80.0
    assert found.after["power.range"] == pytest.approx(96.0)


@pytest.mark.parametrize("foes", [1, 4, 10])
def test_11_soul_drains_buffs_per_target(engine: Engine, foes: int) -> None:
    """To-hit 0.1 x (1 + 0.2 n), damage 0.125 x (4 + 0.8 n), for 30 s (§5.3)."""
    found = figures(engine, SOUL_DRAIN, build(SCRAPPER, {SOUL_DRAIN: on(count=foes)}))
    to_hit = effects(found, "ToHit")
    damage = [each for each in effects(found, "Smashing_Dmg") if each.aspect == "Strength"]
    assert sum(each.magnitude for each in to_hit) == pytest.approx(0.1 * (1 + 0.2 * foes))
    assert sum(each.magnitude for each in damage) == pytest.approx(0.125 * (4 + 0.8 * foes))
    assert {each.duration_s for each in (*to_hit, *damage)} == {30.0}
    assert {each.on for each in (*to_hit, *damage)} == {"self"}


def test_11_siphon_power_gives_its_user_what_it_executes(engine: Engine) -> None:
    """-0.25 damage on the foe, +0.25 on oneself by another power (§8)."""
    siphon = "Defender_Buff.Kinetics.Siphon_Power"
    found = figures(engine, siphon, build("Class_Defender", {siphon: on()}))
    given = {(each.on, each.via): each.magnitude for each in effects(found, "Fire_Dmg")}
    assert given == {
        ("foe", ""): pytest.approx(-0.25),
        ("self", "Redirects.Kinetics.SiphonPower"): pytest.approx(0.25),
    }


@pytest.mark.parametrize("tactics", [False, True])
def test_11_moonbeams_quick_form(engine: Engine, tactics: bool) -> None:
    """1.75 x (0.314 x minmax(4.54 x (0.75 + ToHit) - 3.41, -1, 1) + 1) x 62.5631, in a fight."""
    powers = {MOONBEAM: on()} | ({"Pool.Leadership.Tactics": on()} if tactics else {})
    normal = figures(engine, MOONBEAM, build(SCRAPPER, powers))
    quick = figures(engine, MOONBEAM, build(SCRAPPER, powers, combat=True))
    assert normal.power.endswith("Moonbeam_Normal")
    assert quick.power.endswith("Moonbeam_Quick")
    assert normal.after["power.cast"] == 4.33
    assert quick.after["power.cast"] == 1.33
    factor = 0.314 * min(max(4.54 * (0.82 if tactics else 0.75) - 3.41, -1), 1) + 1
    hit = 1.75 * factor * 62.5631
    assert hit == pytest.approx(120.239 if tactics else 109.3135, abs=1e-3)
    first, critical = effects(quick, "Negative_Energy_Dmg")
    assert (first.magnitude, critical.magnitude) == (pytest.approx(hit), pytest.approx(hit))
    assert quick.after["power.damage"] == pytest.approx(hit * 1.1)


# --- §14 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("power", "piece", "allowed"),
    [
        (ONE_WITH_THE_SHIELD, "Crafted_Recharge", False),
        (HASTEN, "Crafted_Recharge", True),
        (SOUL_DRAIN, "Crafted_Force_Feedback_A", False),
    ],
)
def test_14_6_what_may_be_slotted_where(
    full_catalogue: Catalogue, power: str, piece: str, allowed: bool
) -> None:
    enhancement = full_catalogue.enhancements[EnhancementId(piece)]
    assert fits(full_catalogue.powers[PowerId(power)], enhancement, full_catalogue) is allowed


# --- §16, §17 ---------------------------------------------------------------------------------


def test_17_2_flight_adds_to_the_base(engine: Engine) -> None:
    """Cap of Fly: (4.095 + 2.0475) x 21 = 128.99; the cap of caps is 171.99."""
    plain, flying = (
        engine.totals(build(SCRAPPER, powers)) for powers in ({}, {"Pool.Flight.Fly": on()})
    )
    assert plain["movement.fly_cap"].value == pytest.approx(4.095 * 21)
    assert flying["movement.fly_cap"].value == pytest.approx(128.99, abs=5e-3)
    frame = engine.frame(build(SCRAPPER, {}))
    highest = frame.archetype.maximum_maximum["speed_flying"][-1]
    assert highest * 21 == pytest.approx(171.99)
    boosted = figures(
        engine, "Pool.Flight.Fly", build(SCRAPPER, {"Pool.Flight.Fly": on("Crafted_Fly")})
    )
    (speed,) = (each for each in effects(boosted, "FlyingSpeed") if each.aspect == "Current")
    faster = engine.totals(build(SCRAPPER, {"Pool.Flight.Fly": on("Crafted_Fly")}))
    more = (speed.magnitude - speed.before) * 21
    assert faster["movement.fly"].value - flying["movement.fly"].value == pytest.approx(more)
