"""Giving and taking back consent to read a seller's data."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from apps.evidence.services import record
from apps.sellers.models import Consent, Seller

ORDERS = "orders"
CONSENT_TO = gettext_noop("financiers of the platform")
CONSENT_LASTS = timedelta(days=10 * 365)


def give_consent(*, seller_id: int, data: str, given_on: date, until: date, at: datetime, by: str) -> Consent:
    """Let the platform's financiers read `data` of the seller from `given_on` through `until`, both inclusive.

    Asked again while the same consent is in force through the same day, it answers that one; another day ends the one
    before and begins a new one. Raises IntegrityError when `until` lies before `given_on`.
    """
    with transaction.atomic():
        Seller.objects.select_for_update().get(pk=seller_id)
        held = Consent.objects.in_force(given_on).filter(seller_id=seller_id, data=data)
        known = held.filter(until=until).first()
        if known is not None:
            return known
        held.update(withdrawn_at=at, withdrawn_by=by)
        consent = Consent.objects.create(
            seller_id=seller_id, data=data, audience=CONSENT_TO, given_on=given_on, until=until
        )
        _note("consent_given", consent, given_on, at, by)
        return consent


def withdraw_consent(*, seller_id: int, data: str, on: date, at: datetime, by: str) -> int:
    """Take back every consent to read `data`, from this moment on; answers how many there were. Done already, it does
    nothing. What a withdrawal means for offers is the business of `financing.services.consents`."""
    with transaction.atomic():
        Seller.objects.select_for_update().get(pk=seller_id)
        held = list(Consent.objects.filter(seller_id=seller_id, data=data, withdrawn_at=None, until__gte=on))
        for consent in held:
            consent.withdrawn_at, consent.withdrawn_by = at, by
            consent.save(update_fields=["withdrawn_at", "withdrawn_by"])
            _note("consent_withdrawn", consent, on, at, by)
        return len(held)


def _note(kind: str, consent: Consent, on: date, at: datetime, by: str) -> None:
    record(
        kind=kind,
        subject=f"seller:{consent.seller_id}",
        payload={"data": consent.data, "audience": consent.audience, "until": consent.until.isoformat()},
        business_date=on,
        at=at,
        by=by,
    )
