"""What summoned things come to where a plain count would mislead; by hand from the export.

One point of the scales at level 50: 62.5631 melee damage and 107.0897 of temporary powers for a
scrapper, 30.5863 ranged damage for a controller.
"""

import pytest

from calc.build import Build, TakenPower
from calc.engine import Engine
from calc.figure_types import Figures
from gamedata.catalogue import Catalogue, PowerId

MELEE, TEMPORARY = 62.5631, 107.0897


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def figures(engine: Engine, archetype: str, power: str) -> Figures:
    build = Build(1, archetype=f"Class_{archetype}", powers={power: TakenPower(level=1, on=True)})
    return engine.figures(build)[PowerId(power)]


def jumps(found: Figures) -> list[float]:
    """The damage of each, in the order of the jumps."""
    (pet,) = found.pets
    assert not pet.is_part
    return [power.after["power.damage"] for power in pet.powers]


def test_judgement_hurts_each_foe_once(engine: Engine) -> None:
    """4 x the table, and 1.5 x once in five: 460.49, and as much by each of four jumps."""
    ion = "Incarnate.Judgement.Ion_Core_Final_Judgement"
    build = Build(1, archetype="Class_Scrapper", incarnates={"judgement": ion})
    found = engine.figures(build)[PowerId(ion)]
    hit = (4.0 + 0.2 * 1.5) * TEMPORARY
    assert hit == pytest.approx(460.4857, abs=1e-4)
    assert found.before["power.damage"] == pytest.approx(hit, rel=1e-6)
    assert found.after["power.damage"] == pytest.approx(hit, rel=1e-6)
    assert jumps(found) == pytest.approx([hit] * 4, rel=1e-6)


def test_nothing_makes_judgement_stronger(engine: Engine) -> None:
    """The export's power ignores strength: Build Up, that is."""
    ion = "Incarnate.Judgement.Ion_Core_Final_Judgement"
    assert engine.catalogue.powers[PowerId(ion)].ignore_strength
    powers = {"Scrapper_Melee.Broad_Sword.Build_Up": TakenPower(level=1, on=True)}
    build = Build(1, archetype="Class_Scrapper", powers=powers, incarnates={"judgement": ion})
    assert engine.totals(build)["offense.damage.energy"].value > 1.5
    found = engine.figures(build)[PowerId(ion)]
    assert found.after["power.damage"] == found.before["power.damage"]


def test_chain_induction_jumps_to_others(engine: Engine) -> None:
    """1.32 and a critical hit once in ten on the target; 0.7 on each of four others."""
    found = figures(engine, "Scrapper", "Scrapper_Melee.Electrical_Melee.Chain_Induction")
    assert found.after["power.damage"] == pytest.approx(1.32 * 1.1 * MELEE, rel=1e-6)
    assert jumps(found) == pytest.approx([0.7 * MELEE] * 4, rel=1e-6)


def test_carrion_creepers_entangle_by_one_who_fell(engine: Engine) -> None:
    """Two types of 0.2333 in three ticks; of the 41 times that it looks for a fallen foe, one."""
    found = figures(engine, "Controller", "Controller_Control.Plant_Control.Carrion_Creepers")
    assert found.before["power.damage"] == pytest.approx(2 * 0.2333 * 3 * 30.5863, rel=1e-4)


@pytest.mark.parametrize(
    ("archetype", "power", "name", "chance"),
    [
        ("Controller", "Controller_Control.Plant_Control.Carrion_Creepers", "Vine", 0.5),
        ("Defender", "Defender_Buff.Trick_Arrow.Oil_Slick_Arrow", "Fire", 1.0),
        ("Controller", "Controller_Control.Illusion_Control.Phantasm", "Decoy", 1.0),
    ],
)
def test_whom_somebody_summoned_brings_is_shown(
    engine: Engine, archetype: str, power: str, name: str, chance: float
) -> None:
    """Beside the power's own damage: oil has to be lit; decoys only seem to hurt."""
    found = figures(engine, archetype, power)
    first, other = found.pets
    assert name in other.name
    assert not other.is_part
    assert other.chance == pytest.approx(chance)
    hurts = any("power.damage" in each.after for each in other.powers)
    assert hurts == (name != "Decoy")
    own = [each.after["power.damage"] for each in first.powers if "power.damage" in each.after]
    expected = own[0] if first.is_part and own else 0.0
    assert found.after.get("power.damage", 0.0) == pytest.approx(expected)
