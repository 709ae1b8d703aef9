"""Which states a build's powers ask for; ids and names are the export's."""

import pytest
from msgspec.structs import replace

from calc.asked import Asked, Asking, Meter, State, Whose
from calc.build import Build, PowerCondition, Scenario, TakenPower
from calc.engine import Engine
from calc.operations import Applied, ChangeScenario, SetScenarioPower, apply
from gamedata.catalogue import Catalogue, PowerId, PowersetId

STATES = "Temporary_Powers.Temporary_Powers"


@pytest.fixture(scope="module")
def asking(full_catalogue: Catalogue) -> Asking:
    return Asking(full_catalogue)


def having(catalogue: Catalogue, powerset: str, archetype: str = "") -> Build:
    """A build with all powers of a set."""
    powers = catalogue.powersets[PowersetId(powerset)].powers
    taken: dict[str, TakenPower] = dict.fromkeys(powers, TakenPower(level=1))
    who = archetype or powerset.partition("_")[0]
    return Build(1, archetype=f"Class_{who}", powers=taken, scenarios={"solo": Scenario()})


def in_set(asking: Asking, catalogue: Catalogue, powerset: str) -> dict[tuple[Whose, str], State]:
    asked = asking.states_asked(having(catalogue, powerset))
    return {(state.on, state.name): state for state in asked.states}


@pytest.mark.parametrize(
    ("powerset", "on", "name", "most"),
    [
        ("Blaster_Ranged.Water_Blast", "self", "Tidal Power", 3),
        ("Brute_Melee.Savage_Melee", "self", "Blood Frenzy", 5),
        ("Tanker_Melee.Psionic_Melee", "self", "Insight", 1),
        ("Defender_Buff.Marine_Affinity", "self", "Rising Tide", 10),
        ("Dominator_Assault.Energy_Assault", "self", "Energy Focus", 5),
        ("Corruptor_Ranged.Beam_Rifle", "foe", "Disintegrating", 1),
        ("Brute_Melee.Radiation_Melee", "foe", "Contaminated", 1),
        ("Scrapper_Melee.Sonic_Melee", "foe", "Attune", 1),  # a mode that the power sets on him
        ("Mastermind_Summon.Mercenaries", "foe", "Slug", 1),  # a henchman's
        ("Sentinel_Ranged.Storm_Blast", "foe", "In the Storm Cell", 1),
    ],
)
def test_states_by_the_powers_that_ask(
    asking: Asking, full_catalogue: Catalogue, powerset: str, on: Whose, name: str, most: int
) -> None:
    state = in_set(asking, full_catalogue, powerset)[on, name]
    assert state.most == most
    assert len(state.powers) == 1


def test_a_state_with_levels_is_one(asking: Asking, full_catalogue: Catalogue) -> None:
    """Level 1 and 2 of Perfection nothing asks for: attacks put one in them all the same."""
    staff = in_set(asking, full_catalogue, "Scrapper_Melee.Staff_Fighting")
    assert {name for _, name in staff} == {
        f"Perfection of {what} Level" for what in ("Body", "Mind", "Soul")
    }
    levels = staff["self", "Perfection of Body Level"].powers
    assert levels == tuple(f"{STATES}.Perfection_of_Body_Level_{level}" for level in (1, 2, 3))
    assert ("self", "Combo Level") in in_set(asking, full_catalogue, "Tanker_Melee.Brawling")


def test_what_must_not_be_is_not_asked_for(asking: Asking, full_catalogue: Catalogue) -> None:
    """Insight's lockout; that teleporting is forbidden here."""
    psionic = in_set(asking, full_catalogue, "Brute_Melee.Psionic_Melee")
    assert psionic.keys() == {("self", "Insight")}
    assert not in_set(asking, full_catalogue, "Pool.Teleportation")


@pytest.mark.parametrize(
    ("archetype", "meter"),
    [
        ("Class_Brute", "fury"),
        ("Class_Dominator", "domination"),
        ("Class_Sentinel", "opportunity"),
        ("Class_Stalker", "hidden"),
        ("Class_Arachnos_Soldier", "hidden"),
        ("Class_Scrapper", ""),
        ("", ""),
        ("Class_of_no_catalogue", ""),
    ],
)
def test_the_meter_is_the_archetypes(asking: Asking, archetype: str, meter: Meter) -> None:
    assert asking.states_asked(Build(1, archetype=archetype)) == Asked((), meter)


def test_powers_that_the_catalogue_lacks_ask_for_nothing(asking: Asking) -> None:
    powers = {"No.Such.Power": TakenPower(level=1)}
    build = Build(1, archetype="Class_Tanker", powers=powers, incarnates={"alpha": "No.Such.Alpha"})
    assert asking.states_asked(build) == Asked()


@pytest.mark.parametrize(
    "powerset",
    [
        "Scrapper_Melee.Staff_Fighting",
        "Scrapper_Melee.Brawling",
        "Brute_Melee.Savage_Melee",
        "Blaster_Ranged.Water_Blast",
        "Blaster_Ranged.Beam_Rifle",
        "Tanker_Melee.Radiation_Melee",
        "Controller_Buff.Marine_Affinity",
        "Stalker_Melee.Energy_Melee",
    ],
)
def test_every_state_that_is_asked_for_can_be_said_and_changes_something(
    asking: Asking, full_catalogue: Catalogue, powerset: str
) -> None:
    engine = Engine(full_catalogue)
    build = having(full_catalogue, powerset)
    states = asking.states_asked(build).states
    assert states
    before = engine.totals(build), engine.figures(build)
    for state in states:
        for power in state.powers:
            on_foe = ChangeScenario("solo", target_has={power: 1})
            on_self = SetScenarioPower("solo", power, on=True, count=state.most)
            said = apply(build, on_foe if state.on == "foe" else on_self, full_catalogue)
            assert isinstance(said, Applied)
            after = engine.totals(said.build), engine.figures(said.build)
            assert after != before, power
            assert asking.states_asked(said.build).states == states


def test_a_state_that_the_build_is_in_is_still_asked_for(
    asking: Asking, full_catalogue: Catalogue
) -> None:
    build = having(full_catalogue, "Blaster_Ranged.Water_Blast")
    tidal = f"{STATES}.Tidal_Power"
    assert PowerId(tidal) in full_catalogue.powers
    within = replace(build, powers={**build.powers, tidal: TakenPower(count=2)})
    conditions = Scenario(powers={tidal: PowerCondition(on=True, count=1)})
    also = replace(within, scenarios={"solo": conditions})
    for each in (build, within, also):
        assert tidal in {
            power for state in asking.states_asked(each).states for power in state.powers
        }
