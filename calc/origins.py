"""Each contribution to one sum, alone, with where it comes from; and what does not count, with why.

Every value is computed by the functions that compute the totals.
"""

import math
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from typing import Literal

from msgspec import Struct, structs

from calc import bonuses
from calc.active import Active, knowing
from calc.build import SlottedEnhancement, TakenPower
from calc.facts import Context
from calc.frame import Slots
from calc.powers import CompiledPower, Part, Row, contributions, stronger
from calc.readable import readable
from calc.remembered import Remembered
from calc.stats import NUMBER
from calc.switches import is_on, scenario_of
from gamedata.catalogue import EnhancementId, PowerId

Kind = Literal[
    "base",
    "power",
    "inherent",
    "temporary",
    "incarnate",
    "accolade",
    "enhancement",
    "set bonus",
    "stat",
    "limit",
]

OFF = "off"
BARRED = "barred by another, or without the one that it needs"
LIKE_ANOTHER = "the same as another accolade"
ONLY_SO_MANY = "only {} of a kind count"
OUTDONE = "a stronger one of its kind counts"

_UPKEEP = NUMBER["endurance.use_per_second"]
_UNSLOTTED = (0.0,)
_KINDS: dict[str, Kind] = {
    "Incarnate": "incarnate",
    "Inherent": "inherent",
    "Temporary_Powers": "temporary",
    "Prestige": "temporary",
}


class Enhancing(Struct, frozen=True, omit_defaults=True, gc=False):
    """How one attribute of a power was enhanced before it contributed.

    slotted: what slots and Alpha give, as a fraction; after_ed: what is left of it. strength: the
    factor in the end, with global strengths and within the archetype's limits.
    """

    attribute: str
    slotted: float
    after_ed: float
    strength: float


class Item(Struct, frozen=True, omit_defaults=True, gc=False):
    """One contribution, or one that does not count.

    value: what it adds, in the stat's unit. id: of the power, the enhancement, the set bonus or
    the stat. power: the one in which an enhancement or a set sits, or that brought this one;
    slot: there. boost_set, pieces: which set gives a bonus, for how many pieces. times: for how
    many targets or stacks. when: the condition under which it counts, in words. lost: what it
    would add, and why it does not.
    """

    kind: Kind
    value: float
    id: str = ""
    power: str = ""
    slot: str = ""
    boost_set: str = ""
    pieces: int = 0
    times: int = 1
    enhancing: Enhancing | None = None
    when: str = ""
    lost: float = 0.0
    why: str = ""


def origins(remembered: Remembered, number: int) -> list[Item]:
    """What a sum of a build (`calc.attributes`) consists of, in the engine's order."""
    return _Search(remembered, number).items()


