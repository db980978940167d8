"""The platform's own accounts."""

from datetime import datetime

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.banking.models import BankAccount
from apps.core.money import is_currency


class AccountRefused(ValueError):
    """The account cannot be added. Nothing was changed."""


def open_account(
    *, purpose: str, holder: str, number: str, currency: str, bank: str = "", bic: str = "", at: datetime, by: str
) -> BankAccount:
    """Add a collection or funding account of the platform; the same number and currency again is the one that is there.

    Raises AccountRefused for a payout account (those are the sellers'), an unknown currency, and a second collection
    account in a currency.
    """
    if purpose == BankAccount.Purpose.PAYOUT or purpose not in BankAccount.Purpose.values:
        raise AccountRefused(_("Only collection and funding accounts are the platform's own. Nothing was changed."))
    if not is_currency(currency):
        raise AccountRefused(_("%(code)s is no currency. Nothing was changed.") % {"code": currency})
    known = BankAccount.objects.filter(purpose=purpose, number=number, currency=currency).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            account = BankAccount.objects.create(
                purpose=purpose, holder=holder, number=number, currency=currency, bank=bank, bic=bic, verified_at=at
            )
    except IntegrityError as error:
        raise AccountRefused(
            _("There is a collection account in %(code)s already. Nothing was changed.") % {"code": currency}
        ) from error
    structlog.get_logger().info("account added", account=account.pk, purpose=purpose, by=by)
    return account
