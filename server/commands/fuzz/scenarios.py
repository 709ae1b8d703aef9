"""Scenarios, and operations on them, by a seed."""

from random import Random

from msgspec import UNSET
from msgspec.structs import asdict

from calc.build import Build, Scenario
from calc.operations import (
    AddScenario,
    ChangeScenario,
    ChooseScenario,
    Operation,
    RemoveScenario,
    SetScenarioPower,
)
from gamedata.catalogue import Catalogue
from server.commands.fuzz.choices import any_power


def add_scenario(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    if len(build.scenarios) > 5:
        return None
    return AddScenario(f"{random.choice('abc')}{random.randint(0, 9)}", random_scenario(random))


def change_scenario(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    if not build.scenarios:
        return None
    wanted = asdict(random_scenario(random))
    del wanted["powers"]
    players = [each.id for each in catalogue.archetypes.values() if each.player]
    wanted["teammates"] = {random.choice(players): random.randint(0, 3)}
    wanted["target_has"] = {random.choice(list(catalogue.powers)): random.randint(0, 2)}
    some = {key: value for key, value in wanted.items() if random.random() < 0.5}
    return ChangeScenario(random.choice(sorted(build.scenarios)), **some)


def remove_scenario(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    others = sorted(build.scenarios.keys() - {build.scenario})
    return RemoveScenario(random.choice(others)) if others else None


def choose_scenario(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    return ChooseScenario(random.choice(sorted(build.scenarios))) if build.scenarios else None


def set_scenario_power(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = any_power(random, build, catalogue)
    if power is None or not build.scenarios:
        return None
    return SetScenarioPower(
        random.choice(sorted(build.scenarios)),
        power.id,
        random.choice((UNSET, True, False)),
        random.choice((UNSET, UNSET, 0, 1, 5)),
    )


def random_scenario(random: Random) -> Scenario:
    """Conditions of a fight, each as likely as not what it is anyway."""

    def some(usual: int, *others: int) -> int:
        return random.choice((usual, usual, *others))

    return Scenario(
        title=random.choice(("", "Raid", "Duel")),
        team=some(1, 3, 8),
        exemplar=some(0, 0, 25, 45),
        pvp=random.random() < 0.15,
        combat=random.random() < 0.4,
        health=some(100, 40),
        endurance=some(100, 10),
        fury=some(0, 50, 80),
        meter=some(0, 100),
        target_health=some(100, 20),
        target_held=random.random() < 0.3,
        target_rank=random.choice(("boss", "boss", "minion", "lieutenant", "archvillain")),
        relative_level=some(0, 4, -1),
        foes=some(1, 0, 3, 16),
        allies=some(0, 2, 7),
        activated_s=some(0, 15, 90),
    )