class _Search:
    """Gathers the contributions to one sum, one by one, as the engine adds them up."""

    def __init__(self, remembered: Remembered, number: int) -> None:
        self.number = number
        self.build = remembered.build
        self.frame = remembered.frame
        self.state = remembered.state
        self.strengths = remembered.strengths
        self.first_sums = remembered.sums
        self.found: list[Item] = []
        # By key and attribute: which of the items found compete.
        self.competing: dict[tuple[str, str], list[int]] = {}

    def items(self) -> list[Item]:
        base = self.frame.limits.bases[self.number]
        if base:
            self.found.append(Item("base", base))
        for active in self.state.powers:
            self._add(active, self._of_power(active))
        for active in self.state.powers:
            self._add_pieces(active.taken, active.slots)
        self._add_set_bonuses()
        self._add_idle()
        self._keep_strongest()
        return self.found

    # --- what contributes ---------------------------------------------------------------------

    def _of_power(self, active: Active) -> Item:
        return Item(self._kind(active.taken), 0.0, active.power.power.id, active.brought_by)

    def _kind(self, power: str) -> Kind:
        if power in self.build.accolades:
            return "accolade"
        return _KINDS.get(power.partition(".")[0], "power")

    def _add_pieces(self, host: PowerId, slots: Slots, why: str = "") -> None:
        pieces = [self.frame.piece(EnhancementId(slotted.id)) for slotted in slots]
        if not any(self._concerns(piece) for piece in pieces):
            return
        for piece, (slot, slotted) in zip(pieces, self._places(host, slots), strict=True):
            source = Active(piece, 1, (), _UNSLOTTED, Context(self.state.facts, piece.power))
            off = why or ("its proc is switched off" if slotted.proc is False else "")
            self._add(source, Item("enhancement", 0.0, slotted.id, host, slot), off)

    def _places(self, host: PowerId, slots: Slots) -> Iterator[tuple[str, SlottedEnhancement]]:
        """What sits in a power, with the ids of its slots."""
        places = sorted(self.build.powers[host].slots.items()) if slots else []
        for slotted in slots:
            place = next(each for each in places if each[1].enhancement == slotted)
            places.remove(place)
            yield place[0], slotted

    def _add_set_bonuses(self) -> None:
        counted = bonuses.counted(self.state.bonuses, self.frame.catalogue)
        seen: Counter[PowerId] = Counter()
        concerning = {
            power: found for power in counted if self._concerns(found := self.frame.bonus(power))
        }
        for host, powers in self.state.set_bonuses.items():
            if concerning.keys().isdisjoint(powers):
                continue
            for given in self.frame.bonus_rows(self.state.slots[host]):
                bonus = concerning.get(given.power)
                if bonus is None:
                    continue
                seen[given.power] += 1
                most = counted[given.power]
                source = Active(bonus, 1, (), _UNSLOTTED, Context(self.state.facts, bonus.power))
                item = Item(
                    "set bonus",
                    0.0,
                    given.power,
                    host,
                    boost_set=given.boost_set,
                    pieces=given.pieces,
                )
                self._add(
                    source, item, ONLY_SO_MANY.format(most) if seen[given.power] > most else ""
                )

    def _add_idle(self) -> None:
        """What one has that would contribute, if only it counted."""
        counting = {active.taken for active in self.state.powers}
        scenario = scenario_of(self.build)
        for power, slots in self.state.slots.items():
            if power in counting:
                continue
            taken = self.build.powers.get(power, TakenPower())
            why = BARRED if is_on(power, taken, scenario, self.frame) else OFF
            if self._concerns(self.frame.power(power)):
                self.found.append(Item(self._kind(power), 0.0, power, why=why))
            self._add_pieces(power, slots, f"its power is {why}")
        for accolade, counts in sorted(self.build.accolades.items()):
            power = PowerId(accolade)
            known = power in self.frame.catalogue.powers and power not in counting
            if known and self._concerns(self.frame.power(power)):
                why = LIKE_ANOTHER if counts else OFF
                self.found.append(Item("accolade", 0.0, power, why=why))
        for active in self.state.powers:
            # An incarnate power that is off still gives what it gives at all times.
            whole = self.frame.power(active.taken) if active.taken in self._incarnates else None
            if whole and active.power is self.frame.idle(active.taken) and self._concerns(whole):
                self.found.append(Item("incarnate", 0.0, active.taken, why=OFF))

    @property
    def _incarnates(self) -> frozenset[str]:
        return frozenset(self.build.incarnates.values())

    def _concerns(self, power: CompiledPower) -> bool:
        return (
            any(row[0] == self.number for row in power.always)
            or any(row[0] == self.number for part in power.parts for row in part.rows)
            or (self.number == _UPKEEP and power.upkeep > 0.0)
        )

    def _rows_of(self, power: CompiledPower) -> Iterator[Row]:
        return (row for row in power.always if row[0] == self.number)

    def _parts_of(self, power: CompiledPower) -> Iterator[Part]:
        """The parts that feed the sum, without what they feed besides."""
        for part in power.parts:
            rows = tuple(row for row in part.rows if row[0] == self.number)
            if rows:
                yield structs.replace(part, rows=rows)

    # --- how much -----------------------------------------------------------------------------

    def _add(self, active: Active, item: Item, why: str = "") -> None:
        """Every contribution of a power, alone. why: the reason that none of them counts."""
        power = active.power
        for row in self._rows_of(power):
            alone = structs.replace(power, always=(row,), parts=(), upkeep=0.0)
            enhancing = self._enhancing(active, row[2])
            self._add_alone(active, alone, structs.replace(item, enhancing=enhancing), why)
        if power.upkeep and self.number == _UPKEEP:
            alone = structs.replace(power, always=(), parts=())
            enhancing = self._enhancing(active, None)
            self._add_alone(active, alone, structs.replace(item, enhancing=enhancing), why)
        for part in self._parts_of(power):
            alone = structs.replace(power, always=(), parts=(part,), upkeep=0.0)
            self._add_part(active, alone, part, item, why)

    def _add_part(
        self, active: Active, alone: CompiledPower, part: Part, item: Item, why: str
    ) -> None:
        context = self._context(active, part)
        times = part.multiplicity(active.count, context, self.state.chances)
        if not times:
            why = why or self._missing(part, active, context)
            self.found.append(structs.replace(item, why=why))
            return
        item = structs.replace(
            item,
            times=times,
            enhancing=self._enhancing(active, part.rows[0][2]),
            when=self._when(part),
        )
        begin = len(self.found)
        self._add_alone(
            structs.replace(active, context=context),
            alone,
            item,
            why,
            reads_totals=part.reads_totals,
        )
        if part.key and not why:
            competing = self.competing.setdefault((part.key, part.attribute), [])
            competing.extend(range(begin, len(self.found)))

    def _add_alone(
        self,
        active: Active,
        alone: CompiledPower,
        item: Item,
        why: str,
        *,
        reads_totals: bool = False,
    ) -> None:
        added, keyed = contributions(
            alone,
            active.count,
            active.slotted,
            self.strengths,
            active.context,
            self.state.chances,
            reads_totals=reads_totals,
        )
        values = [value for _, value in added] + [each.value for each in keyed]
        for value in values:
            found = structs.replace(item, value=value)
            self.found.append(_lost(found, why) if why else found)

    def _context(self, active: Active, part: Part) -> Context:
        if not part.reads_totals:
            return active.context
        return knowing(self.first_sums, active.context, self.frame)

    def _enhancing(self, active: Active, index: int | None) -> Enhancing | None:
        """index: of the strength that multiplies, -1 for none; None: what divides the upkeep."""
        if index == -1:
            return None
        power = active.power
        wanted = power.discount if index is None else power.enhanceable[index]
        after_ed = active.slotted[-1 if index is None else index]
        owner = PowerId(active.owner)
        # What stands beside the picks (incarnates, accolades) is not enhanced.
        is_enhanced = active.brought_by or owner in self.state.slots
        boosts = self.state.boosts if is_enhanced else ()
        given = self.frame.enhancing(power.power.id, self.state.slots.get(owner, ()), boosts)
        slotted = math.fsum(bonus.value for bonus in given.get(wanted.attribute, ()))
        strength = wanted.strength(after_ed, self.strengths)
        if not slotted and strength == 1.0:
            return None
        return Enhancing(wanted.attribute, slotted, after_ed, strength)

    def _when(self, part: Part) -> str:
        words = [readable(each.text, self.frame.catalogue) for each in part.conditions]
        words.extend(f"not ({readable(each.text, self.frame.catalogue)})" for each in part.unless)
        return ", ".join(words)

    def _missing(self, part: Part, active: Active, context: Context) -> str:
        """Why a part does not count."""
        for condition in part.conditions:
            if not condition.holds(context):
                return f"only when: {readable(condition.text, self.frame.catalogue)}"
        for condition in part.unless:
            if condition.holds(context):
                return f"not when: {readable(condition.text, self.frame.catalogue)}"
        if part.until_s and context.facts.activated_s >= part.until_s:
            return f"over {part.until_s:g} s after its use"
        certain = structs.replace(part, chances=())
        if certain.multiplicity(active.count, context, self.state.chances):
            return "its chance is not certain"
        return "nobody is in range"

    def _keep_strongest(self) -> None:
        """Of those with one key and attribute only the strongest counts."""
        for places in self.competing.values():
            values = [self.found[place].value for place in places]
            strongest = places[values.index(reduce(stronger, values))]
            for place in places:
                if place != strongest:
                    self.found[place] = _lost(self.found[place], OUTDONE)


def _lost(item: Item, why: str) -> Item:
    return structs.replace(item, value=0.0, lost=item.value, why=why)
