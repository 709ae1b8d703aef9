"""Documents that nobody made in good faith: findings or an error that says so, and soon."""

import sys
import time
from collections.abc import Callable
from random import Random
from types import FrameType
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc import build as documents
from calc import patch, rules
from calc.build import (
    MAX_ACCOLADES,
    MAX_INCARNATES,
    MAX_POWERS,
    MAX_SCENARIOS,
    MAX_SLOTS,
    Build,
    PowerCondition,
    Powersets,
    Scenario,
    Slot,
    SlottedEnhancement,
    TakenPower,
)
from calc.canonical import canonical
from calc.engine import Engine
from calc.operations import Applied, Operation, Refused, apply
from calc.rules import MAX_FINDINGS
from calc.stats import STATS
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    Category,
    CategoryId,
    EffectGroup,
    Expression,
    Power,
    PowerId,
    PowerParams,
    Powerset,
    PowersetId,
    Redirect,
    Template,
)
from server.commands.fuzz.edits import random_operations
from tests.small import SMALL
from tests.strategies import documents as any_documents

CALLS = 350_000  # about 50 ms on a slow processor; counted, so that no busy machine matters
SECONDS = 1.0  # of the processor, counting included: for work without calls
Answer = TypeVar("Answer")


def soon(what: Callable[[], Answer]) -> Answer:
    """The answer, which must not take much work."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    outer = sys.getprofile()
    start = time.process_time()
    sys.setprofile(count)
    try:
        answer = what()
    finally:
        sys.setprofile(outer)
    assert calls <= CALLS
    assert time.process_time() - start < SECONDS
    return answer


def test_too_much_work_is_noticed() -> None:
    with pytest.raises(AssertionError):
        soon(lambda: [abs(each) for each in range(CALLS + 1)])


def look_at(build: Build, catalogue: Catalogue, seed: int = 0) -> None:
    """Everything that is done with a document from elsewhere, by who never saw its powers."""
    build = soon(lambda: canonical(build, catalogue))
    assert documents.decode(documents.encode(build)) == build
    assert len(soon(lambda: rules.findings(build, catalogue))) <= MAX_FINDINGS
    engine, other = Engine(catalogue), Engine(catalogue)
    remembered = soon(lambda: engine.remember(build))
    totals = soon(lambda: other.totals(build))
    assert all(total.value == total.value for total in totals.values()), "no NaN"
    soon(lambda: other.figures(remembered))
    assert remembered.totals == totals
    for stat in STATS:
        assert engine.explain(remembered, stat.key).value == totals[stat.key].value
    for operation in random_operations(Random(seed), build, catalogue):
        answer = soon(lambda operation=operation: apply(build, operation, catalogue))
        assert isinstance(answer, Applied | Refused)
        if isinstance(answer, Applied):
            # What one worker accepts, every other one can follow.
            change = patch.difference(build, answer.build)
            followed = msgspec.convert(patch.merge(patch.document(build), change), Build)
            assert documents.encode(followed) == documents.encode(answer.build)


def nested(depth: int) -> bytes:
    return b'{"format":1,"powers":' + b'{"a":' * depth + b"{}" + b"}" * depth + b"}"


UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "no object": b"[]",
    "no format": b"{}",
    "another format": b'{"format":2}',
    "format of a wrong type": b'{"format":"1"}',
    "unknown field": b'{"format":1,"gold":1}',
    "null": b'{"format":1,"title":null}',
    "NaN": b'{"format":1,"level":NaN}',
    "infinity": b'{"format":1,"level":1e999}',
    "a fraction": b'{"format":1,"level":49.5}',
    "a huge number": b'{"format":1,"level":' + b"9" * 5000 + b"}",
    "a level too high": b'{"format":1,"level":51}',
    "a list for a map": b'{"format":1,"powers":[]}',
    "a number for a power": b'{"format":1,"powers":{"Pool.Speed.Hasten":1}}',
    "a slot's id": b'{"format":1,"powers":{"Pool.Speed.Hasten":{"slots":{"__proto__":{}}}}}',
    "a title of control characters": b'{"format":1,"title":"a\\u0007"}',
    "a lone surrogate": b'{"format":1,"title":"\\ud800"}',
    "not UTF-8": b'{"format":1,"title":"\xff"}',
    "a scenario out of bounds": b'{"format":1,"scenarios":{"solo":{"team":9}}}',
    "a rank that is none": b'{"format":1,"scenarios":{"solo":{"target_rank":"god"}}}',
    "long notes": b'{"format":1,"notes":"' + b"x" * 8001 + b'"}',
    "a long id": b'{"format":1,"archetype":"' + b"x" * 161 + b'"}',
    "deep nesting": nested(100_000),
    "10,000 powers": msgspec.json.encode(
        {"format": 1, "powers": {f"Pool.Speed.P{each}": {} for each in range(10_000)}}
    ),
    "10,000 slots": msgspec.json.encode(
        {"format": 1, "powers": {"P": {"slots": {f"s{each}": {} for each in range(10_000)}}}}
    ),
    "10,000 scenarios": msgspec.json.encode(
        {"format": 1, "scenarios": {f"s{each}": {} for each in range(10_000)}}
    ),
}


@pytest.mark.parametrize("document", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_document_is_told_so(document: bytes) -> None:
    def tried() -> Exception | Build:
        try:
            return documents.decode(document)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            return error

    assert isinstance(soon(tried), Exception)


@settings(deadline=None, max_examples=300)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        *Build.__struct_fields__,
                        *Scenario.__struct_fields__,
                        "own",
                        "level",
                        "Pool.X.Y",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    fields = {"format": 1, **value} if isinstance(value, dict) else value
    try:
        build = documents.decode(msgspec.json.encode(fields))
    except (msgspec.MsgspecError, UnicodeError):
        return
    assert documents.decode(documents.encode(build)) == build


@settings(deadline=None, max_examples=100)
@given(any_documents(SMALL), st.integers(0, 2**32))
def test_any_document_of_known_and_unknown_names(build: Build, seed: int) -> None:
    look_at(build, SMALL, seed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_as_much_as_a_document_holds(catalogue: Catalogue, known: bool, seed: int) -> None:
    """Everything at once: powers of anybody, all switched on, all slots full, 20 scenarios."""
    build = fullest(Random(seed), catalogue, known=known)
    with pytest.raises(msgspec.ValidationError):
        documents.decode(documents.encode(one_more(build)))
    look_at(build, catalogue, seed)


def fullest(random: Random, catalogue: Catalogue, *, known: bool) -> Build:
    powers = random.sample(sorted(catalogue.powers), MAX_POWERS)
    pieces = sorted(catalogue.enhancements)
    if not known:
        powers = [f"{power}x" for power in powers]
        pieces = [f"{piece}x" for piece in pieces]
    slots = ["own", *(f"s{each}" for each in range(1, MAX_SLOTS))]

    def slot() -> Slot:
        piece = SlottedEnhancement(random.choice(pieces), random.choice((0, 53)), 5, 3, True)
        return Slot(random.randint(0, 50), piece)

    conditions = {power: PowerCondition(True, 100) for power in powers}
    scenario = Scenario(
        team=8, pvp=True, combat=True, fury=100, foes=100, allies=100, powers=conditions
    )
    return Build(
        1,
        archetype=random.choice([one.id for one in catalogue.archetypes.values() if one.player]),
        powersets=Powersets(*random.sample(sorted(catalogue.powersets), 3)),
        powers={
            power: TakenPower(random.choice((0, 1, 2, 50)), True, 100, {s: slot() for s in slots})
            for power in powers
        },
        incarnates={f"i{each}": powers[each] for each in range(MAX_INCARNATES)},
        accolades=dict.fromkeys(powers[:MAX_ACCOLADES], True),
        scenario="s0",
        scenarios={f"s{each}": scenario for each in range(MAX_SCENARIOS)},
    )


def one_more(build: Build) -> Build:
    powers = build.powers | {"Pool.Nowhere.One_More": TakenPower()}
    return msgspec.structs.replace(build, powers=powers)


def test_an_operation_never_leads_to_what_cannot_be_read(catalogue: Catalogue) -> None:
    build = fullest(Random(1), catalogue, known=False)
    health = SlottedEnhancement("Crafted_Heal", 50)
    for operation in (
        operation_of("switch_power", power="Inherent.Fitness.Health", on=False),
        operation_of(
            "place_enhancement",
            power="Inherent.Fitness.Health",
            slot="own",
            enhancement=msgspec.to_builtins(health),
        ),
    ):
        answer = apply(build, operation, catalogue)
        assert isinstance(answer, Refused)
        assert answer.code == "build_full"


def operation_of(tag: str, **fields: object) -> Operation:
    return msgspec.convert({"type": tag, **fields}, Operation)


# Catalogues whose powers bring each other for ever


def brings(what: str, *powers: str, target: str = "Self") -> tuple[EffectGroup, ...]:
    application = "OnEnable" if what == "Grant_Power" else "OnTick"
    template = Template(
        (what,),
        target=target,
        application=application,
        params=PowerParams(tuple(PowerId(f"Pool.Loop.{power}") for power in powers)),
    )
    defense = Template(("Ranged",), aspect="Current", target="Self", scale=0.1, table="ones")
    return (EffectGroup((template, defense)),)


def loops(**fields: dict[str, object]) -> Catalogue:
    powerset = PowersetId("Pool.Loop")
    powers = {
        (power_id := PowerId(f"Pool.Loop.{name}")): Power(
            power_id,
            name,
            powerset,
            **{"type": "Auto", "level": 1, "targets_affected": ("Self",)} | settings_,  # type: ignore[arg-type]
        )
        for name, settings_ in fields.items()
    }
    hero = ArchetypeId("Class_Hero")
    return Catalogue(
        release="loops",
        hash="loops",
        archetypes={hero: Archetype(hero, "Hero", player=True, tables={"ones": (1.0,)})},
        categories={CategoryId("Pool"): Category(CategoryId("Pool"), "Pool", (powerset,))},
        powersets={
            powerset: Powerset(powerset, "Loop", CategoryId("Pool"), Expression(""), tuple(powers))
        },
        powers=powers,
    )


CYCLES = {
    "grants itself": loops(A={"effects": brings("Grant_Power", "A")}),
    "grant each other": loops(
        A={"effects": brings("Grant_Power", "B")}, B={"effects": brings("Grant_Power", "A")}
    ),
    "executes itself": loops(A={"effects": brings("Execute_Power", "A")}),
    "execute each other": loops(
        A={"effects": brings("Execute_Power", "B", "B", "C")},
        B={"effects": brings("Execute_Power", "C", "A")},
        C={"effects": brings("Execute_Power", "A", "B")},
    ),
    "is used instead of itself": loops(A={"redirects": (Redirect(PowerId("Pool.Loop.A")),)}),
    "are used instead of each other": loops(
        A={"redirects": (Redirect(PowerId("Pool.Loop.B")),)},
        B={"redirects": (Redirect(PowerId("Pool.Loop.A")),)},
    ),
    "issued powers that require each other": loops(
        A={},
        B={"auto_issue": True, "requires": Expression("Pool.Loop.C")},
        C={"auto_issue": True, "requires": Expression("Pool.Loop.B")},
    ),
    "issued power that requires itself": loops(
        A={"auto_issue": True, "requires": Expression("Pool.Loop.A")}
    ),
    "summons itself": loops(A={"effects": brings("Create_Entity", "A")}),
    "many that bring all": loops(
        **{
            f"P{one}": {"effects": brings("Execute_Power", *(f"P{each}" for each in range(12)))}
            for one in range(12)
        }
    ),
}


@pytest.mark.parametrize("name", CYCLES)
def test_powers_that_bring_each_other_come_to_an_end(name: str) -> None:
    cyclic = CYCLES[name]
    taken = {power: TakenPower(4, on=True) for power in cyclic.powers}
    build = Build(
        1, archetype="Class_Hero", powersets=Powersets(pools={"Pool.Loop": True}), powers={**taken}
    )
    look_at(build, cyclic)
