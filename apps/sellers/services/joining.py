"""A seller joins: a shop of their own, four steps saved one by one, and sending it in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.states import log_birth
from apps.sellers.models import Particulars, Seller
from apps.sellers.services.consents import ORDERS, give_consent
from apps.sellers.services.payout_accounts import Account, store_account
from apps.users.contacts import Contact
from apps.users.models import Role, User
from apps.users.services import open_account

# Stands for the platform's own key of a seller until staff have found it.
NUMBER_TO_COME = "joining-"


class JoiningRefused(ValueError):
    """What the seller tells cannot be taken in now; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sells: `number` was checked as `number_kind`, a module of python-stdnum such as cn.uscc, or is unchecked."""

    legal_form: str
    legal_name: str
    number_kind: str
    number: str


@dataclass(frozen=True, slots=True)
class Business:
    """What is sold, where, since when, and under which number on the platform."""

    category: str
    region: str
    sells_since: date
    shop_number: str


def join_alone(*, contact: Contact, name: str, shop: str, language: str, currency: str, on: date, at: datetime) -> User:
    """Open an account at a proven address, and a shop that joins by itself. Asked twice, there is one of each."""
    with transaction.atomic():
        user = open_account(contact=contact, name=name, language=language)
        User.objects.select_for_update().get(pk=user.pk)
        if user.role == Role.SELLER and not Seller.objects.of(user).exists():
            _open_shop(user, shop, currency, on, at)
        return user


def _open_shop(user: User, name: str, currency: str, on: date, at: datetime) -> None:
    seller = Seller.objects.create(
        external_id=f"{NUMBER_TO_COME}{user.pk}",
        name=name,
        language=user.language,
        joined_on=on,
        user=user,
        currency=currency,
        payout_frozen=True,
    )
    log_birth([seller], at=at, by=user.actor, reason="came by themselves")
    seller.move("register", at=at, by=user.actor)


def save_identity(*, seller_id: int, identity: Identity) -> Seller:
    """The first step. Raises JoiningRefused when the seller can change nothing now."""
    with _filling_in(seller_id) as seller:
        particulars = _particulars(seller)
        particulars.legal_form, particulars.legal_name = identity.legal_form, identity.legal_name
        particulars.number_kind, particulars.number = identity.number_kind, identity.number
        particulars.save()
        seller.identity_done = True
        return seller


def save_business(*, seller_id: int, business: Business) -> Seller:
    """The second step. Raises JoiningRefused when the seller can change nothing now."""
    with _filling_in(seller_id) as seller:
        particulars = _particulars(seller)
        particulars.sells_since, particulars.shop_number = business.sells_since, business.shop_number
        particulars.save()
        seller.category, seller.region = business.category, business.region
        seller.business_done = True
        return seller


def save_account(*, seller_id: int, account: Account) -> Seller:
    """The third step: where the money shall go. Nothing is paid there before staff have verified the seller.

    Raises JoiningRefused when the seller can change nothing now.
    """
    with _filling_in(seller_id) as seller:
        known = seller.payout_account
        if known is None or (known.holder, known.number, known.bank) != (account.holder, account.number, account.bank):
            seller.payout_account = store_account(account, currency=seller.currency)
        seller.payout_frozen = True
        seller.payout_account_done = True
        return seller


def save_consents(*, seller_id: int, until: date, on: date, at: datetime, by: str) -> Seller:
    """The fourth step: financiers may read the orders from `on` through `until`, both inclusive.

    Raises JoiningRefused when the seller can change nothing now.
    """
    with _filling_in(seller_id) as seller:
        give_consent(seller_id=seller_id, data=ORDERS, given_on=on, until=until, at=at, by=by)
        seller.data_consent_done = True
        return seller


def submit(*, seller_id: int, at: datetime, by: str) -> Seller:
    """Send in what was filled in; sent in already, it does nothing. Raises JoiningRefused when a step is missing."""
    with transaction.atomic():
        seller = Seller.objects.select_for_update().get(pk=seller_id)
        if seller.state == "submitted":
            return seller
        if not seller.can("submit"):
            raise JoiningRefused(_("Something is still missing. Nothing was sent; what you saved is kept."))
        seller.move("submit", at=at, by=by)
        return seller


@contextmanager
def _filling_in(seller_id: int) -> Iterator[Seller]:
    """The seller, locked, to be changed and then saved."""
    with transaction.atomic():
        seller = Seller.objects.select_for_update(of=("self",)).select_related("payout_account").get(pk=seller_id)
        if not seller.may_fill_in():
            raise JoiningRefused(
                _("You have sent this in already, perhaps on another device, so it cannot be changed now.")
            )
        yield seller
        seller.save()


def _particulars(seller: Seller) -> Particulars:
    return Particulars.objects.get_or_create(seller=seller)[0]
