"""Letting people in who work in a warehouse."""

import structlog
from django.db import transaction

from apps.users.models import Role, User
from apps.warehousing.models import Operator, Warehouse


def appoint_operator(*, warehouse: Warehouse, email: str, name: str, language: str, password: str, by: str) -> Operator:
    """A user who works in `warehouse`, and in no other, for good.

    Raises ValidationError for an address that is taken.
    """
    with transaction.atomic():
        user = User.objects.create_user(
            email=email, password=password, role=Role.WAREHOUSE, name=name, language=language
        )
        operator = Operator.objects.create(user=user, warehouse=warehouse)
        structlog.get_logger().info("operator appointed", user=user.actor, warehouse=warehouse.code, by=by)
        return operator
