"""The scorecard's reasons in plain words: what holds a limit back, and the smallest change that would raise it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

SHARE, COUNT = "share", "count"


@dataclass(frozen=True, slots=True)
class Words:
    """How one attribute is spoken of: `says` holds %(now)s, `helps` %(goal)s, where they speak of a figure. A count is
    put in as a whole number, a share as the reader's language writes it."""

    says: Promise | str
    helps: Promise | str
    unit: str = COUNT


WORDS: dict[str, Words] = {
    "active_months": Words(
        ngettext_lazy(
            "You had sales in only %(now)s month of the last twelve.",
            "You had sales in %(now)s months of the last twelve.",
            "now",
        ),
        _("Sales in at least %(goal)s months raise your limit."),
    ),
    "days_selling": Words(
        ngettext_lazy(
            "You have been selling here for %(now)s day.", "You have been selling here for %(now)s days.", "now"
        ),
        _("From %(goal)s days on, your record counts for more. Keep selling, and it comes by itself."),
    ),
    "returned": Words(
        _("%(now)s of your orders came back."),
        _("Below %(goal)s your limit rises. True pictures, sizes and weights prevent most returns."),
        SHARE,
    ),
    "cancelled": Words(
        _("%(now)s of your orders were cancelled before they left."),
        _("Below %(goal)s your limit rises. Take sold-out goods off your shop early."),
        SHARE,
    ),
    "late": Words(
        _("%(now)s of your parcels arrived later than promised."),
        _("Below %(goal)s your limit rises. Ship a day earlier, or promise a day more."),
        SHARE,
    ),
    "swing": Words(
        _("Your sales differ a lot from month to month."),
        _("Months that are more alike raise your limit."),
        SHARE,
    ),
    "trend": Words(
        _("Your last three months brought %(now)s of what the three before them brought."),
        _("From %(goal)s on, your limit rises."),
        SHARE,
    ),
    "days_past_due": Words(
        ngettext_lazy("A repayment is %(now)s day late.", "A repayment is %(now)s days late.", "now"),
        _("Once it has been paid, your limit rises again."),
    ),
}
