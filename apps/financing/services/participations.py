"""Whose money a financing is made of: fixed at signing as it was promised (`promises`), lent at the payout, given back
as it is repaid.

A financing of one pool is that pool's alone and has no rows here. One that several fund keeps a `Participation` for
each, and a `Share` for each movement of it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Greatest

from apps.core import bulk
from apps.core.money import ZERO, split
from apps.financing import sharing
from apps.financing.models import Financing, Offer, Participation, Share
from apps.financing.sharing import Holding, Part
from apps.products.models import FundingPool


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement of a shared financing, named by the `key` of its entry: principal that came back (negative: was taken
    back), income with it, which kind it is, and how much of both is money to be sent on; all of it where none says."""

    financing_id: int
    key: str
    principal: Decimal
    income: Decimal
    kind: str = Share.Kind.COLLECTED
    cash: Decimal | None = None


def lead_of(parts: Sequence[Part], offer: Offer) -> int:
    """The pool that a financing of these parts stands under: its product's own where it takes part."""
    own = offer.version.product.pool_id
    return own if own in {part.pool for part in parts} else parts[0].pool


def keep_parts(financing: Financing, parts: Sequence[Part]) -> None:
    """Fix who takes part in a shared financing that was just made."""
    if financing.is_shared:
        Participation.objects.bulk_create(
            Participation(
                financing=financing, pool_id=one.pool, amount=one.amount, is_first_loss=one.is_first_loss
            )
            for one in parts
        )  # fmt: skip


def lend(financing: Financing, *, key: str, on: date, was_reserved: bool = True) -> None:
    """The whole amount of `financing` is paid out on `on`: it is drawn of each pool, and promised no more."""
    rows = list(financing.participations.order_by("pk")) if financing.is_shared else []
    for row in rows:
        row.principal = row.amount
    Participation.objects.bulk_update(rows, ["principal"])
    Share.objects.bulk_create(
        Share(participation=row, business_date=on, kind=Share.Kind.LENT, key=key, principal=row.amount) for row in rows
    )
    parts = [(row.pool_id, row.amount) for row in rows] or [(financing.pool_id, financing.amount)]
    for pool_id, amount in sorted(parts):
        freed = amount if was_reserved else ZERO
        FundingPool.objects.filter(pk=pool_id).update(
            reserved=Greatest(F("reserved") - freed, ZERO), drawn=F("drawn") + amount
        )


def follow(old: Financing, successor: Financing) -> None:
    """Whoever shared `old` shares the financing in its place, in the same proportion."""
    if not old.is_shared:
        return
    rows = list(old.participations.order_by("pk"))
    amounts = split(successor.amount, [row.amount for row in rows], successor.currency)
    successor.is_shared = True
    successor.save(update_fields=["is_shared"])
    parts = [Part(row.pool_id, amount, row.is_first_loss) for row, amount in zip(rows, amounts, strict=True) if amount]
    keep_parts(successor, parts)


def has_room(financing: Financing, more: Decimal) -> bool:
    """Whether those who fund `financing` have room for `more` principal. Their pools stay locked."""
    parts = [(financing.pool_id, more)]
    if financing.is_shared:
        rows = financing.participations.order_by("pool_id").values_list("pool_id", "amount")
        shares = split(more, [amount for _pool, amount in rows], financing.currency)
        parts = [(pool_id, part) for (pool_id, _amount), part in zip(rows, shares, strict=True)]
    pools = FundingPool.objects.select_for_update().order_by("pk").in_bulk([pool_id for pool_id, _part in parts])
    return all(part <= pools[pool_id].headroom for pool_id, part in parts)


def give_back_reserve(financing: Financing) -> None:
    """What each pool had promised to `financing`, which never begins, may be promised to others."""
    parts = [(financing.pool_id, financing.amount)]
    if financing.is_shared:
        parts = list(financing.participations.values_list("pool_id", "amount"))
    free_reserves(parts)


