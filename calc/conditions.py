"""The game's conditions and formulas, given a value.

An expression is compiled once into a closure; reading it later costs a few calls. Logic has three
values: what nobody can know (a random roll, a token of an event) is `UNKNOWN`, and an unknown
condition does not hold. Names ignore case; `facts.py` says what they mean. Source: the design's
`calc.md` §5.4.
"""

import math
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct, field

from calc.facts import FIXED, UNKNOWN, Context, Evaluate, Reads, Value, View, meaning, word
from gamedata.catalogue import Expression
from gamedata.expressions import (
    Binary,
    Call,
    ExpressionError,
    Name,
    Node,
    Number,
    Text,
    Unary,
    parse,
)

_OTHERS = ("foe", "ally", "pet")  # what they own, and are in, nobody says


class Condition(Struct, frozen=True, gc=False):
    """A compiled expression.

    reads: what its value depends on; empty: it is the same always. text: what it was made from.
    not_understood: names without a meaning here, which count as unknown. rolled: how likely it
    holds, if it compares something with a random roll.
    """

    evaluate: Evaluate
    reads: frozenset[Reads] = frozenset()
    not_understood: frozenset[str] = frozenset()
    text: str = ""
    rolled: Callable[[Context], float] | None = None

    def holds(self, context: Context) -> bool:
        """Whether it is true; unknown is not."""
        return bool(self.evaluate(context))

    def likelihood(self, context: Context) -> float:
        """How likely it is true: 1 or 0, unless a random roll decides."""
        if self.rolled is not None:
            return self.rolled(context)
        return 1.0 if self.evaluate(context) else 0.0

    def number(self, context: Context) -> float:
        """Its value as a number; what is unknown, no number or beyond all bounds is 0."""
        value = self.evaluate(context)
        if value is None or isinstance(value, str) or not math.isfinite(value):
            return 0.0
        return float(value)


class _Reading(Struct):
    """What compiling one expression needs and gathers."""

    view: View
    only_fixed: bool = False
    reads: set[Reads] = field(default_factory=set)
    not_understood: set[str] = field(default_factory=set)


@lru_cache(maxsize=8192)
def compiled(expression: Expression, view: View = "self") -> Condition:
    """The condition of an expression's text; "" always holds, what cannot be read is unknown."""
    return _compiled(expression, _Reading(view))


@lru_cache(maxsize=8192)
def _compiled_fixed(expression: Expression, view: View) -> Condition:
    return _compiled(expression, _Reading(view, only_fixed=True))


def decided(expression: Expression, view: View, fixed: Context) -> Value:
    """An expression's value as far as it is the same for all builds of an archetype and level.

    fixed: only its archetype, level and power are read. UNKNOWN when the build decides.
    """
    return _compiled_fixed(expression, view).evaluate(fixed)


def _compiled(expression: Expression, reading: _Reading) -> Condition:
    if not expression:
        return Condition(_constant(True))
    try:
        tree = parse(expression)
    except ExpressionError:
        return Condition(_constant(UNKNOWN), not_understood=frozenset((expression,)))
    return _of_tree(tree, reading, expression)


def compiled_tree(tree: Node, view: View) -> Condition:
    """The condition of a part of an expression."""
    return _of_tree(tree, _Reading(view), "")


def _of_tree(tree: Node, reading: _Reading, text: str) -> Condition:
    evaluate = _compile(tree, reading)
    reads, not_understood = frozenset(reading.reads), frozenset(reading.not_understood)
    return Condition(evaluate, reads, not_understood, text, _rolled(tree, reading))


def _constant(value: Value) -> Evaluate:
    return lambda _: value


