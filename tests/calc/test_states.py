"""States that attacks build up, and combinations: the numbers are those of the export.

One point of the melee scale is 62.5631 damage for a scrapper of level 50.
"""

from collections.abc import Mapping
from random import Random

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from calc.build import Build, PowerCondition, Scenario, TakenPower, empty
from calc.engine import Engine
from calc.operations import Applied, ChangeScenario, Refused, apply
from calc.states import is_state
from gamedata.catalogue import ArchetypeId, Catalogue, PowerId
from tests.legal_builds import legal_build
from tests.small import SMALL

STATES = "Temporary_Powers.Temporary_Powers"
STAFF = "Scrapper_Melee.Staff_Fighting"
STREET_JUSTICE = "Scrapper_Melee.Brawling"
SAVAGE = "Scrapper_Melee.Savage_Melee"
PSIONIC = "Scrapper_Melee.Psionic_Melee"
ENERGY = "Scrapper_Melee.Energy_Melee"
SONIC = "Scrapper_Melee.Sonic_Melee"
BLADES = "Scrapper_Melee.Dual_Blades"
WATER = "Blaster_Ranged.Water_Blast"
BEAM_RIFLE = "Blaster_Ranged.Beam_Rifle"
MARINE = "Defender_Buff.Marine_Affinity"
MELEE = 62.5631
ON, TAKEN = TakenPower(level=1, on=True), TakenPower(level=1)


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def made(
    power: str,
    states: Mapping[str, int] | None = None,
    *,
    on: tuple[str, ...] = (),
    in_build: bool = False,
    target_has: Mapping[str, int] | None = None,
    allies: int = 0,
) -> Build:
    """A build with one power, in some states by their number of copies."""
    named = {
        name if "." in name else f"{STATES}.{name}": many for name, many in (states or {}).items()
    }
    powers = {power: TAKEN, **dict.fromkeys(on, ON)}
    conditions = {}
    if in_build:
        powers.update({name: TakenPower(count=many) for name, many in named.items()})
    else:
        conditions = {name: PowerCondition(True, many) for name, many in named.items()}
    scenario = Scenario(
        powers=conditions,
        target_has={
            name if "." in name else f"{STATES}.{name}": many
            for name, many in (target_has or {}).items()
        },
        allies=allies,
    )
    archetype = f"Class_{power.partition('_')[0]}"
    return Build(1, archetype=archetype, powers=powers, scenarios={"solo": scenario})


def damage(engine: Engine, build: Build) -> float:
    power = next(iter(build.powers))
    return engine.figures(build)[PowerId(power)].after["power.damage"]


def value(engine: Engine, build: Build, stat: str) -> float:
    return engine.totals(build)[stat].value


@pytest.mark.parametrize("in_build", [False, True])
def test_perfection_is_told_by_the_build_or_the_scenario(engine: Engine, in_build: bool) -> None:
    """Perfection of Body: 0.05, 0.1125, 0.1875 damage; at 3 Eye of the Storm has 0.492 more."""
    eye = f"{STAFF}.Eye_of_the_Storm"
    for level, gained in ((1, 0.05), (2, 0.1125), (3, 0.1875)):
        build = made(eye, {f"Perfection_of_Body_Level_{level}": 1}, in_build=in_build)
        assert value(engine, build, "offense.damage.smashing") == pytest.approx(1 + gained)
    plain = damage(engine, made(eye))
    best = damage(engine, made(eye, {"Perfection_of_Body_Level_3": 1}, in_build=in_build))
    assert best == pytest.approx((plain + 0.492 * MELEE) * 1.1875)


@pytest.mark.parametrize(("level", "scale"), [(1, 3.339), (2, 3.5616), (3, 3.975)])
def test_combo_levels_of_street_justice(engine: Engine, level: int, scale: float) -> None:
    """Crushing Uppercut: 3.18 without, and a hold at level 3."""
    uppercut = f"{STREET_JUSTICE}.Crushing_Uppercut"
    build = made(uppercut, {f"Combo_Level_{level}": 1})
    gained = damage(engine, build) - damage(engine, made(uppercut))
    assert gained == pytest.approx((scale - 3.18) * MELEE, rel=1e-4)
    effects = engine.figures(build)[PowerId(uppercut)].effects
    assert any(effect.attribute == "Held" for effect in effects) == (level == 3)


@pytest.mark.parametrize(("tidal", "is_fast"), [(0, False), (2, False), (3, True), (9, True)])
def test_tidal_power_counts_to_three(engine: Engine, tidal: int, is_fast: bool) -> None:
    """At three Water Jet is used twice as quickly, and hurts more."""
    jet = f"{WATER}.Water_Jet"
    found = engine.figures(made(jet, {"Tidal_Power": tidal}))[PowerId(jet)]
    assert found.power.endswith("_Fast") == is_fast


