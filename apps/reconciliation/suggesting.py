"""What the passes make of what is open: accepted in the night, suggested on breaks, and forecast before the night."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from apps.banking.models import BankLine
from apps.core.money import ZERO
from apps.ledger import chart
from apps.reconciliation.breaks import Difference
from apps.reconciliation.clearing import clear
from apps.reconciliation.matching import Matched, differences
from apps.reconciliation.models import Break, Suggestion
from apps.reconciliation.movements import open_items
from apps.reconciliation.passes import Item, Match, Outcome, match
from apps.reconciliation.returns import suggested_returns
from apps.reconciliation.rules import Rules, rules_in_force

SHOWN_A_BREAK = 3


def find(*, business_date: date, currency: str, rules: Rules | None = None) -> Outcome:
    """What the passes would accept and suggest of everything open at the end of `business_date`. Writes nothing."""
    both = open_items(business_date=business_date, currency=currency)
    rules = rules or rules_in_force(currency)
    return match(lines=both.lines, expected=both.expected, rules=rules.passes, spoken_for=both.spoken_for)


def accept_sure_ones(*, business_date: date, currency: str, at: datetime, by: str) -> Matched:
    """Clear what the passes accept, on the night's own date; exact references were confirmed before.

    A difference that a rule's share allows is booked as a small difference.
    """
    both = open_items(business_date=business_date, currency=currency)
    booked = {one.key: abs(one.amount) for one in both.lines}
    rules = rules_in_force(currency)
    done = match(lines=both.lines, expected=both.expected, rules=rules.passes, spoken_for=both.spoken_for)
    for one in done.accepted:
        clear(
            rule=one.rule,
            lines=one.lines,
            expected=one.expected,
            account=chart.DIFFERENCES,
            business_date=business_date,
            currency=currency,
            at=at,
            by=by,
        )
    keys = [key for one in done.accepted for key in one.lines]
    return Matched(len(keys), sum((booked[key] for key in keys), ZERO))


def suggest(*, business_date: date, currency: str, at: datetime, by: str) -> int:
    """Put on each open break what may explain it, once; answers how many suggestions are new."""
    if not BankLine.objects.unmatched_through(business_date).exists():
        return 0
    outcome = find(business_date=business_date, currency=currency)
    items = {one.key: one for one in (*outcome.lines_left, *outcome.expected_left)}
    back = _came_back(business_date)
    items |= {item.key: item for _match, item in back}
    by_subject: dict[str, list[Match]] = {}
    for one in (*(found for found, _item in back), *outcome.suggested):
        for key in (*one.lines, *one.expected):
            by_subject.setdefault(subject_of(key), []).append(one)
    breaks = Break.objects.unexplained().filter(subject__in=by_subject).order_by("pk")
    fresh: list[Suggestion] = []
    for one in breaks:
        found = by_subject[one.subject]
        fresh += [_suggestion(one, found_match, items) for found_match in found[:SHOWN_A_BREAK]]
        if one.can("suggest"):
            one.version += 1
            one.move("suggest", at=at, by=by)
    before = Suggestion.objects.count()
    Suggestion.objects.bulk_create(fresh, ignore_conflicts=True)
    return Suggestion.objects.count() - before


def _came_back(business_date: date) -> list[tuple[Match, Item]]:
    """What gives a disbursement back, with the return that the clearing expects then."""
    return [
        (
            Match("payment that came back", "returned", (f"bank_line:{line.pk}",), (f"return:{paid.pk}",)),
            Item(
                f"return:{paid.pk}", paid.from_purpose, paid.currency, paid.amount, paid.confirmed_on or business_date
            ),
        )
        for line, paid in suggested_returns(business_date)
    ]


def subject_of(key: str) -> str:
    """The subject that a break about this item has."""
    return f"sales:{key.partition(':')[2]}" if key.startswith("settlement:") else key


def key_of(subject: str) -> str:
    """The item that a break with this subject is about."""
    return f"settlement:{subject.partition(':')[2]}" if subject.startswith("sales:") else subject


def _suggestion(one: Break, found: Match, items: dict[str, Item]) -> Suggestion:
    both = [items[key] for key in (*found.lines, *found.expected)]
    expected = sum((abs(items[key].amount) for key in found.expected), ZERO)
    return Suggestion(
        unexplained=one,
        rule=found.rule,
        kind=found.kind,
        lines=list(found.lines),
        expected=list(found.expected),
        difference=found.difference,
        account=both[0].account,
        share=(abs(found.difference) / expected).quantize(Decimal("1e-8")),
        days=(max(item.on for item in both) - min(item.on for item in both)).days,
        alike=found.alike,
    )


@dataclass(frozen=True, slots=True)
class Forecast:
    """What tonight would leave unexplained if nothing more came in. `gone` breaks would close by themselves."""

    sure: Sequence[Match]
    new: Sequence[Difference]
    gone: int
    total: Decimal


def forecast(*, business_date: date, country: str, currency: str) -> Forecast:
    """Tonight's breaks as they look now, by the same passes over the same rows. Writes nothing.

    `total` is the sum of the new breaks in `currency` without their signs.
    """
    outcome = find(business_date=business_date, currency=currency)
    explained = {subject_of(key) for one in outcome.accepted for key in (*one.lines, *one.expected)}
    explained |= _first_of_twins(outcome)
    found = [
        one
        for one in differences(business_date=business_date, country=country, currency=currency)
        if one.subject not in explained
    ]
    known = set(Break.objects.filter(key__in=[one.key for one in found]).values_list("key", flat=True))
    new = [one for one in found if one.key not in known]
    about_rows = Break.objects.unexplained().exclude(key__startswith="control:")
    return Forecast(
        outcome.accepted,
        new,
        about_rows.exclude(key__in=known).count(),
        sum((abs(one.amount) for one in new if one.currency == currency), ZERO),
    )


def _first_of_twins(outcome: Outcome) -> set[str]:
    """Of lines that carry one reference and its exact amount, the night takes the first and the others are breaks."""
    first: dict[tuple[str, ...], str] = {}
    for one in sorted(outcome.suggested, key=lambda found: int(found.lines[0].partition(":")[2])):
        if one.kind == "reference" and not one.difference:
            first.setdefault(one.expected, one.lines[0])
    return {*first.values(), *(subject_of(key) for keys in first for key in keys)}