def _compile(node: Node, reading: _Reading) -> Evaluate:
    match node:
        case Number(value):
            return _constant(value)
        case Text(value):
            return _constant(word(value))
        case Name(name):
            return _name(name.lower(), reading)
        case Call(name, arguments):
            return _call(name.lower(), arguments, reading)
        case Unary("!", operand):
            return _not(_compile(operand, reading))
        case Unary(_, operand):
            return _minus(_compile(operand, reading))
        case Binary("&&", left, right):
            return _and(_compile(left, reading), _compile(right, reading))
        case Binary("||", left, right):
            return _or(_compile(left, reading), _compile(right, reading))
        case Binary(("==" | "eq" | "!=" | "ne") as operator, left, right):
            same = _equal(_operand(left, reading), _operand(right, reading))
            return same if operator in ("==", "eq") else _not(same)
        case Binary(operator, left, right):
            return _arithmetic(operator, _compile(left, reading), _compile(right, reading))


# --- random rolls ---------------------------------------------------------------------------


def _rolled(node: Node, reading: _Reading) -> Callable[[Context], float] | None:
    """How likely `left < scale * rand()` holds, by itself or with other things that must.

    None without a roll, or with one of another form. The roll is between 0 and 1.
    """
    match node:
        case Binary("&&", left, right):
            first, second = _rolled(left, reading), _rolled(right, reading)
            if first is not None and second is None:
                return _if_also(_compile(right, reading), first)
            if second is not None and first is None:
                return _if_also(_compile(left, reading), second)
            return None
        case Binary("<", left, Binary("*", Number(scale), Call(function))) if (
            function.lower() == "rand" and scale > 0.0
        ):
            return _above(_compile(left, reading), scale)
        case _:
            return None


def _above(threshold: Evaluate, scale: float) -> Callable[[Context], float]:
    def likelihood(context: Context) -> float:
        value = threshold(context)
        if value is None or isinstance(value, str):
            return 0.0
        return 1.0 - min(max(value / scale, 0.0), 1.0)

    return likelihood


def _if_also(other: Evaluate, likelihood: Callable[[Context], float]) -> Callable[[Context], float]:
    return lambda context: likelihood(context) if other(context) else 0.0


# --- logic and arithmetic -------------------------------------------------------------------


def _not(operand: Evaluate) -> Evaluate:
    def evaluate(context: Context) -> Value:
        value = operand(context)
        return UNKNOWN if value is None else not value

    return evaluate


def _minus(operand: Evaluate) -> Evaluate:
    def evaluate(context: Context) -> Value:
        value = operand(context)
        return UNKNOWN if value is None or isinstance(value, str) else -value

    return evaluate


