"""What a program is told when others were at work on what it wrote."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.response import Response
from rest_framework.status import HTTP_409_CONFLICT
from rest_framework.views import exception_handler

from apps.core.turns import lost_its_turn

SECONDS_TO_WAIT = 5


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """409 and when to send it again, where the database undid it because another was in its way; nothing of it is
    there. Any other error as the framework answers it."""
    if not lost_its_turn(error):
        return exception_handler(error, context)
    words = _("The night's sums or another person is changing the same thing. Nothing of yours was changed or lost.")
    return Response({"detail": words}, HTTP_409_CONFLICT, headers={"Retry-After": str(SECONDS_TO_WAIT)})
