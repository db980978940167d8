"""What it takes to repay a financing early: one rule for the pages and for programs."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core.dates import DAY
from apps.core.wording import day_text
from apps.financing.models import Financing
from apps.repayment.changes import payoff_with_rebate
from apps.repayment.life import Refused

LONGEST_AHEAD = timedelta(days=366)


def days_quoted(today: date) -> tuple[date, date]:
    """The first and the last day that can be quoted for on the business date `today`, both inclusive."""
    return today, today + LONGEST_AHEAD


@dataclass(frozen=True, slots=True)
class EarlyRepayment:
    """What repays all of a financing on `on` to the minor unit, if nothing else moves before; in `currency`.

    The four components add up to `total`; what the terms give back of the fee, `fee_rebate`, is off them already.
    `holds_until` is the end of `on` on the platform's clock: money that the bank books later owes another amount.
    """

    number: str
    on: date
    holds_until: datetime
    currency: str
    principal: Decimal
    fee: Decimal
    interest: Decimal
    penalty: Decimal
    fee_rebate: Decimal
    total: Decimal


def early_repayment(financing: Financing, *, on: date, today: date, zone: ZoneInfo) -> EarlyRepayment:
    """The quote for `on`, asked for on the business date `today`, in the platform's time zone. Writes nothing.

    Raises Refused for a financing that does not run, and for a day that is not quoted.
    """
    if financing.state != "active":
        raise Refused(_("%(number)s does not run, so there is nothing to repay.") % {"number": financing.number})
    first, last = days_quoted(today)
    if not first <= on <= last:
        raise Refused(
            _("Choose a day from %(first)s through %(last)s.") % {"first": day_text(first), "last": day_text(last)}
        )
    payoff = payoff_with_rebate(financing, on)
    return EarlyRepayment(
        number=financing.number,
        on=on,
        holds_until=datetime.combine(on + DAY, time.min, tzinfo=zone),
        currency=financing.currency,
        fee_rebate=payoff.rebate.total,
        total=payoff.total,
        **payoff.to_pay._asdict(),
    )
