"""The contract that takes the place of another: agreed on paper by the seller, born in force, drawn without a cent."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.core.money import ZERO
from apps.core.states import log_birth
from apps.evidence.chain import canonical
from apps.financing.models import Application, Contract, Financing, Offer
from apps.financing.services.contracts import minimums_in, render_contract
from apps.financing.services.terms import terms_of
from apps.products.models import ProductVersion


def draw_successor(
    *,
    old: Financing,
    version_id: int,
    amount: Decimal,
    fee: Decimal,
    carried: Mapping[str, Decimal],
    due_on: date | None,
    agreement: str,
    business_date: date,
    at: datetime,
    by: str,
) -> Financing:
    """An active financing of `amount` and `fee` under another version of terms, in the place of `old`, whose seller
    signed the paper that `agreement` names. `carried` are the interest and the penalty that it owes from the first day
    besides. Money in the currency of `old`; nothing is posted here.

    Each row walks through its own states, so that its history reads as that of any other.
    """
    version = ProductVersion.objects.select_related("product__pool").get(pk=version_id)
    reason = f"in place of {old.number}"
    offer = _offer(old, version, amount, fee, business_date, at, by, reason)
    application = _application(old, offer, amount, agreement, business_date, at, by, reason)
    terms = _terms(old, application, fee, carried, due_on, agreement, business_date)
    contract = _contract(old, application, terms, agreement, at, by)
    financing = Financing(
        number=f"F-{contract.pk:06d}", seller=old.seller, contract=contract, offer=offer, version=version,
        pool=version.product.pool, technique=version.product.technique, currency=old.currency, amount=amount,
        flat_fee=fee, sweep_rate=version.sweep_rate, signed_on=business_date, due_on=due_on,
        minimums=minimums_in(terms), follows=old,
    )  # fmt: skip
    financing.save()
    log_birth([financing], at=at, by=by, reason=reason)
    financing.move("disburse", at=at, by=by, reason=reason, on=business_date)
    offer.move("disburse", at=at, by=by, reason=reason)
    return Financing.objects.select_related("version__product__pool", "seller", "offer", "contract").get(
        pk=financing.pk
    )


def _offer(
    old: Financing, version: ProductVersion, amount: Decimal, fee: Decimal, on: date, at: datetime, by: str, reason: str
) -> Offer:
    offer = Offer(
        seller=old.seller, version=version, product_code=version.product.code, assessment=old.offer.assessment,
        currency=old.currency, minimum_amount=amount, maximum_amount=amount,
        expected_daily_sales=old.offer.expected_daily_sales, made_on=on, expires_on=on, accepted_amount=amount,
        accepted_fee=fee, accepted_sweep_rate=version.sweep_rate, accepted_at=at,
    )  # fmt: skip
    offer.save()
    log_birth([offer], at=at, by=by, reason=reason)
    for open_one in Offer.objects.open().filter(seller=old.seller).order_by("pk"):
        open_one.move("pass_over", at=at, by=by, reason=reason)
    offer.move("deliver", at=at, by=by, reason=reason)
    offer.move("accept", at=at, by=by, reason=reason)
    return offer


def _application(
    old: Financing, offer: Offer, amount: Decimal, agreement: str, on: date, at: datetime, by: str, reason: str
) -> Application:
    application = Application(
        seller=old.seller, offer=offer, version=offer.version, product_code=offer.product_code, collateral=reason,
        requested_amount=amount, currency=old.currency, business_date=on,
    )  # fmt: skip
    application.save()
    log_birth([application], at=at, by=by, reason=reason)
    application.move("submit", at=at, by=by)
    application.move("assess", at=at, by=by)
    decision = {"decided_by": by, "decided_at": at.isoformat(), "restructures": old.number, "agreement": agreement}
    application.move("approve", at=at, by=by, reason=reason, amount=amount, valid_until=on, decision=decision)
    return application


def _contract(
    old: Financing, application: Application, terms: dict[str, Any], agreement: str, at: datetime, by: str
) -> Contract:
    text = canonical(terms)
    contract = Contract.objects.create(
        number=terms["number"], seller=old.seller, application=application, language=old.contract.language, terms=text,
        terms_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )  # fmt: skip
    log_birth([contract], at=at, by=by, reason=f"in place of {old.contract.number}")
    contract = render_contract(contract_id=contract.pk, as_pdf=False, at=at, by=by)
    contract.move("sign", at=at, by=by, reason=agreement, signed_by=f"seller:{old.seller_id}", signed_at=at)
    contract.move("countersign", at=at, by=by, reason=agreement)
    application.move("sign", at=at, by=by, reason=agreement)
    return contract


def _terms(
    old: Financing, application: Application, fee: Decimal, carried: Mapping[str, Decimal], due_on: date | None,
    agreement: str, on: date,
) -> dict[str, Any]:  # fmt: skip
    """The terms that hold from now on, with all that they cost. No fee is charged anew: what was open of the old one,
    and of its interest and penalty, is carried."""
    stated = terms_of(
        f"C-{application.pk:06d}", application, application.offer, old.seller, on, old.contract.language, [], fee=fee,
        agreed_due_on=due_on, carried=sum(carried.values(), ZERO),
    )  # fmt: skip
    return {
        **stated,
        "restructures": {"financing": old.pk, "number": old.number},
        "carried": {name: str(amount) for name, amount in carried.items() if amount},
        "agreement": agreement,
    }