@pytest.mark.parametrize(("copies", "counted"), [(1, 1), (4, 4), (5, 5), (50, 5)])
def test_blood_frenzy_stacks_to_five(engine: Engine, copies: int, counted: int) -> None:
    """0.04 recharge and 0.06 endurance discount each; Rending Flurry has one more per copy."""
    flurry = f"{SAVAGE}.Rending_Flurry"
    build = made(flurry, {"Savage_Melee_Blood_Frenzy_Stalker": copies})
    assert value(engine, build, "offense.recharge") == pytest.approx(1 + 0.04 * counted)
    gained = value(engine, build, "offense.endurance_discount")
    assert gained == pytest.approx(0.06 * counted)
    few = made(flurry, {"Savage_Melee_Blood_Frenzy_Stalker": counted})
    assert damage(engine, build) == damage(engine, few) > damage(engine, made(flurry))


def test_insight_makes_greater_psi_blade_stronger(engine: Engine) -> None:
    blade = f"{PSIONIC}.Greater_Psi_Blade"
    assert damage(engine, made(blade)) == pytest.approx(189.9416, abs=1e-3)
    found = damage(engine, made(blade, {"Psionic_Melee_Insight": 1}))
    assert found == pytest.approx(276.2786, abs=1e-3)


def test_energy_focus_makes_energy_transfer_quick(engine: Engine) -> None:
    transfer = f"{ENERGY}.Energy_Transfer"
    slow = engine.figures(made(transfer))[PowerId(transfer)]
    build = made(transfer, {"Redirects.Energy_Melee.Energy_Store": 1})
    quick = engine.figures(build)[PowerId(transfer)]
    assert quick.after["power.cast"] < slow.after["power.cast"]


@pytest.mark.parametrize("allies", [0, 3])
@pytest.mark.parametrize("copies", [1, 2, 10])
def test_rising_tide_stacks_by_its_copies_and_not_by_allies(
    engine: Engine, copies: int, allies: int
) -> None:
    """0.24 x 0.125 damage and 0.02 recharge each; Vigilance adds its 0.3."""
    build = made(f"{MARINE}.Soothing_Wave", {"Rising_Tide": copies}, allies=allies)
    assert value(engine, build, "offense.damage.fire") == pytest.approx(1.3 + copies * 0.03)
    assert value(engine, build, "offense.recharge") == pytest.approx(1 + copies * 0.02)


def test_a_state_is_not_there_while_it_is_off(engine: Engine) -> None:
    eye = f"{STAFF}.Eye_of_the_Storm"
    state = f"{STATES}.Perfection_of_Body_Level_3"
    scenario = Scenario(powers={state: PowerCondition(on=False)})
    powers = {eye: TAKEN, state: TakenPower()}
    off = Build(1, archetype="Class_Scrapper", powers=powers, scenarios={"solo": scenario})
    assert damage(engine, off) == damage(engine, made(eye))
    assert value(engine, off, "offense.damage.smashing") == 1.0


def test_a_scenario_gives_nobody_powers_that_are_no_states(engine: Engine) -> None:
    for other in ("Pool.Speed.Hasten", "Set_Bonus.Set_Bonus.Luck_of_the_Gambler"):
        build = made(f"{STAFF}.Eye_of_the_Storm", {other: 1})
        assert value(engine, build, "offense.recharge") == 1.0


# --- what the foe has -------------------------------------------------------------------------


def test_disintegrate_on_the_foe(engine: Engine) -> None:
    lancer = f"{BEAM_RIFLE}.Lancer_Shot"
    spread = made(lancer, target_has={"Beam_Rifle_Debuff": 1})
    assert damage(engine, spread) == pytest.approx(1.2 * damage(engine, made(lancer)))
    # It is the foe's: nothing of it is felt by oneself.
    assert engine.totals(spread) == engine.totals(made(lancer))


def test_what_the_foe_has_is_changed_one_by_one() -> None:
    first, second = sorted(SMALL.powers)[:2]
    build = empty()
    for power in (first, second):
        answer = apply(build, ChangeScenario("solo", target_has={power: 2}), SMALL)
        assert isinstance(answer, Applied)
        build = answer.build
    assert build.scenarios["solo"].target_has == {first: 2, second: 2}
    answer = apply(build, ChangeScenario("solo", target_has={first: 0}), SMALL)
    assert isinstance(answer, Applied)
    assert answer.build.scenarios["solo"].target_has == {second: 2}
    back = apply(answer.build, answer.inverse[0], SMALL)
    assert isinstance(back, Applied)
    assert back.build == build
    unknown = apply(build, ChangeScenario("solo", target_has={"Nowhere.No.Power": 1}), SMALL)
    assert isinstance(unknown, Refused)
    assert unknown.code == "unknown_power"


