"""One factory a model: `make_<model>(**facts)` writes one row of the entered platform that the database accepts.

Facts override the defaults; parents that are not given are made. Amounts are CNY, dates lie around 14 March 2025. Rows
that only make sense together (a financing with its movements and its entry) come from the services, not from here.
"""

import hashlib
import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models

from apps.banking.models import (
    BankAccount,
    BankLine,
    BankStatement,
    CsvMapping,
    GroupedPayment,
    Instruction,
    PaymentAnswer,
    PaymentBatch,
    StatementEntry,
    StatementFile,
)
from apps.core.models import Export, Transition
from apps.evidence.chain import canonical
from apps.evidence.models import Head, Record, Seal
from apps.evidence.services import record, seal
from apps.financing.models import (
    Allocation,
    AllocationPlan,
    Application,
    ApplicationFile,
    ApprovalLimit,
    Contract,
    FinancedOrder,
    Financing,
    Offer,
    Participation,
    Promise,
    Remark,
    Share,
)
from apps.financing.services.terms import terms_of
from apps.ledger import chart
from apps.ledger.calendar import open_books
from apps.ledger.models import Account, Books, DailyTotal, Entry, Posting
from apps.ledger.services import Line, accounts_by_code, post
from apps.orders.models import FeedFile, Order, Proceeds, Settlement
from apps.products.models import (
    FinancingProduct,
    Funder,
    FundingPool,
    LendingPolicy,
    PoolLimit,
    ProductVersion,
    ProvisionClass,
    Withdrawal,
)
from apps.products.terms import SALES
from apps.reconciliation.models import (
    BackTest,
    BackTestSeller,
    Break,
    BreakNote,
    Clearing,
    ControlTotal,
    LargestSeller,
    Letter,
    MonthEnd,
    NightlyChunk,
    NightlyRun,
    NightlyStep,
    PortfolioDay,
    PortfolioFlow,
    PortfolioRow,
    RuleBook,
    SetAside,
    Standing,
    Suggestion,
    Vintage,
)
from apps.repayment.models import Demand, Event, Movement, NearBreach, ReliefRequest, Sweep
from apps.risk.models import Assessment, Goal
from apps.risk.scorecard import Record as SellerRecord
from apps.risk.scorecard import frozen
from apps.sellers.models import (
    Consent,
    Delivery,
    Invitation,
    Message,
    MessageSettings,
    Particulars,
    PayoutChange,
    Seller,
)
from apps.users.models import OneTimeCode, Role, User
from apps.warehousing.models import (
    Attachment,
    Commodity,
    CommodityPrice,
    GoodsSale,
    Inspection,
    MarginCall,
    Operator,
    Pledge,
    PledgedReceipt,
    PriceBasis,
    PriceFile,
    ReceiptFile,
    ReceiptPaper,
    ReceiptTransfer,
    Warehouse,
    WarehouseReceipt,
)

D = Decimal
DAY = date(2025, 3, 14)
AT = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)
BY = "test"
# A year of even sales: 9,000.00 a month, three orders in a hundred sent back.
RECORD = SellerRecord(
    monthly=(Decimal("9000.00"),) * 12,
    days_selling=400,
    returned=Decimal("0.03"),
    cancelled=Decimal("0.01"),
    late=Decimal("0.02"),
    days_past_due=0,
)
_numbers = itertools.count(1)
M = TypeVar("M", bound=models.Model)


def unique(text: str) -> str:
    """`text` with a number that no other row of this test run has."""
    return f"{text}-{next(_numbers)}"


def _made(model: type[M], facts: dict[str, Any], /, **defaults: Any) -> M:
    """The row; a parent among `defaults` may be a factory, called only when no fact replaces it."""
    values = {
        name: facts[name] if name in facts else (value() if callable(value) else value)
        for name, value in {**defaults, **facts}.items()
    }
    row = model(**values)
    row.save(force_insert=True)
    return row


def make_user(**facts: Any) -> User:
    """A person; one with the role of an operator works in `warehouse`, or in one of their own."""
    password, warehouse = facts.pop("password", "a long pass phrase"), facts.pop("warehouse", None)
    values = {"email": f"{unique('person')}@granary.test", "role": Role.STAFF, "name": "Lin", **facts}
    user = User.objects.create_user(password=password, **values)
    if user.role == Role.WAREHOUSE:
        Operator.objects.create(user=user, warehouse=warehouse or make_warehouse())
    return user


