"""Every model has one factory, whose defaults the database accepts."""

import re

import pytest
from django.apps import apps
from django.db import models

from apps.tenants.models import Platform
from tests import factories

MODELS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith("apps.") and not model.__module__.startswith("apps.tenants.")
]


def factory_name(model: type[models.Model]) -> str:
    return "make_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_its_factory_makes_a_row_that_holds(model: type[models.Model], platform: Platform) -> None:
    row = getattr(factories, factory_name(model))()
    assert isinstance(row, model)
    assert model._default_manager.get(pk=row.pk) == row


def test_there_is_no_factory_without_a_model() -> None:
    made = {name for name in vars(factories) if name.startswith("make_")}
    assert made == {factory_name(model) for model in MODELS}
