"""Putting goods in pledge: asked for, counted by the warehouse, taken in by the financier. Locks first, then checks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.money import ZERO
from apps.core.states import log_birth, move_all
from apps.evidence.services import record
from apps.sellers.models import Seller
from apps.sellers.services.messages import Notice, tell
from apps.warehousing.encumbrances import encumbered_words, hold_lots, let_go_of_lots
from apps.warehousing.lending_terms import frozen
from apps.warehousing.models import Pledge, PledgedReceipt, WarehouseReceipt
from apps.warehousing.models.pledge import HOLDING_STATES
from apps.warehousing.refusals import Encumbered, PledgeRefused
from apps.warehousing.valuation import LendingTerms, Valuation, substitution_refusal
from apps.warehousing.worth import keep_valuation, worth_in_pledge, worth_of

SUBSTITUTION_WORDS = {
    "stale_price": gettext_lazy(
        "A price is too old to compare the goods by, so none can take the place of others. Nothing was changed. Take "
        "in newer prices first."
    ),
    "worth_less": gettext_lazy(
        "The goods would be worth %(after)s %(currency)s instead of %(before)s. Nothing was changed. Offer more goods."
    ),
    "lends_less": gettext_lazy(
        "Less could be lent on the new goods than on the old ones. Nothing was changed. Offer more or better goods."
    ),
}


def request_pledge(
    *,
    number: str,
    seller: Seller,
    receipt_ids: Collection[int],
    pledgee: str,
    subject: str,
    terms: LendingTerms,
    on: date,
    at: datetime,
    by: str,
) -> Pledge:
    """Ask for a pledge `number` of the seller's receipts, to secure `subject` for `pledgee` under `terms`.

    From now on nobody else can pledge these lots, here or on another platform; they secure nothing until the warehouse
    has counted them and the financier has taken them in. Asked again, it answers the pledge that is there. Raises
    PledgeRefused when a receipt cannot be pledged on `on` or its price is stale or missing, Encumbered when somebody
    holds a lot already.
    """
    with transaction.atomic():
        receipts = _locked_receipts(receipt_ids, seller)
        known = Pledge.objects.filter(number=number).first()
        if known is not None:
            _check_same(known, seller=seller, subject=subject, receipt_ids=receipt_ids)
            return known
        _check_pledgeable(receipts, terms, on)
        pledge = Pledge.objects.create(
            number=number,
            seller=seller,
            pledgee=pledgee,
            subject=subject,
            currency=terms.currency,
            limit=terms.limit,
            terms=frozen(terms),
        )
        log_birth([pledge], at=at, by=by)
        _hold(pledge, receipts, on)
        return pledge


def offer_goods(
    *,
    pledge_id: int,
    seller_id: int,
    receipt_ids: Collection[int],
    instead_of: Collection[int] = (),
    on: date,
    at: datetime,
    by: str,
) -> None:
    """Offer more of the seller's receipts for a pledge that stands: to cure a call, or `instead_of` receipts in it.

    They are held from now on and secure nothing before `take_in_offered`. What was offered already stays offered.
    Raises PledgeRefused and Encumbered as `request_pledge` does; Pledge.DoesNotExist for another's.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id, seller_id=seller_id)
        _check_holding(pledge)
        if instead_of:
            leaving = in_pledge(securing(pledge), instead_of)
            PledgedReceipt.objects.filter(pk__in=[row.pk for row in leaving]).update(leaving=True)
        fresh = set(receipt_ids) - set(pledge.pledged_receipts.asked().values_list("receipt_id", flat=True))
        if fresh or not receipt_ids:
            receipts = _locked_receipts(fresh, pledge.seller)
            _check_pledgeable(receipts, pledge.lending, on)
            _hold(pledge, receipts, on)
            put_on_record(pledge, "pledge_goods_offered", on=on, at=at, by=by)


def take_back_goods(*, pledge_id: int, on: date, at: datetime, by: str) -> None:
    """Let go of what was offered for a pledge that stands and never taken in. Asked again, it does nothing."""
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        _check_holding(pledge)
        offered = list(pledge.pledged_receipts.asked().select_related("receipt").order_by("receipt_id"))
        if offered:
            let_go(offered, on)
            pledge.pledged_receipts.securing().update(leaving=False)
            put_on_record(pledge, "pledge_goods_taken_back", on=on, at=at, by=by)


