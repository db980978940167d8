"""Codes of ISO 20022 that a bank answers payments with, in the reader's language: External Code Sets, 2024."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

STATUSES: dict[str, Promise | str] = {
    "ACCP": pgettext_lazy("payment", "Accepted"),
    "ACTC": pgettext_lazy("payment", "Accepted: the file is in order"),
    "ACSP": pgettext_lazy("payment", "Accepted and under way"),
    "ACSC": pgettext_lazy("payment", "Booked from our account"),
    "ACCC": pgettext_lazy("payment", "Booked to the payee's account"),
    "ACWC": pgettext_lazy("payment", "Accepted with a change"),
    "ACWP": pgettext_lazy("payment", "Accepted, not yet booked"),
    "ACFC": pgettext_lazy("payment", "Accepted: the money for it is there"),
    "PART": pgettext_lazy("payment", "Accepted in part"),
    "RJCT": pgettext_lazy("payment", "Refused"),
    "RCVD": pgettext_lazy("payment", "Received"),
    "PDNG": pgettext_lazy("payment", "Being checked"),
    "PATC": pgettext_lazy("payment", "Waits for another signature"),
}
REASONS: dict[str, Promise | str] = {
    "AC01": gettext_lazy("The account number is wrong."),
    "AC03": gettext_lazy("The payee's account number is not valid."),
    "AC04": gettext_lazy("The account is closed."),
    "AC06": gettext_lazy("The account is blocked."),
    "AC07": gettext_lazy("The payee's account is closed."),
    "AC14": gettext_lazy("An account of this type cannot be paid so."),
    "AC15": gettext_lazy("The account has changed."),
    "AG01": gettext_lazy("Payments to this account are not allowed."),
    "AM04": gettext_lazy("There was not enough money on our account."),
    "AM05": gettext_lazy("The bank takes it for a payment made twice."),
    "BE01": gettext_lazy("The name does not fit the account."),
    "BE04": gettext_lazy("The payee's address is missing or wrong."),
    "MD07": gettext_lazy("The payee has died."),
    "MS02": gettext_lazy("The payee refused it; no reason was given."),
    "MS03": gettext_lazy("The bank gives no reason."),
    "RC01": gettext_lazy("The bank's code is wrong."),
    "RR04": gettext_lazy("An authority forbids it."),
    "TM01": gettext_lazy("It came too late for its day."),
}


def reason_in_words(reason: str) -> str:
    """A bank's reason with its code behind it; what is no code that is known here, as it is."""
    words = REASONS.get(reason)
    return f"{words} ({reason})" if words else reason
