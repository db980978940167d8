"""How a running financing is laid out: its bar, its nights as receipts, its history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.portal.formats import format_day, format_money, format_share
from apps.portal.tables import Amount, Column, Count, Day, Line, State, Table
from apps.repayment.models import Demand, NearBreach
from apps.repayment.outlook import Eased, days_nearer, expected_done
from apps.repayment.receipts import Receipt
from apps.risk.models import Assessment


@dataclass(frozen=True, slots=True)
class Figures:
    """A financing as its bar shows it: all that was ever owed, how much of it is repaid, when the rest will be."""

    financing: Financing
    whole: Decimal
    repaid: Decimal
    done_on: date | None
    last: Receipt | None = None
    eased: Eased | None = None

    @property
    def share(self) -> Decimal:
        return self.repaid / self.whole

    @property
    def state(self) -> str:
        """The state to show: a financing that runs says whether it is late."""
        if self.financing.state != "active":
            return str(self.financing.state)
        if self.financing.past_due:
            return "overdue"
        if self.eased is None:
            return "on_track"
        return "lower_share" if self.eased.rate else "paused"

    @property
    def tone(self) -> str:
        return "bad" if self.financing.past_due else "good"


def figures_of(
    financing: Financing, assessment: Assessment | None, today: date, last: Receipt | None = None
) -> Figures:
    """The figures of `financing`, its end reckoned from the daily sales that the assessment found, and its `last`
    deduction."""
    whole = financing.amount + financing.flat_fee + financing.accrued_posted + financing.penalty_posted
    is_drawn = financing.disbursed_on is not None
    left = financing.outstanding if is_drawn else whole
    whole = max(whole, left)  # what was carried from a contract before, or charged, is owed on top
    is_eased = financing.paused_until is not None and financing.paused_until >= today
    eased = Eased(financing.paused_until, financing.paused_rate) if is_eased and financing.paused_until else None
    done_on = None
    if financing.state in {"pending", "active"}:
        done_on = expected_done(
            outstanding=left,
            daily_sales=Decimal(assessment.features["daily_sales"]) if assessment else ZERO,
            sweep_rate=financing.sweep_rate,
            due_on=financing.due_on,
            on=today,
            currency=financing.currency,
            eased=eased,
        )
    return Figures(financing, whole, whole - left, done_on, last, eased)


@dataclass(frozen=True, slots=True)
class Slip:
    """One night's deduction, ready for `components/receipt.html`."""

    receipt: Receipt
    rows: Sequence[Line]
    total: Line
    note: str


def receipt_lines(one: Receipt, daily_sales: Decimal = ZERO) -> Slip:
    """A night's deduction line by line: sales, less returns, times the rate, what it paid, what is left, and by how
    many of the seller's usual days (`daily_sales` each) it brought the end nearer."""
    currency = one.financing.currency
    rows = [Line(_("Sales settled"), Amount(one.captured, currency))]
    if one.refunded:
        rows.append(Line(_("Returns"), Amount(-one.refunded, currency)))
    if one.charged_back:
        rows.append(Line(_("Charged back by buyers"), Amount(-one.charged_back, currency)))
    if one.brought_forward:
        rows.append(Line(_("Owed from days before"), Amount(one.brought_forward, currency)))
    if len(rows) > 1:
        rows.append(Line(_("Counted"), Amount(one.counted, currency)))
    if one.why != "own":
        rows.append(Line("× " + format_share(one.rate), Amount(one.share, currency)))
    rows += [Line(label, Amount(amount, currency)) for label, amount in _bounds(one)]
    return Slip(one, rows, Line(_("Kept for repayment"), Amount(one.taken, currency)), _note(one, daily_sales))


def _bounds(one: Receipt) -> list[tuple[str, Decimal]]:
    """What bounded the deduction below its share: each bound with its figure."""
    bounds = {
        "cap": (_("At most a day"), one.day_cap),
        "floor": (_("Always stays with you"), one.livelihood_floor),
        "others": (_("Kept for your other financings"), one.others),
    }
    return [bounds[one.why]] if one.why in bounds else []


