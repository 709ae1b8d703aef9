"""Which states the powers of a build ask for, so that a scenario can say whether they hold.

Combo Level, Tidal Power, Perfection; what attacks leave on a foe; an archetype's meter. A state is
no power of the build: without being told of it nobody would know to say that one is in it.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from calc.attributes import FEEDS
from calc.build import Build
from calc.effects import Effect, aims, flatten
from calc.facts import word
from calc.kept import kept
from calc.owned import Issuing, owned
from calc.reach import brought
from calc.states import STATES, is_state, level_of, modes_on_foes
from gamedata.catalogue import Catalogue, Power, PowerId, PowerParams
from gamedata.expressions import Binary, Call, ExpressionError, Name, Node, Text, Unary, parse

Whose = Literal["self", "foe"]
Meter = Literal["", "fury", "domination", "opportunity", "hidden"]

_METERS: dict[str, Meter] = {  # the export calls each of them kMeter or kRage
    "brute": "fury",
    "dominator": "domination",
    "sentinel": "opportunity",
    "stalker": "hidden",
    "arachnos_soldier": "hidden",
    "arachnos_widow": "hidden",
}
# What changes no number: a condition of nothing else asks for nothing that matters here.
_SILENT = frozenset(
    {"Null", "Grant_Power", "Revoke_Power", "Recharge_Power", "Cancel_Effects", "Unset_Mode"}
)
_NAMES = {  # where the export has another's name
    "Temporary_Powers.Temporary_Powers.StormBlast_InStormCell": "In the Storm Cell",
}
_POWERS = 4096  # of which it is kept what they ask for


class State(Struct, frozen=True, omit_defaults=True):
    """A state that one is in, or the foe that one attacks.

    powers: by which a scenario says it (`powers` of one's own, `target_has` of the foe's): one, or
    one for each of its levels, of which one holds. most: copies that can be had at once.
    """

    name: str
    on: Whose
    powers: tuple[PowerId, ...]
    most: int = 1


class Query(Struct, frozen=True):
    """One question of a condition: for a power that somebody has, or for a mode. Lower case."""

    whose: Whose
    power: str = ""
    mode: str = ""


class Asked(Struct, frozen=True, omit_defaults=True):
    """What to ask who says under which conditions a build is read. meter: "" without one."""

    states: tuple[State, ...] = ()
    meter: Meter = ""


class Asking:
    """What powers of a catalogue ask for, kept by power."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._ids = {power.lower(): power for power in catalogue.powers}
        self._brought = kept(_POWERS, self._brought_by)
        self._queries = kept(_POWERS, self._queries_of)
        self._modes = kept(_POWERS, self._modes_of)

    def states_asked(self, build: Build) -> Asked:
        """The states that the powers of a build ask for, and the meter that its archetype has."""
        known = self._catalogue.powers
        issuing = Issuing(self._catalogue, build.archetype, build.level)
        have = [*owned(build, self._catalogue, issuing), *map(PowerId, build.incarnates.values())]
        reached = self._reached(power for power in have if power in known)
        asked: dict[tuple[Whose, str], dict[PowerId, None]] = {}
        for query in dict.fromkeys(query for power in reached for query in self._queries(power)):
            state = self._state_of(query, reached)
            if state is not None:
                asked.setdefault((query.whose, level_of(state)[0]), {})[state] = None
        states = [self._state(whose, list(powers)) for (whose, _), powers in asked.items()]
        states.sort(key=lambda state: (state.on == "foe", state.name, state.powers))
        return Asked(tuple(states), _METERS.get(word(build.archetype), ""))

    def _reached(self, powers: Iterable[PowerId]) -> dict[PowerId, None]:
        """Some powers, and all that these bring, in a fixed order."""
        found = dict.fromkeys(powers)
        waiting = list(found)
        while waiting:
            new = [power for power in self._brought(waiting.pop()) if power not in found]
            found.update(dict.fromkeys(new))
            waiting.extend(new)
        return found

    def _brought_by(self, power: PowerId) -> tuple[PowerId, ...]:
        powers = self._catalogue.powers
        found = (other for other, _ in brought(powers[power], self._catalogue))
        return tuple(dict.fromkeys(other for other in found if other in powers))

    def _state_of(self, query: Query, reached: Iterable[PowerId]) -> PowerId | None:
        """The power by which a scenario answers a query; None where it cannot."""
        if query.mode:
            return next((power for power in reached if query.mode in self._modes(power)), None)
        power = self._ids.get(query.power)
        if power is None or not power.startswith(STATES):
            return None
        return power if query.whose == "foe" or is_state(self._catalogue.powers[power]) else None

    def _modes_of(self, power: PowerId) -> frozenset[str]:
        return modes_on_foes(self._catalogue.powers[power])

    def _queries_of(self, power: PowerId) -> tuple[Query, ...]:
        """What one power asks for, and the states of its owner that it grants."""
        found = dict.fromkeys(_queries(self._catalogue.powers[power]))
        for granted in _grants(self._catalogue.powers[power]):
            state = self._catalogue.powers.get(granted)
            if state is not None and _gives(state):
                found[Query("self", granted.lower())] = None
        return tuple(found)

    def _state(self, whose: Whose, powers: list[PowerId]) -> State:
        powers.sort(key=level_of)
        known = [self._catalogue.powers[power] for power in powers]
        name = known[0].name if len(known) == 1 else known[0].name.rstrip(" 0123456789")
        most = known[0].number_allowed if len(known) == 1 and is_state(known[0]) else 1
        return State(_NAMES.get(powers[0], name), whose, tuple(powers), most)