def make_one_time_code(**facts: Any) -> OneTimeCode:
    return _made(
        OneTimeCode,
        facts,
        contact="lin@granary.test",
        purpose="sign-in",
        digest="0" * 64,
        made_at=AT,
        expires_at=AT + timedelta(minutes=10),
    )


def make_export(**facts: Any) -> Export:
    return _made(Export, facts, model="orders.order", columns=["order"], rows=1, by=BY, at=AT)


def make_transition(**facts: Any) -> Transition:
    return _made(Transition, facts, model="orders.order", object_id=1, verb="pay", target="paid", by=BY, at=AT)


# The books.


def make_entry(**facts: Any) -> Entry:
    """An entry posted through the service; `amount` moves from Equity:Funding to Assets:Cash:Funding."""
    amount = facts.pop("amount", D("100.00"))
    values: dict[str, Any] = {
        "key": unique("entry"),
        "kind": "funding",
        "business_date": DAY,
        "currency": "CNY",
        "lines": [Line(chart.FUNDING_CASH, chart.FUNDING_CAPITAL, amount)],
        "at": AT,
        "by": BY,
        **facts,
    }
    return post(**values)


def make_posting(**facts: Any) -> Posting:
    return make_entry(**facts).postings.get()


def make_account(**facts: Any) -> Account:
    code, currency = facts.get("code", chart.SUSPENSE), facts.get("currency", "CNY")
    return Account.objects.get(pk=accounts_by_code(currency)[code])


def make_daily_total(**facts: Any) -> DailyTotal:
    """The daily total of the debited account of one entry."""
    entry = make_entry(**facts)
    return DailyTotal.objects.get(account=entry.postings.get().debit, business_date=entry.business_date)


def make_books(**facts: Any) -> Books:
    return open_books(first_date=facts.get("first_date", DAY))


# The evidence log.


def make_record(**facts: Any) -> Record:
    values: dict[str, Any] = {
        "kind": "noted",
        "subject": unique("subject"),
        "payload": {"amount": D("100.00")},
        "business_date": DAY,
        "at": AT,
        "by": BY,
        **facts,
    }
    return Record.objects.get(position=record(**values))


def make_seal(**facts: Any) -> Seal:
    values: dict[str, Any] = {"business_date": DAY, "at": AT, "by": BY, **facts}
    return seal(**values)


def make_head(**facts: Any) -> Head:
    make_record(**facts)
    return Head.objects.get()


# Banks.


def make_bank_account(**facts: Any) -> BankAccount:
    number = unique("6222")
    return _made(
        BankAccount, facts, purpose="payout", holder="Lin Orchards", number=number, currency="CNY", verified_at=AT
    )


def make_payment_batch(**facts: Any) -> PaymentBatch:
    return _made(
        PaymentBatch,
        facts,
        key=unique("batch"),
        business_date=DAY,
        currency="CNY",
        number_of_payments=1,
        total=D("100.00"),
        built_by="user:1",
    )


def make_instruction(**facts: Any) -> Instruction:
    return _made(
        Instruction,
        facts,
        key=unique("instruction"),
        reference=unique("R"),
        kind="payout",
        subject="seller:1",
        from_purpose="collection",
        to_account=make_bank_account,
        amount=D("100.00"),
        currency="CNY",
        business_date=DAY,
    )


def make_bank_line(**facts: Any) -> BankLine:
    return _made(
        BankLine, facts, purpose="collection", booked_on=DAY, amount=D("100.00"), currency="CNY", key=unique("line")
    )


def make_csv_mapping(**facts: Any) -> CsvMapping:
    settings = {"booking_date": "Date", "date_format": "%Y-%m-%d", "decimal_sign": ".", "amount": "Amount"}
    return _made(CsvMapping, facts, account=make_bank_account, settings=settings, made_at=AT, made_by=BY)


def make_statement_file(**facts: Any) -> StatementFile:
    name = unique("statement")
    return _made(
        StatementFile, facts, sha256=f"{name:0>64}", name=name, format="camt.053", encoding="utf-8", size=1,
        taken_in_at=AT, by=BY,
    )  # fmt: skip


