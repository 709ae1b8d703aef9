"""Operations that must be refused."""

from random import Random

from calc.build import OWN_SLOT, Build, SlottedEnhancement
from calc.operations import (
    AddAccolade,
    AddPool,
    AddScenario,
    AddSlot,
    ChangeScenario,
    ChooseScenario,
    ClearEnhancement,
    DropPower,
    MovePower,
    Operation,
    PlaceEnhancement,
    RemoveAccolade,
    RemovePool,
    RemoveScenario,
    RemoveSlot,
    SetArchetype,
    SetCount,
    SetIncarnate,
    SetOrigin,
    SetPowerset,
    SetScenarioPower,
    SwitchAccolade,
    SwitchPower,
    SwitchProc,
    TakePower,
)
from gamedata.catalogue import Catalogue


def nonsense(random: Random, build: Build, catalogue: Catalogue) -> Operation:
    """An operation on what is not there, or against a rule."""
    powers = sorted(build.powers) or ["Pool.Speed.Hasten"]
    power = random.choice(powers)
    nothing = SlottedEnhancement("Crafted_Nothing_A", 50)
    return random.choice(
        (
            TakePower(power),
            TakePower("Pool.Nowhere.Nothing"),
            TakePower("Inherent.Fitness.Health"),
            DropPower("Pool.Nowhere.Nothing"),
            DropPower("Inherent.Fitness.Stamina"),
            MovePower(power, 3),
            AddSlot(power, OWN_SLOT),
            RemoveSlot(power, "zz99"),
            RemoveSlot(power, OWN_SLOT),
            PlaceEnhancement(power, OWN_SLOT, nothing),
            PlaceEnhancement(power, "zz99", nothing),
            ClearEnhancement(power, "zz99"),
            SetArchetype("Class_Nobody"),
            SetPowerset("primary", "Pool.Speed"),
            SetPowerset("epic", "Nowhere.Nothing"),
            AddPool("Epic.Nothing"),
            RemovePool("Pool.Nowhere"),
            SetOrigin("Elsewhere"),
            SwitchPower("Pool.Nowhere.Nothing", True),
            SetCount("Boosts.Nothing.Nothing", 3),
            SwitchProc(power, "zz99", True),
            SetIncarnate("omega", "Incarnate.Alpha.Nothing"),
            SetIncarnate("alpha", "Pool.Speed.Hasten"),
            AddAccolade("Pool.Speed.Hasten"),
            RemoveAccolade("Pool.Nowhere.Nothing"),
            SwitchAccolade("Pool.Nowhere.Nothing", True),
            AddScenario(build.scenario),
            ChangeScenario("nowhere", team=3),
            RemoveScenario(build.scenario),
            ChooseScenario("nowhere"),
            SetScenarioPower(build.scenario, "Pool.Nowhere.Nothing", True),
        )
    )