def count_goods(
    *, pledge_id: int, warehouse_id: int, counted: Mapping[int, Decimal], on: date, at: datetime, by: str
) -> Pledge:
    """The warehouse says how much it found of each asked-for receipt of its own: weights by receipt id, in its unit.

    It may be less than the paper says; the paper's weight is then not what is lent on. A count may be made again until
    the financier takes the goods in. When all of a request is counted the seller is told, once. Raises PledgeRefused
    for receipts of another warehouse, one that nobody asked for, and a weight below nothing.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        rows = {
            row.receipt_id: row
            for row in pledge.pledged_receipts.asked().filter(
                receipt_id__in=counted, receipt__warehouse_id=warehouse_id
            )
        }
        if set(counted) - set(rows):
            raise PledgeRefused(_("Some of these receipts are not waiting for your count. Nothing was changed."))
        for receipt_id, weight in counted.items():
            if not weight.is_finite() or weight < 0:
                raise PledgeRefused(_("A weight cannot be less than nothing. Enter what the scale says."))
            rows[receipt_id].confirmed_weight, rows[receipt_id].counted_by = weight, by
        PledgedReceipt.objects.bulk_update(rows.values(), ["confirmed_weight", "counted_by"])
        if pledge.state == "requested":
            pledge.warehouse_confirmed_by = by
            pledge.save(update_fields=["warehouse_confirmed_by"])
            if not pledge.pledged_receipts.asked().filter(counted_by="").exists():
                facts = {"number": pledge.number, "words": "goods_counted"}
                notice = Notice(pledge.seller_id, "goods", f"goods_counted:{pledge.pk}", "receipts", facts)
                tell(notices=[notice], business_date=on, at=at)
        return pledge


def confirm_pledge(*, pledge_id: int, on: date, at: datetime, by: str) -> Pledge:
    """The financier takes a counted request in: the pledge stands and its receipts are locked, all at once.

    Confirmed already, nothing happens. Raises PledgeRefused when something is not counted yet, `by` did the counting,
    a receipt can no longer be pledged, a price is stale or missing, or the count found nothing of value.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        if pledge.state in HOLDING_STATES:
            return pledge
        if pledge.state != "requested":
            raise PledgeRefused(_("This request is over. Nothing was changed."))
        rows = _counted_rows(pledge, by)
        pledge.financier_confirmed_by = by
        _secure(rows, on=on, at=at, by=by, reason=pledge.number)
        _value(pledge, on)
        pledge.move("confirm", at=at, by=by)
        put_on_record(pledge, "pledged", on=on, at=at, by=by)
        return pledge


def worth_taken_in(*, pledge_id: int, on: date, by: str) -> Valuation:
    """What the counted goods of a request would be worth if `by` took them in on `on`. Changes nothing.

    Raises PledgeRefused as `confirm_pledge` does.
    """
    pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
    rows = _counted_rows(pledge, by)
    _check_in_order([row.receipt for row in rows], on)
    return _worth(rows, pledge, on)


def cancel_request(*, pledge_id: int, reason: str, on: date, at: datetime, by: str) -> None:
    """Take a request back, or refuse it: its lots are free again. Cancelled already, nothing happens.

    Raises PledgeRefused when the pledge stands: then it takes a release.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        if pledge.state == "cancelled":
            return
        if pledge.state != "requested":
            raise PledgeRefused(_("The pledge stands already, so it cannot be taken back. Ask for a release instead."))
        let_go(list(pledge.pledged_receipts.live().select_related("receipt").order_by("receipt_id")), on)
        pledge.move("cancel", at=at, by=by, reason=reason)


def add_goods(*, pledge_id: int, on: date, at: datetime, by: str) -> Pledge:
    """The financier takes the offered and counted goods into a pledge that stands, as a goods cure of a margin call.

    Nothing offered, nothing happens. Raises PledgeRefused as `confirm_pledge` does.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        if not pledge.pledged_receipts.asked().exists():
            return pledge
        _check_holding(pledge)
        _secure(_counted_rows(pledge, by), on=on, at=at, by=by, reason=pledge.number)
        _value(pledge, on)
        pledge.move("add", at=at, by=by)
        put_on_record(pledge, "pledge_goods_added", on=on, at=at, by=by)
        return pledge


