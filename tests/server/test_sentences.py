"""What an edit did, in words (server/logic/sentences.py)."""

import pytest

from calc.build import SlottedEnhancement
from calc.operations import AddSlot, Operation, PlaceEnhancement, SetLevel
from gamedata.catalogue import Catalogue
from server.logic.sentences import deed
from server.server_messages import Change
from tests.server.history import HASTEN

ONE = SlottedEnhancement("none.such")


@pytest.mark.parametrize(
    ("operations", "told"),
    [
        ((AddSlot(HASTEN, "k1"),), "added a slot to Hasten"),
        ((AddSlot(HASTEN, "k1", enhancement=ONE),), "added a slot with none.such to Hasten"),
        (
            (PlaceEnhancement(HASTEN, "k0", ONE), AddSlot(HASTEN, "k1", enhancement=ONE)),
            "placed 2 enhancements in Hasten",
        ),
        (
            (PlaceEnhancement(HASTEN, "k0", ONE), AddSlot(HASTEN, "k1")),
            "placed none.such in Hasten and 1 more",
        ),
        (
            (PlaceEnhancement(HASTEN, "k0", ONE), SetLevel(2)),
            "placed none.such in Hasten and 1 more",
        ),
    ],
)
def test_what_an_edit_did(
    operations: tuple[Operation, ...], told: str, catalogue: Catalogue
) -> None:
    change = Change(1, "edit-0001", 0, operations=operations, patch={}, totals={})
    assert deed(change, catalogue) == told