def _queries(power: Power) -> Iterator[Query]:
    """What a power's conditions and formulas ask about states."""
    asking = [redirect.condition for redirect in power.redirects]
    asking.append(power.max_targets_expression)
    for effect in flatten(power):
        if _shows(effect):
            template = effect.template
            asking.extend((*effect.conditions, *effect.unless))
            asking.append(template.magnitude_expression)
            if template.type == "Duration":  # that of another kind of effect is not evaluated
                asking.append(template.duration_expression)
    for expression in dict.fromkeys(asking):
        if expression:
            try:
                yield from _in(parse(expression))
            except ExpressionError:
                continue


def _in(node: Node) -> Iterator[Query]:
    match node:
        case Binary(_, left, right):
            yield from _in(left)
            yield from _in(right)
        case Unary("!", Call()):
            pass  # what must not be: as nobody says otherwise, it is not
        case Unary(_, operand):
            yield from _in(operand)
        case Call(name, (Name(asked) | Text(asked),)):
            whose, _, function = name.lower().rpartition(".")
            on: Whose = "foe" if whose == "target" else "self"
            if function in ("ownpower?", "ownpowernum?"):
                yield Query(on, asked.lower())
            elif function == "mode?" and on == "foe":
                yield Query(on, mode=asked.lower().removeprefix("k"))
        case Call(_, arguments):
            for argument in arguments:
                yield from _in(argument)
        case _:
            pass


def _grants(power: Power) -> Iterator[PowerId]:
    for effect in flatten(power):
        params = effect.template.params
        if (
            "Grant_Power" in effect.template.attributes
            and isinstance(params, PowerParams)
            and any(True for _ in aims(effect, power, by_foes=True))
        ):
            yield from params.powers


def _gives(state: Power) -> bool:
    """Whether its owner's totals have something of a state."""
    return any(
        (attribute, effect.template.aspect) in FEEDS
        for effect in flatten(state)
        if any(True for _ in aims(effect, state))
        for attribute in effect.template.attributes
    )


def _shows(effect: Effect) -> bool:
    """Whether an effect is anything that totals or figures show."""
    return not _SILENT.issuperset(effect.template.attributes)
