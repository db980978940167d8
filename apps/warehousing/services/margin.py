"""Revaluing pledges in the night and moving their margin calls; taking over and selling goods after a call ran out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.core import bulk
from apps.core.dates import add_business_days
from apps.core.money import ZERO
from apps.core.states import log_birth, move_all
from apps.evidence.services import Fact, record_many
from apps.warehousing.calls import DAYS_TO_CURE, cause_of_cure, steps
from apps.warehousing.models import MarginCall, Pledge
from apps.warehousing.revaluation import Holding, holdings
from apps.warehousing.valuation import Margin, Valuation, margin

Owed = Callable[[Collection[str]], Mapping[str, Decimal]]
"""What is owed on each subject (financing:42) now, in the pledge's currency; a subject that is not answered owes
nothing. Who owes what is known above this app, so it is passed in."""

VALUED = ("valued_on", "value", "lendable", "outstanding", "price_is_stale")
TOLD = ("ratio", "limit", "outstanding", "value", "cash_cure", "goods_cure")
# In this order, so that a call that takes two steps takes them one after the other.
VERBS = (
    "open", "regain_price", "lose_price", "call", "cure_by_price", "cure_by_cash", "cure_by_goods", "pass_due_date",
)  # fmt: skip
ATTESTED = VERBS[3:]
WRITTEN = {"open": (), "call": (*TOLD, "due_on"), **{f"cure_by_{cause}": ("ended_on",) for cause in
           ("price", "cash", "goods")}}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Revalued:
    """What a revaluation did: numbers of pledges and calls, and what all the goods are worth, in one currency."""

    pledges: int = 0
    stale: int = 0
    watched: int = 0
    called: int = 0
    cured: int = 0
    overdue: int = 0
    value: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class _Looked:
    """A pledge, its open call if any, and where it stands."""

    pledge: Pledge
    call: MarginCall | None
    holding: Holding | None
    now: Margin | None


def revalue(
    *, first_seller: int, last_seller: int, on: date, country: str, owed: Owed, at: datetime, by: str
) -> Revalued:
    """Value every live pledge of the sellers between the two keys, both inclusive, at the prices known on `on`, and
    move their margin calls.

    A call is due `calls.DAYS_TO_CURE` business days of `country` after `on`. Where a price is too old or missing the
    goods keep their last known value and the pledge is marked. Done twice for one date it changes nothing the second
    time. The statements are as many for one seller as for thousands.
    """
    with transaction.atomic():
        pledges = list(
            _standing()
            .filter(seller_id__gte=first_seller, seller_id__lte=last_seller)
            .select_for_update()
            .order_by("pk")
        )
        calls = {
            call.pledge_id: call
            for call in MarginCall.objects.open().filter(pledge__in=pledges).select_for_update(of=("self",))
        }
        held = holdings(pledges, on=on)
        amounts = owed([pledge.subject for pledge in pledges])
        looked = [
            _look(pledge, calls.get(pledge.pk), held.get(pledge.pk), amounts.get(pledge.subject, ZERO), on)
            for pledge in pledges
        ]
        bulk.update_rows(
            Pledge, VALUED, [(pledge.pk, *(getattr(pledge, name) for name in VALUED)) for pledge in pledges]
        )
        moved = _move(looked, on=on, country=country, at=at, by=by)
        return Revalued(
            pledges=len(held),
            stale=sum(pledge.price_is_stale for pledge in pledges),
            watched=len(moved["open"]),
            called=len(moved["call"]),
            cured=sum(len(moved[verb]) for verb in moved if verb.startswith("cure_by")),
            overdue=len(moved["pass_due_date"]),
            value=sum((pledge.value or ZERO for pledge in pledges if pledge.pk in held), ZERO),
        )


def pledgors() -> "QuerySet[Pledge, Any]":
    """The keys of the sellers with pledges that a night has to look at."""
    return _standing().values("seller_id")


def _standing() -> "QuerySet[Pledge]":
    """The pledges that hold goods, and those whose call is still open: what repaid them cures it."""
    is_called = Exists(MarginCall.objects.open().filter(pledge=OuterRef("pk")))
    return Pledge.objects.filter(Q(pk__in=Pledge.objects.live().values("pk")) | is_called).exclude(state="sold")


def _look(pledge: Pledge, call: MarginCall | None, holding: Holding | None, outstanding: Decimal, on: date) -> _Looked:
    """Set the pledge's figures of `on`, and say where it stands; without any value ever known, nowhere."""
    valuation = holding.valuation if holding else None
    pledge.price_is_stale = holding is not None and (valuation is None or bool(holding.stale))
    if valuation is not None:
        pledge.valued_on, pledge.value, pledge.lendable = on, valuation.value, valuation.lendable
    if pledge.valued_on is not None:
        pledge.outstanding = outstanding
    return _Looked(pledge, call, holding, standing(pledge, valuation, outstanding))


