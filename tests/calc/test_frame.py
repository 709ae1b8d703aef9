"""What an archetype's characters have in common, and what a piece gives by itself."""

import pytest

from calc.build import SlottedEnhancement
from calc.frame import Frame
from calc.stats import NUMBER
from gamedata.catalogue import (
    ArchetypeId,
    Catalogue,
    EffectGroup,
    Enhancement,
    EnhancementId,
    PowerId,
    Template,
)

DEFLECTION = PowerId("Scrapper_Defense.Shield_Defense.Deflection")


@pytest.fixture
def frame(catalogue: Catalogue) -> Frame:
    return Frame(catalogue, ArchetypeId("Class_Scrapper"), 50, frozenset())


def slots(*enhancements: str) -> tuple[SlottedEnhancement, ...]:
    return tuple(SlottedEnhancement(enhancement, 50) for enhancement in enhancements)


def test_slots_come_to_one_number_for_each_attribute(frame: Frame) -> None:
    power = frame.power(DEFLECTION)
    attributes = [each.attribute for each in power.enhanceable]
    assert {"Ranged", "Area", "Base_Defense"} <= set(attributes)
    found = frame.slotted(DEFLECTION, slots("Crafted_Defense_Buff", "Crafted_Endurance_Discount"))
    assert len(found) == len(attributes) + 1
    assert found[attributes.index("Ranged")] == pytest.approx(0.2545)
    assert found[-1] == pytest.approx(0.4238)


def test_the_order_of_slots_does_not_matter(frame: Frame) -> None:
    names = ("Crafted_Luck_of_the_Gambler_A", "Crafted_Defense_Buff", "Crafted_Red_Fortune_A")
    assert frame.slotted(DEFLECTION, slots(*names)) == frame.slotted(
        DEFLECTION, slots(*reversed(names))
    )


def test_what_was_worked_out_is_kept(frame: Frame) -> None:
    assert frame.power(DEFLECTION) is frame.power(DEFLECTION)


def test_what_a_piece_does_to_others_is_its_hosts_affair() -> None:
    to_hit = {"aspect": "Current", "table": "ones", "scale": 0.06}
    own = Template(("ToHit",), target="Self", **to_hit)  # type: ignore[arg-type]
    others = Template(("ToHit",), target="AnyAffected", **to_hit)  # type: ignore[arg-type]
    boost = Template(("ToHit",), target="Self", flags=("Boost",), **to_hit)  # type: ignore[arg-type]
    inner = EffectGroup((own, others, boost))
    piece = Enhancement(
        EnhancementId("Piece"), "Piece", effects=(EffectGroup((), children=(inner,)),)
    )
    catalogue = Catalogue("test", "test", enhancements={piece.id: piece})
    frame = Frame(catalogue, ArchetypeId(""), 50, frozenset())
    assert frame.piece(piece.id).always == ((NUMBER["offense.to_hit"], 0.06, -1),)
