"""What an enhancement is worth: `calc.md` §6.2, with the starter catalogue's pieces."""

from random import Random

import pytest

from calc import enhance
from calc.build import SlottedEnhancement
from calc.ed import Schedule
from calc.enhance import Bonus, Raise
from gamedata.catalogue import Archetype, ArchetypeId, Catalogue, EnhancementId


class Bench:
    """Values enhancements for a scrapper of a level."""

    def __init__(self, catalogue: Catalogue, level: int = 50) -> None:
        self.catalogue = catalogue
        self.level = level
        self.archetype: Archetype = catalogue.archetypes[ArchetypeId("Class_Scrapper")]

    def bonuses(
        self,
        enhancement: str,
        level: int = 0,
        *,
        boosters: int = 0,
        relative: int = 0,
        accepted: tuple[str, ...] = (),
    ) -> dict[str, tuple[float, Schedule]]:
        slotted = SlottedEnhancement(enhancement, level, boosters, relative)
        raised = enhance.raises(
            slotted,
            self.catalogue.enhancements[EnhancementId(enhancement)],
            accepted,
            self.archetype,
            self.level,
            self.catalogue,
        )
        found = list(enhance.bonuses(raised))
        assert len({bonus.attribute for bonus in found}) == len(found)
        return {bonus.attribute: (bonus.value, bonus.schedule) for bonus in found}


@pytest.fixture(scope="module")
def bench(catalogue: Catalogue) -> Bench:
    return Bench(catalogue)


@pytest.mark.parametrize(
    ("enhancement", "attribute", "schedule", "values"),
    [
        ("Crafted_Recharge", "RechargeTime", "A", (0.3202, 0.3481, 0.4238)),
        ("Crafted_Defense_Buff", "Base_Defense", "B", (0.1923, 0.2091, 0.2545)),
        ("Crafted_Interrupt", "InterruptTime", "C", (0.3846, 0.4182, 0.5091)),
        ("Crafted_Knockback", "Knockback", "D", (0.5769, 0.6273, 0.7636)),
    ],
)
def test_common_inventions(
    bench: Bench,
    enhancement: str,
    attribute: str,
    schedule: Schedule,
    values: tuple[float, float, float],
) -> None:
    for level, value in zip((25, 30, 50), values, strict=True):
        assert bench.bonuses(enhancement, level)[attribute] == (value, schedule)


def test_levels_of_inventions_are_kept_within_bounds(bench: Bench) -> None:
    kismet = "Crafted_Kismet_A"  # 10 to 30
    assert bench.bonuses(kismet, 50) == bench.bonuses(kismet, 30)
    assert bench.bonuses(kismet, 5) == bench.bonuses(kismet, 10)
    assert bench.bonuses("Crafted_Recharge", 1) == bench.bonuses("Crafted_Recharge", 10)


def test_an_attuned_piece_has_the_level_of_its_owner(catalogue: Catalogue, bench: Bench) -> None:
    at_30 = Bench(catalogue, 30)
    assert at_30.bonuses("Attuned_Luck_of_the_Gambler_A") == bench.bonuses(
        "Crafted_Luck_of_the_Gambler_A", 30
    )
    # At most the set's: Kismet ends at 30.
    assert bench.bonuses("Attuned_Kismet_A") == bench.bonuses("Crafted_Kismet_A", 30)


@pytest.mark.parametrize(
    ("enhancement", "share"),
    [
        ("Crafted_Luck_of_the_Gambler_E", 1.0),  # Defense
        ("Crafted_Luck_of_the_Gambler_A", 0.625),  # Defense/Endurance
        ("Crafted_Luck_of_the_Gambler_D", 0.5),  # Defense/Endurance/Recharge
    ],
)
def test_more_aspects_share_the_value(bench: Bench, enhancement: str, share: float) -> None:
    assert bench.bonuses(enhancement, 50)["Base_Defense"] == (pytest.approx(share * 0.2545), "B")


def test_superior_pieces_have_their_quarter_more_in_the_data(bench: Bench) -> None:
    """Do not multiply again: `calc.md` §0.3."""
    superior = bench.bonuses("Superior_Attuned_Superior_Critical_Strikes_A")
    normal = bench.bonuses("Attuned_Critical_Strikes_A")
    value, schedule = superior["Accuracy"]
    assert value == pytest.approx(normal["Accuracy"][0] * 1.25, rel=2e-4)
    assert value == pytest.approx(0.7813 * 0.4238)
    assert schedule == "A"


def test_a_piece_enhances_whatever_the_chance_of_its_proc(bench: Bench) -> None:
    """`calc.md` §0.4: the recharge part sits in a group with procs per minute."""
    assert "RechargeTime" in bench.bonuses("Superior_Attuned_Superior_Critical_Strikes_F")


def test_boosters_and_relative_levels(bench: Bench) -> None:
    plain = bench.bonuses("Crafted_Recharge", 50)["RechargeTime"][0]
    boosted = bench.bonuses("Crafted_Recharge", 50, boosters=5)["RechargeTime"][0]
    assert boosted == pytest.approx(plain * 1.25)
    even = bench.bonuses("Magic_Recharge")["RechargeTime"][0]
    for relative, factor in ((-3, 0.7), (-1, 0.9), (1, 1.05), (3, 1.15)):
        changed = bench.bonuses("Magic_Recharge", relative=relative)["RechargeTime"][0]
        assert changed == pytest.approx(even * factor)
    # What takes no boosters or levels ignores them.
    attuned = "Attuned_Luck_of_the_Gambler_A"
    assert bench.bonuses(attuned, boosters=5, relative=3) == bench.bonuses(attuned)


