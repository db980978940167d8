"""The admin's sidebar: what financiers, staff and auditors look for, in groups."""

from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


@cache  # sixty of them stand on every page of the admin
def _address(model: str, page: str) -> str:
    return reverse(f"admin:{model}_{page}")


def _page(title: str, icon: str, model: str, page: str = "changelist") -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": _address(model, page)}


def _group(title: str, *pages: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": True, "items": list(pages)}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:  # noqa: ARG001  unfold's signature
    """The groups of the sidebar in the reader's language. Every role that enters the admin may see every page."""
    return [
        _group(
            _("Products and funding"),
            _page(_("Products"), "inventory_2", "products_financingproduct"),
            _page(_("Versions of terms"), "history_edu", "products_productversion"),
            _page(_("Lending policy"), "policy", "products_lendingpolicy"),
            _page(_("Wind tunnel"), "air", "reconciliation_backtest"),
            _page(_("Funding pools"), "savings", "products_fundingpool"),
            _page(_("Limits of pools"), "speed", "products_poollimit"),
            _page(_("Who else funds a product"), "handshake", "products_funder"),
            _page(_("Who funds what"), "account_tree", "financing_allocationplan"),
            _page(_("Withdrawals"), "outbound", "products_withdrawal"),
            _page(_("Provision classes"), "shield", "products_provisionclass"),
        ),
        _group(
            _("Sellers"),
            _page(_("Sellers"), "storefront", "sellers_seller"),
            _page(_("Consents"), "verified_user", "sellers_consent"),
            _page(_("Scores and limits"), "speed", "risk_assessment"),
            _page(_("Goals"), "flag", "risk_goal"),
            _page(_("Messages"), "mail", "sellers_message"),
            _page(_("Ways out of messages"), "outgoing_mail", "sellers_delivery"),
            _page(_("What sellers want to be told"), "notifications", "sellers_messagesettings"),
            _page(_("Offers"), "local_offer", "financing_offer"),
            _page(_("Applications"), "assignment", "financing_application"),
            _page(_("Approval limits"), "approval", "financing_approvallimit"),
            _page(_("What was said about applications"), "forum", "financing_remark"),
            _page(_("Papers with applications"), "attach_file", "financing_applicationfile"),
            _page(_("Contracts"), "description", "financing_contract"),
            _page(_("Orders"), "shopping_bag", "orders_order"),
        ),
        _group(
            _("Goods in store"),
            _page(_("Warehouse receipts"), "warehouse", "warehousing_warehousereceipt"),
            _page(_("Warehouses"), "store", "warehousing_warehouse"),
            _page(_("Warehouse operators"), "badge", "warehousing_operator"),
            _page(_("Counts"), "fact_check", "warehousing_inspection"),
            _page(_("Transfers of receipts"), "swap_horiz", "warehousing_receipttransfer"),
            _page(_("Pledges"), "lock", "warehousing_pledge"),
            _page(_("Margin calls"), "notifications_active", "warehousing_margincall"),
            _page(_("Sales of goods"), "gavel", "warehousing_goodssale"),
            _page(_("Commodities"), "category", "warehousing_commodity"),
            _page(_("Price bases"), "link", "warehousing_pricebasis"),
            _page(_("Commodity prices"), "show_chart", "warehousing_commodityprice"),
            _page(_("Price files"), "upload_file", "warehousing_pricefile"),
            _page(_("Receipt files"), "upload_file", "warehousing_receiptfile"),
        ),
        _group(
            _("Money"),
            _page(_("Portfolio"), "pie_chart", "reconciliation_portfolioday", "portfolio"),
            _page(_("Financings"), "payments", "financing_financing"),
            _page(_("Movements"), "swap_vert", "repayment_movement"),
            _page(_("Sweeps"), "moving", "repayment_sweep"),
            _page(_("What was done by hand"), "edit_note", "repayment_event"),
            _page(_("What falls due"), "event", "repayment_demand"),
            _page(_("Relief asked for"), "pause_circle", "repayment_reliefrequest"),
            _page(_("Instructions to banks"), "account_balance", "banking_instruction"),
            _page(_("Bank lines"), "receipt_long", "banking_bankline"),
            _page(_("Bank statements"), "description", "banking_bankstatement"),
            _page(_("Bank files"), "upload_file", "banking_statementfile"),
            _page(_("Settlement files"), "request_quote", "orders_settlement"),
            _page(_("Journal"), "menu_book", "ledger_entry"),
            _page(_("Balances by day"), "balance", "ledger_dailytotal"),
        ),
        _group(
            _("Nights"),
            _page(_("Nightly runs"), "bedtime", "reconciliation_nightlyrun"),
            _page(_("Control totals"), "functions", "reconciliation_controltotal"),
            _page(_("Breaks"), "report", "reconciliation_break"),
            _page(_("What was cleared"), "done_all", "reconciliation_clearing"),
            _page(_("Rules of matching"), "rule", "reconciliation_rulebook"),
            _page(_("Evidence log"), "fingerprint", "evidence_record"),
            _page(_("State changes"), "timeline", "core_transition"),
            _page(_("Exports"), "download", "core_export"),
        ),
        _group(_("People"), _page(_("Users"), "group", "users_user")),
    ]
