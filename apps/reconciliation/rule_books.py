"""Changing the rules: somebody proposes a whole new book, looks at a dry run, and another person activates it."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.core.states import log_birth
from apps.evidence.services import record
from apps.reconciliation.learning import Judged, learn, with_learned
from apps.reconciliation.models import RuleBook, Suggestion
from apps.reconciliation.rules import Rules, rules_in_force, rules_of, written
from apps.reconciliation.suggesting import find


class RulesRefused(ValueError):
    """The rules stay as they are; the message says why."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What rules would make of everything open now: lines accepted, hints given, lines and movements left over."""

    accepted: int
    suggested: int
    lines_left: int
    expected_left: int


def dry_run(*, rules: Rules, business_date: date, currency: str) -> DryRun:
    """Try `rules` on what is open at the end of `business_date`. Writes nothing."""
    outcome = find(business_date=business_date, currency=currency, rules=rules)
    return DryRun(
        sum(len(one.lines) for one in outcome.accepted),
        len(outcome.suggested),
        len(outcome.lines_left),
        len(outcome.expected_left),
    )


def learned_rules(*, currency: str) -> Rules | None:
    """The rules in force with what people's verdicts teach, or None when they teach nothing new."""
    in_force = rules_in_force(currency)
    judged = [
        Judged(one.account, one.share, one.days, bool(one.accepted_by))
        for one in Suggestion.objects.filter(kind="amount", alike=1).exclude(decided_at=None)
    ]
    found = learn(judged, in_force.passes)
    return replace(in_force, passes=with_learned(in_force.passes, found)) if found else None


def propose_rules(*, rules: Rules, reason: str, at: datetime, by: str) -> RuleBook:
    """Write down new rules, which change nothing until another person activates them.

    Raises RulesRefused for rules that make no sense or come without a reason.
    """
    if not reason.strip():
        raise RulesRefused(_("Say why the rules should change."))
    with transaction.atomic():
        last = RuleBook.objects.aggregate(last=Max("number"))["last"] or 0
        book = RuleBook(
            number=last + 1,
            rules=[written(rule) for rule in rules.passes],
            due_days=dict(rules.due_days),
            large_amount=rules.large_amount,
            write_off_limit=rules.write_off_limit,
            reason=reason.strip()[:300],
            proposed_by=by,
        )
        try:
            rules_of(book)
        except (ValueError, KeyError, TypeError) as error:
            raise RulesRefused(str(error)) from error
        book.save()
        log_birth([book], at=at, by=by, reason=book.reason)
        return book


def activate(*, book_id: int, business_date: date, at: datetime, by: str) -> RuleBook:
    """Put proposed rules in force as the second person; those before them retire. Asked again, nothing more happens.

    Raises RulesRefused for the person who proposed them, or for rules that were dropped.
    """
    with transaction.atomic():
        books = {one.pk: one for one in RuleBook.objects.select_for_update().order_by("pk")}
        book = books.get(book_id)
        if book is None:
            raise RuleBook.DoesNotExist
        if book.state == "active":
            return book
        if book.proposed_by == by:
            raise RulesRefused(_("Whoever proposed this cannot approve it: another person must."))
        if not book.can("activate"):
            raise RulesRefused(_("These rules were dropped or replaced. Nothing was changed."))
        for other in books.values():
            if other.state == "active":
                other.move("retire", at=at, by=by)
        book.move("activate", at=at, by=by, approved_by=by)
        payload = {"rules": book.rules, "write_off_limit": str(book.write_off_limit), "proposed_by": book.proposed_by}
        record(
            kind="rules_activated", subject=f"rules:{book.number}", payload=payload, business_date=business_date,
            at=at, by=by,
        )  # fmt: skip
        return book


def drop(*, book_id: int, at: datetime, by: str) -> RuleBook:
    """Drop proposed rules; whoever proposed them may, too."""
    with transaction.atomic():
        book = RuleBook.objects.select_for_update().get(pk=book_id)
        if book.can("drop"):
            book.move("drop", at=at, by=by)
        return book
