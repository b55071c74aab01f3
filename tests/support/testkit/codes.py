"""The error codes that the source raises, with their statuses where they stand beside them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Which positional argument of these calls is the error's code.
_CODE_ARGUMENT = {
    "Problem": 1,
    "Denied": 1,
    "WalletError": 0,
    "TenantError": 0,
    "SqlRefused": 0,
    "TooMuch": 0,
    "InvalidName": 0,
}


def codes() -> Iterator[tuple[str, int | None]]:
    """Return each code as often as it is raised; the status is None where another place decides it."""
    for folder in ("gateway", "tenants"):
        for path in (ROOT / "src" / "debros" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and (place := _place(node.func)) is not None and len(node.args) > place:
                    code, before = node.args[place], node.args[0]
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        status = before.value if isinstance(before, ast.Constant) else None
                        yield code.value, status if isinstance(status, int) else None


def _place(called: ast.expr) -> int | None:
    if isinstance(called, ast.Name):
        return _CODE_ARGUMENT.get(called.id)
    # super().__init__("code", …) of an error with one code
    return 0 if isinstance(called, ast.Attribute) and called.attr == "__init__" else None
