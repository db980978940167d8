"""How receipts, their custody and their files are laid out, and who may see which."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from apps.portal.formats import format_count, format_day
from apps.portal.people import names_of
from apps.portal.tables import Amount, Column, Day, Line, Moment, State, Table, Text
from apps.users.models import Role, User
from apps.warehousing.custody import Step
from apps.warehousing.models import Commodity, WarehouseReceipt
from apps.warehousing.worth import MarketValue

VERBS: Mapping[str, Promise] = {
    "create": pgettext_lazy("custody", "Entered"),
    "issue": pgettext_lazy("custody", "Weighed, taken in, receipt issued"),
    "cancel": pgettext_lazy("custody", "Not taken in"),
    "pledge": pgettext_lazy("custody", "Pledged"),
    "release": pgettext_lazy("custody", "Released from the pledge"),
    "withdraw": pgettext_lazy("custody", "Taken out"),
    "split": pgettext_lazy("custody", "Split into parts"),
    "transfer": pgettext_lazy("custody", "Passed on to a new holder"),
    "expire": pgettext_lazy("custody", "Expired"),
    "revalidate": pgettext_lazy("custody", "Looked at again and re-validated"),
    "invoke": pgettext_lazy("custody", "Taken over by the financier"),
    "sell": pgettext_lazy("custody", "Sold"),
    "transfer_title": pgettext_lazy("custody", "Title passed to the financier"),
    "freeze": pgettext_lazy("custody", "Frozen"),
    "unfreeze": pgettext_lazy("custody", "Freeze lifted"),
    "replace": pgettext_lazy("custody", "Paper lost, replaced by a new one"),
    "succeed": pgettext_lazy("custody", "Counted: all there"),
    "fail": pgettext_lazy("custody", "Counted: not as the receipts say"),
    "resolve": pgettext_lazy("custody", "Difference settled"),
}


def visible_to(user: User) -> QuerySet[WarehouseReceipt]:
    """The receipts that a person may see: a seller's own, those of an operator's warehouse, all for the platform's."""
    receipts = WarehouseReceipt.objects.select_related("warehouse", "holder", "depositor", "parent", "replaces")
    if user.role == Role.SELLER:
        return receipts.filter(holder__user=user)
    if user.role == Role.WAREHOUSE:
        return receipts.filter(warehouse__operators__user=user)
    return receipts


def commodity_names(codes: Iterable[str]) -> dict[str, str]:
    """What each commodity is called in the reader's language; after its code where nobody has named it yet."""
    language = get_language() or "en"
    return {code: named.local_name(language) for code, named in Commodity.objects.named(set(codes)).items()}


def weight_text(weight: Decimal | None, unit: str) -> str:
    """5,000 kg; empty for a weight that nobody has seen yet."""
    return "" if weight is None else f"{format_count(weight.normalize())}\N{NO-BREAK SPACE}{unit}"


def receipt_labels(receipts: Iterable[WarehouseReceipt]) -> list[tuple[int, str]]:
    """Each receipt by its key, on one line: its number, goods and weight."""
    receipts = list(receipts)
    names = commodity_names(one.commodity for one in receipts)
    return [
        (one.pk, f"{one.number} · {names[one.commodity]}, {one.grade} · {weight_text(one.weight, one.unit)}")
        for one in receipts
    ]


def receipt_table(receipts: Iterable[WarehouseReceipt], *, page: str, caption: str, empty: str) -> Table:
    """Receipts as a list; each leads to the view named `page`."""
    receipts = list(receipts)
    names = commodity_names(one.commodity for one in receipts)
    rows = [
        (
            Text(names[one.commodity], note=one.number, href=reverse(page, args=[one.pk])),
            Text(one.holder.name, note=one.lot and _("lot %(lot)s") % {"lot": one.lot}),
            Text(weight_text(one.weight or one.announced_weight, one.unit)),
            State("warehouse_receipt", one.state),
            Day(one.valid_until),
        )
        for one in receipts
    ]
    columns = (
        Column(_("Goods")),
        Column(_("Holder")),
        Column(_("Weight"), numeric=True),
        Column(_("State")),
        Column(_("Valid through")),
    )
    return Table(caption, columns, rows, empty=empty)


def stock_table(
    receipts: Iterable[WarehouseReceipt], worths: Mapping[int, MarketValue], *, currency: str, page: str
) -> Table:
    """A seller's receipts: where the goods lie, what they are worth today; each leads to the view named `page`."""
    receipts = list(receipts)
    names, language = commodity_names(one.commodity for one in receipts), get_language() or "en"
    rows = [
        (
            Text(names[one.commodity], note=one.number, href=reverse(page, args=[one.pk])),
            Text(one.warehouse.local_name(language), note=one.lot and _("lot %(lot)s") % {"lot": one.lot}),
            Text(weight_text(one.weight or one.announced_weight, one.unit)),
            _worth_cell(worths.get(one.pk), currency),
            State("warehouse_receipt", one.state),
            Day(one.valid_until),
        )
        for one in receipts
    ]
    columns = (
        Column(_("Goods")),
        Column(_("Warehouse")),
        Column(_("Weight"), numeric=True),
        Column(_("Worth today"), numeric=True),
        Column(_("State")),
        Column(_("Valid through")),
    )
    return Table(_("Your goods in store"), columns, rows)


def _worth_cell(worth: MarketValue | None, currency: str) -> Amount:
    if worth is None:
        return Amount(None, currency)
    return Amount(worth.value, currency, note=_("old price") if worth.is_stale else "")


def fact_lines(receipt: WarehouseReceipt) -> list[Line]:
    """What is known of a receipt, as far as it has come."""
    language = get_language() or "en"
    weight = weight_text(receipt.weight, receipt.unit)
    announced = weight_text(receipt.announced_weight, receipt.unit)
    lines = [
        Line(_("Weight"), Text(weight or announced), note="" if weight else _("as announced"), strong=True),
        Line(_("Goods"), Text(commodity_names([receipt.commodity])[receipt.commodity])),
        Line(_("Warehouse"), Text(receipt.warehouse.local_name(language), note=receipt.warehouse.region)),
        Line(_("Holder"), Text(receipt.holder.name)),
    ]
    texts = ((_("Origin"), receipt.origin), (_("Grade"), receipt.grade), (_("Lot"), receipt.lot),
             (_("Place"), receipt.bin))  # fmt: skip
    lines += [Line(label, Text(text)) for label, text in texts if text]
    if receipt.insured_until:
        until = _("through %(day)s") % {"day": format_day(receipt.insured_until)}
        lines.append(Line(_("Insurance"), Text(receipt.insurance, note=until)))
    days = ((_("Issued on"), receipt.issued_on), (_("Valid through"), receipt.valid_until))
    lines += [Line(label, Day(day)) for label, day in days if day]
    return lines


def custody_table(steps: Iterable[Step]) -> Table:
    """Every step with who took it and why, the latest first."""
    steps = list(steps)[::-1]
    names = names_of(step.by for step in steps)
    rows = [
        (
            Moment(step.at),
            Text(str(VERBS.get(step.verb, step.verb)), note=step.reason),
            Text(step.number),
            Text(names.get(step.by, "")),
        )
        for step in steps
    ]
    columns = (Column(_("When")), Column(_("What")), Column(_("Receipt or lot")), Column(_("Who")))
    return Table(_("Where the goods have been"), columns, rows, empty=_("Nothing has happened yet."))