def _note(one: Receipt, daily_sales: Decimal) -> str:
    return " ".join(filter(None, (_why(one), _paid(one), _nearer(one, daily_sales))))


def _nearer(one: Receipt, daily_sales: Decimal) -> str:
    """How much nearer the end is; a financing with a due date ends on that."""
    if one.financing.due_on is not None or not one.left:
        return ""
    days = days_nearer(
        taken=one.taken, left=one.left, daily_sales=daily_sales, sweep_rate=one.rate,
        currency=one.financing.currency,
    )  # fmt: skip
    if not days:
        return ""
    return ngettext("%(days)s day nearer to done.", "%(days)s days nearer to done.", days) % {"days": days}


def _why(one: Receipt) -> str:
    match one.why:
        case "own":
            return _("From the money of the orders it rests on; once past due, from a share of your other sales too.")
        case "last":
            return _("This was all that was still to be repaid.")
        case "due":
            return _("No more than was due; a cap or the part that always stays with you may have made it less.")
        case "cap":
            return _("Less than the share: the contract caps what one day may take.")
        case "floor":
            return _("Less than the share: part of each day's sales always stays with you.")
        case "others":
            return _("Less than the share: your financings together reached the most that your sales may repay.")
        case "less":
            return _(
                "Less than the share: a cap, the part that always stays with you, or another financing came first."
            )
    return ""


def _paid(one: Receipt) -> str:
    """What the deduction paid, where that was more than one thing."""
    currency = one.financing.currency
    names = {
        _("of the amount drawn"): one.principal,
        _("of the fee"): one.fee,
        _("of interest"): one.interest,
        _("of penalties"): one.penalty,
        _("beyond what was owed"): one.surplus,
    }
    parts = [f"{format_money(amount, currency)} {name}" for name, amount in names.items() if amount]
    return _("It paid %(parts)s.") % {"parts": _(", ").join(parts)} if len(parts) > 1 or one.surplus else ""


def days_late(financing: Financing) -> Count:
    """For how many days something is past due, with the product's bucket beneath; a dash when nothing is."""
    bucket = _("Bucket %(bucket)s") % {"bucket": financing.bucket} if financing.bucket else ""
    return Count(financing.days_past_due or None, note=bucket)


def late_line(financing: Financing | None) -> str:
    """The same as words: "8 days late, bucket 8-15". The empty text when nothing is late."""
    if financing is None or not financing.bucket:
        return ""
    return ngettext(
        "%(days)s day late, bucket %(bucket)s", "%(days)s days late, bucket %(bucket)s", financing.days_past_due
    ) % {"days": financing.days_past_due, "bucket": financing.bucket}


def near_breach_line(financing: Financing) -> str:
    """A sentence for who is behind in the running minimum period; the empty text for who is not."""
    found = NearBreach.current(financing)
    if found is None:
        return ""
    check, demand = found
    money = {"expected": check.expected, "paid": demand.paid, "least": demand.amount}
    return _(
        "By %(day)s, %(expected)s of the running minimum should have been repaid; it is %(paid)s. By %(due)s it must "
        "be %(least)s. You may pay the difference at any time."
    ) % {
        **{name: format_money(amount, financing.currency) for name, amount in money.items()},
        "day": format_day(check.checked_on),
        "due": format_day(demand.due_on),
    }


def demand_table(demands: Iterable[Demand], currency: str) -> Table:
    """What is to be repaid by when, and how far that is."""
    rows = [
        (
            Day(one.due_on),
            Amount(one.amount, currency),
            Amount(one.paid, currency),
            State("demand", one.state),
        )
        for one in demands
    ]
    columns = (
        Column(_("By the end of")),
        Column(_("At least"), numeric=True),
        Column(_("Repaid"), numeric=True),
        Column(_("State")),
    )
    return Table(_("What is to be repaid by when"), columns, rows, empty=_("Nothing has a date yet."))
