"""Who is on the team, as far as it matters: a scenario names teammates by archetype."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from calc.build import MAX_TEAMMATES, Scenario
from calc.facts import word
from calc.rulebook import Breach
from gamedata.catalogue import ArchetypeId, Catalogue


def with_teammates(scenario: Scenario, given: Mapping[str, int], *, grows: bool) -> Scenario:
    """A scenario with other numbers of some archetypes, 0 for none.

    grows: the team is made as large as its named members are many.
    """
    teammates = {name: many for name, many in {**scenario.teammates, **given}.items() if many}
    changed = replace(scenario, teammates=teammates)
    return large_enough(changed) if grows else changed


def large_enough(scenario: Scenario) -> Scenario:
    """A scenario whose team has room for those whom it names."""
    named = min(sum(scenario.teammates.values()), MAX_TEAMMATES)
    return replace(scenario, team=1 + named) if named >= scenario.team else scenario


def breaches(scenario: Scenario, catalogue: Catalogue) -> Iterator[Breach]:
    """What is wrong with the teammates that a scenario names."""
    for archetype_id in sorted(scenario.teammates):
        archetype = catalogue.archetypes.get(ArchetypeId(archetype_id))
        if archetype is None or not archetype.player:
            name = archetype_id.removeprefix("Class_").replace("_", " ")
            message = f"Of the archetype {name} there are no players in the game data in use."
            yield Breach("unknown_teammate", message)
    named = sum(scenario.teammates.values())
    if named >= scenario.team:
        message = f"{named} teammates are named, in a team of {scenario.team}, oneself included."
        yield Breach("too_many_teammates", message)


def counted(scenario: Scenario) -> Mapping[str, int]:
    """By archetype, as conditions name it; in a document that names too many, the first."""
    found: dict[str, int] = {}
    left = MAX_TEAMMATES
    for archetype, number in sorted(scenario.teammates.items()):
        many = min(number, left)
        if many:
            found[word(archetype)] = found.get(word(archetype), 0) + many
        left -= many
    return found
