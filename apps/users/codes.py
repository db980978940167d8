"""One-time codes: made, hashed, tried a few times, used once.

A code is kept as a keyed digest and never in the clear. Tries are counted by the database before a code is compared, so
that many requests at once get no more of them than one after the other.
"""

import secrets
import unicodedata
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.users.models import MOST_TRIES, OneTimeCode

LASTS = timedelta(minutes=10)
DIGITS = 6


def issue_code(*, contact: str, purpose: str, at: datetime) -> tuple[OneTimeCode, str]:
    """A fresh code for `contact` and `purpose`, and its digits in the clear, which are kept nowhere.

    It holds until LASTS after `at`; a code made earlier for the same is worth nothing from now on.
    """
    OneTimeCode.objects.open(at).filter(contact=contact, purpose=purpose).update(expires_at=at)
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    code = OneTimeCode.objects.create(
        contact=contact, purpose=purpose, digest=_digest(contact, purpose, digits), made_at=at, expires_at=at + LASTS
    )
    return code, digits


def use_code(*, code_id: int, purpose: str, typed: str, at: datetime) -> OneTimeCode | None:
    """The code if `typed` is it, which uses it up; None if it is not, or was used, ran out, or was tried too often.

    Each call counts as a try. Full-width digits, spaces and hyphens are read.
    """
    row = OneTimeCode.objects.open(at).filter(pk=code_id, purpose=purpose)
    if not row.filter(tries__lt=MOST_TRIES).update(tries=F("tries") + 1):
        return None
    code = OneTimeCode.objects.get(pk=code_id)
    if not constant_time_compare(_digest(code.contact, purpose, plain_digits(typed)), code.digest):
        return None
    return code if row.update(used_at=at) else None


def plain_digits(typed: str) -> str:
    """What a person typed as a code, in plain digits without spaces and hyphens."""
    return "".join(unicodedata.normalize("NFKC", typed[:40]).replace("-", "").split())


def _digest(contact: str, purpose: str, digits: str) -> str:
    """Keyed by the server's secret: six digits alone would be guessed from their hash in a second."""
    return salted_hmac("apps.users.codes", f"{purpose}|{contact}|{digits}", algorithm="sha256").hexdigest()
