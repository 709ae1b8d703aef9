"""Whole builds against the totals that Mids Reborn computed for them.

Input: `../shared/goldens/builds/<name>/<name>.mbd`; expected: its `totals.json` (Mids Reborn 3.8,
Homecoming database 2026.1.1242), keys mapped as the design's `stats.md` says. Tolerance: 1e-4
absolutely or 5e-4 of the value, since Mids keeps rounded records; hit points 0.75. Where the
export and Mids' database differ the export is right: those numbers are exempt by name below, with
what we have instead. With Mids' records in our catalogue it is 1e-4 for all, and no exemption.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from calc import mbd
from calc.engine import Engine
from calc.stats import STATS
from calc.totals import Total
from gamedata.catalogue import Catalogue
from tests.golden.mids import (
    ABSOLUTE,
    DOMINATOR,
    GOLDENS,
    INCARNATE,
    PARITY,
    RELATIVE,
    SCRAPPERS,
    near,
    powers_of,
)
from tests.golden.records import as_mids_has_it

HIT_POINTS = 0.75

DAMAGE = {
    "smashing": 1,
    "lethal": 2,
    "fire": 3,
    "cold": 4,
    "energy": 5,
    "negative": 6,
    "toxic": 7,
    "psionic": 8,
}
POSITIONS = {"melee": 10, "ranged": 11, "aoe": 12}
MEZ = {
    "confused": 1,
    "held": 2,
    "immobilized": 3,
    "knockback": 4,
    "knockup": 5,
    "placate": 7,
    "repel": 8,
    "sleep": 9,
    "stunned": 10,
    "taunt": 11,
    "terrorized": 12,
    "teleport": 14,
}
DEBUFFS = {
    "accuracy": 1,
    "defense": 5,
    "endurance": 7,
    "fly_speed": 11,
    "jump_height": 16,
    "jump_speed": 17,
    "perception": 23,
    "range": 24,
    "recharge": 25,
    "recovery": 26,
    "regeneration": 27,
    "run_speed": 32,
    "to_hit": 40,
}
# Our key, Mids' field, what our value has included.
SCALARS = (
    ("health.max", "HPMax", 0),
    ("health.regeneration", "HPRegen", 1),
    ("health.absorb", "Absorb", 0),
    ("endurance.max", "EndMax", 100),
    ("endurance.recovery", "EndRec", 1),
    ("endurance.use_per_second", "EndUse", 0),
    ("offense.recharge", "BuffHaste", 1),
    ("offense.damage", "BuffDam", 1),
    ("offense.accuracy", "BuffAcc", 0),
    ("offense.range", "BuffRange", 0),
    ("offense.endurance_discount", "BuffEndRdx", 0),
    ("offense.heal", "BuffHeal", 0),
    ("offense.to_hit", "BuffToHit", 0),
    ("offense.threat", "ThreatLevel", 0),
    ("movement.run", "RunSpd", 0),
    ("movement.fly", "FlySpd", 0),
    ("movement.jump", "JumpSpd", 0),
    ("movement.jump_height", "JumpHeight", 0),
    ("stealth.pve", "StealthPvE", 0),
    ("stealth.pvp", "StealthPvP", 0),
    ("perception", "Perception", 0),
)
CAPS = (  # Mids fills these in its uncapped section only
    ("movement.run_cap", "MaxRunSpd", 0),
    ("movement.fly_cap", "MaxFlySpd", 0),
    ("movement.jump_cap", "MaxJumpSpd", 0),
)
IN_NO_GOLDEN = {  # ours alone, or computed from others
    "health.regeneration_per_second",
    "endurance.recovery_per_second",
    "endurance.net_per_second",
    "level_shift",
    *(f"offense.damage.{word}" for word in DAMAGE),
}

JUMP_CAP = {"movement.jump_cap": (114.66, "Mids says 114.4 ft/s, the export 5.46 x 21")}
CLOAKING_DEVICE = (
    "Mids has an old record of Cloaking Device (0.233 x Ranged_Buff_Def, 0.18 endurance, "
    "250 ft); the export has 0.25 and 0.5 x Melee_Buff_Def, of which the strongest counts, "
    "0.182 and 200 ft"
)


def _dominator(alpha: float) -> dict[str, tuple[float, str]]:
    """Where Mids' records of two powers are old. alpha: what it multiplies defense with."""
    return {
        **JUMP_CAP,
        **{
            f"defense.{word}": ((0.107475 + 0.025025) * alpha, CLOAKING_DEVICE)
            for word in (*DAMAGE, *POSITIONS)
        },
        "endurance.use_per_second": (
            2.165 + 0.004 + 0.002,
            f"{CLOAKING_DEVICE}; Targeting Drone costs 0.156, in Mids 0.155",
        ),
        "stealth.pve": (200.0, CLOAKING_DEVICE),
    }


