"""The account that a seller's money goes to: the first one, and changing it (ADR 0017)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.banking.models import BankAccount
from apps.core.states import log_birth
from apps.evidence.services import record
from apps.sellers.models import PayoutChange, Seller
from apps.sellers.services.messages import Notice, tell

BANK = "bank"  # who asks for an account to be checked again when money did not reach it


class PayoutChangeRefused(ValueError):
    """The account cannot be changed like this now; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its holder tells it: `number` is an IBAN or a local number without spaces."""

    holder: str
    number: str
    bank: str = ""


def store_account(account: Account, *, currency: str) -> BankAccount:
    """A payout account that nobody has verified yet."""
    return BankAccount.objects.create(
        purpose=BankAccount.Purpose.PAYOUT,
        holder=account.holder,
        number=account.number,
        bank=account.bank,
        currency=currency,
    )


def confirm_first_account(*, seller: Seller, on: date, at: datetime, by: str) -> None:
    """Whoever verifies the seller has compared the account's holder with who the seller is: it may be paid from now
    on. The caller holds the seller's row and saves it."""
    account = seller.payout_account
    if account is not None and account.verified_at is None:
        BankAccount.objects.filter(pk=account.pk).update(verified_at=at)
        seller.payout_frozen = False
        _note("payout_account_verified", seller, account, on, at, by)


def ask_for_payout_change(
    *, seller_id: int, account: Account, second_factor: str, on: date, at: datetime, by: str
) -> PayoutChange:
    """The seller names another account: nothing is paid out until two people have checked it.

    The same account asked for again answers the change that is open. Raises PayoutChangeRefused when it is the account
    in use, or while another change is open.
    """
    with transaction.atomic():
        seller = Seller.objects.select_for_update().get(pk=seller_id)
        if seller.is_joining():
            raise PayoutChangeRefused(_("Finish joining first: your account is one of its steps."))
        in_use = seller.payout_account
        if in_use is not None and in_use.number == account.number:
            raise PayoutChangeRefused(_("Your money goes to this account already. Nothing was changed."))
        known = PayoutChange.objects.open().filter(seller=seller).select_related("account").first()
        if known is not None and known.account.number == account.number:
            return known
        if known is not None:
            raise PayoutChangeRefused(
                _("Another account is being checked already. Take that change back first, then name this one.")
            )
        Seller.objects.filter(pk=seller_id).update(payout_frozen=True)
        change = PayoutChange.objects.create(
            seller=seller,
            account=store_account(account, currency=seller.currency),
            before=in_use,
            asked_by=by,
            asked_at=at,
            second_factor=second_factor,
        )
        log_birth([change], at=at, by=by)
        _note("payout_account_asked", seller, change.account, on, at, by, second_factor=second_factor)
        _tell(change, "payout_account", on, at)
        return change


def doubt_payout_account(*, account_id: int, reason: str, on: date, at: datetime, by: str) -> PayoutChange | None:
    """The bank says that money cannot reach this account: if a seller is paid to it, nothing more is paid out until
    two people have checked it, or another account that the seller names.

    None when nobody is paid to it any more, or when a change is open already, which has it checked anyway. `reason` is
    the bank's: a code of ISO 20022, and its words behind it.
    """
    with transaction.atomic():
        seller = Seller.objects.select_for_update().filter(payout_account=account_id).first()
        if seller is None or PayoutChange.objects.open().filter(seller=seller).exists():
            return None
        before = BankAccount.objects.get(pk=account_id)
        Seller.objects.filter(pk=seller.pk).update(payout_frozen=True)
        change = PayoutChange.objects.create(
            seller=seller,
            account=_unverified(before),
            before=before,
            asked_by=BANK,
            asked_at=at,
            second_factor="",
        )
        log_birth([change], at=at, by=by, reason=reason)
        _note("payout_account_doubted", seller, change.account, on, at, by, reason=reason[:4])
        _tell(change, "account_doubted", on, at)
        return change


def _unverified(account: BankAccount) -> BankAccount:
    """The same account once more: nobody has verified it again yet."""
    return BankAccount.objects.create(
        purpose=account.purpose,
        holder=account.holder,
        number=account.number,
        bank=account.bank,
        bic=account.bic,
        currency=account.currency,
    )


def check_payout_change(*, change_id: int, on: date, at: datetime, by: str) -> PayoutChange:
    """One of the two people who check a changed account says that it is the seller's; the second puts it into force
    and payouts go on. Raises PayoutChangeRefused when decided already, or when the same person checks twice."""
    with transaction.atomic():
        change = _locked(change_id)
        if by in {change.asked_by, change.first_by}:
            raise PayoutChangeRefused(_("Another person has to check it: nobody checks twice, or their own account."))
        if change.can("check_first"):
            change.move("check_first", at=at, by=by, person=by)
            return change
        if not change.can("check_second"):
            raise PayoutChangeRefused(_decided())
        change.move("check_second", at=at, by=by, person=by)
        BankAccount.objects.filter(pk=change.account_id).update(verified_at=at)
        Seller.objects.filter(pk=change.seller_id).update(payout_account=change.account, payout_frozen=False)
        _note("payout_account_in_force", change.seller, change.account, on, at, by, first_by=change.first_by)
        _tell(change, "account_in_force", on, at)
        return change


def refuse_payout_change(*, change_id: int, reason: str, on: date, at: datetime, by: str) -> PayoutChange:
    """The account stays as it was and payouts go on: staff found it wrong, or the seller took the change back. An
    account that the bank faulted stays frozen until another one is named.

    Raises PayoutChangeRefused when it is decided already, or without a reason.
    """
    if not reason.strip():
        raise PayoutChangeRefused(_("Say why: the seller will be told."))
    with transaction.atomic():
        change = _locked(change_id)
        if not change.can("refuse"):
            raise PayoutChangeRefused(_decided())
        change.move("refuse", at=at, by=by, reason=reason.strip())
        Seller.objects.filter(pk=change.seller_id).update(payout_frozen=change.asked_by == BANK)
        _note("payout_account_refused", change.seller, change.account, on, at, by)
        if by != change.asked_by:
            _tell(change, "account_refused", on, at, reason=reason.strip())
        return change


def _tell(change: PayoutChange, words: str, on: date, at: datetime, **facts: str) -> None:
    notice = Notice(change.seller_id, "payout_account", f"{words}:{change.pk}", "account", {"words": words, **facts})
    tell(notices=[notice], business_date=on, at=at)


def _locked(change_id: int) -> PayoutChange:
    change = PayoutChange.objects.get(pk=change_id)
    Seller.objects.select_for_update().get(pk=change.seller_id)  # a night that pays this seller comes before or after
    return (
        PayoutChange.objects.select_for_update(of=("self",))
        .select_related("account", "before", "seller")
        .get(pk=change_id)
    )


def _decided() -> str:
    return _("This change was decided already. Nothing was changed.")


def _note(kind: str, seller: Seller, account: BankAccount, on: date, at: datetime, by: str, **facts: str) -> None:
    facts["account"] = str(account.pk)
    record(kind=kind, subject=f"seller:{seller.pk}", payload=facts, business_date=on, at=at, by=by)
