"""What runs, and what it sets off: modes, grants, redirects, chances (`calc.md` §5.2, §5.5, §8)."""

from collections.abc import Mapping

import pytest

from calc.build import Build, Slot, SlottedEnhancement, TakenPower
from calc.ed import apply_ed
from calc.engine import Engine
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    EffectGroup,
    Enhancement,
    EnhancementId,
    Expression,
    FilterParams,
    Power,
    PowerId,
    PowerParams,
    PowersetId,
    Redirect,
    Template,
)

ON = TakenPower(level=1, on=True)
ARCHETYPE = Archetype(
    ArchetypeId("Class_Test"),
    "Test",
    player=True,
    base={"to_hit": 0.75},
    maximum={"hit_points": (1000.0,)},
    maximum_maximum={"hit_points": (1500.0,), "absorb": (1000.0,)},
    tables={"melee_ones": (1.0,)},
)


def to_hit(scale: float = 0.1, **fields: object) -> Template:
    """A template that gives to-hit: what these tests look at."""
    return template("ToHit", scale, aspect="Current", **fields)


def template(attribute: str, scale: float = 1.0, **fields: object) -> Template:
    settings: dict[str, object] = {"table": "melee_ones", "target": "Self", "scale": scale} | fields
    return Template((attribute,), **settings)  # type: ignore[arg-type]


def mode(name: str) -> Template:
    return template("Set_Mode", aspect="Current", type="Constant", mode=name)


def granting(*powers: str, attribute: str = "Grant_Power", target: str = "Self") -> Template:
    return template(
        attribute,
        aspect="Absolute",
        target=target,
        params=PowerParams(tuple(PowerId(power) for power in powers)),
    )


def chance_modifier(tag: str, scale: float) -> Template:
    return template("Global_Chance_Mod", scale, aspect="Current", params=FilterParams((tag,)))


def group(*templates: Template, **fields: object) -> EffectGroup:
    return EffectGroup(templates, **fields)  # type: ignore[arg-type]


def power(name: str, *groups: EffectGroup, **fields: object) -> Power:
    settings: dict[str, object] = {"type": "Toggle", "targets_affected": ("Self",)} | fields
    return Power(PowerId(name), name, PowersetId("Test.Set"), effects=groups, **settings)  # type: ignore[arg-type]


def total(
    *powers: Power, stat: str = "offense.to_hit", taken: Mapping[str, TakenPower] | None = None
) -> float:
    """A stat's total when these powers are in the catalogue and all, or some, are taken."""
    catalogue = Catalogue(
        "test",
        "test",
        archetypes={ARCHETYPE.id: ARCHETYPE},
        powers={each.id: each for each in powers},
    )
    chosen = taken or {each.id: ON for each in powers if each.id.startswith("Test.Set")}
    build = Build(1, archetype=ARCHETYPE.id, powers=dict(chosen))
    return Engine(catalogue).totals(build)[stat].value


IN_MODE = Expression("source.Mode?(kStance)")


def test_a_mode_reaches_the_conditions_of_other_powers() -> None:
    stance = power("Test.Set.Stance", group(mode("Stance")))
    listener = power("Test.Set.Listener", group(to_hit(), requires=IN_MODE))
    assert total(stance, listener) == pytest.approx(0.1)
    assert total(listener) == 0.0


def test_a_power_does_not_see_the_mode_that_it_alone_sets() -> None:
    """Vengeance must not lock itself out."""
    guarded = power(
        "Test.Set.Vengeance",
        group(mode("Vengeance")),
        group(to_hit(), requires=Expression("!source.Mode?(kVengeance)")),
    )
    assert total(guarded) == pytest.approx(0.1)
    other = power("Test.Set.Other", group(mode("Vengeance")))
    assert total(guarded, other) == 0.0


def test_modes_bar_and_allow_powers() -> None:
    stance = power("Test.Set.Stance", group(mode("Stance")))
    barred = power("Test.Set.Barred", group(to_hit(0.1)), modes_disallowed=("Stance",))
    suspended = power("Test.Set.Suspended", group(to_hit(0.2)), modes_suspended=("Stance",))
    allowed = power("Test.Set.Allowed", group(to_hit(0.4)), modes_required=("Stance",))
    assert total(stance, barred, suspended, allowed) == pytest.approx(0.4)
    assert total(barred, suspended, allowed) == pytest.approx(0.3)


