"""Expressions that do not parse, and the words in them that mean nothing we know."""

from collections.abc import Iterable, Iterator, Mapping

from gamedata import vocabulary as words
from gamedata.catalogue import Catalogue
from gamedata.expressions import Binary, Call, ExpressionError, Name, Node, Unary, parse
from gamedata.names import archetype_id
from gamedata.report import Problem, ProblemKind

Unknown = tuple[ProblemKind, str]


def expressions(texts: Mapping[str, Iterable[str]], catalogue: Catalogue) -> Iterator[Problem]:
    """What does not parse, and the words and ids in the others that nobody knows.

    texts: expression -> the rows that hold it.
    """
    known = _Known(catalogue)
    for text, rows in texts.items():
        try:
            found = set(known.unknown(parse(text)))
        except ExpressionError as error:
            found = {("expression not understood", str(error))}
        yield from (Problem(kind, name, row) for kind, name in found for row in rows)


class _Known:
    """The ids of a catalogue, as expressions compare them: lower-case."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.archetypes = frozenset(catalogue.archetypes)
        self.categories = _lower(catalogue.categories)
        self.powersets = _lower(catalogue.powersets)
        self.powers = _lower(catalogue.powers)
        self.enhancements = _lower(catalogue.enhancements)

    def unknown(self, node: Node) -> Iterator[Unknown]:
        match node:
            case Binary(_, left, right):
                yield from self.unknown(left)
                yield from self.unknown(right)
            case Unary(_, operand):
                yield from self.unknown(operand)
            case Call(name, arguments):
                bare = name.lower().removeprefix("source.").removeprefix("target.")
                if bare not in words.FUNCTIONS:
                    yield "unknown word", name
                elif bare not in words.NAME_FUNCTIONS:
                    for argument in arguments:
                        yield from self.unknown(argument)
            case Name(name):
                if kind := self._unknown_name(name):
                    yield kind, name
            case _:
                pass

    def _unknown_name(self, name: str) -> ProblemKind | None:
        lower = name.lower()
        context, accessor, rest = lower.partition(">")
        if accessor:
            slotted = context in ("boostsslotted", "powerboostsslotted")
            if slotted and rest not in self.enhancements:
                return "missing enhancement"
            return None if context in words.CONTEXTS else "unknown word"
        if lower in words.VARIABLES or lower.startswith("@class_"):
            return None
        if lower.endswith("?"):
            return "unknown word"
        match lower.count("."):
            case 0:  # also a class without quotes
                known = lower in self.categories or archetype_id(name) in self.archetypes
                return None if known else "unknown word"
            case 1:
                return None if lower in self.powersets else "missing powerset"
            case _:
                return None if lower in self.powers else "missing power"


def _lower(ids: Iterable[str]) -> frozenset[str]:
    return frozenset(id_.lower() for id_ in ids)
