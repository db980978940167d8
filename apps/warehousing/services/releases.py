"""Goods leaving a pledge: asked for, let go when what stays still carries the debt, called on when nobody pays."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.money import round_money
from apps.core.states import move_all
from apps.warehousing.models import Pledge, PledgedReceipt, WarehouseReceipt
from apps.warehousing.models.pledge import HOLDING_STATES
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services.pledges import free, in_pledge, let_go, put_on_record, securing
from apps.warehousing.valuation import Valuation, margin, release_refusal
from apps.warehousing.worth import keep_valuation, worth_in_pledge


def request_release(
    *, pledge_id: int, receipt_ids: Collection[int], outstanding: Decimal, on: date, at: datetime, by: str
) -> Pledge:
    """Ask for receipts back while `outstanding` (in the pledge's currency) is owed; all of them: the whole pledge.

    Asked already for the same, nothing happens. Raises PledgeRefused, with the figures, when the rest would not carry
    what is owed.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        rows = securing(pledge)
        leaving = in_pledge(rows, receipt_ids)
        if pledge.state == "release_requested" and {row.pk for row in rows if row.leaving} == {
            row.pk for row in leaving
        }:
            return pledge
        if pledge.state not in HOLDING_STATES:
            raise PledgeRefused(
                _("Goods of pledge %(number)s cannot be released now. Nothing was changed.") % {"number": pledge.number}
            )
        if any(row.leaving for row in rows):
            raise PledgeRefused(_("Other goods were offered in the place of some. Take that offer back first."))
        _check_rest(pledge, [row for row in rows if row not in leaving], outstanding, on)
        pledge.pledged_receipts.filter(pk__in=[row.pk for row in leaving]).update(leaving=True)
        pledge.move("request_release", at=at, by=by)
        return pledge


def decline_release(*, pledge_id: int, reason: str, at: datetime, by: str) -> None:
    """Keep the goods that were asked for. Not asked for, nothing happens."""
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        if pledge.state == "release_requested":
            pledge.pledged_receipts.update(leaving=False)
            pledge.move("decline_release", at=at, by=by, reason=reason)


def release_goods(*, pledge_id: int, outstanding: Decimal, on: date, at: datetime, by: str) -> Pledge:
    """Let the goods go that were asked for: all of them end the pledge. Released already, nothing happens.

    `outstanding` is what is owed now, in the pledge's currency, read while the debt was locked. Raises PledgeRefused,
    with the figures, when what stays would not carry it, or a price is stale while something is owed.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        if pledge.state in {"released", "partially_released"}:
            return pledge
        if pledge.state != "release_requested":
            raise PledgeRefused(_("Nobody has asked for goods of this pledge. Nothing was changed."))
        rows = securing(pledge)
        leaving, staying = [row for row in rows if row.leaving], [row for row in rows if not row.leaving]
        _check_rest(pledge, staying, outstanding, on)
        free(leaving, on=on, at=at, by=by, reason=pledge.number)
        if staying:
            keep_valuation(pledge, worth_in_pledge(staying, terms=pledge.lending, on=on), on=on)
        else:
            _let_offers_go(pledge, on)
        pledge.move("release_in_part" if staying else "release", at=at, by=by)
        put_on_record(pledge, "pledge_released", on=on, at=at, by=by)
        return pledge


def release_all(*, pledges: Iterable[Pledge], reason: str, on: date, at: datetime, by: str) -> None:
    """Let all goods of `pledges` go because what they secured is repaid or never came about.

    Takes pledges that stand, asked for or not; those that are over are left alone. `reason` goes on record.
    """
    for pledge in pledges:
        with transaction.atomic():
            locked = Pledge.objects.select_for_update().get(pk=pledge.pk)
            if locked.state in HOLDING_STATES:
                locked.move("request_release", at=at, by=by, reason=reason)
            if locked.state == "release_requested":
                free(securing(locked), on=on, at=at, by=by, reason=locked.number)
                _let_offers_go(locked, on)
                locked.move("release", at=at, by=by, reason=reason)
                put_on_record(locked, "pledge_released", on=on, at=at, by=by)


def enforce_pledge(*, pledge_id: int, reason: str, on: date, at: datetime, by: str) -> Pledge:
    """Call on the goods after a default: every receipt is invoked. Enforced already, nothing happens.

    A release that was asked for is declined. Raises PledgeRefused while a receipt is frozen or expired: its goods have
    to be cleared up first.
    """
    with transaction.atomic():
        decline_release(pledge_id=pledge_id, reason=reason, at=at, by=by)
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        if pledge.state == "enforcing":
            return pledge
        if pledge.state not in HOLDING_STATES:
            raise PledgeRefused(
                _("Pledge %(number)s holds no goods to call on. Nothing was changed.") % {"number": pledge.number}
            )
        rows = securing(pledge)
        receipts = _locked(rows)
        stopped = sorted(one.number for one in receipts if one.state != "pledged")
        if stopped:
            raise PledgeRefused(
                _("Receipt %(receipts)s is frozen or expired. Clear that up with the warehouse first.")
                % {"receipts": ", ".join(stopped)}
            )
        move_all(receipts, "invoke", at=at, by=by, reason=reason)
        _let_offers_go(pledge, on)
        pledge.move("enforce", at=at, by=by, reason=reason)
        put_on_record(pledge, "pledge_enforced", on=on, at=at, by=by)
        return pledge


def end_enforcement(*, pledge_id: int, sold: Collection[int], reason: str, on: date, at: datetime, by: str) -> Pledge:
    """The goods are gone: the receipts `sold` to a buyer, the others by title to the pledgee. The lots leave the
    registry. Ended already, nothing happens. The money is booked by whoever calls."""
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        if pledge.state == "sold":
            return pledge
        if pledge.state != "enforcing":
            raise PledgeRefused(
                _("Pledge %(number)s is not being enforced. Nothing was changed.") % {"number": pledge.number}
            )
        rows = securing(pledge)
        receipts = _locked(rows)
        for verb, wanted in (("sell", True), ("transfer_title", False)):
            moved = [one for one in receipts if (one.pk in set(sold)) is wanted]
            move_all(moved, verb, at=at, by=by, reason=reason)
        put_on_record(pledge, "pledge_sold", on=on, at=at, by=by)
        let_go(rows, on)
        pledge.move("sell", at=at, by=by, reason=reason)
        return pledge


def _locked(rows: Sequence[PledgedReceipt]) -> list[WarehouseReceipt]:
    return list(
        WarehouseReceipt.objects.select_for_update(of=("self",))
        .filter(pk__in=[row.receipt_id for row in rows])
        .order_by("pk")
    )


def _let_offers_go(pledge: Pledge, on: date) -> None:
    let_go(list(pledge.pledged_receipts.asked().select_related("receipt").order_by("receipt_id")), on)


def _check_rest(pledge: Pledge, staying: Sequence[PledgedReceipt], outstanding: Decimal, on: date) -> None:
    if outstanding <= 0:
        return
    worth = worth_in_pledge(staying, terms=pledge.lending, on=on)
    refusal = release_refusal(outstanding, worth, pledge.lending)
    if refusal == "stale_price":
        raise PledgeRefused(
            _("A price is too old, and while something is owed no goods go on an old price. Nothing was changed.")
        )
    if refusal:
        raise PledgeRefused(
            _(
                "%(owed)s %(currency)s is owed; the goods that stay are worth %(value)s and carry %(allowed)s. Nothing "
                "was changed. Pay %(short)s first, or ask for fewer goods."
            )
            % _figures(pledge, worth, outstanding)
        )


def _figures(pledge: Pledge, worth: Valuation, outstanding: Decimal) -> dict[str, object]:
    owed = round_money(outstanding, pledge.currency)  # a column keeps more decimals than a person is told
    stand = margin(owed, worth, pledge.lending)
    return {
        "owed": owed,
        "currency": pledge.currency,
        "value": worth.value,
        "allowed": stand.allowed,
        "short": owed - stand.allowed,
    }