def _capped(exempt: dict[str, tuple[float, str]]) -> dict[str, tuple[float, str]]:
    return {
        **{key: value for key, value in exempt.items() if key not in JUMP_CAP},
        "stealth.pvp": (571.5, "Mids caps no stealth; the export's cap is 571.5 ft"),
    }


EXEMPT = dict.fromkeys(SCRAPPERS, JUMP_CAP) | {
    DOMINATOR: _dominator(alpha=1.0),
    INCARNATE: _dominator(alpha=1.2),
}
EXEMPT_CAPPED: dict[str, dict[str, tuple[float, str]]] = {name: {} for name in SCRAPPERS} | {
    name: _capped(EXEMPT[name]) for name in (DOMINATOR, INCARNATE)
}


def mids_numbers(totals: dict[str, Any], *, is_capped: bool) -> dict[str, tuple[float, float]]:
    """By our key: Mids' own number, and what it is in our unit."""
    numbers: dict[str, tuple[float, float]] = {}
    for word, index in (DAMAGE | POSITIONS).items():
        numbers[f"defense.{word}"] = totals["Def"][index], totals["Def"][index]
        numbers[f"elusivity.{word}"] = totals["Elusivity"][index], totals["Elusivity"][index]
    for word, index in DAMAGE.items():
        numbers[f"resistance.{word}"] = totals["Res"][index], totals["Res"][index]
    for word, index in MEZ.items():
        magnitude, resistance = totals["Mez"][index], totals["MezRes"][index]
        numbers[f"protection.{word}"] = magnitude, -magnitude
        numbers[f"status_resistance.{word}"] = resistance, resistance / 100
    for word, index in DEBUFFS.items():
        resistance = totals["DebuffRes"][index]
        numbers[f"debuff_resistance.{word}"] = resistance, resistance / 100
    for key, field, included in (*SCALARS, *(() if is_capped else CAPS)):
        numbers[key] = totals[field], totals[field] + included
    return numbers


def unread(totals: dict[str, Any]) -> list[tuple[str, int]]:
    """Mids' numbers that no key of ours stands for, where they are not zero."""
    read = {
        "Def": {*DAMAGE.values(), *POSITIONS.values()},
        "Res": set(DAMAGE.values()),
        "Elusivity": {*DAMAGE.values(), *POSITIONS.values()},
        "Mez": set(MEZ.values()),
        "MezRes": set(MEZ.values()),
        "DebuffRes": set(DEBUFFS.values()),
    }
    scalars = {field for _, field, _ in (*SCALARS, *CAPS)}
    assert set(totals) == set(read) | scalars
    return [
        (field, index)
        for field, indexes in read.items()
        for index, number in enumerate(totals[field])
        if number and index not in indexes
    ]


def agrees(key: str, ours: float, theirs: float) -> bool:
    difference = abs(ours - theirs)
    if key == "health.max":
        return difference <= HIT_POINTS
    return difference <= ABSOLUTE or difference <= RELATIVE * abs(theirs)


def totals_of(name: str, goldens: Path, catalogue: Catalogue) -> dict[str, Total]:
    file = goldens / "builds" / name / f"{name}.mbd"
    imported = mbd.read(file.read_bytes(), catalogue)
    assert [problem for problem in imported.problems if problem.code.startswith("unknown")] == []
    return Engine(catalogue).totals(imported.build)


