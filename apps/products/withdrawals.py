"""What financiers take out of a pool: asked for by one person, paid once another approved it.

From the request on the money is committed no more, or its income counts as paid out, so nobody can lend or ask for it a
second time. The bank's line moves the cash; where a request is refused, or the bank rejects the payment, it is the
pool's again.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.banking.models import BankAccount, Instruction, PaymentBatch
from apps.banking.models.payments import WITHDRAWAL
from apps.banking.services import ApprovalRefused, approve_and_send
from apps.core.money import ZERO, amount_text, is_payable
from apps.core.states import log_birth
from apps.evidence.services import record
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.ledger.services import Line, post, take_the_books
from apps.products.models import FundingPool, Withdrawal
from apps.sellers.numbers import read_account_number
from apps.tenants.services import current_platform


class WithdrawalRefused(ValueError):
    """The money cannot be taken out like this; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Payee:
    """The financier's account that a withdrawal is paid to."""

    holder: str
    number: str
    bank: str = ""
    bic: str = ""


def withdrawable(pool: FundingPool) -> Decimal:
    """What may be taken out of `pool` now, in its currency: what is neither lent nor promised, as far as the cash of
    all pools is there and promised to nobody. Nothing when a loss has used it up."""
    return max(min(pool.headroom, free_cash(pool.currency)), ZERO)


def free_cash(currency: str) -> Decimal:
    """What the banks have booked on the funding account, less what is promised to sellers and on its way out."""
    cash = DailyTotal.objects.balance(chart.FUNDING_CASH, currency, date.max)
    promised = FundingPool.objects.filter(currency=currency).aggregate(total=Sum("reserved"))["total"] or ZERO
    leaving = Instruction.objects.unconfirmed().filter(kind=Instruction.Kind.WITHDRAWAL, currency=currency)
    return cash - promised - (leaving.aggregate(total=Sum("amount"))["total"] or ZERO)


def ask_withdrawal(
    *,
    pool_id: int,
    amount: Decimal,
    reference: str,
    reason: str,
    payee: Payee,
    income: Decimal | None = None,
    business_date: date,
    at: datetime,
    by: str,
) -> Withdrawal:
    """Ask for `amount` (payable, in the pool's currency) to be paid to the financier: a batch of one payment, which
    another person has to approve. It is committed no more from now on, booked on `business_date`; with `income`, of
    which the pool has so much left (`repayment.pool_income`, whose caller holds the books), it comes out of that.

    The same `reference` of the pool again answers the withdrawal that is there. Raises WithdrawalRefused when it asked
    for another amount, for more than `withdrawable`, for an amount that cannot be paid, without a reason, and for an
    account number that is none; DateClosed.
    """
    with transaction.atomic():
        take_the_books()
        pool = FundingPool.objects.select_for_update().get(pk=pool_id)
        of = Withdrawal.Of.CAPITAL if income is None else Withdrawal.Of.INCOME
        known = Withdrawal.objects.filter(pool=pool, reference=reference.strip()).first()
        if known is not None:
            if (known.amount, known.of) != (amount, of):
                raise WithdrawalRefused(_("This reference asked for another amount before. Nothing was changed."))
            return known
        check_withdrawal(pool=pool, amount=amount, reference=reference, reason=reason, payee=payee, income=income)
        withdrawal = Withdrawal(
            pool=pool, reference=reference.strip(), amount=amount, of=of, reason=reason.strip(),
            business_date=business_date, asked_by=by,
        )  # fmt: skip
        _instruct(withdrawal, _account(payee, pool.currency), at, by)
        _commit(withdrawal, -amount)
        lines = [Line(_account_of(withdrawal), chart.PAYOUTS_IN_TRANSIT, amount)]
        _post("withdrawal", withdrawal, lines, business_date, at, by)
        _attest("withdrawal_asked", withdrawal, reason.strip(), business_date, at, by)
        return withdrawal


def approve_withdrawal(*, withdrawal_id: int, business_date: date, at: datetime, by: str) -> Withdrawal:
    """Approve it as the second person and hand its payment to the bank; approved already, nothing happens.

    Raises WithdrawalRefused when `by` asked for it, or when it was refused before.
    """
    with transaction.atomic():
        withdrawal, batch = _hold(withdrawal_id)
        if batch.state == "refused":
            raise WithdrawalRefused(_("It was refused before; its money is in the pool. Ask for it anew."))
        if batch.state != "built":
            return withdrawal
        try:
            approve_and_send(batch_id=batch.pk, at=at, by=by)
        except ApprovalRefused as refusal:
            raise WithdrawalRefused(str(refusal)) from refusal
        _attest("withdrawal_approved", withdrawal, "", business_date, at, by)
        return withdrawal


def refuse_withdrawal(*, withdrawal_id: int, reason: str, business_date: date, at: datetime, by: str) -> Withdrawal:
    """Refuse it, or take it back: the money is committed again. Refused already, nothing happens.

    Raises WithdrawalRefused without a reason, and once the bank has the payment.
    """
    if not reason.strip():
        raise WithdrawalRefused(_("Say why, so that whoever asked for it knows."))
    with transaction.atomic():
        withdrawal, batch = _hold(withdrawal_id)
        if batch.state == "refused":
            return withdrawal
        if batch.state != "built":
            raise WithdrawalRefused(_("The bank has this payment already, so it cannot be refused here any more."))
        batch.move("refuse", at=at, by=by, reason=reason.strip())
        Instruction.objects.filter(pk=withdrawal.instruction_id).update(
            failed_on=business_date, failure_reason=reason.strip()[:140]
        )
        commit_again(instruction=withdrawal.instruction, reason=reason.strip(), on=business_date, at=at, by=by)
        return withdrawal


