"""Everything that nobody has explained yet, and what was explained lately."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.portal.doors import SignedIn
from apps.portal.nights import break_table
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.people import names_of
from apps.reconciliation.models import CLOSED_BREAKS, Break
from apps.users.access import for_roles
from apps.users.models import Role

LATELY = 20


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def breaks(request: SignedIn) -> HttpResponse:
    """Open breaks, the latest first, and the last ones that were closed."""
    page = page_of(Break.objects.unexplained(), request.GET, key=BY_NUMBER)
    closed = list(Break.objects.filter(state__in=CLOSED_BREAKS).order_by("-pk")[:LATELY])
    names = names_of(one.owner for one in (*page.rows, *closed))
    return render(
        request,
        "desk/breaks.html",
        {
            "page": page,
            "open": break_table(page.rows, names, _("Open")),
            "closed": break_table(closed, names, _("Explained lately")),
        },
    )