@pytest.mark.parametrize(
    ("kind", "value"), [("Generic", 0.0833), ("Mutation_Magic", 0.1666), ("Magic", 0.3333)]
)
def test_training_dual_and_single_origin(bench: Bench, kind: str, value: float) -> None:
    assert bench.bonuses(f"{kind}_Recharge")["RechargeTime"] == (pytest.approx(value), "A")


@pytest.mark.parametrize(
    ("aspect", "attribute", "value", "schedule"),
    [
        ("Damage", "Smashing_Dmg", 0.3333, "A"),
        ("Res_Damage", "Smashing_Dmg", 0.20, "B"),
        ("Defense_Buff", "Base_Defense", 0.20, "B"),
        ("Defense_DeBuff", "Base_Defense", 0.3333, "A"),
        ("ToHit_Buff", "ToHit", 0.20, "B"),
        ("Range", "Range", 0.20, "B"),
        ("Interrupt", "InterruptTime", 0.40, "C"),
        ("Knockback", "Knockback", 0.60, "D"),
        ("Heal", "Regeneration", 0.3333, "A"),
    ],
)
def test_origin_enhancements_have_the_schedule_of_their_kind(
    bench: Bench, aspect: str, attribute: str, value: float, schedule: Schedule
) -> None:
    assert bench.bonuses(f"Magic_{aspect}")[attribute] == (
        pytest.approx(value, abs=1e-4),
        schedule,
    )


def test_a_part_of_a_special_piece_counts_where_its_kind_is_accepted(
    bench: Bench,
) -> None:
    piece = "Hamidon_Buff_Endurance_Discount"  # to-hit and defense buffs, endurance
    accepting = bench.bonuses(piece, accepted=("Enhance Defense", "Reduce Endurance Cost"))
    assert accepting["Base_Defense"] == (pytest.approx(0.2), "B")
    assert accepting["EnduranceDiscount"] == (pytest.approx(0.3333), "A")
    assert "ToHit" not in accepting


def test_strength_diminishes_each_schedule_once() -> None:
    three = [Bonus("Base_Defense", "B", 0.255)] * 3
    assert enhance.strength(three) == pytest.approx(0.58475)
    mixed = [
        *three,
        Bonus("Base_Defense", "A", 0.3),
        Bonus("Base_Defense", "A", 0.33, past_ed=True),
    ]
    assert enhance.strength(mixed) == pytest.approx(0.58475 + 0.3 + 0.33)
    assert enhance.strength([]) == 0.0
    knockdown = [Bonus("Knockback", "D", -10.0), Bonus("Knockback", "D", 0.5)]
    assert enhance.strength(knockdown) == pytest.approx(-9.5)


def test_what_is_raised_alike_comes_to_the_same_as_attribute_by_attribute() -> None:
    """To the last bit, in any order, and where parts of several kinds meet in one attribute."""
    random = Random(1)
    attributes = ("Smashing", "Fire", "Heal", "Ranged", "Accuracy")
    parts = [
        enhance.together(
            tuple(
                (each, random.choice(("A", "B")))
                for each in random.choices(attributes, k=random.randint(1, 5))
            ),
            past_ed=random.random() < 0.3,
        )
        for _ in range(12)
    ]
    for _ in range(300):
        given = [
            Raise(random.choice(parts), random.uniform(-0.2, 0.6))
            for _ in range(random.randint(0, 10))
        ]
        by_attribute: dict[str, list[Bonus]] = {}
        for bonus in enhance.bonuses(given):
            by_attribute.setdefault(bonus.attribute, []).append(bonus)
        expected = {name: enhance.strength(found) for name, found in by_attribute.items()}
        assert enhance.strengths(given) == expected
        assert enhance.strengths(random.sample(given, len(given))) == expected


@pytest.mark.parametrize("kind", ["Hamidon", "Titan", "Hydra", "DSync"])
@pytest.mark.parametrize(
    ("aspects", "attribute", "value", "schedule"),
    [
        ("Damage_Accuracy", "Fire_Dmg", 0.3333, "A"),
        ("Damage_Accuracy", "Accuracy", 0.3333, "A"),
        ("Buff_Endurance_Discount", "Base_Defense", 0.2, "B"),
        ("Buff_Endurance_Discount", "EnduranceDiscount", 0.3333, "A"),
        ("Res_Damage_Endurance_Discount", "Fire_Dmg", 0.2, "B"),
    ],
)
def test_special_kinds_are_worth_single_origins_in_each_aspect(
    full_catalogue: Catalogue, kind: str, aspects: str, attribute: str, value: float, schedule: str
) -> None:
    """`calc.md` §6.2: Hamidon-class pieces; above one's level 5 % more for each level."""
    everything = ("Enhance Damage", "Enhance Accuracy", "Enhance Defense", "Reduce Endurance Cost")
    accepted = (*everything, "Enhance Damage Resistance")
    bench = Bench(full_catalogue)
    piece = f"{kind}_{aspects}"
    found = bench.bonuses(piece, accepted=accepted)[attribute]
    assert found == (pytest.approx(value), schedule)
    above = bench.bonuses(piece, relative=3, accepted=accepted)[attribute]
    assert above == (pytest.approx(1.15 * value), schedule)
    below = bench.bonuses(piece, relative=-2, accepted=accepted)[attribute]
    assert below == (pytest.approx(0.8 * value), schedule)
