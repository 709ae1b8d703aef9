"""The parts of an expression by name, and its shape without its numbers: for counting them."""

from collections.abc import Iterator

from gamedata.expressions import Binary, Call, Name, Node, Number, Text, Unary
from gamedata.vocabulary import NUMBER_FUNCTIONS

_COMPARING = frozenset({"==", "!=", "eq", "ne"})
_WHOLE = frozenset({"source", "target", "char", "auto", "maintarget", "power.base"})


def atoms(node: Node) -> Iterator[tuple[str, Node]]:
    """What an expression asks about, by name, with the smallest part that has a meaning alone.

    That is the comparison where one side is a bare word (`source>arch == Blaster`).
    """
    match node:
        case Binary(operator, left, right) if operator in _COMPARING:
            yield from _compared(node, left, right)
        case Binary(_, left, right):
            yield from atoms(left)
            yield from atoms(right)
        case Unary(_, operand):
            yield from atoms(operand)
        case Call(name, arguments) if name.lower() == "ne" and len(arguments) == 2:
            yield from _compared(node, *arguments)
        case Call(name, arguments) if name.lower() in NUMBER_FUNCTIONS and arguments:
            for argument in arguments:
                yield from atoms(argument)
        case Call() | Name():
            yield label(node), node
        case _:
            pass


def _compared(node: Node, left: Node, right: Node) -> Iterator[tuple[str, Node]]:
    for side in (left, right):
        if not isinstance(side, Name):
            yield from atoms(side)
        elif not _is_bare(side.name):
            yield label(side), node


def _is_bare(name: str) -> bool:
    return not any(mark in name for mark in ">.@$?")


def label(node: Name | Call) -> str:
    """One name for all questions of a kind: whatever mode, power, place or piece they name."""
    name = node.name.lower()
    if isinstance(node, Call):
        return f"{name}(...)"
    whose, accessor, _ = name.partition(">")
    if accessor:
        return name if whose in _WHOLE else f"{whose}>..."
    if "." in name and not name.endswith("?") and not name.startswith(("source.", "target.")):
        return "(a power, powerset or category)"
    return "(a class)" if name.startswith("@class_") else name


def form(node: Node) -> str:
    """The shape of a formula: `@stdresult * (# - source>khitpoints% / #)`."""
    match node:
        case Number():
            return "#"
        case Text():
            return "'...'"
        case Name():
            return label(node)
        case Call(name, arguments) if name.lower() in NUMBER_FUNCTIONS:
            return f"{name.lower()}({', '.join(form(argument) for argument in arguments)})"
        case Call():
            return label(node)
        case Unary(operator, operand):
            return f"{operator}{_inner(operand)}"
        case Binary(operator, left, right):
            return f"{_inner(left)} {operator} {_inner(right)}"


def _inner(node: Node) -> str:
    return f"({form(node)})" if isinstance(node, Binary) else form(node)
