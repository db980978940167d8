"""What a person types into a form: just now, or before their session ended."""

from django.contrib import messages
from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.portal.doors import SignedIn
from apps.users.kept import kept_typed


def typed_into(request: SignedIn) -> QueryDict | None:
    """What was sent with this request, or was typed into this page before the session ended: then the person is told
    so, and nothing has been done with it. None for a first look at the page."""
    if request.method == "POST":
        return request.POST
    kept = kept_typed(request)
    if kept is not None:
        messages.info(
            request, _("What you typed is still here. Your session had ended; look it over and send it again.")
        )
    return kept