@pytest.fixture(params=["full_catalogue", "catalogue"], ids=["full", "starter"])
def either_catalogue(request: pytest.FixtureRequest) -> Catalogue:
    """The whole export and the starter catalogue: they agree on every golden."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Catalogue)
    return found


@pytest.mark.parametrize("name", GOLDENS)
def test_every_number_of_a_golden_build(
    name: str, goldens: Path, either_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = totals_of(name, goldens, either_catalogue)
    golden = msgspec.json.decode((goldens / "builds" / name / "totals.json").read_bytes())
    compared = {"non-zero": 0, "zero": 0, "exempt": 0}
    wrong = []
    for section, exempt in (("Totals", EXEMPT[name]), ("TotalsCapped", EXEMPT_CAPPED[name])):
        is_capped = section == "TotalsCapped"
        assert unread(golden[section]) == []
        for key, (raw, theirs) in mids_numbers(golden[section], is_capped=is_capped).items():
            total = ours[key].capped if is_capped else ours[key].value
            if key in exempt:
                compared["exempt"] += 1
                assert total == pytest.approx(exempt[key][0], abs=1e-6), (key, exempt[key][1])
                assert not agrees(key, total, theirs), f"{key} needs no exemption"
                continue
            compared["non-zero" if raw else "zero"] += 1
            if not agrees(key, total, theirs):
                wrong.append((section, key, total, theirs))
    with capsys.disabled():
        print(f"\n{name}, {either_catalogue.release}: {compared}", end=" ")  # noqa: T201
    assert wrong == []
    assert compared["non-zero"] >= (90 if name in SCRAPPERS else 40)


@pytest.mark.parametrize("name", GOLDENS)
def test_every_number_with_the_records_of_mids(
    name: str, goldens: Path, full_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the same numbers put in, the same come out, to 1e-4."""
    catalogue = as_mids_has_it(full_catalogue, powers_of(name, goldens), goldens / "common")
    ours = totals_of(name, goldens, catalogue)
    golden = msgspec.json.decode((goldens / "builds" / name / "totals.json").read_bytes())
    compared = {"non-zero": 0, "zero": 0}
    wrong = []
    for section in ("Totals", "TotalsCapped"):
        is_capped = section == "TotalsCapped"
        for key, (raw, theirs) in mids_numbers(golden[section], is_capped=is_capped).items():
            total = ours[key].capped if is_capped else ours[key].value
            compared["non-zero" if raw else "zero"] += 1
            if not near(total, theirs, PARITY):
                wrong.append((section, key, total, theirs))
    with capsys.disabled():
        print(f"\n{name} with Mids' records: {compared}", end=" ")  # noqa: T201
    assert wrong == []


def test_every_stat_is_compared_or_known_to_be_in_no_golden() -> None:
    empty = {
        "Def": [0] * 16,
        "Res": [0] * 16,
        "Elusivity": [0] * 16,
        "Mez": [0] * 20,
        "MezRes": [0] * 20,
        "DebuffRes": [0] * 86,
    } | {field: 0 for _, field, _ in (*SCALARS, *CAPS)}
    compared = mids_numbers(empty, is_capped=False)
    assert {stat.key for stat in STATS} == set(compared) | IN_NO_GOLDEN


def test_what_follows_from_other_totals(goldens: Path, catalogue: Catalogue) -> None:
    """`calc.md` §10, "Derived", for hasten_2rech."""
    ours = totals_of("hasten_2rech", goldens, catalogue)
    assert ours["health.regeneration_per_second"].capped == pytest.approx(8.59, abs=0.005)
    assert ours["endurance.recovery_per_second"].capped == pytest.approx(2.0833, abs=5e-5)
    assert ours["endurance.net_per_second"].capped == pytest.approx(0.224, abs=5e-4)


def test_six_copies_of_one_bonus_count_five_times(goldens: Path, catalogue: Catalogue) -> None:
    """Six Luck of the Gambler, of which five count, and Red Fortune: `calc.md` §7.3."""
    ours = totals_of("shield_scrapper_set_bonuses", goldens, catalogue)
    assert ours["offense.recharge"].value == pytest.approx(1 + 5 * 0.075 + 0.05, abs=1e-9)