def test_of_two_powers_that_bar_each_other_the_first_stays() -> None:
    one = power("Test.Set.A", group(mode("A"), to_hit(0.1)), modes_disallowed=("B",))
    two = power("Test.Set.B", group(mode("B"), to_hit(0.2)), modes_disallowed=("A",))
    assert total(one, two) == pytest.approx(0.1)
    assert total(two, one) == pytest.approx(0.1)  # by id, not by place


def test_a_granted_auto_counts_with_the_power_that_grants_it() -> None:
    giver = power("Test.Set.Giver", group(granting("Grants.Set.Given", "Grants.Set.Click")))
    given = power("Grants.Set.Given", group(to_hit()), type="Auto")
    click = power("Grants.Set.Click", group(to_hit(0.5)), type="Click")
    assert total(giver, given, click) == pytest.approx(0.1)
    off = {"Test.Set.Giver": TakenPower(level=1, on=False)}
    assert total(giver, given, click, taken=off) == 0.0


def test_granted_powers_grant_further_and_never_in_a_circle() -> None:
    first = power("Test.Set.First", group(granting("Grants.Set.Second")))
    second = power("Grants.Set.Second", group(granting("Grants.Set.Third"), to_hit()), type="Auto")
    third = power("Grants.Set.Third", group(granting("Test.Set.First"), to_hit()), type="Auto")
    assert total(first, second, third) == pytest.approx(0.2)


def test_an_executed_click_counts_at_once() -> None:
    caller = power("Test.Set.Caller", group(granting("Grants.Set.Run", attribute="Execute_Power")))
    run = power("Grants.Set.Run", group(to_hit()), type="Click")
    assert total(caller, run) == pytest.approx(0.1)


def test_a_click_that_a_foe_executes_counts_for_whom_it_reaches() -> None:
    on_target = granting("Grants.Set.Run", attribute="Execute_Power", target="AnyAffected")
    at_foes = power("Test.Set.Caller", group(on_target), targets_affected=("Foe (Alive)",))
    for reached, expected in ((("Ally (Alive)", "Self"), 0.1), (("Ally (Alive)",), 0.0)):
        gives = group(to_hit(target="AnyAffected"))
        run = power("Grants.Set.Run", gives, type="Click", targets_affected=reached)
        assert total(at_foes, run) == pytest.approx(expected)


def test_an_executed_click_has_the_slots_of_its_caller_and_their_pieces_count_once() -> None:
    boost = template("ToHit", 0.5, aspect="Strength", flags=("Boost",))
    piece = Enhancement(EnhancementId("Kismet"), "Kismet", effects=(group(boost, to_hit(0.06)),))
    run = power("Grants.Set.Run", group(to_hit()), type="Click")
    caller = power("Test.Set.Caller", group(granting(run.id, attribute="Execute_Power")))
    catalogue = Catalogue(
        "test",
        "test",
        archetypes={ARCHETYPE.id: ARCHETYPE},
        powers={caller.id: caller, run.id: run},
        enhancements={piece.id: piece},
    )
    slots = {"own": Slot(enhancement=SlottedEnhancement(piece.id))}
    build = Build(
        1, archetype=ARCHETYPE.id, powers={caller.id: TakenPower(level=1, on=True, slots=slots)}
    )
    found = Engine(catalogue).totals(build)["offense.to_hit"].value
    assert found == pytest.approx(0.06 + 0.1 * (1 + apply_ed(0.5, "B")))


def test_a_redirect_stands_for_the_power() -> None:
    used = power("Redirects.Set.Used", group(to_hit()))
    other = power("Redirects.Set.Other", group(to_hit(0.5)))
    redirecting = power(
        "Test.Set.Redirecting",
        redirects=(
            Redirect(other.id, Expression("source.Mode?(kStance)")),
            Redirect(used.id, Expression("Always")),
        ),
    )
    assert total(redirecting, used, other) == pytest.approx(0.1)


def test_redirects_in_a_circle_end() -> None:
    one = power("Test.Set.One", redirects=(Redirect(PowerId("Test.Set.Two")),))
    two = power("Test.Set.Two", redirects=(Redirect(PowerId("Test.Set.One")),))
    assert total(one, two) == 0.0


def test_what_merely_may_happen_is_not_added() -> None:
    assert total(power("Test.Set.A", group(to_hit(), chance=0.95))) == 0.0
    assert total(power("Test.Set.A", group(to_hit(tick_chance=0.5)))) == 0.0