def standing(pledge: Pledge, valuation: Valuation | None, outstanding: Decimal) -> Margin | None:
    """Where `outstanding` stands against the goods of `pledge`: by `valuation`, else by the last figures kept; None
    when something is owed on goods that were never valued."""
    terms = pledge.lending
    if valuation is None and pledge.value is not None and pledge.lendable is not None:
        valuation = Valuation(pledge.currency, pledge.value, pledge.lendable, ())
    if valuation is None:
        return None if outstanding else margin(ZERO, Valuation(pledge.currency, ZERO, ZERO, ()), terms)
    return margin(outstanding, valuation, terms)


def _move(looked: Sequence[_Looked], *, on: date, country: str, at: datetime, by: str) -> dict[str, list[MarginCall]]:
    """Move the calls of `looked`, those of one verb together; answers them by verb."""
    due_on = add_business_days(on, DAYS_TO_CURE, country)
    moved: dict[str, list[MarginCall]] = {verb: [] for verb in VERBS}
    for one in looked:
        for verb, call in _verbs(one, on):
            moved[verb].append(call)
    MarginCall.objects.bulk_create(moved["open"])
    log_birth(moved["open"], at=at, by=by)
    for verb in VERBS[1:]:
        changes = {"due_on": due_on} if verb == "call" else {"on": on} if verb.startswith("cure_by") else {}
        fields = WRITTEN.get(verb, ())
        move_all(moved[verb], verb, at=at, by=by, reason=f"night of {on}", fields=fields, **changes)
    _attest([(verb, call) for verb in ATTESTED for call in moved[verb]], on=on, at=at, by=by)
    return moved


def _verbs(one: _Looked, on: date) -> list[tuple[str, MarginCall]]:
    """What becomes of the pledge's call, each verb with the call, which is told today's figures where it needs them."""
    if one.now is None:
        return []
    call, terms = one.call, one.pledge.lending
    added = one.holding.added_within((on - call.opened_on).days) if call and one.holding else ZERO
    cause = cause_of_cure(call.opened, one.now, added=added, terms=terms) if call else "price"
    verbs = steps(call.opened if call else None, one.now, is_stale=one.pledge.price_is_stale, cause=cause, on=on)
    if call is None and verbs:
        call = MarginCall(pledge=one.pledge, opened_on=on, currency=one.pledge.currency)
    if call is None:
        return []
    if {"open", "call"} & set(verbs):
        call.told(one.now)
    return [(verb, call) for verb in verbs]


def _attest(told: Collection[tuple[str, MarginCall]], *, on: date, at: datetime, by: str) -> None:
    facts = [
        Fact(
            f"margin_{verb}",
            f"margin_call:{call.pk}",
            {
                "pledge": call.pledge.number,
                "outstanding": call.pledge.outstanding,
                "value": call.pledge.value,
                "limit": call.limit,
                "due_on": call.due_on,
            },
        )
        for verb, call in told
    ]
    if facts:
        record_many(facts, business_date=on, at=at, by=by)