def make_bank_statement(**facts: Any) -> BankStatement:
    """A statement that adds up, read and not booked."""
    return _made(
        BankStatement, facts, file=make_statement_file, position=1, place="statement 1", kind="statement",
        account=make_bank_account, number="7", number_key=unique("number"), digest=unique("digest"), currency="CNY",
        opening=D(0), closing=D(100), closing_on=DAY, net=D(100), adds_up=True, difference=D(0), entry_count=1,
        not_booked=0, identical=0,
    )  # fmt: skip


def make_statement_entry(**facts: Any) -> StatementEntry:
    return _made(
        StatementEntry, facts, statement=make_bank_statement, position=1, place="statement 1, entry 1, line 1",
        status="booked", amount=D(100), currency="CNY", booked_on=DAY, fingerprint=unique("entry"), occurrence=1,
    )  # fmt: skip


def make_grouped_payment(**facts: Any) -> GroupedPayment:
    return _made(GroupedPayment, facts, entry=make_statement_entry, position=1, amount=D(100), currency="CNY")


def make_payment_answer(**facts: Any) -> PaymentAnswer:
    name = unique("answer")
    return _made(
        PaymentAnswer, facts, batch=make_payment_batch, sha256=f"{name:0>64}", name=name, status="ACCP", rejected=0,
        taken_in_at=AT, by=BY,
    )  # fmt: skip


# Sellers and what they sell.


def make_seller(**facts: Any) -> Seller:
    """A verified seller with a payout account, all joining steps done."""
    return _made(
        Seller,
        facts,
        external_id=unique("S"),
        name="Lin Orchards",
        joined_on=DAY - timedelta(days=400),
        payout_account=make_bank_account,
        identity_done=True,
        business_done=True,
        payout_account_done=True,
        data_consent_done=True,
        currency="CNY",
        state="verified",
    )


def make_consent(**facts: Any) -> Consent:
    return _made(
        Consent,
        facts,
        seller=make_seller,
        data="orders",
        audience="platform",
        given_on=DAY - timedelta(days=30),
        until=DAY + timedelta(days=330),
    )


def make_message(**facts: Any) -> Message:
    return _made(
        Message,
        facts,
        seller=make_seller,
        kind="repaid",
        key=unique("repaid"),
        subject="home",
        facts={"number": "F-000001"},
        business_date=DAY,
        created_at=AT,
    )


def make_delivery(**facts: Any) -> Delivery:
    return _made(Delivery, facts, message=make_message, channel="email", due_at=AT)


def make_message_settings(**facts: Any) -> MessageSettings:
    return _made(MessageSettings, facts, seller=make_seller)


def make_particulars(**facts: Any) -> Particulars:
    return _made(
        Particulars,
        facts,
        seller=make_seller,
        legal_form="person",
        legal_name="Lin Mei",
        number_kind="cn.ric",
        number="11010219840406970X",
        sells_since=DAY - timedelta(days=400),
    )


def make_invitation(**facts: Any) -> Invitation:
    return _made(
        Invitation,
        facts,
        seller=make_seller,
        contact=f"{unique('invited')}@granary.test",
        token_digest=hashlib.sha256(unique("token").encode()).hexdigest(),
        invited_by="user:1",
        invited_at=AT,
        expires_at=AT + timedelta(days=14),
    )


def make_payout_change(**facts: Any) -> PayoutChange:
    """Another account that nobody has checked yet, of a seller whose payouts wait for that."""
    seller = facts.pop("seller", None) or make_seller(payout_frozen=True)
    return _made(
        PayoutChange,
        facts,
        seller=seller,
        account=lambda: make_bank_account(verified_at=None),
        before=seller.payout_account,
        asked_by="user:1",
        asked_at=AT,
        second_factor="one_time_code",
    )


def make_feed_file(**facts: Any) -> FeedFile:
    name = unique("orders")
    return _made(FeedFile, facts, sha256=f"{name:0>64}", kind="orders", name=f"{name}.csv", taken_in_at=AT, by=BY)


def make_order(**facts: Any) -> Order:
    """An order of 100.00 that was paid four days ago."""
    return _made(
        Order,
        facts,
        seller=make_seller,
        external_id=unique("O"),
        currency="CNY",
        goods=facts.get("paid", D("100.00")),
        paid=D("100.00"),
        placed_at=AT - timedelta(days=4),
        paid_at=AT - timedelta(days=4),
        state="paid",
    )


