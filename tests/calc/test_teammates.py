"""Teammates by archetype: what they are worth to Kheldians, and how a scenario names them.

The numbers are those of the export's `Inherent.Inherent.Cosmic_Balance` and `Dark_Sustenance`.
"""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from calc import patch
from calc.build import Build, Scenario, TakenPower, empty
from calc.canonical import canonical
from calc.engine import Engine
from calc.operations import AddScenario, Applied, ChangeScenario, Operation, Refused, apply
from calc.rules import findings
from calc.teammates import counted
from gamedata.catalogue import Catalogue, PowerId
from tests.small import SMALL

COSMIC_BALANCE = PowerId("Inherent.Inherent.Cosmic_Balance")


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def on_team(archetype: str, **teammates: int) -> Build:
    named = {f"Class_{name}": many for name, many in teammates.items()}
    scenario = Scenario(team=8, teammates=named)
    return Build(1, archetype=f"Class_{archetype}", scenarios={"solo": scenario})


def gained(engine: Engine, archetype: str, **teammates: int) -> dict[str, float]:
    alone = Build(1, archetype=f"Class_{archetype}", scenarios={"solo": Scenario(team=8)})
    before, after = engine.totals(alone), engine.totals(on_team(archetype, **teammates))
    return {
        key: after[key].value - before[key].value
        for key in after
        if after[key].value != before[key].value
    }


RESISTANCES = ("smashing", "lethal", "fire", "cold", "energy", "negative", "psionic", "toxic")
MEZ = ("confused", "terrorized", "held", "immobilized", "stunned", "sleep")


@pytest.mark.parametrize(
    ("archetype", "other", "teammates"),
    [
        ("Peacebringer", "energy", {"Tanker": 1, "Defender": 1, "Corruptor": 1}),
        ("Peacebringer", "energy", {"Mastermind": 3}),
        ("Warshade", "negative", {"Blaster": 1, "Brute": 1, "Sentinel": 1}),
        ("Warshade", "negative", {"Scrapper": 2, "Stalker": 1}),
    ],
)
def test_each_teammate_of_some_archetypes_adds_a_fifth_of_damage(
    engine: Engine, archetype: str, other: str, teammates: Mapping[str, int]
) -> None:
    found = gained(engine, archetype, **teammates)
    assert found.pop("offense.damage.smashing") == pytest.approx(0.6)
    assert found.pop(f"offense.damage.{other}") == pytest.approx(0.6)
    assert set(found) <= {"offense.damage"}


@pytest.mark.parametrize(
    ("archetype", "teammates"),
    [("Peacebringer", {"Blaster": 2, "Brute": 1}), ("Warshade", {"Tanker": 1, "Mastermind": 2})],
)
def test_each_teammate_of_others_adds_a_tenth_of_resistance(
    engine: Engine, archetype: str, teammates: Mapping[str, int]
) -> None:
    expected = {f"resistance.{kind}": pytest.approx(0.3) for kind in RESISTANCES}
    assert gained(engine, archetype, **teammates) == expected


@pytest.mark.parametrize("archetype", ["Peacebringer", "Warshade"])
def test_each_controller_and_dominator_protects_by_one(engine: Engine, archetype: str) -> None:
    found = gained(engine, archetype, Controller=1, Dominator=1)
    assert found == {f"protection.{kind}": pytest.approx(2.0) for kind in MEZ}


def test_against_players_they_give_resistance_instead(engine: Engine) -> None:
    made = on_team("Peacebringer", Controller=2)
    bare = on_team("Peacebringer")

    def in_pvp(build: Build) -> Build:
        return replace(build, scenarios={"solo": replace(build.scenarios["solo"], pvp=True)})

    after, before = engine.totals(in_pvp(made)), engine.totals(in_pvp(bare))
    assert after["protection.held"] == before["protection.held"]
    difference = after["status_resistance.held"].value - before["status_resistance.held"].value
    assert difference == pytest.approx(0.2)


@pytest.mark.parametrize("archetype", ["Peacebringer", "Warshade"])
def test_each_soldier_and_kheldian_resists_slows_by_a_tenth(engine: Engine, archetype: str) -> None:
    found = gained(
        engine, archetype, Arachnos_Soldier=1, Arachnos_Widow=1, Peacebringer=1, Warshade=1
    )
    assert found == {"debuff_resistance.recharge": pytest.approx(0.4)}


def test_teammates_are_nothing_to_others_and_to_who_is_switched_off(engine: Engine) -> None:
    assert gained(engine, "Scrapper", Tanker=3, Blaster=2) == {}
    off = {COSMIC_BALANCE: TakenPower(on=False)}
    made = replace(on_team("Peacebringer", Tanker=3), powers=off)
    assert engine.totals(made)["offense.damage.energy"].value == pytest.approx(1.0)


def test_whoever_is_named_is_on_the_team(engine: Engine) -> None:
    """Vigilance: 0.3, less 0.1 for each of the first three teammates."""
    named = Scenario(teammates={"Class_Tanker": 2})
    made = Build(1, archetype="Class_Defender", scenarios={"solo": named})
    assert engine.totals(made)["offense.damage.fire"].value == pytest.approx(1.1)


