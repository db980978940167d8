"""Money is Decimal: no float may come near it. Read from the source, so that nobody has to remember."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

APPS = Path(settings.BASE_DIR) / "apps"
NO_AMOUNT_THERE = {
    "portal/demo/": "chances and seasons of invented sellers; their amounts are made of Decimal",
    "reconciliation/faults.py": "seconds until a worker is killed",
    "reconciliation/policy.py": "chances by which lots are drawn",
    "reconciliation/back_tests.py": "likewise: the chances that a person asked for",
    "products/allocation.py": "the solver speaks floats; what it finds is made whole minor units and checked exactly",
    "orders/feeds/intake.py": "the share of a file that has been read, for the progress bar",
    "orders/management/commands/import_orders.py": "the progress bar",
}
TAKES_SECONDS = {"isinstance", "sleep", "timedelta"}  # isinstance refuses a float, the others are about time


def floats_in(source: str) -> list[int]:
    """Line numbers at which a float is written, made or asked for."""
    tree = ast.parse(source)
    allowed = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in TAKES_SECONDS
        for part in ast.walk(node)
    }
    return [getattr(node, "lineno", 0) for node in ast.walk(tree) if id(node) not in allowed and _is_float(node)]


def _is_float(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=float() | complex()):
            return True
        case ast.Name(id="float") | ast.Attribute(attr="FloatField"):
            return True
        case ast.Attribute(value=ast.Name(id="math"), attr=name):
            return name not in {"ceil", "floor", "gcd", "isqrt", "prod"}
    return False


@pytest.mark.parametrize(
    "source",
    [
        "rate = 0.12",
        "rate = float(text)",
        "def f(amount: float) -> None: ...",
        "amount = models.FloatField()",
        "import math\nmath.sqrt(2)",
        "x = 1e3",
    ],
)
def test_a_float_is_seen(source: str) -> None:
    assert floats_in(source)


@pytest.mark.parametrize(
    "source",
    ["if isinstance(amount, float): raise TypeError", "time.sleep(0.05)", "math.ceil(amount)", "half = D('0.5')"],
)
def test_what_is_no_float_passes(source: str) -> None:
    assert not floats_in(source)


def test_no_app_holds_a_float() -> None:
    found = [
        f"apps/{path.relative_to(APPS)}:{line}"
        for path in sorted(APPS.rglob("*.py"))
        if not str(path.relative_to(APPS)).startswith(tuple(NO_AMOUNT_THERE))
        for line in floats_in(path.read_text())
    ]
    assert not found, f"Floats, where money may be: {', '.join(found)}. Use Decimal."


@pytest.mark.parametrize("place", NO_AMOUNT_THERE)
def test_an_exemption_that_nothing_needs_any_more_goes(place: str) -> None:
    files = [APPS / place] if place.endswith(".py") else list((APPS / place).rglob("*.py"))
    assert any(floats_in(path.read_text()) for path in files)


def test_no_column_is_a_float() -> None:
    columns = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    assert not [str(field) for field in columns if isinstance(field, models.FloatField)]
