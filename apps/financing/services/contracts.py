"""Contracts: rendered once, stored with their hash, signed by the seller, countersigned by policy."""

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.banking.models import Instruction
from apps.core.sealing import seal_pdf
from apps.core.states import log_birth
from apps.evidence.services import Fact, record_many
from apps.financing.models import Contract, FinancedOrder, Financing
from apps.financing.papers import contract_pdf
from apps.financing.refusals import ContractRefused
from apps.financing.services.acceptance import lock_seller
from apps.financing.services.participations import keep_parts, lead_of
from apps.financing.services.promises import promised_to
from apps.financing.services.receipt_loans import secure_financing
from apps.products.terms import RECEIPT
from apps.sellers.models import Seller
from apps.sellers.services.messages import Notice, tell
from apps.tenants.services import current_platform
from apps.users.step_up import SecondFactor


def render_contract(*, contract_id: int, as_pdf: bool = True, at: datetime, by: str) -> Contract:
    """Render a drafted contract, seal it, store its bytes and their hash. A contract that has its paper keeps it.

    With `as_pdf` false the canonical terms themselves are stored as the document, for replays of many contracts.
    """
    with transaction.atomic():
        contract = Contract.objects.select_for_update().get(pk=contract_id)
        if contract.state != "drafted":
            return contract
        if as_pdf:
            unsealed = contract_pdf(json.loads(contract.terms), contract.language)
            paper = seal_pdf(unsealed, reason=contract.number, place=current_platform().name, at=at)
            contract.media_type, ending = "application/pdf", "pdf"
        else:
            paper, contract.media_type, ending = contract.terms.encode(), "application/json", "json"
        contract.document_sha256 = hashlib.sha256(paper).hexdigest()
        name = f"{contract.number}-{contract.terms_sha256[:12]}.{ending}"
        storage = contract.document.storage
        storage.delete(f"contracts/{name}")  # of an attempt that was killed before its commit
        contract.document.save(name, ContentFile(paper), save=False)
        contract.rendered_at = at
        contract.move("render", at=at, by=by)
        tell_of_contract(contract, "contract", contract.application.business_date, at)
        return contract


def sign_contract(
    *,
    contract_id: int,
    seller_id: int,
    business_date: date,
    at: datetime,
    by: str,
    second_factor: SecondFactor | None = None,
) -> Financing:
    """The seller signs the stored paper; the financing is born and its money is instructed. The evidence says with
    which `second_factor` the person proved themselves; replays of the past, where nobody signs in, have none.

    Signing twice answers the same financing. Raises ContractRefused when the paper is not there, was changed, ran out
    or cannot be funded any more; SellerBusy while the seller's day is being closed.
    """
    with transaction.atomic():
        seller = lock_seller(seller_id)
        contract = Contract.objects.select_for_update().get(pk=contract_id, seller_id=seller_id)
        known = Financing.objects.filter(contract=contract).first()
        if known is not None:
            return known
        check_can_sign(contract=contract, seller=seller, business_date=business_date)
        contract.move("sign", at=at, by=by, signed_by=by, signed_at=at)
        contract.move("countersign", at=at, by="policy")
        contract.application.move("sign", at=at, by=by)
        financing = _draw(contract, seller, business_date, at, by)
        record_many(
            [
                Fact(
                    "contract_signed",
                    f"contract:{contract.pk}",
                    {
                        "number": contract.number,
                        "terms_sha256": contract.terms_sha256,
                        "document_sha256": contract.document_sha256,
                        "signed_by": by,
                        "second_factor": second_factor.as_facts() if second_factor else None,
                    },
                )
            ],
            business_date=business_date,
            at=at,
            by=by,
        )
        tell_of_contract(contract, "signed", business_date, at)
        return financing


def tell_of_contract(contract: Contract, kind: str, business_date: date, at: datetime) -> None:
    """Tell the seller that the contract waits for a signature, or that it is signed."""
    application = contract.application
    facts = {
        "number": contract.number,
        "amount": str(application.approved_amount),
        "currency": application.currency,
        "day": str(application.valid_until),
    }
    if kind == "contract" and application.because:
        less = {"words": "contract_less", "asked": str(application.requested_amount), "reason": application.because}
        facts |= less
    notice = Notice(contract.seller_id, kind, f"{kind}:{contract.pk}", f"contract:{contract.pk}", facts)
    tell(notices=[notice], business_date=business_date, at=at)


