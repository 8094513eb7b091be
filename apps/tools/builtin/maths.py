"""Works out formulas."""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any, ClassVar, Final

from pydantic import Field

from apps.tools.contracts import Tool, ToolArgs, ToolFailed, ToolPorts, ToolResult, tools

MAX_CHARACTERS: Final = 1_000
MAX_DIGITS: Final = 1_000  # of a power's result


class FormulaArgs(ToolArgs):
    """See `ToolArgs`."""

    expression: str = Field(description="A formula such as (3 + 4) * sqrt(2).", max_length=MAX_CHARACTERS)


@tools.register
class Formula(Tool[FormulaArgs]):
    """Numbers, the usual operators, and functions of one or two numbers."""

    key: ClassVar[str] = "maths/eval_expression"
    label: ClassVar[str] = "Calculator"
    description: ClassVar[str] = "Works out a formula of numbers."
    Args = FormulaArgs

    async def use(self, args: FormulaArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        try:
            return ToolResult(str(_value(ast.parse(args.expression.strip(), mode="eval").body)))
        except (SyntaxError, ArithmeticError, ValueError, TypeError, RecursionError, MemoryError) as error:
            raise ToolFailed(f"{args.expression[:80]!r} cannot be worked out.") from error


def _power(base: Any, exponent: Any) -> Any:
    if abs(exponent) * math.log10(abs(base) + 1) > MAX_DIGITS:
        raise OverflowError
    return base**exponent


_OPERATORS: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: _power, ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}  # fmt: skip
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": abs, "round": round, "min": min, "max": max, "sqrt": math.sqrt, "exp": math.exp, "log": math.log,
    "log10": math.log10, "sin": math.sin, "cos": math.cos, "tan": math.tan, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip
_CONSTANTS: Final = {"pi": math.pi, "e": math.e}


def _value(node: ast.AST) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        return _FUNCTIONS[node.func.id](*map(_value, node.args))
    raise ValueError