def commit_again(*, instruction: Instruction, reason: str, on: date, at: datetime, by: str) -> None:
    """The payment of a withdrawal came to nothing: its money is the pool's again, booked on `on`. The caller holds
    the instruction and has marked it as failed."""
    take_the_books()
    withdrawal = Withdrawal.objects.get(instruction=instruction)
    pool = FundingPool.objects.select_for_update().get(pk=withdrawal.pool_id)
    withdrawal.pool = pool
    _commit(withdrawal, withdrawal.amount)
    lines = [Line(chart.PAYOUTS_IN_TRANSIT, _account_of(withdrawal), withdrawal.amount)]
    _post("withdrawal_failed", withdrawal, lines, on, at, by)
    _attest("withdrawal_failed", withdrawal, reason, on, at, by)


def _commit(withdrawal: Withdrawal, amount: Decimal) -> None:
    """Capital that is taken out, or stays after all, changes what is committed; income was never part of it."""
    if withdrawal.of == Withdrawal.Of.CAPITAL:
        withdrawal.pool.committed += amount
        withdrawal.pool.save(update_fields=["committed"])


def _account_of(withdrawal: Withdrawal) -> str:
    return chart.FUNDING_CAPITAL if withdrawal.of == Withdrawal.Of.CAPITAL else chart.DISTRIBUTED


def _hold(withdrawal_id: int) -> tuple[Withdrawal, PaymentBatch]:
    """The withdrawal and its batch, which is locked first: whoever decides on it comes one at a time."""
    withdrawal = Withdrawal.objects.select_related("pool", "instruction").get(pk=withdrawal_id)
    return withdrawal, PaymentBatch.objects.select_for_update().get(instructions=withdrawal.instruction_id)


def check_withdrawal(
    *, pool: FundingPool, amount: Decimal, reference: str, reason: str, payee: Payee, income: Decimal | None = None
) -> None:
    """Raises WithdrawalRefused with the reason when `amount` cannot be asked for now, of what is committed or of the
    `income` that is left. For a sure answer the caller holds the books and the pool."""
    if not reference.strip() or not reason.strip():
        raise WithdrawalRefused(_("It needs a reference and a reason, which stand in the books for good."))
    _number(payee)
    if not is_payable(amount, pool.currency) or amount <= 0:
        raise WithdrawalRefused(_("Please type an amount above 0 without smaller parts than the currency has."))
    if income is not None:
        if amount > income:
            raise WithdrawalRefused(
                _("%(amount)s is more than the %(available)s of income that was collected and may be paid out now.")
                % {"amount": amount_text(amount, pool.currency), "available": amount_text(income, pool.currency)}
            )
        return
    if amount > pool.headroom:
        raise WithdrawalRefused(
            _("%(amount)s is more than the %(available)s that the pool has neither lent nor promised.")
            % {
                "amount": amount_text(amount, pool.currency),
                "available": amount_text(pool.headroom, pool.currency),
            }
        )
    if amount > (free := withdrawable(pool)):
        raise WithdrawalRefused(
            _("The bank has booked only %(free)s that nobody else was promised. Wait for what is on its way.")
            % {"free": amount_text(free, pool.currency)}
        )


def _account(payee: Payee, currency: str) -> BankAccount:
    """The same holder, number, bank and currency is one account."""
    known, _is_new = BankAccount.objects.get_or_create(
        purpose=BankAccount.Purpose.PAYOUT, holder=payee.holder.strip(), number=_number(payee), currency=currency,
        bank=payee.bank.strip(), bic=payee.bic.strip().upper(),
    )  # fmt: skip
    return known


def _number(payee: Payee) -> str:
    """The account's number, read as one of a seller would be."""
    if not payee.holder.strip():
        raise WithdrawalRefused(_("Say whose account it is."))
    try:
        return read_account_number(payee.number, country=current_platform().country)
    except ValidationError as error:
        raise WithdrawalRefused(" ".join(error.messages)) from error


def _instruct(withdrawal: Withdrawal, account: BankAccount, at: datetime, by: str) -> None:
    """Save the withdrawal with its payment and the batch that holds it alone."""
    pool, amount, on = withdrawal.pool, withdrawal.amount, withdrawal.business_date
    key = f"{WITHDRAWAL}{pool.pk}:{pool.withdrawals.count() + 1}"
    batch = PaymentBatch.objects.create(
        key=key, business_date=on, currency=pool.currency, number_of_payments=1, total=amount, built_by=by
    )
    log_birth([batch], at=at, by=by)
    withdrawal.instruction = Instruction.objects.create(
        key=key,
        reference=f"W{batch.pk:010d}",
        kind=Instruction.Kind.WITHDRAWAL,
        subject=f"pool:{pool.pk}",
        from_purpose="funding",
        to_account=account,
        amount=amount,
        currency=pool.currency,
        business_date=on,
        batch=batch,
    )
    withdrawal.save()


def _post(kind: str, withdrawal: Withdrawal, lines: list[Line], on: date, at: datetime, by: str) -> None:
    post(
        key=f"{kind}:{withdrawal.pool_id}:{withdrawal.pk}",
        kind=kind,
        business_date=on,
        currency=withdrawal.pool.currency,
        lines=lines,
        subject=f"pool:{withdrawal.pool_id}",
        at=at,
        by=by,
    )


def _attest(kind: str, withdrawal: Withdrawal, reason: str, on: date, at: datetime, by: str) -> None:
    payload = {
        "reference": withdrawal.reference,
        "amount": withdrawal.amount,
        "currency": withdrawal.pool.currency,
        "of": withdrawal.of,
        "reason": reason,
    }
    record(kind=kind, subject=f"pool:{withdrawal.pool_id}", payload=payload, business_date=on, at=at, by=by)