def make_settlement(**facts: Any) -> Settlement:
    """A payout of 100.00 less a fee of 2.00."""
    return _made(
        Settlement, facts, payout=unique("PO"), file=make_feed_file, settled_on=DAY, booked_on=DAY, currency="CNY",
        captured=D(100), refunded=D(0), charged_back=D(0), fees=D(2), total=D(98),
    )  # fmt: skip


def make_proceeds(**facts: Any) -> Proceeds:
    return _made(
        Proceeds,
        facts,
        key=unique("settlement"),
        seller=make_seller,
        kind="capture",
        amount=D("100.00"),
        currency="CNY",
        settled_on=DAY,
        booked_on=facts.get("settled_on", DAY),
    )


# Goods in store.


def make_warehouse(**facts: Any) -> Warehouse:
    return _made(Warehouse, facts, code=unique("cold-store"), name="Cold store 3", operator="Riverbank Storage")


def make_operator(**facts: Any) -> Operator:
    return Operator.objects.get(user=make_user(role=Role.WAREHOUSE, **facts))


def make_warehouse_receipt(**facts: Any) -> WarehouseReceipt:
    """A receipt that was asked for; nothing is issued yet."""
    depositor = facts.pop("depositor", None) or make_seller()
    return _made(
        WarehouseReceipt,
        facts,
        number=unique("WR"),
        warehouse=make_warehouse,
        depositor=depositor,
        holder=depositor,
        commodity="apples",
    )


def make_receipt_transfer(**facts: Any) -> ReceiptTransfer:
    """An offer that waits for the other seller."""
    receipt = facts.pop("receipt", None) or make_warehouse_receipt()
    return _made(ReceiptTransfer, facts, receipt=receipt, giver=receipt.holder, taker=make_seller, offered_on=DAY)


def make_inspection(**facts: Any) -> Inspection:
    """A lot that waits to be counted."""
    return _made(
        Inspection,
        facts,
        warehouse=make_warehouse,
        lot=unique("L"),
        inspector=make_user,
        assigned_by="user:0",
        assigned_on=DAY,
        due_on=DAY + timedelta(days=3),
        unit="kg",
    )


def make_attachment(**facts: Any) -> Attachment:
    name = unique("weight slip")
    return _made(
        Attachment,
        facts,
        receipt=None if "inspection" in facts else make_warehouse_receipt(),
        kind="document",
        name=f"{name}.pdf",
        media_type="application/pdf",
        size=9,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        original=f"goods/{name}.pdf",
        added_at=AT,
        by=BY,
    )


def make_receipt_paper(**facts: Any) -> ReceiptPaper:
    digest = hashlib.sha256(unique("paper").encode()).hexdigest()
    return _made(
        ReceiptPaper,
        facts,
        receipt=make_warehouse_receipt,
        number=1,
        facts="{}",
        facts_sha256=digest,
        token=digest[:24],
        document=f"receipts/{digest}.pdf",
        document_sha256=digest,
        rendered_at=AT,
        by=BY,
    )


def make_receipt_file(**facts: Any) -> ReceiptFile:
    digest = hashlib.sha256(unique("receipts").encode()).hexdigest()
    return _made(ReceiptFile, facts, sha256=digest, name="receipts.csv", taken_in_at=AT, by=BY)


def make_pledge(**facts: Any) -> Pledge:
    return _made(
        Pledge,
        facts,
        number=unique("P"),
        seller=make_seller,
        pledgee="Riverbank Credit",
        subject=unique("financing"),
        currency="CNY",
        limit=D("0.6"),
    )


def make_pledged_receipt(**facts: Any) -> PledgedReceipt:
    return _made(
        PledgedReceipt, facts, pledge=make_pledge, receipt=make_warehouse_receipt, weight=D("1000"), pledged_on=DAY
    )


def make_margin_call(**facts: Any) -> MarginCall:
    """A watch: 0.57 is owed of each yuan of goods, 0.6 may be."""
    return _made(
        MarginCall,
        facts,
        pledge=make_pledge,
        opened_on=DAY,
        ratio=D("0.57"),
        limit=D("0.6"),
        outstanding=D("5700.00"),
        value=D("10000.00"),
        currency="CNY",
    )