def _and(left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(context: Context) -> Value:
        first = left(context)
        if first is not None and not first:
            return False
        second = right(context)
        if second is not None and not second:
            return False
        return UNKNOWN if first is None or second is None else True

    return evaluate


def _or(left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(context: Context) -> Value:
        first = left(context)
        if first:
            return True
        second = right(context)
        if second:
            return True
        return UNKNOWN if first is None or second is None else False

    return evaluate


def _equal(left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(context: Context) -> Value:
        first, second = left(context), right(context)
        return UNKNOWN if first is None or second is None else first == second

    return evaluate


def _divided(left: float, right: float) -> Value:
    return left / right if right else UNKNOWN


_OPERATORS: dict[str, Callable[[float, float], Value]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
}


def _arithmetic(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    combine = _OPERATORS[operator]

    def evaluate(context: Context) -> Value:
        first, second = left(context), right(context)
        if first is None or second is None or isinstance(first, str) or isinstance(second, str):
            return UNKNOWN
        return combine(first, second)

    return evaluate


# --- functions ------------------------------------------------------------------------------


def _call(name: str, arguments: tuple[Node, ...], reading: _Reading) -> Evaluate:
    whose, _, function = name.rpartition(".")
    match function:
        case "minmax" if len(arguments) == 3:
            return _clamped(*(_compile(argument, reading) for argument in arguments))
        case "pow" if len(arguments) == 2:
            return _power_of(_compile(arguments[0], reading), _compile(arguments[1], reading))
        case "ne" if len(arguments) == 2:
            left, right = (_operand(argument, reading) for argument in arguments)
            return _not(_equal(left, right))
        case "rand":
            return _constant(UNKNOWN)
        case "ownpower?" | "ownpowernum?" if len(arguments) == 1:
            return _owned_copies(_word(arguments[0]), whose, function, reading)
        case "mode?" if len(arguments) == 1:
            return _mode(_word(arguments[0]), whose, reading)
        case "owned?" | "productowned?":
            return _constant(reading.view == "build")
        case "hastag?" if reading.view == "pet" and whose == "target" and len(arguments) == 1:
            return _tagged(_word(arguments[0]), reading)
        case "hastag?" | "tokenowned?" | "challenge?" | "toggleactive?":
            return _constant(False)
        case _:
            reading.not_understood.add(name)
            return _constant(UNKNOWN)


def _tagged(tag: str, reading: _Reading) -> Evaluate:
    if not _may_read("pet", reading):
        return _constant(UNKNOWN)

    def evaluate(context: Context) -> Value:
        pet = context.facts.pet
        return pet is not None and any(tag == each.lower() for each in pet.tags)

    return evaluate


def _clamped(value: Evaluate, low: Evaluate, high: Evaluate) -> Evaluate:
    def evaluate(context: Context) -> Value:
        values = value(context), low(context), high(context)
        numbers = [
            number for number in values if number is not None and not isinstance(number, str)
        ]
        return min(max(numbers[0], numbers[1]), numbers[2]) if len(numbers) == 3 else UNKNOWN

    return evaluate


def _power_of(base: Evaluate, exponent: Evaluate) -> Evaluate:
    def evaluate(context: Context) -> Value:
        first, second = base(context), exponent(context)
        if first is None or second is None or isinstance(first, str) or isinstance(second, str):
            return UNKNOWN
        try:
            return math.pow(first, second)
        except (OverflowError, ValueError):
            return UNKNOWN

    return evaluate


def _owned_copies(power: str, whose: str, function: str, reading: _Reading) -> Evaluate:
    """How many copies the character has, or the foe; allies near by have none."""
    if whose == "target" and reading.view == "foe":
        if not _may_read("situation", reading):
            return _constant(UNKNOWN)
        if function == "ownpower?":
            return lambda context: power in context.facts.target_has
        return lambda context: context.facts.target_has.get(power, 0)
    if whose == "target" and reading.view in _OTHERS:
        return _constant(0.0)
    if not _may_read("owned", reading):
        return _constant(UNKNOWN)
    if function == "ownpower?":
        return lambda context: power in context.facts.owned
    return lambda context: context.facts.owned.get(power, 0)


def _mode(mode: str, whose: str, reading: _Reading) -> Evaluate:
    mode = mode.removeprefix("k")
    if whose == "target" and reading.view == "foe":
        if not _may_read("situation", reading):
            return _constant(UNKNOWN)
        return lambda context: mode in context.facts.target_modes
    if whose == "target" and reading.view in _OTHERS:
        return _constant(False)
    if not _may_read("modes", reading):
        return _constant(UNKNOWN)
    return lambda context: mode in context.facts.modes


def _word(node: Node) -> str:
    match node:
        case Name(text) | Text(text):
            return text.lower()
        case Number(value):
            return f"{value:g}"
        case _:
            return ""


def _name(name: str, reading: _Reading) -> Evaluate:
    known = meaning(name, reading.view)
    if known is None:
        reading.not_understood.add(name)
        return _constant(UNKNOWN)
    reads, evaluate = known
    if reads is not None and not _may_read(reads, reading):
        return _constant(UNKNOWN)
    return evaluate


def _may_read(reads: Reads, reading: _Reading) -> bool:
    """Note what an expression depends on; false when that differs from build to build."""
    if reading.only_fixed:
        return reads in FIXED
    reading.reads.add(reads)
    return True


def _operand(node: Node, reading: _Reading) -> Evaluate:
    """A side of a comparison: there a bare word is a text (`source>arch == Controller`)."""
    if isinstance(node, Name):
        name = node.name.lower()
        known = meaning(name, reading.view)
        if known is None or (known[0] == "owned" and ">" not in name):
            return _constant(word(name)) if _is_bare(name) else _name(name, reading)
    return _compile(node, reading)


def _is_bare(name: str) -> bool:
    return ">" not in name and not name.startswith(("source.", "target.", "@", "$"))