def test_an_explanation_says_how_many_and_when(engine: Engine) -> None:
    made = on_team("Peacebringer", Tanker=2, Corruptor=1, Blaster=1)
    explained = engine.explain(made, "offense.damage.energy")
    (item,) = (item for item in explained.items if item.id == COSMIC_BALANCE)
    assert item.times == 3
    assert item.value == pytest.approx(0.6)
    assert "Tanker" in item.when
    nobody = engine.explain(on_team("Peacebringer"), "offense.damage.energy")
    (item,) = (item for item in nobody.items if item.id == COSMIC_BALANCE)
    assert (item.value, item.why.startswith("only when: ")) == (0.0, True)


def test_figures_count_them_too(engine: Engine) -> None:
    found = engine.figures(on_team("Warshade", Blaster=2, Tanker=1))
    effects = found[PowerId("Inherent.Inherent.Dark_Sustenance")].effects
    by_aspect = {(each.attribute, each.aspect): each for each in effects}
    damage = by_aspect["Negative_Energy_Dmg", "Strength"]
    assert damage.magnitude == pytest.approx(0.4)
    assert damage.chance == 1.0
    resistance = by_aspect["Fire_Dmg", "Resistance"]
    assert resistance.magnitude == pytest.approx(0.1)
    assert not any(attribute == "Held" for attribute, _ in by_aspect)


def test_what_is_remembered_follows_the_teammates(engine: Engine) -> None:
    memory = None
    for many in (0, 1, 4, 2, 0):
        made = on_team("Peacebringer", **({"Tanker": many} if many else {}))
        memory = engine.remember(made, memory)
        assert memory.totals == engine.totals(made)


# --- the document -----------------------------------------------------------------------------


def applied(build: Build, *operations: Operation) -> Build:
    for operation in operations:
        answer = apply(build, operation, SMALL)
        assert isinstance(answer, Applied)
        build = answer.build
    return build


def refusal(build: Build, operation: Operation) -> str:
    answer = apply(build, operation, SMALL)
    assert isinstance(answer, Refused)
    return answer.code


SCRAPPERS = ChangeScenario("solo", teammates={"Class_Scrapper": 2})
TANKER = ChangeScenario("solo", teammates={"Class_Tanker": 1})


def test_the_team_grows_with_those_who_are_named() -> None:
    made = applied(empty(), SCRAPPERS, TANKER)
    assert made.scenarios["solo"].teammates == {"Class_Scrapper": 2, "Class_Tanker": 1}
    assert made.scenarios["solo"].team == 4
    larger = applied(empty(), ChangeScenario("solo", team=6), SCRAPPERS)
    assert larger.scenarios["solo"].team == 6


def test_others_stay_and_nought_takes_away() -> None:
    made = applied(empty(), SCRAPPERS, TANKER)
    answer = apply(made, ChangeScenario("solo", teammates={"Class_Scrapper": 0}), SMALL)
    assert isinstance(answer, Applied)
    assert answer.build.scenarios["solo"].teammates == {"Class_Tanker": 1}
    assert answer.build.scenarios["solo"].team == 4
    expected = {"scenarios": {"solo": {"teammates": {"Class_Scrapper": None}}}}
    assert patch.difference(made, answer.build) == expected
    assert applied(answer.build, *answer.inverse) == made


def test_the_way_back_restores_team_and_teammates() -> None:
    answer = apply(empty(), SCRAPPERS, SMALL)
    assert isinstance(answer, Applied)
    assert applied(answer.build, *answer.inverse) == empty()


def test_a_team_is_not_smaller_than_its_named_members() -> None:
    made = applied(empty(), SCRAPPERS)
    assert refusal(made, ChangeScenario("solo", team=2)) == "too_many_teammates"
    assert applied(made, ChangeScenario("solo", team=3)) == made
    both = ChangeScenario("solo", team=2, teammates={"Class_Scrapper": 1})
    assert applied(made, both).scenarios["solo"].team == 2
    more = ChangeScenario("solo", teammates={"Class_Tanker": 6})
    assert refusal(made, more) == "too_many_teammates"


def test_teammates_are_of_players_archetypes() -> None:
    for archetype in ("Class_Nobody", "Class_Minion_Pets"):
        wanted = {archetype: 1}
        change = ChangeScenario("solo", teammates=wanted)
        assert refusal(empty(), change) == "unknown_teammate"
        added = AddScenario("raid", Scenario(team=2, teammates=wanted))
        assert refusal(empty(), added) == "unknown_teammate"


def test_a_document_from_elsewhere_is_read_and_told_about() -> None:
    crowd = Scenario(teammates={"Class_Scrapper": 5, "Class_Tanker": 5, "Class_Nobody": 1})
    made = Build(1, scenarios={"solo": crowd})
    codes = [finding.code for finding in findings(made, SMALL)]
    assert codes.count("too_many_teammates") == codes.count("unknown_teammate") == 1
    assert counted(crowd) == {"nobody": 1, "scrapper": 5, "tanker": 1}
    few = Build(1, scenarios={"solo": Scenario(teammates={"Class_Tanker": 3})})
    assert canonical(few, SMALL).scenarios["solo"].team == 4
    # What is wrong already keeps nobody from changing something else.
    assert applied(made, ChangeScenario("solo", fury=80)).scenarios["solo"].fury == 80