def make_goods_sale(**facts: Any) -> GoodsSale:
    return _made(
        GoodsSale,
        facts,
        pledge=make_pledge,
        sold_on=DAY,
        price=D("5000.00"),
        costs=D("100.00"),
        surplus=D("0.00"),
        currency="CNY",
        buyer="Riverbank Mills",
        line=make_bank_line,
        recorded_by="user:1",
    )


def make_commodity_price(**facts: Any) -> CommodityPrice:
    return _made(
        CommodityPrice,
        facts,
        commodity="apples",
        unit="kg",
        currency="CNY",
        on=DAY,
        price=D("6.4000"),
        source="market",
        recorded_at=AT,
    )


def make_commodity(**facts: Any) -> Commodity:
    return _made(Commodity, facts, code=unique("apples"), name="Apples")


def make_price_basis(**facts: Any) -> PriceBasis:
    return _made(PriceBasis, facts, commodity=unique("pears"), priced_as=make_commodity)


def make_price_file(**facts: Any) -> PriceFile:
    return _made(
        PriceFile,
        facts,
        sha256=hashlib.sha256(unique("prices").encode()).hexdigest(),
        kind="csv",
        name="prices.csv",
        taken_in_at=AT,
        by=BY,
    )


# Products and risk.


def make_funding_pool(**facts: Any) -> FundingPool:
    return _made(
        FundingPool,
        facts,
        name=unique("Riverbank pool"),
        financier="Riverbank Credit",
        currency="CNY",
        committed=D("1000000.00"),
    )


def make_pool_limit(**facts: Any) -> PoolLimit:
    """At most 50,000.00 out with any one seller."""
    return _made(
        PoolLimit, facts, pool=make_funding_pool, kind="seller", most=D("50000.00"), because="spread", set_by=BY,
        set_at=AT,
    )  # fmt: skip


def make_funder(**facts: Any) -> Funder:
    return _made(Funder, facts, product=make_financing_product, pool=make_funding_pool)


def make_withdrawal(**facts: Any) -> Withdrawal:
    """One that waits for a second person; its entry is not posted."""
    pool = facts.pop("pool", None) or make_funding_pool()
    key = unique("withdrawal:0")
    return _made(
        Withdrawal, facts, pool=pool, reference=unique("back"), amount=D("100.00"), reason="not needed",
        business_date=DAY, asked_by="user:1",
        instruction=lambda: make_instruction(
            key=key, kind="withdrawal", subject=f"pool:{pool.pk}", from_purpose="funding",
            batch=make_payment_batch(key=key),
        ),
    )  # fmt: skip


def make_financing_product(**facts: Any) -> FinancingProduct:
    return _made(
        FinancingProduct,
        facts,
        code=unique("advance"),
        name="Sales advance",
        name_zh="销售预支",
        technique=SALES,
        pool=make_funding_pool,
    )


def make_product_version(**facts: Any) -> ProductVersion:
    """An active advance on sales: flat fee 4 %, repaid by 12 % of sales."""
    return _made(
        ProductVersion,
        facts,
        product=make_financing_product,
        number=1,
        fee_rate=D("0.04"),
        sweep_rate=D("0.12"),
        minimum_amount=D("100.00"),
        maximum_amount=D("50000.00"),
        expected_days=120,
        made_by="user:1",
        approved_by="user:2",
        state="active",
    )


def make_lending_policy(**facts: Any) -> LendingPolicy:
    return _made(LendingPolicy, facts, rate_cap=D("0.36"), sweep_cap=D("0.3"), because="the law", set_by=BY, set_at=AT)


def make_provision_class(**facts: Any) -> ProvisionClass:
    return _made(ProvisionClass, facts, code=unique("watched"), first_day=next(_numbers), rate=D("0.05"))


def make_assessment(**facts: Any) -> Assessment:
    return _made(
        Assessment,
        facts,
        seller=make_seller,
        business_date=DAY,
        scorecard="points-1",
        score=612,
        grade="B",
        default_probability=D("0.02"),
        limit=D("20000.00"),
        currency="CNY",
        features=frozen(RECORD),
        reasons=[],
    )


def make_goal(**facts: Any) -> Goal:
    """Fewer than a tenth of the orders sent back."""
    return _made(
        Goal,
        facts,
        seller=make_seller,
        name="returned",
        target=D("0.10"),
        below=True,
        started_at=D("0.15"),
        set_on=DAY,
    )


