"""The language of the game's conditions and formulas: its grammar, and text -> tree.

Facts only: what a name means is the reader's affair (`calc` gives it a value, the import says
which words nobody knows). Names ignore case; the tree keeps them as written.

Lowest to highest: `||`, `&&`, `== != eq ne`, `< > <= >=`, `+ -`, `* /`, unary `! -`. A `>` inside
a name is an accessor and has no space around it (`target>kHitPoints%`), the comparison has.
Source: the export's 1,801 distinct expressions (revision homecoming-20251209_7415).
"""

from functools import cache
from typing import Literal

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, UnexpectedToken
from msgspec import Struct

UnaryOperator = Literal["!", "-"]
BinaryOperator = Literal[
    "||", "&&", "==", "!=", "eq", "ne", "<", ">", "<=", ">=", "+", "-", "*", "/"
]


class ExpressionError(ValueError):
    """The text is no expression; the message says where it stops making sense."""


class Number(Struct, frozen=True, gc=False, tag=True):
    value: float


class Text(Struct, frozen=True, gc=False, tag=True):
    """A 'quoted' string, without its quotes."""

    value: str


class Name(Struct, frozen=True, gc=False, tag=True):
    """A variable, an accessor (`source>kMeter`), or the id of a power, set or class."""

    name: str


class Call(Struct, frozen=True, gc=False, tag=True):
    name: str
    arguments: tuple["Node", ...] = ()


class Unary(Struct, frozen=True, gc=False, tag=True):
    operator: UnaryOperator
    operand: "Node"


class Binary(Struct, frozen=True, gc=False, tag=True):
    operator: BinaryOperator
    left: "Node"
    right: "Node"


Node = Number | Text | Name | Call | Unary | Binary

_GRAMMAR = r"""
?start: either
?either: both | either OR both
?both: equality | both AND equality
?equality: comparison | equality EQUALITY comparison
?comparison: sum | comparison COMPARISON sum
?sum: product | sum (PLUS | MINUS) product
?product: unary | product TIMES unary
?unary: primary | (NOT | MINUS) unary -> prefix
?primary: "(" either ")"
    | NUMBER -> number
    | TEXT -> text
    | NAME "(" [either ("," either)*] ")" -> call
    | NAME -> name

OR: "||"
AND: "&&"
EQUALITY.2: "==" | "!=" | /(eq|ne)(?![A-Za-z0-9_.:@$?>-])/i
COMPARISON: "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*" | "/"
NOT: "!"
TEXT: /'[^']*'/
NUMBER.1: /(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?(?![A-Za-z0-9_.:@$?>])/i
NAME: /[@$A-Za-z0-9_][A-Za-z0-9_.:@$-]*\??(>[A-Za-z0-9_.:@$-]+%?\??)*(>(?!=))?/
%ignore /\s+/
"""


@v_args(inline=True)
class _Tree(Transformer[Token, Node]):
    """Builds the tree while parsing: no intermediate one."""

    def number(self, token: Token) -> Node:
        return Number(float(token))

    def text(self, token: Token) -> Node:
        return Text(str(token)[1:-1])

    def name(self, token: Token) -> Node:
        return Name(str(token))

    def call(self, token: Token, *arguments: Node) -> Node:
        return Call(str(token), arguments)

    def prefix(self, operator: Token, operand: Node) -> Node:
        return Unary(operator.value, operand)

    def infix(self, left: Node, operator: Token, right: Node) -> Node:
        return Binary(operator.value.lower(), left, right)

    either = both = equality = comparison = sum = product = infix


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False, transformer=_Tree())


def parse(text: str) -> Node:
    """The tree of one expression. Remembers nothing: who asks often keeps the answer.

    Raises ExpressionError; an empty text is an error too ("" means "always", which has no tree).

    >>> parse("target>kHeld > 0")
    Binary(operator='>', left=Name(name='target>kHeld'), right=Number(value=0.0))
    """
    try:
        # Lark's types know nothing of the embedded transformer: the result is its Node.
        tree: object = _parser().parse(text)
    except UnexpectedInput as error:
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        where = "at its end" if ended else f"at character {error.column}"
        raise ExpressionError(f"not understood {where}: {text}") from error
    assert isinstance(tree, Number | Text | Name | Call | Unary | Binary)
    return tree
