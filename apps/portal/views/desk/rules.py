"""The rules of matching: what is in force, what is proposed and what it would do, what verdicts teach."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.portal.breaks import rule_table
from apps.portal.doors import SignedIn, come_back_later, shown_date
from apps.portal.people import names_of
from apps.reconciliation import rule_books
from apps.reconciliation.models import RuleBook
from apps.reconciliation.rules import rules_in_force, rules_of
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED = 422


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def rules(request: SignedIn) -> HttpResponse:
    """The passes in force, and what waits for another person with a dry run of it."""
    return _page(request)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def propose_learned(request: SignedIn) -> HttpResponseBase:
    """Propose what verdicts teach, in the clerk's name."""
    learned = rule_books.learned_rules(currency=current_platform().currency)
    if learned is None:
        return _page(request, _("The verdicts teach nothing new by now. Nothing was changed."))
    reason = _("Learned from what was accepted")
    rule_books.propose_rules(rules=learned, reason=reason, at=timezone.now(), by=request.user.actor)
    return redirect("desk:rules")


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def activate(request: SignedIn, book_id: int) -> HttpResponseBase:
    """Put proposed rules in force as the second person."""
    book, now = get_object_or_404(RuleBook, pk=book_id), timezone.now()
    try:
        rule_books.activate(book_id=book.pk, business_date=shown_date(now), at=now, by=request.user.actor)
    except rule_books.RulesRefused as refusal:
        return _page(request, str(refusal))
    return redirect("desk:rules")


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def drop(request: SignedIn, book_id: int) -> HttpResponseBase:
    """Drop proposed rules."""
    book = get_object_or_404(RuleBook, pk=book_id)
    rule_books.drop(book_id=book.pk, at=timezone.now(), by=request.user.actor)
    return redirect("desk:rules")


def _page(request: HttpRequest, refusal: str = "") -> HttpResponse:
    currency, today = current_platform().currency, shown_date(timezone.now())
    in_force, learned = rules_in_force(currency), rule_books.learned_rules(currency=currency)
    books = list(RuleBook.objects.filter(state="proposed").order_by("number"))
    names = names_of(book.proposed_by for book in books)
    shown: dict[str, Any] = {
        "section": "breaks",
        "refusal": refusal,
        "currency": currency,
        "rules": in_force,
        "in_force": rule_table(in_force, _("In force")),
        "learned": rule_table(learned, _("Learned")) if learned else None,
        "proposed": [
            {
                "book": book,
                "who": names.get(book.proposed_by, ""),
                "table": rule_table(rules_of(book), _("Proposed")),
                "trial": rule_books.dry_run(rules=rules_of(book), business_date=today, currency=currency),
            }
            for book in books
        ],
        "works": getattr(request.user, "role", "") == Role.STAFF,
    }
    return render(request, "desk/rules.html", shown, status=REFUSED if refusal else 200)
