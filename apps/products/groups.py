"""Which terms matter to which technique, in groups with a word on each: what the studio shows, in this order."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.products.terms import ORDER, PAYABLE, RECEIPT, RECEIVABLE, SALES

Group = tuple[Any, dict[str, Any]]

COST = (
    _("What it costs"),
    {
        "fields": ("fee_rate", "fee_rebate"),
        "description": _(
            "One fee, as a share of the amount drawn. The seller owes it however long repayment takes, so the "
            "annualised rate is higher the faster sales go. The panel beside shows what sellers will read."
        ),
    },
)
INTEREST = (
    _("What it costs"),
    {
        "fields": ("annual_rate", "day_count", "fee_rate", "fee_rebate"),
        "description": _("Simple interest by the day on what is still owed, and, if you like, a flat fee on top."),
    },
)
LOAN_COST = (INTEREST[0], {**INTEREST[1], "fields": ("annual_rate", "day_count", "fee_rate")})
REPAYMENT = (
    _("How it is repaid"),
    {
        "fields": ("sweep_rate", "livelihood_floor", "day_cap", "priority"),
        "description": _(
            "Each night this share of the day's net sales repays, refunds deducted first. The livelihood floor is "
            "always left to the seller; 0 sets none."
        ),
    },
)
FROM_ORDERS = (
    _("How it is repaid"),
    {
        "fields": ("settlement_days", "grace_days", "sweep_rate", "livelihood_floor", "day_cap", "priority"),
        "description": _(
            "The financed orders repay when they are settled. Only if something is still owed after the due date, "
            "the share below is taken from the seller's other sales."
        ),
    },
)
MINIMUM = (
    _("When sales are poor"),
    {
        "fields": (
            "period_days",
            "minimum_share",
            "minimum_pace",
            "season_shaped",
            "maximum_share",
            "near_breach_share",
            "near_breach_checks",
            "grace_days",
        ),
        "description": _(
            "What must be repaid in each period at least, as a share of amount and fee. Leave the days at 0 for none: "
            "then a poor season is no default."
        ),
    },
)
PENALTY = (
    _("When it is late"),
    {
        "fields": ("penalty_rate", "penalty_per_thousand", "dispute_fee", "bucket_ends"),
        "description": _(
            "What a late amount costs from the day after its days of grace, day by day; a penalty bears no penalty. "
            "Leave penalty and fee at 0 and being late costs nothing."
        ),
    },
)
AMOUNTS = (
    _("How much"),
    {
        "fields": ("minimum_amount", "maximum_amount", "expected_days", "offer_valid_days"),
        "description": _("The limit of each seller comes from their sales; these are the outer bounds."),
    },
)
AGAINST_ORDERS = (
    _("How much"),
    {
        "fields": ("advance_rate", "minimum_amount", "maximum_amount", "expected_days", "offer_valid_days"),
        "description": _("The share of the orders' eligible value that is advanced, within these bounds."),
    },
)
BOOKKEEPING = (
    _("Order of allocation"),
    {
        "fields": ("waterfall", "rounding"),
        "description": _("Money pays the first step first; past due goes by age. Drag a step, or number its place."),
        "classes": ["collapse"],
    },
)
INSTALMENTS = (
    _("In instalments"),
    {
        "fields": (
            "instalments", "repayment_method", "instalment_every", "instalment_unit", "due_day", "principal_grace",
            "interest_grace", "instalment_rounding", "instalment_fee", "in_advance", "waterfall_mode", "grace_days",
        ),
        "description": _(
            "What falls due when is fixed on the day of the payout. The last instalment takes what rounding left."
        ),
    },
)  # fmt: skip
WHILE_DUE = (
    _("From sales, while an instalment is due"),
    {
        "fields": ("sweep_rate", "livelihood_floor", "day_cap", "priority"),
        "description": _(
            "From its due date on, at most this share of the day's net sales pays an instalment, and no more than is "
            "due. 0: the seller pays by bank."
        ),
    },
)
ON_GOODS = (
    _("How much is lent on goods"),
    {
        "fields": (
            "lending_limit", "haircuts", "other_grades", "lot_cap", "age_free_days", "age_decay", "age_decay_most",
            "minimum_amount", "maximum_amount", "expected_days", "offer_valid_days",
        ),
        "description": _(
            "Goods count at the lower of today's price and its 30-day average. Above the limit a margin call is made. "
            "The expected days are those until all of it is due."
        ),
    },
)  # fmt: skip
ONCE_DUE = (
    _("Once it is due"),
    {
        "fields": ("grace_days", "sweep_rate", "livelihood_floor", "day_cap", "priority"),
        "description": _(
            "The seller repays by bank, or from the sale of the goods. Past due, sales help by this share."
        ),
    },
)
AUDIENCE = (
    _("For whom, and for what"),
    {
        "fields": ("eligibility", "purposes", "documents"),
        "description": _(
            "Who meets every condition and has a limit is offered the product; who does not is not asked for anything."
        ),
    },
)
CONTRACT = (
    _("On which contract"),
    {
        "fields": ("template",),
        "description": _("The panel beside makes the PDF of these terms on the template chosen, in both languages."),
    },
)
REASON = (_("For the record"), {"fields": ("why",)})
TERMS: dict[str, tuple[Group, ...]] = {
    SALES: (COST, REPAYMENT, MINIMUM, PENALTY, AMOUNTS, AUDIENCE, CONTRACT, BOOKKEEPING),
    RECEIVABLE: (INTEREST, AGAINST_ORDERS, FROM_ORDERS, PENALTY, AUDIENCE, CONTRACT, BOOKKEEPING),
    ORDER: (LOAN_COST, INSTALMENTS, WHILE_DUE, PENALTY, AMOUNTS, AUDIENCE, CONTRACT, BOOKKEEPING),
    RECEIPT: (INTEREST, ON_GOODS, ONCE_DUE, PENALTY, AUDIENCE, CONTRACT, BOOKKEEPING),
}
OTHER_TERMS = (INTEREST, INSTALMENTS, REPAYMENT, MINIMUM, PENALTY, AGAINST_ORDERS, AUDIENCE, CONTRACT, BOOKKEEPING)

TECHNIQUE_NAMES = {
    SALES: _("Advance on sales"),
    RECEIVABLE: _("Early payment"),
    ORDER: _("Loan in instalments"),
    RECEIPT: _("Loan on goods in store"),
    PAYABLE: _("Payment of suppliers"),
}
# What a financier chooses first, and what it means.
TECHNIQUES_IN_WORDS = {
    SALES: _("Advance on sales: money now, repaid by a share of each day's sales. Costs one flat fee."),
    RECEIVABLE: _("Early payment: money for delivered orders before they are settled. The orders repay it."),
    ORDER: _("Loan in instalments: for stock or orders to come, repaid on fixed days, by bank or from sales."),
    RECEIPT: _("Loan on goods in store: warehouse receipts in pledge, valued each night. Repaid once due."),
}
