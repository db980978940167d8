"""The lots of receipts in the registry of all platforms: held from the request on, let go with the last part."""

from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.tenants import registry
from apps.warehousing.identity import Lot, identities
from apps.warehousing.models import Commodity, PledgedReceipt, WarehouseReceipt
from apps.warehousing.refusals import Encumbered, PledgeRefused
from apps.warehousing.units import PackWeights


def hold_lots(receipts: Sequence[WarehouseReceipt]) -> None:
    """Enter the lots of `receipts` in the registry; what the platform holds itself stays as it is.

    Raises Encumbered when a lot is held by another platform, or a receipt here by another pledge: with the same words,
    after the same statements.
    """
    named = _named(receipts)
    held_elsewhere = registry.claim([identity for texts in named.values() for identity in texts])
    held_here = set(
        PledgedReceipt.objects.live().filter(receipt__in=receipts).values_list("receipt__number", flat=True)
    )
    taken = sorted(number for number, texts in named.items() if number in held_here or held_elsewhere & set(texts))
    if taken:
        raise Encumbered(encumbered_words(taken))


def let_go_of_lots(receipts: Sequence[WarehouseReceipt]) -> None:
    """Take the lots of `receipts` out of the registry, but for those of which another part is still in a pledge here.

    Whoever pledges such a part at this moment waits, or is waited for: the registry's rows are locked first.
    """
    named = _named(receipts)
    registry.lock([identity for texts in named.values() for identity in texts])
    still_held = {identity for texts in _named(_in_live_pledges(receipts)).values() for identity in texts}
    registry.release([identity for texts in named.values() for identity in texts if identity not in still_held])


def encumbered_words(numbers: Iterable[str]) -> str:
    """What everybody is told, whoever holds the goods."""
    return _(
        "The goods of %(receipts)s are already encumbered. Nothing was changed. Choose other receipts, or ask the "
        "warehouse."
    ) % {"receipts": ", ".join(numbers)}


def claim_again() -> int:
    """Enter every lot in a live pledge of the platform under all keys in use; answer how many lots there were.

    For a change of keys: done on every platform, the old key can go. What another platform holds is left to it.
    """
    live = WarehouseReceipt.objects.filter(pledges__released_on=None, pledges__isnull=False).distinct()
    named = _named(list(live.order_by("pk")))
    registry.claim([identity for texts in named.values() for identity in texts])
    return len(named)


def _in_live_pledges(receipts: Sequence[WarehouseReceipt]) -> list[WarehouseReceipt]:
    """Receipts of the same lots that a live pledge holds."""
    same_lot = Q()
    for receipt in receipts:
        same_lot |= Q(warehouse_id=receipt.warehouse_id, lot=receipt.lot)
    live = PledgedReceipt.objects.live().filter(receipt__in=WarehouseReceipt.objects.filter(same_lot))
    return [row.receipt for row in live.select_related("receipt")] if receipts else []


def _named(receipts: Sequence[WarehouseReceipt]) -> dict[str, Sequence[str]]:
    """The identities of each receipt's lot, by the receipt's number: a part is told as the whole that it came from."""
    roots = _roots(receipts)
    weights = {
        commodity.code: PackWeights(commodity.bushel_kg, commodity.bag_kg)
        for commodity in Commodity.objects.filter(code__in={root.commodity for root in roots.values()})
    }
    return {
        receipt.number: identities(_lot(roots[receipt.pk]), weights.get(receipt.commodity, PackWeights()))
        for receipt in receipts
    }


def _roots(receipts: Sequence[WarehouseReceipt]) -> dict[int, WarehouseReceipt]:
    """The first paper of each receipt's lot, before splits and replacements, by the receipt's key."""
    roots = {receipt.pk: receipt.pk for receipt in receipts}
    while True:
        found = WarehouseReceipt.objects.select_related("depositor__particulars", "warehouse").in_bulk(
            set(roots.values())
        )
        before = {pk: found[root].parent_id or found[root].replaces_id or root for pk, root in roots.items()}
        if before == roots:
            return {pk: found[root] for pk, root in roots.items()}
        roots = before


def _lot(root: WarehouseReceipt) -> Lot:
    told = getattr(root.depositor, "particulars", None)
    if told is None or not told.number:
        raise PledgeRefused(
            _("%(seller)s has no tax number on record, so the goods cannot be told from others. Add it first.")
            % {"seller": root.depositor.name}
        )
    if not root.weight:
        raise PledgeRefused(_("Receipt %(number)s has no weight yet.") % {"number": root.number})
    return Lot(
        tax_id=told.number,
        commodity=root.commodity,
        lot=root.lot,
        warehouse=root.warehouse.code,
        grade=root.grade,
        weight=root.weight,
        unit=root.unit,
    )
