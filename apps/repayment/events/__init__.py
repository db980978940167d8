"""What people do to a live financing. Each act is planned, shown, done once, and stands in its history with its reason.

Amounts are in the financing's currency. `asked_on` is the platform's business date; an act is booked on it, or on the
first date that no night has frozen. `effective_on` (inclusive) is the date from which it counts and may lie back.
`key` makes the same act happen once: asked again it answers what was done. `shown` is the fingerprint of the change
that a person was shown; if it would be another one by now, nothing is done.

All raise Refused, with a sentence, when the act makes no sense as the financing stands; SellerBusy when the night or
someone else is at work on the seller; Financing.DoesNotExist. Then nothing was changed.
"""

from apps.repayment.events.act import Act, KeyUsed, Stale
from apps.repayment.events.of_money import REVERSIBLE
from apps.repayment.events.of_terms import LONGEST_PERIOD
from apps.repayment.events.steps import approve, perform, preview, preview_approval, refuse

__all__ = [
    "LONGEST_PERIOD",
    "REVERSIBLE",
    "Act",
    "KeyUsed",
    "Stale",
    "approve",
    "perform",
    "preview",
    "preview_approval",
    "refuse",
]