# Financing.


def make_offer(**facts: Any) -> Offer:
    """An open offer of up to 10,000.00."""
    seller = facts.pop("seller", None) or make_seller()
    version = facts.pop("version", None) or make_product_version()
    return _made(
        Offer,
        facts,
        seller=seller,
        version=version,
        product_code=version.product.code,
        assessment=lambda: make_assessment(seller=seller),
        currency="CNY",
        minimum_amount=D("100.00"),
        maximum_amount=D("10000.00"),
        expected_daily_sales=D("300.00"),
        made_on=DAY,
        expires_on=DAY + timedelta(days=14),
        state="delivered",
    )


def make_application(**facts: Any) -> Application:
    """An approved application for all of the offer."""
    offer = facts.pop("offer", None) or make_offer()
    return _made(
        Application,
        facts,
        seller=offer.seller,
        offer=offer,
        version=offer.version,
        product_code=offer.product_code,
        requested_amount=offer.maximum_amount,
        approved_amount=offer.maximum_amount,
        currency=offer.currency,
        business_date=DAY,
        valid_until=DAY + timedelta(days=7),
        decision={"decided_by": "policy", "score": 612},
        state="approved",
    )


def asked_application(**facts: Any) -> Application:
    """An application for more than policy grants, which waits for people."""
    values: dict[str, Any] = {
        "state": "under_review", "approved_amount": None, "valid_until": None, "collateral": "asked of a person",
        "cautions": ["limit"], "answer_by": DAY + timedelta(days=2),
        "decision": {"decided_by": "left to people", "score": 612},
    }  # fmt: skip
    offer = facts.pop("offer", None) or make_offer(state="draft")
    return make_application(offer=offer, **{**values, **facts})


def make_remark(**facts: Any) -> Remark:
    return _made(Remark, facts, application=asked_application, kind="note", text="For the harvest.", by=BY, at=AT)


def make_application_file(**facts: Any) -> ApplicationFile:
    name = unique("paper")
    return _made(
        ApplicationFile,
        facts,
        application=asked_application,
        name=f"{name}.pdf",
        media_type="application/pdf",
        size=9,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        original=f"applications/{name}.pdf",
        added_at=AT,
        by=BY,
    )


def make_approval_limit(**facts: Any) -> ApprovalLimit:
    if "role" not in facts and "person" not in facts:
        facts["person"] = make_user(role=Role.APPROVER)
    return _made(ApprovalLimit, facts, most=D("10000.00"), because="the board", set_by=BY, set_at=AT)


def make_contract(**facts: Any) -> Contract:
    """A contract that waits for its paper."""
    application = facts.pop("application", None) or make_application()
    number = facts.pop("number", None) or unique("C")
    terms = canonical(terms_of(number, application, application.offer, application.seller, DAY, "en", []))
    return _made(
        Contract,
        facts,
        number=number,
        seller=application.seller,
        application=application,
        language="en",
        terms=terms,
        terms_sha256=hashlib.sha256(terms.encode()).hexdigest(),
    )


def make_financing(**facts: Any) -> Financing:
    """A financing that waits for its money."""
    contract = facts.pop("contract", None) or make_contract()
    offer = contract.application.offer
    return _made(
        Financing,
        facts,
        number=unique("F"),
        seller=contract.seller,
        contract=contract,
        offer=offer,
        version=offer.version,
        pool=offer.version.product.pool,
        technique=offer.version.product.technique,
        currency=offer.currency,
        amount=D("9000.00"),
        flat_fee=D("360.00"),
        sweep_rate=D("0.12"),
        signed_on=DAY,
    )


def make_participation(**facts: Any) -> Participation:
    """Sixty of a hundred of a financing that waits for its money."""
    financing = facts.pop("financing", None) or make_financing(is_shared=True)
    return _made(Participation, facts, financing=financing, pool=make_funding_pool, amount=D("60.00"))


def make_share(**facts: Any) -> Share:
    return _made(
        Share, facts, participation=make_participation, business_date=DAY, kind="collected", key=unique("sweep")
    )


def make_promise(**facts: Any) -> Promise:
    return _made(Promise, facts, application=make_application, pool=make_funding_pool, amount=D("100.00"))


