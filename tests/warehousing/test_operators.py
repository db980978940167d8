"""An operator has the role and exactly one warehouse, for good: the database says so."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import Error, connection, transaction

from apps.users.models import Role, User
from apps.warehousing.models import Operator
from tests.factories import make_operator, make_user, make_warehouse

pytestmark = pytest.mark.usefixtures("platform")


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(Error, match=words), transaction.atomic():  # noqa: PT012  and what waits for the end
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_role_and_warehouse_come_together() -> None:
    operator, staff = make_operator(), make_user()
    with refused("must have the role of an operator and one warehouse, or neither"):
        Operator.objects.create(user=staff, warehouse=make_warehouse())
    with refused("must have the role of an operator and one warehouse, or neither"):
        User.objects.filter(pk=staff.pk).update(role=Role.WAREHOUSE)
    with refused("must have the role of an operator and one warehouse, or neither"):
        User.objects.filter(pk=operator.user_id).update(role=Role.FINANCIER)
    with refused("must have the role of an operator and one warehouse, or neither"):
        User.objects.create_user(email="a@b.example", password="corn and cotton 9", role=Role.WAREHOUSE)
    with refused("duplicate key"):
        Operator.objects.create(user=operator.user, warehouse=make_warehouse())
    assert Operator.objects.get() == operator


def test_nobody_moves_to_another_warehouse() -> None:
    operator = make_operator()
    with refused("append-only"):
        Operator.objects.filter(pk=operator.pk).update(warehouse=make_warehouse())
    with refused("append-only"):
        Operator.objects.filter(pk=operator.pk).delete()