# --- combinations -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "gained"),
    [
        ((), 0.0),
        (("Moderate_Bridge",), 0.0),
        (("Special_1",), 0.0),
        (("Moderate_Bridge", "Special_1"), 5 * 0.2 * MELEE),
    ],
)
def test_dual_blades_combinations(engine: Engine, on: tuple[str, ...], gained: float) -> None:
    """Attack Vitals: Ablating Strike, Vengeful Slice, and five ticks of 0.2 after Sweeping
    Strike."""
    last = f"{BLADES}.Special_2"
    build = made(last, on=tuple(f"{BLADES}.{power}" for power in on))
    assert damage(engine, build) - damage(engine, made(last)) == pytest.approx(gained, abs=1e-6)


def test_what_is_remembered_follows_states(engine: Engine) -> None:
    eye = f"{STAFF}.Eye_of_the_Storm"
    steps = [
        made(eye),
        made(eye, {"Perfection_of_Body_Level_3": 1}),
        made(eye, {"Perfection_of_Body_Level_3": 1}, target_has={"Boggled": 1}),
        made(eye, {"Savage_Melee_Blood_Frenzy_Stalker": 2}),
        made(eye, {"Savage_Melee_Blood_Frenzy_Stalker": 4}),
        made(eye),
    ]
    result = None
    for build in steps:
        result = engine.result(build, result)
        fresh = Engine(engine.catalogue)
        assert result.memory.totals == fresh.totals(build)
        assert result.figures == fresh.figures(build)


@pytest.mark.parametrize("archetype", ["Peacebringer", "Mastermind", "Stalker", "Sentinel"])
def test_what_is_remembered_follows_any_scenario(engine: Engine, archetype: str) -> None:
    """Scenarios drawn by chance, each from the result of the one before."""
    catalogue, random = engine.catalogue, Random(11)
    states = [power.id for power in catalogue.powers.values() if is_state(power)]
    drawn = legal_build(random, ArchetypeId(f"Class_{archetype}"), catalogue)
    result, fresh = engine.result(drawn), Engine(catalogue)
    for _ in range(6):
        scenario = Scenario(
            team=8,
            teammates={"Class_Tanker": random.randint(1, 3), "Class_Blaster": random.randint(1, 4)},
            powers={
                state: PowerCondition(random.random() < 0.8, random.choice((UNSET, 1, 3, 9)))
                for state in random.sample(states, 3)
            },
            target_has={random.choice(states): 2},
            meter=random.choice((0, 50, 100)),
        )
        build = replace(drawn, scenarios={"solo": scenario}, scenario="solo")
        result = engine.result(build, result)
        assert result.memory.totals == fresh.totals(build)
        assert result.figures == fresh.figures(build)


def test_of_a_state_in_levels_the_highest_holds(engine: Engine) -> None:
    """Whether the build says it or the scenario."""
    uppercut = f"{STREET_JUSTICE}.Crushing_Uppercut"
    best = made(uppercut, {"Combo_Level_3": 1})
    several = made(uppercut, {"Combo_Level_1": 1, "Combo_Level_2": 1, "Combo_Level_3": 1})
    assert damage(engine, several) == damage(engine, best)
    both = replace(best, powers={**best.powers, f"{STATES}.Combo_Level_1": TAKEN})
    assert damage(engine, both) == damage(engine, best)
    eye = f"{STAFF}.Eye_of_the_Storm"
    of_two = {"Perfection_of_Body_Level_2": 1, "Perfection_of_Mind_Level_1": 1}
    gained = value(engine, made(eye, of_two), "offense.damage.smashing") - 1
    assert gained == pytest.approx(0.1125)  # what is not a level of the same stays


@pytest.mark.parametrize(
    ("attack", "plain", "attuned"), [("Earsplitter", 1.3, 1.43), ("Deafening_Wave", 0.4246, 0.4671)]
)
def test_a_foe_who_is_attuned_is_hit_harder(
    engine: Engine, attack: str, plain: float, attuned: float
) -> None:
    """The stronger blow stands for the plain one: two halves, and a critical hit once in ten."""
    blow, attune = f"{SONIC}.{attack}", f"{SONIC}.Attune"
    inherent = 1.1 * 2 * MELEE
    assert damage(engine, made(blow, on=(attune,))) == pytest.approx(plain * inherent, rel=1e-4)
    foe = {attune: 1}
    hit = damage(engine, made(blow, on=(attune,), target_has=foe))
    assert hit == pytest.approx(attuned * inherent, rel=1e-4)
    # Without the toggle there is nobody to attune him.
    assert damage(engine, made(blow, target_has=foe)) == damage(engine, made(blow))
