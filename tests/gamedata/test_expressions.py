"""The grammar: worked examples from the export, precedence, and refusals."""

import pytest

from gamedata.expressions import (
    Binary,
    Call,
    ExpressionError,
    Name,
    Number,
    Text,
    Unary,
    parse,
)


def test_and_binds_tighter_than_or() -> None:
    assert parse("a && b || c") == Binary("||", Binary("&&", Name("a"), Name("b")), Name("c"))
    assert parse("a || b && c") == Binary("||", Name("a"), Binary("&&", Name("b"), Name("c")))


def test_equal_precedence_groups_from_the_left() -> None:
    left = Binary("-", Number(9), Number(3))
    assert parse("9 - 3 - 1") == Binary("-", left, Number(1))


def test_comparison_binds_tighter_than_equality_and_arithmetic_tighter_still() -> None:
    less = Binary("<", Binary("+", Name("a"), Number(1)), Binary("*", Number(2), Name("b")))
    assert parse("a + 1 < 2 * b == c") == Binary("==", less, Name("c"))


def test_parentheses_group() -> None:
    both = Binary("||", Name("a"), Name("b"))
    assert parse("(a || b) && c") == Binary("&&", both, Name("c"))


def test_unary_operators() -> None:
    assert parse("!-x") == Unary("!", Unary("-", Name("x")))
    assert parse("-3 -2") == Binary("-", Unary("-", Number(3)), Number(2))


@pytest.mark.parametrize(
    "name",
    [
        "target>kHitPoints%",
        "source.owner>kMeter",
        "isPVPMap?",
        "target.isFriend?",
        "mapname>",
        "@StdResult",
        "$archetype",
        "@Class_Hyper-Advanced_Clockwork",
        "Pool.Fighting.Boxing",
        "source>cur.kToHit",
        "Teamwork.Teamwork.Combat_Training:_Defensive",
        "eq_is_only_a_prefix",
        "2nd_name",
    ],
)
def test_names_are_lexed_greedily(name: str) -> None:
    assert parse(name) == Name(name)
    assert parse(f"{name} > 1") == Binary(">", Name(name), Number(1))


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("4.54", 4.54), (".5", 0.5), ("13/1", None)])
def test_numbers(text: str, value: float | None) -> None:
    expected = Binary("/", Number(13), Number(1)) if value is None else Number(value)
    assert parse(text) == expected


def test_calls_take_any_number_of_arguments() -> None:
    assert parse("rand()") == Call("rand")
    assert parse("minmax(x, -1, 1)") == Call(
        "minmax", (Name("x"), Unary("-", Number(1)), Number(1))
    )
    assert parse("10 - 5 * Source.Mode?(kX)") == Binary(
        "-", Number(10), Binary("*", Number(5), Call("Source.Mode?", (Name("kX"),)))
    )


def test_word_operators_and_text() -> None:
    assert parse("target>enttype eq 'critter'") == Binary(
        "eq", Name("target>enttype"), Text("critter")
    )
    assert parse("a EQ b") == Binary("eq", Name("a"), Name("b"))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "at its end"),
        ("a ||", "at its end"),
        ("(a", "at its end"),
        ("a b", "at character 3"),
        ("a ~ b", "at character 3"),
        ("f(,)", "at character 3"),
        ("'open", "at character 1"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert str(error.value) == f"not understood {where}: {text}"
