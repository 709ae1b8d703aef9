"""Whole builds' effects of each power against those that Mids Reborn computed.

Expected: `enhanced_powers.json` of the golden builds. Each effect of Mids', against critters and
against players, has one of ours as its partner, and each of ours one of Mids': equal in kind,
magnitude and number of ticks, and in duration and chance where both sides say one. What has no
partner is exempt by name and number below, with the reason; an exemption more or less than needed
fails.
"""

from pathlib import Path

import pytest
from msgspec import Struct

from calc.engine import Engine
from gamedata.catalogue import Catalogue
from tests.golden.matching import Matched, added, figures_of, match
from tests.golden.mids import DOMINATORS, GOLDENS, PARITY, RELATIVE, build_of, powers_of
from tests.golden.records import OTHER_EFFECTS, as_mids_has_it


class Left(Struct, frozen=True):
    """What of a power has no partner, by label: Mids' and ours, and why."""

    why: str
    theirs: dict[str, int] = {}
    ours: dict[str, int] = {}


FIERY_EMBRACE = "its chance is 0, until Fiery Embrace is used"
OLD = "Mids has an older record"
CONTROLLERS = "controllers' containment and overpower, and dominators' domination, that is off"
PLAYERS = "against players the export has it, Mids not"

EXEMPT: dict[str, Left] = {
    "Smite": Left(FIERY_EMBRACE, {"Fire_Dmg": 1}),
    "Siphon_Life": Left(FIERY_EMBRACE, {"Fire_Dmg": 1}),
    "Long_Jump": Left(PLAYERS, {}, {"JumpingSpeed Maximum": 1}),
    "Boxing": Left(
        "of other archetypes and with Kick and Cross Punch, which Mids lists one by one",
        {"Smashing_Dmg": 26, "Stunned": 3, "Endurance": 1, "Recovery": 1},
    ),
    "Shadow_Maul": Left(
        f"{OLD}; and {FIERY_EMBRACE}",
        {"Smashing_Dmg": 2, "Negative_Energy_Dmg": 5, "Fire_Dmg": 1},
        {"Smashing_Dmg": 2, "Negative_Energy_Dmg": 5},
    ),
    "Against_all_Odds": Left(OLD, {"Taunt": 2}, {"Taunt": 1}),
    "Soul_Drain": Left(f"{OLD}; and {FIERY_EMBRACE}", {"Fire_Dmg": 1}, {"Damage Strength": 4}),
    "Midnight_Grasp": Left(
        f"{OLD}; and {FIERY_EMBRACE}",
        {"Negative_Energy_Dmg": 1, "Immobilized": 1, "Fire_Dmg": 2},
        {"Negative_Energy_Dmg": 1, "Immobilized": 1},
    ),
    "Defense": Left(OLD, {"Defense": 1}),
    "Moonbeam": Left(
        f"{OLD}; and of stalkers", {"Negative_Energy_Dmg": 17}, {"Negative_Energy_Dmg": 1}
    ),
    "Brawl": Left(
        "of controllers, with Cross Punch; and Mids lists what Boxing and Kick add one by one",
        {"Smashing_Dmg": 1, "RechargeTime Strength": 1, "ToHit": 1}
        | {"Regeneration": 1, "Recovery": 1},
    ),
    "Rest": Left(
        OLD,
        {"Immobilized": 1, "Teleport": 1, "Fly": 1, "Defense": 9},
        {"Fly": 2, "Teleport": 2, "RunningSpeed": 2, "FlyingSpeed": 2, "JumpingSpeed": 2}
        | {"JumpHeight": 2, "RunningSpeed Maximum": 2},
    ),
    "Hurdle": Left(OLD, {"JumpHeight": 1, "JumpingSpeed": 1}, {"JumpHeight": 2, "JumpingSpeed": 2}),
}
EXEMPT_DOMINATOR: dict[str, Left] = {
    **{name: EXEMPT[name] for name in ("Long_Jump", "Defense", "Brawl", "Rest", "Hurdle")},
    "Boxing": Left(EXEMPT["Boxing"].why, EXEMPT["Boxing"].theirs | {"Smashing_Dmg": 28}),
    "Tranquilizer": Left(CONTROLLERS, {"Sleep": 1, "Toxic_Dmg": 2}),
    "Burst": Left(PLAYERS, {}, {"Rage": 1}),
    "Sleep_Grenade": Left(CONTROLLERS, {"Sleep": 1}),
    "Liquid_Nitrogen": Left(
        OLD,
        {"RunningSpeed": 1, "Cold_Dmg": 3, "RunningSpeed Maximum": 1, "Knockback": 1},
        {"RunningSpeed": 2, "RunningSpeed Maximum": 1, "Cold_Dmg": 4, "Knockback": 1},
    ),
    "Cloaking_Device": Left(
        OLD,
        {"Defense": 11, "ThreatLevel": 1, "StealthRadius_PVE": 1, "StealthRadius_PVP": 1},
        {"Defense": 44, "Translucency": 4, "ThreatLevel": 2}
        | {"StealthRadius_PVP": 2, "StealthRadius_PVE": 2},
    ),
    "Flash_Bang": Left(
        f"{OLD}; and {CONTROLLERS}",
        {"Energy_Dmg": 3, "Stunned": 3},
        {"Energy_Dmg": 1, "Stunned": 1},
    ),
    "Targeting_Drone": Left(
        OLD,
        {"ToHit": 1, "ToHit Resistance": 1, "PerceptionRadius Resistance": 1}
        | {"PerceptionRadius": 1},
        {"ToHit": 2, "ToHit Resistance": 2, "PerceptionRadius Resistance": 2}
        | {"PerceptionRadius": 2},
    ),
    "Gun_Drone": Left("Mids shows nothing of a pet that stays", {}, {"Lethal_Dmg": 6, "Taunt": 2}),
    "Ignite": Left(
        f"{OLD}: Terrorized is the export's Afraid, of the flames",
        {"Terrorized": 1, "Fire_Dmg": 4},
        {"Fire_Dmg": 2, "Afraid": 1, "Rage": 1},
    ),
    "Tear_Gas": Left(
        OLD,
        {"Damage Strength": 8, "Held": 2},
        {"Held": 3, "Toxic_Dmg": 2, "Damage Strength": 16},
    ),
    "Power_Up": Left(
        "the export also strengthens heals and the base of defenses, Mids not",
        {},
        {"Heal_Dmg Strength": 2, "Defense Strength": 2},
    ),
    "Heavy_Blow": Left(
        OLD,
        {"Knockback": 2, "Smashing_Dmg": 1},
        {"Knockback": 2, "Smashing_Dmg": 1, "Rage": 1},
    ),
    "Cryo_Freeze_Ray": Left(f"{OLD}; and {CONTROLLERS}", {"Held": 3, "Cold_Dmg": 2}, {"Held": 1}),
}
# With Mids' records in our catalogue nothing of ours is left where Mids has a record at all, and of
# Mids' only what does not happen to this build.
_PATCHED = {name.rpartition(".")[2] for name in OTHER_EFFECTS}
PARITY_EXEMPT: dict[str, Left] = {
    **{name: each for name, each in EXEMPT.items() if name not in _PATCHED},
    "Smite": EXEMPT["Smite"],
    "Siphon_Life": EXEMPT["Siphon_Life"],
    "Shadow_Maul": Left(FIERY_EMBRACE, {"Fire_Dmg": 1}),
    "Soul_Drain": Left(FIERY_EMBRACE, {"Fire_Dmg": 1}),
    "Midnight_Grasp": Left(FIERY_EMBRACE, {"Fire_Dmg": 2}),
    "Moonbeam": Left(
        "of stalkers, and the quick shot's critical hits", {"Negative_Energy_Dmg": 14}
    ),
}
PARITY_EXEMPT_DOMINATOR: dict[str, Left] = {
    **{name: each for name, each in EXEMPT_DOMINATOR.items() if name not in _PATCHED},
    "Flash_Bang": Left(CONTROLLERS, {"Energy_Dmg": 2}),
    "Ignite": Left("the flames' once more, as of a redirect", {"Fire_Dmg": 1}),
    "Tear_Gas": Left(CONTROLLERS, {"Held": 1}),
    "Cryo_Freeze_Ray": Left(CONTROLLERS, {"Held": 2, "Cold_Dmg": 1}),
}