def make_allocation_plan(**facts: Any) -> AllocationPlan:
    return _made(
        AllocationPlan, facts, business_date=DAY, currency="CNY", asked=D("100.00"), placed=D("100.00"),
        told={"lines": []}, made_by="user:1", made_at=AT,
    )  # fmt: skip


def make_allocation(**facts: Any) -> Allocation:
    return _made(
        Allocation, facts, plan=make_allocation_plan, offer=make_offer, pool=make_funding_pool, amount=D("100.00")
    )


def make_financed_order(**facts: Any) -> FinancedOrder:
    return _made(FinancedOrder, facts, financing=make_financing, order=make_order, eligible_value=D("80.00"))


# Servicing.


def make_sweep(**facts: Any) -> Sweep:
    """A sales day of 100.00 of which 12.00 was kept."""
    return _made(
        Sweep,
        facts,
        seller=make_seller,
        business_date=DAY,
        currency="CNY",
        captured=D("100.00"),
        kept=D("12.00"),
        paid_out=D("88.00"),
        state="posted",
    )


def make_movement(**facts: Any) -> Movement:
    return _made(
        Movement,
        facts,
        financing=make_financing,
        business_date=DAY,
        kind="disbursement",
        reason="paid_to_seller",
        key=unique("movement"),
        principal=D("9000.00"),
        fee=D("360.00"),
        outstanding=D("9360.00"),
        entry_key=unique("entry"),
    )


def make_near_breach(**facts: Any) -> NearBreach:
    """Half way through a period, 30.00 were repaid where 62.40 were expected."""
    return _made(
        NearBreach, facts, financing=make_financing, number=1, checked_on=DAY, expected=D("62.40"), paid=D("30.00")
    )


def make_event(**facts: Any) -> Event:
    return _made(
        Event,
        facts,
        financing=make_financing,
        number=1,
        kind="waiver",
        key=unique("event"),
        effective_on=DAY,
        business_date=DAY,
        amount=D("1.00"),
        reason="as agreed",
        by="user:1",
        at=AT,
    )


def make_relief_request(**facts: Any) -> ReliefRequest:
    return _made(
        ReliefRequest,
        facts,
        financing=make_financing,
        key=unique("pause"),
        days=30,
        reason="The road to the market is closed.",
        asked_on=DAY,
        asked_at=AT,
        asked_by="user:1",
    )


def make_demand(**facts: Any) -> Demand:
    return _made(
        Demand,
        facts,
        financing=make_financing,
        number=1,
        kind="minimum",
        starts_on=DAY,
        due_on=DAY + timedelta(days=60),
        amount=D("1404.00"),
    )


# The night.


def make_nightly_run(**facts: Any) -> NightlyRun:
    return _made(NightlyRun, facts, business_date=DAY)


def _run_of_the_day() -> NightlyRun:
    return NightlyRun.objects.filter(business_date=DAY).first() or make_nightly_run()


def make_nightly_step(**facts: Any) -> NightlyStep:
    return _made(NightlyStep, facts, run=_run_of_the_day, place=1, name=unique("step"))


def make_nightly_chunk(**facts: Any) -> NightlyChunk:
    return _made(NightlyChunk, facts, run=_run_of_the_day, phase=1, work="close", first_seller=1, last_seller=1000)


def make_set_aside(**facts: Any) -> SetAside:
    return _made(SetAside, facts, run=_run_of_the_day, work="close", seller_id=1, error="The rates add up to 1.2.")


def make_control_total(**facts: Any) -> ControlTotal:
    return _made(
        ControlTotal,
        facts,
        run=_run_of_the_day,
        name="principal",
        currency="CNY",
        opening=D("100.00"),
        movements=D("20.00"),
        closing=D("120.00"),
        difference=D("0.00"),
    )


def make_break(**facts: Any) -> Break:
    return _made(
        Break,
        facts,
        key=unique("break"),
        run=_run_of_the_day,
        kind="amount",
        subject="control:principal",
        amount=D("0.01"),
        currency="CNY",
        opened_on=DAY,
        text="One fen more than the movements explain.",
    )


def make_break_note(**facts: Any) -> BreakNote:
    letter = b"We charged a fee."
    return _made(
        BreakNote,
        facts,
        unexplained=make_break,
        text="The bank was called.",
        name="letter.txt",
        media_type="text/plain",
        content=letter,
        sha256=hashlib.sha256(letter).hexdigest(),
        by=BY,
        at=AT,
    )