def free_reserves(amounts: Iterable[tuple[int, Decimal]]) -> None:
    """What pools, by their keys, had promised may be promised to others; they are taken in the order of their keys."""
    for pool_id, amount in sorted(amounts):
        FundingPool.objects.filter(pk=pool_id).update(reserved=Greatest(F("reserved") - amount, ZERO))


def move(
    financing: Financing, *, key: str, on: date, principal: Decimal, income: Decimal, collected: Decimal, kind: str
) -> None:
    """Something was done to `financing` by the entry `key`: `principal` came back or was lost (negative: is owed
    again), `income` was paid with it, `collected` (part of both, or a recovery) is the pools' to be sent."""
    if financing.is_shared:
        share_out([Moved(financing.pk, key, principal, income, kind, collected)], on=on)
    elif principal or collected:
        FundingPool.objects.filter(pk=financing.pool_id).update(
            drawn=F("drawn") - principal, collected=F("collected") + collected
        )


def share_out(moved: Sequence[Moved], *, on: date) -> None:
    """Share out what moved on `on` among those who fund each financing: one read and three kinds of write, however
    many. The caller holds the sellers and the books."""
    asked = Participation.objects.filter(financing__in=[one.financing_id for one in moved])
    rows = list(asked.select_related("financing").order_by("pk"))
    by_financing: defaultdict[int, list[Participation]] = defaultdict(list)
    for row in rows:
        by_financing[row.financing_id].append(row)
    pools: defaultdict[int, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    shares: list[Share] = []
    for one in moved:
        own = by_financing[one.financing_id]
        parts = _parts(own, one, own[0].financing.currency)
        for row, (principal, income), cash in zip(own, parts, _cash(own, parts, one.cash), strict=True):
            pools[row.pool_id][0] += principal
            pools[row.pool_id][1] += cash
            if principal or income:
                shares.append(_moved_row(row, one, principal, income, on))
    names = ["principal", "lost", "income", "recovered"]
    bulk.update_rows(Participation, names, [(row.pk, *(getattr(row, name) for name in names)) for row in rows])
    bulk.copy_instances(shares)
    for pool_id, (principal, cash) in sorted(pools.items()):
        FundingPool.objects.filter(pk=pool_id).update(drawn=F("drawn") - principal, collected=F("collected") + cash)


def _parts(own: Sequence[Participation], one: Moved, currency: str) -> list[tuple[Decimal, Decimal]]:
    """Of the principal and the income of a movement, what each has."""
    holdings = [
        Holding(row.amount, row.principal, row.lost, row.income, row.recovered, row.is_first_loss) for row in own
    ]
    by_principal: Callable[..., list[Decimal]] = sharing.lost if one.kind == Share.Kind.LOST else sharing.repaid
    by_income: Callable[..., list[Decimal]] = sharing.recovered if one.kind == Share.Kind.RECOVERED else sharing.earned
    return list(
        zip(by_principal(holdings, one.principal, currency), by_income(holdings, one.income, currency), strict=True)
    )


def _cash(
    own: Sequence[Participation], parts: Sequence[tuple[Decimal, Decimal]], cash: Decimal | None
) -> list[Decimal]:
    """What of the money to be sent on goes to each: what each was paid. Where only some of it is money, as when a new
    financing pays off the one before, in proportion to what each put in."""
    paid = [principal + income for principal, income in parts]
    if cash is None or cash == sum(paid, ZERO):
        return paid
    if not cash:
        return [ZERO for _one in own]
    shared = split(abs(cash), [row.amount for row in own], own[0].financing.currency)
    return [one.copy_sign(cash) for one in shared]


def _moved_row(row: Participation, one: Moved, principal: Decimal, income: Decimal, on: date) -> Share:
    """Bring `row` up to the movement, and the share that says so."""
    row.principal -= principal
    if one.kind == Share.Kind.LOST:
        row.lost += principal
    if one.kind == Share.Kind.RECOVERED:
        row.recovered += income
    else:
        row.income += income
    return Share(participation=row, business_date=on, kind=one.kind, key=one.key, principal=-principal, income=income)