def compare(
    name: str, goldens: Path, catalogue: Catalogue, relative: float
) -> tuple[dict[str, int], dict[str, Matched]]:
    """The counts, and by power what has no partner."""
    found = figures_of(Engine(catalogue), build_of(name, goldens, catalogue))
    matched = {power.short: match(power, found, relative) for power in powers_of(name, goldens)}
    left = {short: each for short, each in matched.items() if each.theirs or each.mine}
    return added(matched.values()), left


def assert_only_exempt(left: dict[str, Matched], exempt: dict[str, Left]) -> None:
    assert {short: (dict(each.theirs), dict(each.mine)) for short, each in left.items()} == {
        short: (each.theirs, each.ours) for short, each in exempt.items()
    }


@pytest.mark.parametrize("name", GOLDENS)
def test_every_effect_of_every_power(
    name: str, goldens: Path, full_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, left = compare(name, goldens, full_catalogue, RELATIVE)
    with capsys.disabled():
        print(f"\n{name}: effects {counts}", end=" ")  # noqa: T201
    assert_only_exempt(left, EXEMPT_DOMINATOR if name in DOMINATORS else EXEMPT)
    assert counts["matched"] >= 240
    assert counts["by duration too"] >= 210


@pytest.mark.parametrize("name", GOLDENS)
def test_every_effect_with_the_records_of_mids(
    name: str, goldens: Path, full_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the same numbers put in, the same come out, to 1e-4."""
    powers = powers_of(name, goldens)
    catalogue = as_mids_has_it(full_catalogue, powers, goldens / "common")
    counts, left = compare(name, goldens, catalogue, PARITY)
    with capsys.disabled():
        print(f"\n{name}: effects with Mids' records {counts}", end=" ")  # noqa: T201
    assert_only_exempt(left, PARITY_EXEMPT_DOMINATOR if name in DOMINATORS else PARITY_EXEMPT)
    assert counts["matched"] >= 300
