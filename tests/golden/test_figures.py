"""Whole builds' scalars of each power against those that Mids Reborn computed.

Expected: `enhanced_powers.json` of the golden builds. Tolerance: 1e-4 absolutely or 5e-4 of the
value; 1e-4 with Mids' records in our catalogue, and no exemption. Where the export and Mids'
database differ the export is right: those numbers are exempt by name below.
"""

from collections.abc import Collection
from pathlib import Path

import pytest

from calc.engine import Engine
from gamedata.catalogue import Catalogue
from tests.golden.mids import GOLDENS, INCARNATE, PARITY, RELATIVE, build_of, near, powers_of
from tests.golden.records import as_mids_has_it

# Mids' field, our key after slotting, our key of its `Base`.
SCALARS = (
    ("Accuracy", "power.accuracy", "power.accuracy_multiplier"),
    ("EndCost", "power.endurance", "power.endurance"),
    ("InterruptTime", "power.interrupt", "power.interrupt"),
    ("Range", "power.range", "power.range"),
    ("RechargeTime", "power.recharge", "power.recharge"),
    ("CastTime", "power.cast", "power.cast"),
    ("DamagePerActivation", "power.damage", ""),
)

OLD = "Mids has an old record"
REDIRECTED = (
    "Mids shows the power itself, that does nothing in the game: it is used as "
    "Moonbeam_Normal (accuracy 1.2, 4.33 s, 3 s of it interruptible, 4.5 and a critical hit)"
)
EXEMPT: dict[tuple[str, str], str] = {
    ("Shadow_Maul", "EndCost"): f"{OLD}: 8.528, the export 11.024",
    ("Shadow_Maul", "DamagePerActivation"): f"{OLD}: 8 x 0.2695, the export 8 x 0.2023",
    **{
        ("Moonbeam", field): REDIRECTED
        for field in ("Accuracy", "CastTime", "InterruptTime", "DamagePerActivation")
    },
    ("Liquid_Nitrogen", "DamagePerActivation"): (
        "Mids counts 7 ticks of 0.2; the export's power to be read says 0.95 in all, which is what "
        "its pulses come to: one falls every 4.5 s and then with 8 % each 0.2 s, 4.75 times in 30 s"
    ),
    ("Tear_Gas", "Accuracy"): f"{OLD}: 0.85, the export 1",
    ("Tear_Gas", "DamagePerActivation"): f"{OLD}, without damage; the export 16 pulses of 0.3",
    ("Cloaking_Device", "EndCost"): f"{OLD}: 0.18 a pulse, the export 0.182",
    ("Targeting_Drone", "EndCost"): f"{OLD}: 0.155 a pulse, the export 0.156",
    ("Heavy_Blow", "Accuracy"): f"{OLD}: 1, the export 1.05",
    ("Long_Jump", "EndCost"): "Mids has a rounded cost",
}
EXEMPT_INCARNATE = {
    ("Sniper_Rifle", "RechargeTime"): (
        "Mids lets no Alpha into what a power redirects to; in the game both accept it"
    )
}


def compare(
    name: str,
    goldens: Path,
    catalogue: Catalogue,
    exempt: Collection[tuple[str, str]],
    relative: float,
) -> tuple[dict[str, int], list[tuple[object, ...]]]:
    """How many of Mids' scalars were compared, and which differ. An exemption has to be needed."""
    figures = Engine(catalogue).figures(build_of(name, goldens, catalogue))
    compared = {"non-zero": 0, "zero": 0, "exempt": 0}
    wrong: list[tuple[object, ...]] = []
    for power in powers_of(name, goldens):
        found = figures[power.id]
        for field, key, base_key in SCALARS:
            pairs = [(found.after.get(key, 0.0), power.after[field], "after")]
            if base_key:
                pairs.append((found.before.get(base_key, 0.0), power.before[field], "before"))
            if (power.short, field) in exempt:
                compared["exempt"] += len(pairs)
                needed = not all(near(ours, theirs, relative) for ours, theirs, _ in pairs)
                assert needed, f"{power.short} {field} needs no exemption"
                continue
            for ours, theirs, side in pairs:
                compared["non-zero" if theirs else "zero"] += 1
                if not near(ours, theirs, relative):
                    wrong.append((power.id, field, side, ours, theirs))
    return compared, wrong


@pytest.mark.parametrize("name", GOLDENS)
def test_every_scalar_of_every_power(
    name: str, goldens: Path, full_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    exempt = EXEMPT | (EXEMPT_INCARNATE if name == INCARNATE else {})
    compared, wrong = compare(name, goldens, full_catalogue, exempt, RELATIVE)
    with capsys.disabled():
        print(f"\n{name}: scalars {compared}", end=" ")  # noqa: T201
    assert wrong == []
    assert compared["non-zero"] >= 211


@pytest.mark.parametrize("name", GOLDENS)
def test_every_scalar_with_the_records_of_mids(
    name: str, goldens: Path, full_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the same numbers put in, the same come out, to 1e-4."""
    catalogue = as_mids_has_it(full_catalogue, powers_of(name, goldens), goldens / "common")
    compared, wrong = compare(name, goldens, catalogue, (), PARITY)
    with capsys.disabled():
        print(f"\n{name}: scalars with Mids' records {compared}", end=" ")  # noqa: T201
    assert wrong == []
    assert compared["exempt"] == 0
    assert compared["non-zero"] >= 220
