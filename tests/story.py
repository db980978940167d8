"""A platform that has products and a seller with a year of sales: where most stories begin."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from apps.banking.models import BankAccount
from apps.core import bulk
from apps.financing.models import Contract, Financing, Offer
from apps.financing.services import accept_offer, render_contract, sign_contract
from apps.ledger import calendar
from apps.orders.models import Order
from apps.orders.services import SettlementLine, SettlementResult, record_settlement
from apps.products.models import FinancingProduct, ProductVersion
from apps.products.services import approve_version, new_version, save_draft, submit_version
from apps.products.starter import start_products
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.night import run_night
from apps.sellers.models import Consent, Seller
from apps.tenants.models import Platform

D = Decimal
DAY = timedelta(days=1)
FIRST = date(2025, 3, 1)


class Story:
    """What happens on one platform, told day by day; every date is a business date of that platform."""

    def __init__(self, platform: Platform, funding: str = "1000000", first: date = FIRST) -> None:
        self.platform = platform
        self.first = first
        calendar.open_books(first_date=first)
        start_products(
            currency=platform.currency,
            financier="Riverbank",
            funding=D(funding),
            business_date=first,
            at=self.at(first),
            least=D(100),
            most=D(50_000),
        )

    def at(self, day: date, hour: int = 10) -> datetime:
        return datetime.combine(day, time(hour), tzinfo=self.platform.zone)

    def seller(self, name: str = "Li Mei", daily: str = "100.00", days: int = 360, consents: bool = True) -> Seller:
        """A verified seller who had one settled order of `daily` on each of the `days` before the start."""
        currency = self.platform.currency
        account = BankAccount.objects.create(purpose="payout", holder=name, number=f"CN00{name}", currency=currency)
        seller = Seller(
            external_id=name,
            name=name,
            joined_on=self.first - days * DAY,
            payout_account=account,
            currency=currency,
            identity_done=True,
            business_done=True,
            payout_account_done=True,
            data_consent_done=True,
        )
        seller.save()
        for verb in ("register", "submit", "verify"):
            seller.move(verb, at=self.at(self.first), by="test")
        if consents:
            Consent.objects.create(
                seller=seller,
                data="orders",
                audience="platform",
                given_on=self.first - days * DAY,
                until=date(2030, 1, 1),
            )
        bulk.copy_instances([self._sold(seller, D(daily), self.first - number * DAY) for number in range(1, days + 1)])
        return seller

    def _sold(self, seller: Seller, paid: Decimal, on: date) -> Order:
        placed = self.at(on - 5 * DAY)
        return Order(
            seller=seller,
            external_id=f"old-{on}",
            currency=seller.currency,
            goods=paid,
            paid=paid,
            placed_at=placed,
            paid_at=placed,
            shipped_at=placed + DAY,
            delivered_at=placed + 3 * DAY,
            expected_at=placed + 6 * DAY,
            settled_on=on,
            state="settled",
        )

    def delivered(self, seller: Seller, paid: str, on: date, name: str = "") -> Order:
        """An order that arrived on `on` and whose money is still to come."""
        order = self._sold(seller, D(paid), on + 2 * DAY)
        order = Order(
            seller=seller,
            external_id=name or f"new-{on}-{paid}",
            currency=seller.currency,
            goods=order.paid,
            paid=order.paid,
            placed_at=order.placed_at,
            paid_at=order.paid_at,
            shipped_at=order.shipped_at,
            delivered_at=self.at(on),
            expected_at=order.expected_at,
            state="delivered",
        )
        bulk.copy_instances([order])
        return order

    def settle(
        self, day: date, seller: Seller, amount: str, kind: str = "capture", order: Order | None = None, key: str = ""
    ) -> SettlementResult:
        """One settlement line of the sales day."""
        line = SettlementLine(
            key=key or f"{kind}:{seller.pk}:{day}:{amount}",
            seller_id=seller.pk,
            kind=kind,
            amount=D(amount),
            order_id=order.pk if order else None,
        )
        return record_settlement(lines=[line], settled_on=day, at=self.at(day), by="test")

    def accept(self, offer: Offer, amount: str, day: date) -> Contract:
        return accept_offer(
            offer_id=offer.pk,
            seller_id=offer.seller_id,
            amount=D(amount),
            business_date=day,
            zone=self.platform.zone,
            language="en",
            at=self.at(day),
            by="user:1",
        )

    def draw(self, offer: Offer, amount: str, day: date) -> Financing:
        """Accept, render (the terms only), sign, and let the bank pay on the same day."""
        contract = self.accept(offer, amount, day)
        render_contract(contract_id=contract.pk, as_pdf=False, at=self.at(day), by="test")
        financing = self.sign(contract, day)
        book_payments(on=day)
        match_bank_lines(business_date=day, at=self.at(day), by="test")
        financing.refresh_from_db()
        return financing

    def sign(self, contract: Contract, day: date) -> Financing:
        return sign_contract(
            contract_id=contract.pk, seller_id=contract.seller_id, business_date=day, at=self.at(day), by="user:1"
        )

    def night(self, day: date, chunk_size: int = 5_000) -> NightlyRun:
        after = self.at(day + DAY, 2)
        return run_night(
            platform=self.platform, business_date=day, clock=lambda: after, by="night", chunk_size=chunk_size
        )

    def offer(self, seller: Seller, code: str = "sales-advance") -> Offer:
        return Offer.objects.open().get(seller=seller, product_code=code)

    def agree(self, code: str, day: date, **terms: Any) -> ProductVersion:
        """The product gets a new version with these terms, through its own services; the next offers are under it."""
        at = self.at(day)
        draft = new_version(product_id=FinancingProduct.objects.get(code=code).pk, at=at, by="user:1")
        for name, value in terms.items():
            setattr(draft, name, value)
        save_draft(version=draft, changed=list(terms), at=at, by="user:1")
        submit_version(version_id=draft.pk, at=at, by="user:1")
        return approve_version(version_id=draft.pk, at=at, by="user:2")