def check_can_sign(*, contract: Contract, seller: Seller, business_date: date) -> None:
    """Raises ContractRefused with the reason when the contract cannot be signed on `business_date`."""
    if contract.state == "drafted":
        raise ContractRefused(_("Your contract is still being prepared. Please wait a moment and try again."))
    if contract.state != "rendered":
        raise ContractRefused(_("This contract can no longer be signed. Nothing was changed. See your current offers."))
    valid_until = contract.application.valid_until
    if valid_until is None or valid_until < business_date:
        raise ContractRefused(
            _("The time to sign this contract has passed. Nothing was changed. See your current offers.")
        )
    if seller.payout_account is None or seller.payout_frozen:
        raise ContractRefused(_("Your payout account is not confirmed yet, so the money could not reach you."))
    if not promised_to(contract.application):
        raise ContractRefused(
            _("No fund holds the money for this contract. Nothing was changed. Give it up and draw again.")
        )
    if not paper_is_unaltered(contract):
        raise ContractRefused(_("The stored contract does not match its seal. Please contact the platform."))


def paper_is_unaltered(contract: Contract) -> bool:
    """Whether the stored bytes still have the hash that was kept when they were rendered."""
    with contract.document.open("rb") as paper:
        return hashlib.file_digest(paper, "sha256").hexdigest() == contract.document_sha256


def _draw(contract: Contract, seller: Seller, business_date: date, at: datetime, by: str) -> Financing:
    terms: dict[str, Any] = json.loads(contract.terms)
    offer = contract.application.offer
    version = contract.application.version
    refill = terms.get("refill")
    parts = promised_to(contract.application)
    financing = Financing.objects.create(
        number=f"F-{contract.pk:06d}",
        seller=seller,
        contract=contract,
        offer=offer,
        version=version,
        pool_id=lead_of(parts, offer),
        is_shared=len(parts) > 1,
        technique=terms["technique"],
        currency=terms["currency"],
        amount=Decimal(terms["amount"]),
        flat_fee=Decimal(terms["fee"]),
        sweep_rate=Decimal(terms["sweep_rate"]),
        signed_on=business_date,
        due_on=date.fromisoformat(terms["due_on"]) if terms["due_on"] else None,
        minimums=minimums_in(terms),
        refills_id=refill["financing"] if refill else None,
    )
    log_birth([financing], at=at, by=by)
    keep_parts(financing, parts)
    _pledge_orders(financing, terms["orders"])
    if terms["technique"] == RECEIPT:
        secure_financing(financing)
    Instruction.objects.create(
        key=f"disbursement:{financing.pk}",
        reference=f"D{financing.pk:010d}",
        kind=Instruction.Kind.DISBURSEMENT,
        subject=f"financing:{financing.pk}",
        from_purpose="funding",
        to_account=seller.payout_account,
        amount=financing.amount - (Decimal(refill["amount"]) if refill else 0),
        currency=financing.currency,
        business_date=business_date,
    )
    return financing


def minimums_in(terms: dict[str, Any]) -> dict[str, Any] | None:
    """What each minimum period asks for, where the contract freezes it; as a financing keeps it."""
    if not terms.get("minimums"):
        return None
    return {"period_days": terms["period_days"], "minimums": terms["minimums"]}


def _pledge_orders(financing: Financing, orders: list[dict[str, Any]]) -> None:
    rows = [
        FinancedOrder(financing=financing, order_id=row["id"], eligible_value=Decimal(row["eligible_value"]))
        for row in orders
    ]
    try:
        with transaction.atomic():
            FinancedOrder.objects.bulk_create(rows)
    except IntegrityError as error:
        raise ContractRefused(
            _("Some of these orders have been financed meanwhile. Nothing was changed. See your current offers.")
        ) from error