def substitute_goods(*, pledge_id: int, outgoing: Collection[int], on: date, at: datetime, by: str) -> Pledge:
    """The offered and counted goods take the place of the receipts `outgoing`, in one transaction.

    The new set must be worth no less and lend no less than the old one on `on`. Raises PledgeRefused when it does not,
    with a stale price, for receipts that are not in the pledge, and as `confirm_pledge` does; nothing is changed then.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        _check_holding(pledge)
        before = securing(pledge)
        leaving = in_pledge(before, outgoing)
        incoming = _counted_rows(pledge, by)
        after = [row for row in before if row not in leaving] + incoming
        worth_before = worth_in_pledge(before, terms=pledge.lending, on=on)
        worth_after = worth_in_pledge(after, terms=pledge.lending, on=on)
        refusal = substitution_refusal(worth_before, worth_after)
        if refusal:
            raise PledgeRefused(
                SUBSTITUTION_WORDS[refusal]
                % {"before": worth_before.value, "after": worth_after.value, "currency": pledge.currency}
            )
        _secure(incoming, on=on, at=at, by=by, reason=pledge.number)
        free(leaving, on=on, at=at, by=by, reason=pledge.number)
        keep_valuation(pledge, worth_after, on=on)
        pledge.move("substitute", at=at, by=by)
        put_on_record(pledge, "pledge_substituted", on=on, at=at, by=by)
        return pledge


def take_in_offered(*, pledge_id: int, on: date, at: datetime, by: str) -> Pledge:
    """The financier takes in what the seller offered: instead of the receipts that the seller named, else beside them.

    Nothing offered, nothing happens. Raises PledgeRefused as `add_goods` and `substitute_goods` do.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge_id)
        _check_holding(pledge)
        outgoing = [row.receipt_id for row in securing(pledge) if row.leaving]
        if outgoing:
            return substitute_goods(pledge_id=pledge_id, outgoing=outgoing, on=on, at=at, by=by)
        return add_goods(pledge_id=pledge_id, on=on, at=at, by=by)


def let_go(rows: Sequence[PledgedReceipt], on: date) -> None:
    """End `rows`, in the order of their receipts, and take their lots out of the registry."""
    if not rows:
        return
    PledgedReceipt.objects.filter(pk__in=[row.pk for row in rows]).update(released_on=on, leaving=False)
    let_go_of_lots([row.receipt for row in rows])


def free(rows: Sequence[PledgedReceipt], *, on: date, at: datetime, by: str, reason: str) -> None:
    """End `rows` that secured something: their receipts are the holder's again."""
    receipts = list(WarehouseReceipt.objects.select_for_update().filter(pledges__in=rows).order_by("pk"))
    move_all([one for one in receipts if one.state == "pledged"], "release", at=at, by=by, reason=reason)
    for stopped in (one for one in receipts if one.state in {"expired", "frozen"}):
        stopped.forget_pledge()
        stopped.save()
    let_go(rows, on)


def _locked_receipts(receipt_ids: Collection[int], seller: Seller) -> list[WarehouseReceipt]:
    receipts = list(
        WarehouseReceipt.objects.select_for_update(of=("self",))
        .filter(pk__in=receipt_ids, holder=seller)
        .order_by("pk")
    )
    if not receipts or len(receipts) < len(set(receipt_ids)):
        raise PledgeRefused(_("Choose at least one of your own receipts. Nothing was changed."))
    return receipts


def _check_same(known: Pledge, *, seller: Seller, subject: str, receipt_ids: Collection[int]) -> None:
    first = set(known.pledged_receipts.order_by("pk").values_list("receipt_id", flat=True))
    if (known.seller_id, known.subject) != (seller.pk, subject) or not set(receipt_ids) <= first:
        raise PledgeRefused(
            _("Pledge %(number)s was asked for with other goods. Nothing was changed.") % {"number": known.number}
        )


def _check_pledgeable(receipts: Sequence[WarehouseReceipt], terms: LendingTerms, on: date) -> None:
    """Of receipts that are locked: whether each is free, valid and insured, with a price that is not stale."""
    hold_lots(receipts)
    _check_in_order(receipts, on)
    stale = worth_of(receipts, terms=terms, on=on).stale
    if stale:
        raise PledgeRefused(
            _("The price of %(receipts)s is too old, so nothing new can be lent on it. Nothing was changed.")
            % {"receipts": ", ".join(stale)}
        )


