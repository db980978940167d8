"""The reasons for which people refuse, as the seller reads them, each with what would turn it.

They stand beside those of the scorecard (`risk.reasons`), which speak of the seller's own figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks against it, and the way to yes."""

    says: Promise | str
    helps: Promise | str


REASONS: Mapping[str, Reason] = {
    "amount_for_sales": Reason(
        _("The amount is large for what your shop sells."),
        _("Ask for less, or again when your sales have grown."),
    ),
    "owed_already": Reason(
        _("You have much to repay already, for what your shop sells."),
        _("As your sales repay it, there is room again."),
    ),
    "repaid_late": Reason(
        _("Earlier repayments came late."),
        _("Repay the next ones in time; then ask again."),
    ),
    "papers_missing": Reason(
        _("Papers that this needs did not come, or not all of them."),
        _("Ask again and send them along."),
    ),
    "not_confirmed": Reason(
        _("Something you told us could not be confirmed."),
        _("Send papers that show it, such as a purchase contract or a tax return."),
    ),
    "purpose": Reason(
        _("This product is not meant for what you need the money for."),
        _("Ask the platform which product fits."),
    ),
    "orders_doubted": Reason(
        _("Some of your orders do not look like ordinary sales."),
        _("Ask the platform which ones, and show that they were paid and delivered."),
    ),
    "fund": Reason(
        _("The fund behind this product has no room for it."),
        _("Ask for less, or again in some weeks."),
    ),
    "product_ended": Reason(
        _("This product is no longer offered on these terms."),
        _("Look at your offers: there may be a newer one."),
    ),
}
