"""Sellers whom the platform has onboarded by its own rules, taken over as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from apps.banking.models import BankAccount
from apps.core.bulk import copy_instances
from apps.core.states import log_birth, move_all
from apps.sellers.models import STEPS, Consent, Particulars, Seller
from apps.sellers.numbers import UNCHECKED
from apps.sellers.services.consents import CONSENT_LASTS, CONSENT_TO, ORDERS


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A seller that the platform has onboarded by its own rules, before Granary knew of it; who has no `tax_number`
    cannot pledge goods."""

    external_id: str
    name: str
    joined_on: date
    category: str = ""
    region: str = ""
    language: str = "en"
    tax_number: str = ""


def onboard_from_platform(*, sellers: Sequence[Newcomer], currency: str, at: datetime, by: str) -> dict[str, int]:
    """Take over sellers whom the platform vouches for, and answer the id of each by external id.

    All four steps count as done: the platform has checked identity and business, pays the seller already (its own key
    of the seller stands for the account until a bank account is told), and has the seller's consent to show orders
    from the day of joining on. They go through register, submit and verify like everyone else. Sellers known already
    are left as they are.
    """
    with transaction.atomic():
        ids = dict(
            Seller.objects.filter(external_id__in=[one.external_id for one in sellers]).values_list("external_id", "pk")
        )
        unknown = {one.external_id: one for one in sellers if one.external_id not in ids}
        accounts = [_account(one, currency, at) for one in unknown.values()]
        copy_instances(accounts)
        joined = [_seller(one, account, currency) for one, account in zip(unknown.values(), accounts, strict=True)]
        copy_instances(joined)
        copy_instances([_consent(seller) for seller in joined])
        copy_instances(
            [
                _particulars(seller, unknown[seller.external_id])
                for seller in joined
                if unknown[seller.external_id].tax_number
            ]
        )
        log_birth(joined, at=at, by=by)
        for verb in ("register", "submit", "verify"):
            move_all(joined, verb, at=at, by=by, reason="onboarded by the platform")
    return ids | {seller.external_id: seller.pk for seller in joined}


def _particulars(seller: Seller, newcomer: Newcomer) -> Particulars:
    return Particulars(seller=seller, legal_name=newcomer.name, number_kind=UNCHECKED, number=newcomer.tax_number)


def _account(newcomer: Newcomer, currency: str, at: datetime) -> BankAccount:
    return BankAccount(
        purpose=BankAccount.Purpose.PAYOUT,
        holder=newcomer.name,
        number=newcomer.external_id[-34:],
        currency=currency,
        verified_at=at,
    )


def _seller(newcomer: Newcomer, account: BankAccount, currency: str) -> Seller:
    return Seller(
        external_id=newcomer.external_id,
        name=newcomer.name,
        category=newcomer.category,
        region=newcomer.region,
        language=newcomer.language,
        joined_on=newcomer.joined_on,
        payout_account=account,
        currency=currency,
        **{f"{step}_done": True for step in STEPS},
    )


def _consent(seller: Seller) -> Consent:
    return Consent(
        seller=seller,
        data=ORDERS,
        audience=CONSENT_TO,
        given_on=seller.joined_on,
        until=seller.joined_on + CONSENT_LASTS,
    )