def make_suggestion(**facts: Any) -> Suggestion:
    return _made(
        Suggestion,
        facts,
        unexplained=make_break,
        rule="nearly the amount",
        kind="amount",
        lines=["bank_line:1"],
        expected=["settlement:2025-03-13"],
        difference=D("-0.50"),
        account="collection",
        share=D("0.001"),
        days=1,
    )


def make_clearing(**facts: Any) -> Clearing:
    return _made(
        Clearing,
        facts,
        key=unique("clearing"),
        rule="several that add up",
        lines=[],
        expected=[],
        difference=D(0),
        currency="CNY",
        business_date=DAY,
        by=BY,
        at=AT,
    )


def make_rule_book(**facts: Any) -> RuleBook:
    return _made(
        RuleBook,
        facts,
        number=lambda: next(_numbers),
        rules=[],
        due_days={},
        large_amount=D(10_000),
        write_off_limit=D(1),
        reason="Less to do by hand.",
        proposed_by=BY,
    )


def make_month_end(**facts: Any) -> MonthEnd:
    """One that was made; its zip is in no storage."""
    return _made(
        MonthEnd, facts, month=DAY.replace(day=1), asked_by=BY, asked_at=AT, made_at=AT, sha256="0" * 64, size=1,
        progress=100,
    )  # fmt: skip


def make_back_test(**facts: Any) -> BackTest:
    return _made(
        BackTest, facts, version=make_product_version, first=DAY - timedelta(days=30), last=DAY, asked_by="user:1"
    )


def make_back_test_seller(**facts: Any) -> BackTestSeller:
    return _made(
        BackTestSeller,
        facts,
        back_test=make_back_test,
        seller=make_seller,
        side="version",
        qualified_on=DAY,
        most_offered=Decimal(5000),
        financings=1,
        drawn=Decimal(4000),
        income=Decimal(160),
        missed=0,
        outstanding=Decimal(0),
        lost=Decimal(0),
    )


def make_portfolio_day(**facts: Any) -> PortfolioDay:
    return _made(PortfolioDay, facts, business_date=DAY, currency="CNY", made_at=AT, marks_through=DAY)


def _portfolio_of_the_day() -> PortfolioDay:
    return PortfolioDay.objects.filter(business_date=DAY).first() or make_portfolio_day()


def make_portfolio_row(**facts: Any) -> PortfolioRow:
    amounts = dict.fromkeys(
        (
            "fee", "interest", "penalty", "overpaid", "past_due", "fee_income", "interest_income", "penalty_income",
            "expected", "collected", "goods_owed", "goods_value", "goods_room",
        ),
        D("0.00"),
    )  # fmt: skip
    return _made(
        PortfolioRow,
        facts,
        day=_portfolio_of_the_day,
        product=make_financing_product,
        pool=make_funding_pool,
        grade="B",
        before="in_time",
        bucket="in_time",
        financings=2,
        principal_before=D("1200.00"),
        principal=D("1000.00"),
        **amounts,
    )


def make_standing(**facts: Any) -> Standing:
    return _made(Standing, facts, financing=make_financing, bucket="in_time", since=DAY, principal=D("1000.00"))


def make_vintage(**facts: Any) -> Vintage:
    return _made(
        Vintage,
        facts,
        product=make_financing_product,
        pool=make_funding_pool,
        grade="B",
        month=DAY.replace(day=1),
        financings=2,
        drawn=D("1200.00"),
        lost=D("0.00"),
    )


def make_portfolio_flow(**facts: Any) -> PortfolioFlow:
    return _made(
        PortfolioFlow,
        facts,
        day=_portfolio_of_the_day,
        product=make_financing_product,
        pool=make_funding_pool,
        income=D("40.00"),
        expected=D("36.00"),
        collected=D("20.00"),
    )


def make_largest_seller(**facts: Any) -> LargestSeller:
    return _made(
        LargestSeller,
        facts,
        day=_portfolio_of_the_day,
        seller=make_seller,
        place=1,
        financings=2,
        owed=D("1000.00"),
    )


def make_letter(**facts: Any) -> Letter:
    return _made(Letter, facts, kind="morning", business_date=DAY, subject="Night of 14 March 2025", sent_at=AT)