@pytest.mark.parametrize(
    ("chance", "modifier", "expected"),
    [(0.0, 1.0, 0.1), (1.0, -1.0, 0.0), (0.5, 0.4, 0.0), (0.5, 0.5, 0.1), (-0.2, 1.2, 0.1)],
)
def test_chance_modifiers_switch_effects(chance: float, modifier: float, expected: float) -> None:
    tagged = power("Test.Set.Tagged", group(to_hit(), chance=chance, tags=("Ammo",)))
    changer = power("Test.Set.Changer", group(chance_modifier("Ammo", modifier)))
    assert total(tagged, changer) == pytest.approx(expected)


def test_a_chance_modifier_in_its_own_group_is_a_guard() -> None:
    guarded = power(
        "Test.Set.Guarded",
        group(to_hit(), tags=("Repulsion",)),
        group(chance_modifier("Repulsion", -10000.0), tags=("Repulsion",)),
    )
    assert total(guarded) == pytest.approx(0.1)


def test_effects_that_read_totals_come_last() -> None:
    """An absorb shield of a share of the maximum health, which another power raises."""
    shield = power(
        "Test.Set.Shield",
        group(
            template(
                "Absorb",
                aspect="Maximum",
                type="Expression",
                magnitude_expression=Expression("0.1 * source>Max.kHitPoints"),
            )
        ),
    )
    tough = power("Test.Set.Tough", group(template("HitPoints", 300.0, aspect="Maximum")))
    assert total(shield, stat="health.absorb") == pytest.approx(100.0)
    assert total(shield, tough, stat="health.absorb") == pytest.approx(130.0)
    too_much = power("Test.Set.Tough", group(template("HitPoints", 900.0, aspect="Maximum")))
    assert total(shield, too_much, stat="health.absorb") == pytest.approx(150.0)  # capped health


def test_the_strongest_of_a_key_counts_for_strengths_too() -> None:
    def hasty(name: str, scale: float, key: str) -> Power:
        haste = template("RechargeTime", scale, aspect="Strength", stack="Suppress", stack_key=key)
        return power(f"Test.Set.{name}", group(haste))

    recharge = "offense.recharge"
    weak, strong = hasty("Weak", 0.2, "HasteBuff"), hasty("Strong", 0.7, "HasteBuff")
    assert total(weak, strong, stat=recharge) == pytest.approx(1.7)
    assert total(weak, strong, hasty("Other", 0.1, ""), stat=recharge) == pytest.approx(1.8)


def test_the_strongest_is_the_largest_in_size() -> None:
    """Stealth powers' lower threat is one instance."""

    def stealthy(name: str, scale: float) -> Power:
        threat = template(
            "ThreatLevel", scale, aspect="Current", stack="Replace", stack_key="StealthToggle"
        )
        return power(f"Test.Set.{name}", group(threat))

    both = total(stealthy("A", -1.0), stealthy("B", -2.0), stat="offense.threat")
    assert both == pytest.approx(-2.0)


def test_copies_of_a_counter_are_what_the_player_says() -> None:
    counter = power("Temporary_Powers.Temporary_Powers.Combo", type="Auto", number_allowed=5)
    builds_up = power(
        "Test.Set.Builder",
        group(
            template(
                "ToHit",
                0.1,
                aspect="Current",
                type="Expression",
                magnitude_expression=Expression(
                    "@StdResult * source.ownPowerNum?(Temporary_Powers.Temporary_Powers.Combo)"
                ),
            )
        ),
    )
    taken = {builds_up.id: ON, counter.id: TakenPower(count=3)}
    assert total(builds_up, counter, taken=taken) == pytest.approx(0.3)
    taken = {builds_up.id: ON, counter.id: TakenPower(count=30)}
    assert total(builds_up, counter, taken=taken) == pytest.approx(0.5)


def test_one_target_powers_have_their_target_while_they_are_on() -> None:
    parry = power("Test.Set.Parry", group(to_hit(stack="Stack")), targets_affected=("Foe (Alive)",))
    taken = {parry.id: TakenPower(level=1, on=True, count=0)}
    assert total(parry, taken=taken) == pytest.approx(0.1)
    area = power(
        "Test.Set.Area",
        group(to_hit(stack="Stack")),
        targets_affected=("Foe (Alive)",),
        max_targets_expression=Expression("2 + 3"),
    )
    taken = {area.id: TakenPower(level=1, on=True, count=50)}
    assert total(area, taken=taken) == pytest.approx(0.5)