def _check_in_order(receipts: Sequence[WarehouseReceipt], on: date) -> None:
    ready = set(
        WarehouseReceipt.objects.pledgeable(on)
        .filter(pk__in=[receipt.pk for receipt in receipts])
        .values_list("pk", flat=True)
    )
    others = [receipt.number for receipt in receipts if receipt.pk not in ready]
    if others:
        raise PledgeRefused(
            _(
                "Receipt %(receipts)s cannot be pledged now: it must be issued, and valid and insured through today. "
                "Nothing was changed."
            )
            % {"receipts": ", ".join(others)}
        )


def _hold(pledge: Pledge, receipts: Sequence[WarehouseReceipt], on: date) -> None:
    rows = [
        PledgedReceipt(pledge=pledge, receipt=receipt, weight=receipt.weight or ZERO, pledged_on=on)
        for receipt in receipts
    ]
    try:
        with transaction.atomic():
            PledgedReceipt.objects.bulk_create(rows)
    except IntegrityError as error:  # the database's own word, should a path ever forget to look first
        raise Encumbered(encumbered_words(receipt.number for receipt in receipts)) from error


def _check_holding(pledge: Pledge) -> None:
    if pledge.state not in HOLDING_STATES:
        raise PledgeRefused(
            _("Pledge %(number)s cannot be changed now. Nothing was changed.") % {"number": pledge.number}
        )


def securing(pledge: Pledge) -> list[PledgedReceipt]:
    """What secures the pledge, with receipts, in their order."""
    return list(pledge.pledged_receipts.securing().select_related("receipt").order_by("receipt_id"))


def in_pledge(rows: Sequence[PledgedReceipt], receipt_ids: Collection[int]) -> list[PledgedReceipt]:
    """Those of `rows` that hold the receipts. Raises PledgeRefused where one is missing, or none is named."""
    found = [row for row in rows if row.receipt_id in set(receipt_ids)]
    if not found or len(found) < len(set(receipt_ids)):
        raise PledgeRefused(_("Some of these receipts are not in this pledge. Nothing was changed."))
    return found


def _counted_rows(pledge: Pledge, by: str) -> list[PledgedReceipt]:
    """What waits to be taken in, all of it counted by somebody else than `by`."""
    rows = list(pledge.pledged_receipts.asked().select_related("receipt").order_by("receipt_id"))
    if not rows or any(row.confirmed_weight is None for row in rows):
        raise PledgeRefused(_("The warehouse has not counted all of these goods yet. Nothing was changed."))
    if by in {row.counted_by for row in rows}:
        raise PledgeRefused(_("Whoever counted the goods cannot take them in too. Ask a colleague."))
    return rows


def _secure(rows: Sequence[PledgedReceipt], *, on: date, at: datetime, by: str, reason: str) -> None:
    receipts = list(
        WarehouseReceipt.objects.select_for_update(of=("self",))
        .filter(pk__in=[row.receipt_id for row in rows])
        .order_by("pk")
    )
    _check_in_order(receipts, on)
    move_all(receipts, "pledge", at=at, by=by, reason=reason)
    PledgedReceipt.objects.filter(pk__in=[row.pk for row in rows]).update(secured_on=on, secured_by=by)


def _value(pledge: Pledge, on: date) -> None:
    keep_valuation(pledge, _worth(securing(pledge), pledge, on), on=on)


def _worth(rows: Sequence[PledgedReceipt], pledge: Pledge, on: date) -> Valuation:
    worth = worth_in_pledge(rows, terms=pledge.lending, on=on)
    if worth.stale:
        raise PledgeRefused(
            _("A price is too old to take goods in by. Nothing was changed. Take in newer prices first.")
        )
    if worth.value <= 0:
        raise PledgeRefused(_("The count found nothing of value. Nothing was changed."))
    return worth


def put_on_record(pledge: Pledge, kind: str, *, on: date, at: datetime, by: str) -> None:
    """What secures the pledge now, on the evidence log: numbers and weights, no names."""
    record(
        kind=kind,
        subject=f"pledge:{pledge.pk}",
        payload={
            "number": pledge.number,
            "secures": pledge.subject,
            "value": pledge.value,
            "receipts": [[row.receipt.number, row.counted] for row in securing(pledge)],
            "offered": list(pledge.pledged_receipts.asked().values_list("receipt__number", flat=True).order_by("pk")),
        },
        business_date=on,
        at=at,
        by=by,
    )
