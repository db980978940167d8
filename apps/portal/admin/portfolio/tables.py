"""The portfolio's figures as tables; each leads to the financings behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.portal.admin.portfolio.query import Asked
from apps.portal.formats import format_month
from apps.portal.tables import Amount, Cell, Column, Count, Line, Share, Table, Text
from apps.products.models import FinancingProduct, FundingPool
from apps.reconciliation.models import ENDS, IN_TIME, LATE, NEW, STANDINGS, UNKNOWN
from apps.reconciliation.portfolio.behind import ANY_LATE
from apps.reconciliation.portfolio.rates import Curve, roll_rates
from apps.reconciliation.portfolio.reading import (
    MONTHS_OF_A_VINTAGE,
    Flow,
    Part,
    Proved,
    Slice,
    Stand,
    by_bucket,
    largest_sellers,
    parts,
    rolled,
    total,
)

NAMES = {
    IN_TIME: gettext_lazy("In time"),
    "1-30": gettext_lazy("1 to 30 days late"),
    "31-60": gettext_lazy("31 to 60 days late"),
    "61-90": gettext_lazy("61 to 90 days late"),
    "90+": gettext_lazy("More than 90 days late"),
    "repaid": gettext_lazy("Repaid"),
    "restructured": gettext_lazy("Restructured"),
    "written_off": gettext_lazy("Written off"),
    NEW: gettext_lazy("Paid out since"),
    UNKNOWN: gettext_lazy("Not known"),
}
PROVED = {
    "principal": gettext_lazy("Principal"),
    "fee": gettext_lazy("Fees owed"),
    "interest": gettext_lazy("Interest owed"),
    "penalty": gettext_lazy("Penalties owed"),
    "overpaid": gettext_lazy("Paid too much"),
    "fee_income": gettext_lazy("Fees earned"),
    "interest_income": gettext_lazy("Interest earned"),
    "penalty_income": gettext_lazy("Penalties earned"),
}

AGES = (0, 1, 2, 3, 6, 9, MONTHS_OF_A_VINTAGE)  # months after which a vintage is looked at

Stands = Mapping[tuple[str, str], Stand]


def _share(amount: Decimal, whole: Decimal) -> Decimal | None:
    return amount / whole if whole else None


def headline(asked: Asked, found: Stands, flows: Sequence[Flow]) -> list[Line]:
    """The figures that are read first."""
    currency, stand = asked.day.currency, total(found.values())
    moved = asked.behind(moved="on")

    def money(amount: Decimal, href: str) -> Amount:
        return Amount(amount, currency, href=href)

    income = sum((one.income for one in flows), ZERO)
    expected, collected = (sum((getattr(one, name) for one in flows), ZERO) for name in ("expected", "collected"))
    running = sum(one.financings for (_before, bucket), one in found.items() if bucket not in ENDS)
    lines = [
        Line(_("Owed"), money(stand.owed, asked.behind())),
        Line(_("Principal"), money(stand.principal, asked.behind())),
        Line(_("Financings"), Count(running, href=asked.behind())),
        Line(_("Past due"), money(stand.past_due, asked.behind(bucket=ANY_LATE))),
        Line(_("Income of the period"), money(income, moved)),
        Line(_("Expected in the period"), money(expected, asked.behind())),
        Line(_("Collected in the period"), money(collected, moved)),
        Line(_("Collected of what was expected"), Share(_share(collected, expected), href=moved)),
    ]
    if stand.ratio is not None:
        pledges = reverse("admin:warehousing_pledge_changelist")
        lines += [
            Line(_("Owed against goods, of their worth"), Share(stand.ratio, href=pledges)),
            Line(_("Headroom of goods"), money(stand.goods_room, pledges)),
        ]
    return lines


def bucket_table(asked: Asked, found: Stands) -> Table:
    """What stands in each bucket on the date."""
    currency, kept = asked.day.currency, by_bucket(found)
    whole = total(found.values()).owed
    rows: list[list[Cell]] = []
    for bucket in (IN_TIME, *LATE):
        if (one := kept.get(bucket)) is None:
            continue
        href = asked.behind(bucket=bucket)
        rows.append(
            [
                str(NAMES[bucket]),
                Count(one.financings, href=href),
                Amount(one.principal, currency, href=href),
                Amount(one.owed, currency, href=href),
                Share(_share(one.owed, whole), href=href),
                Amount(one.past_due, currency, href=href),
            ]
        )
    labels = (_("Financings"), _("Principal"), _("Owed"), _("Share"), _("Past due"))
    columns = [Column(_("How late")), *(Column(label, numeric=True) for label in labels)]
    return Table(_("Buckets"), columns, rows, empty=_("Nothing is owed here on this date."))


def roll_table(asked: Asked, found: Stands) -> Table:
    """Where what stood in each bucket a month before has gone, as shares of the principal then."""
    rates = roll_rates(rolled(found))
    reached = [bucket for bucket in STANDINGS if any(now == bucket for _before, now in rates)]
    rows: list[list[Cell]] = []
    for before in (*STANDINGS, UNKNOWN):
        if not any(one == before for one, _now in rates):
            continue
        cells = [
            Share(
                rates.get((before, now)), href=asked.behind(bucket=now, before=before) if (before, now) in rates else ""
            )
            for now in reached
        ]
        rows.append([str(NAMES[before]), *cells])
    columns = [Column(_("A month before")), *(Column(str(NAMES[now]), numeric=True) for now in reached)]
    return Table(_("Roll rates"), columns, rows, empty=_("Nothing was owed here a month before this date."))


def vintage_table(asked: Asked, curves: Sequence[Curve], *, lost: bool) -> Table:
    """By month of payout and months since, the share ever more than 30 days late, or written off."""
    name = "lost_by" if lost else "late_by"
    title, empty = _("Ever more than 30 days late, by months since the payout"), _("Nothing was paid out here.")
    if lost:
        title, empty = _("Written off, by months since the payout"), _("Nothing was written off here.")
        curves = curves if any(share for one in curves for share in one.lost) else []
    rows: list[list[Cell]] = []
    for one in curves[-MONTHS_OF_A_VINTAGE:]:
        told = one.lost if lost else one.late
        shares: list[Cell] = [
            Share(told[age], href=asked.behind(month=one.month, **{name: age}) if told[age] else "")
            for age in AGES
            if age < len(told)
        ]
        blank: list[Cell] = [""] * (len(AGES) - len(shares))
        paid_out = Amount(one.drawn, asked.day.currency, href=asked.behind(month=one.month))
        rows.append([format_month(one.month), paid_out, *shares, *blank])
    columns = [
        Column(_("Paid out in")), Column(_("Paid out"), numeric=True),
        *(Column(str(age), numeric=True) for age in AGES),
    ]  # fmt: skip
    return Table(title, columns, rows, empty=empty)


def concentration(asked: Asked, found: Stands) -> list[Table]:
    """The largest sellers, and what each product, grade, category and region owes."""
    whole = total(found.values()).owed
    language = get_language() or "en"
    products = {one.pk: one.local_name(language) for one in FinancingProduct.objects.all()}
    tables = [_sellers(asked, whole)]
    for name, title, label in (
        ("product", _("By product"), _("Product")), ("grade", _("By grade"), _("Grade")),
        ("category", _("By category"), _("Category")), ("region", _("By region"), _("Region")),
    ):  # fmt: skip
        held = parts(asked.day, asked.part, name)
        rows = [_part(asked, name, one, products.get(one.value, one.value) or _("none"), whole) for one in held[:10]]
        tables.append(Table(title, _columns(label), rows, empty=_("Nothing is owed here on this date.")))
    return tables


def _columns(first: str) -> list[Column]:
    return [Column(first), *(Column(label, numeric=True) for label in (_("Financings"), _("Owed"), _("Share")))]


def _part(asked: Asked, name: str, one: Part, label: str, whole: Decimal) -> list[Cell]:
    href = asked.narrowed(name, one.value)
    return [
        label, Count(one.financings, href=href), Amount(one.owed, asked.day.currency, href=href),
        Share(_share(one.owed, whole), href=href),
    ]  # fmt: skip


def _sellers(asked: Asked, whole: Decimal) -> Table:
    """Of all sellers, or of those of a product or a pool; the share is of what these owe together."""
    sellers, of = largest_sellers(asked.day, asked.part)
    title = {
        "product": _("Largest sellers of this product"), "pool": _("Largest sellers of this pool"),
    }.get(of, _("Largest sellers of the platform"))  # fmt: skip
    scope = replace(asked, part=Slice(**({of: asked.part.chosen[of]} if of else {})))
    is_all_asked = scope == asked
    rows: list[list[Cell]] = []
    for one in sellers:
        href = scope.behind(seller=one.seller_id)
        share = Share(_share(one.owed, whole), href=href) if is_all_asked else Share(None)
        owed = Amount(one.owed, asked.day.currency, href=href)
        rows.append([one.seller.name, Count(one.financings, href=href), owed, share])
    return Table(title, _columns(_("Seller")), rows, empty=_("Nobody owes anything on this date."))


def pool_table(pool: int | None) -> Table:
    """What each pool has left as things stand now."""
    pools = FundingPool.objects.order_by("name")
    rows: list[list[Cell]] = []
    for one in pools.filter(pk=pool) if pool is not None else pools:
        href = reverse("admin:products_fundingpool_change", args=[one.pk])
        amounts = (one.committed, one.reserved, one.drawn, one.headroom)
        rows.append(
            [
                Text(one.name, href=href),
                *(Amount(amount, one.currency) for amount in amounts),
                Share(_share(one.headroom, one.committed)),
            ]
        )
    labels = (_("Committed"), _("Reserved"), _("Drawn"), _("Headroom"), _("Share"))
    columns = [Column(_("Pool")), *(Column(label, numeric=True) for label in labels)]
    return Table(_("Headroom of the pools, now"), columns, rows, empty=_("There is no pool yet."))


def proof_table(asked: Asked, proved: Sequence[Proved]) -> Table:
    """All rows of the date beside the control totals of its night and the ledger's income."""
    currency = asked.day.currency
    rows: list[list[Cell]] = [
        [str(PROVED[one.name]), *(Amount(amount, currency) for amount in (one.rows, one.ledger, one.difference))]
        for one in proved
    ]
    columns = [
        Column(_("What")),
        *(Column(name, numeric=True) for name in (_("Portfolio"), _("Books"), _("Difference"))),
    ]
    return Table(_("Portfolio against the books"), columns, rows)


def financing_table(found: Sequence[Any]) -> Table:
    """The financings behind a figure, as they stood; each opens to itself and to its movements, and these to their
    postings."""
    return Table(
        _("Financings behind the figure"),
        [
            Column(_("Financing")),
            Column(_("Seller")),
            Column(_("Product")),
            Column(_("Paid out")),
            Column(_("Stood")),
            Column(_("Drawn"), numeric=True),
            Column(_("Principal"), numeric=True),
            Column(_("Owed"), numeric=True),
        ],
        [_financing(one, get_language() or "en") for one in found],
        empty=_("No financing stands behind this figure."),
    )


def _financing(one: Financing, language: str) -> list[Cell]:
    movements = f"{reverse('admin:repayment_movement_changelist')}?financing__id__exact={one.pk}"
    then: Any = one
    return [
        Text(one.number, href=reverse("admin:financing_financing_change", args=[one.pk])),
        one.seller.name,
        one.version.product.local_name(language),
        "" if one.disbursed_on is None else one.disbursed_on.isoformat(),
        str(NAMES.get(then.bucket_then, "")),
        Amount(one.amount, one.currency),
        Amount(then.principal_then, one.currency, href=movements),
        Amount(then.owed_then, one.currency, href=movements),
    ]
