"""The paper of a contract: its terms in, a page or a PDF out. Pure: no database, no clock, no network.

The paper is written once from the terms and stored; it is never rendered again for a contract that has one.
"""

import hashlib
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent
from django.template.loader import render_to_string

from apps.core.money import round_money
from apps.core.paper import pdf_of
from apps.evidence.chain import canonical
from apps.financing.capitals import chinese_capitals
from apps.products.audience import STANDARD
from apps.products.terms import RECEIPT, RECEIVABLE, SALES

LANGUAGES = {"en": "en_GB", "zh-hans": "zh_Hans_CN"}
# Where a technique's templates are, in the folder of each language.
FOLDERS = {SALES: "sales", RECEIVABLE: "receivable", RECEIPT: "receipt"}
IN_INSTALMENTS = "instalments"
# How days are counted: as a clause says it, and as a table does.
DAY_COUNTS = {
    "en": {
        "ACT/360": ("the actual number of days and a year of 360 days", "actual/360"),
        "ACT/365F": ("the actual number of days and a year of 365 days", "actual/365"),
        "ACT/ACT ISDA": ("the actual number of days and of the days of the calendar year they lie in", "actual/actual"),
        "30/360 US": ("months of 30 days and a year of 360 days, by the US convention 30/360", "30/360 US"),
        "30E/360": ("months of 30 days and a year of 360 days, by the European convention 30E/360", "30E/360"),
    },
    "zh-hans": {
        "ACT/360": ("实际天数、一年360天", "实际天数/360"),
        "ACT/365F": ("实际天数、一年365天", "实际天数/365"),
        "ACT/ACT ISDA": ("实际天数、所在公历年度的实际天数", "实际天数/实际天数"),
        "30/360 US": ("每月30天、一年360天（美国惯例30/360）", "30/360（美国惯例）"),
        "30E/360": ("每月30天、一年360天（欧洲惯例30E/360）", "30E/360（欧洲惯例）"),
    },
}


MONEY = ("amount", "fee", "total", "livelihood_floor", "day_cap", "expected_daily_sales", "dispute_fee")
SHARES = (
    "sweep_rate", "annual_rate", "advance_rate", "minimum_share", "annualised_rate", "penalty_rate", "fee_rebate",
    "near_breach_share",
)  # fmt: skip


def contract_html(terms: dict[str, Any], language: str) -> str:
    """The contract that `terms` state, as one HTML page in `language` (a Chinese one, or else English).

    `terms` are as financing.services.terms makes them: every value text, amounts in `terms["currency"]`, rates shares
    of one, dates ISO; an empty text or a zero leaves the clause out. Raises KeyError for a technique without a paper,
    TemplateDoesNotExist for a template that it does not have.
    """
    language = "zh-hans" if language.lower().startswith("zh") else "en"
    folder = IN_INSTALMENTS if terms.get("plan") else FOLDERS[terms["technique"]]
    template = terms.get("template", STANDARD)  # contracts made before there was a choice do not say
    return render_to_string(f"contracts/{language}/{folder}/{template}.html", _wording(terms, language))


def contract_pdf(terms: dict[str, Any], language: str) -> bytes:
    """The contract as a tagged PDF. The same terms give the same bytes while fonts and WeasyPrint stay the same."""
    return pdf_of(contract_html(terms, language), style="contract.css", identifier=_hash(terms)[:32].encode())


def _hash(terms: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(terms).encode()).hexdigest()


def _wording(terms: dict[str, Any], language: str) -> dict[str, Any]:
    """Every value of the paper as its reader writes it; what is absent or zero is an empty text."""
    words = _Words(language, terms["currency"])
    chinese = language == "zh-hans"
    amount, total = Decimal(terms["amount"]), Decimal(terms["total"])
    day_count, day_count_name = DAY_COUNTS[language][terms["day_count"]]
    return {
        "language": language,
        "number": terms["number"],
        "terms_sha256": _hash(terms),
        "created": terms["business_date"],
        "currency": terms["currency"],
        "currency_name": words.currency_name,
        "platform": (chinese and terms["platform"].get("name_zh")) or terms["platform"]["name"],
        "country": terms["platform"]["country"],
        "country_name": words.country(terms["platform"]["country"]),
        "financier": terms["financier"],
        "seller": terms["seller"],
        "product": (chinese and terms["product"].get("name_zh")) or terms["product"]["name"],
        "product_version": terms["product"]["version"],
        "payout_account": terms.get("payout_account", "").lstrip("·"),
        "day_count": day_count,
        "day_count_name": day_count_name,
        "grace_days": int(terms.get("grace_days") or 0),
        "period_days": int(terms.get("period_days") or 0),
        "amount_in_capitals": chinese_capitals(amount) if terms["currency"] == "CNY" else "",
        **{name: words.money(terms.get(name)) for name in MONEY},
        "charge": words.money(total - amount),
        "minimum": words.money(_minimum(terms)),
        "maximum": words.money(_share_of_all(terms, "maximum_share")),
        "periods": [words.number(one) for one in terms.get("minimums") or ()],
        "rebate_days": int(terms.get("rebate_days") or 0),
        "near_breach_checks": int(terms.get("near_breach_checks") or 0),
        "penalty_per_thousand": _plain(terms.get("penalty_per_thousand")),
        "carried": _carried(terms, words),
        "refill": _refill(terms.get("refill"), words, amount),
        **{name: words.share(terms.get(name)) for name in SHARES},
        **{name: words.day(terms.get(name)) for name in ("business_date", "decided_on", "valid_until", "due_on")},
        "cases": {
            one["case"]: {"days": one["days"], "annualised_rate": words.share(one["annualised_rate"])}
            for one in terms.get("projections") or ()
        },
        "orders": [
            {
                "external_id": order["external_id"],
                "eligible_value": words.number(order["eligible_value"]),
                "expected_on": words.day(order["expected_on"]),
            }
            for order in terms.get("orders") or ()
        ],
        "orders_value": words.number(sum(Decimal(order["eligible_value"]) for order in terms.get("orders") or ())),
        "pledge": _pledge(terms.get("pledge") or {}, words, chinese=chinese),
        "purposes": terms.get("purposes") or (),
        "documents": terms.get("documents") or (),
        "waterfall": _by_standing(terms["waterfall"]),
        "plan": terms.get("plan") or {},
        "instalment_fee": words.money((terms.get("plan") or {}).get("fee")),
        **_schedule(terms, words),
    }


def _schedule(terms: dict[str, Any], words: "_Words") -> dict[str, Any]:
    """The instalments and their sums, for columns; the first and the usual one, for a sentence."""
    rows = terms.get("schedule") or ()
    columns = ("principal", "fee", "interest", "amount")
    amounts = [Decimal(row["amount"]) for row in rows]
    return {
        "schedule": [
            {
                "number": row["number"],
                "due_on": words.day(row["due_on"]),
                **{name: words.number(row[name]) for name in (*columns, "balance")},
            }
            for row in rows
        ],
        "schedule_sums": {name: words.number(sum(Decimal(row[name]) for row in rows)) for name in columns},
        "interest": words.money(sum(Decimal(row["interest"]) for row in rows)),
        "first_due_on": words.day(rows[0]["due_on"]) if rows else "",
        "level_amount": words.money(amounts[0]) if len(set(amounts[:-1])) == 1 else "",
    }


def _pledge(pledge: dict[str, Any], words: "_Words", *, chinese: bool) -> dict[str, Any]:
    """The pledge as its schedule lists it; empty without one."""
    return {
        "number": pledge.get("number", ""),
        "limit": words.share(pledge.get("limit")),
        "value": words.number(pledge.get("value") or 0),
        "receipts": [
            {
                **{name: one[name] for name in ("number", "grade", "lot", "unit")},
                "goods": (chinese and one.get("goods_zh")) or one.get("goods") or one["commodity"],
                "warehouse": (chinese and one.get("warehouse_zh")) or one["warehouse"],
                "weight": words.weight(one["weight"]),
                "value": words.number(one["value"]),
            }
            for one in pledge.get("receipts") or ()
        ],
    }


def _minimum(terms: dict[str, Any]) -> Decimal:
    """What the first minimum period asks for: as frozen, or the share of all that is to be repaid, as the night
    computes it."""
    if terms.get("minimums"):
        return Decimal(terms["minimums"][0])
    return _share_of_all(terms, "minimum_share")


def _share_of_all(terms: dict[str, Any], name: str) -> Decimal:
    if not int(terms.get("period_days") or 0):
        return Decimal(0)
    lent = Decimal(terms["amount"]) + Decimal(terms["fee"] or 0)
    return round_money(
        lent * Decimal(terms.get(name) or 0), terms["currency"], terms.get("rounding") or "ROUND_HALF_EVEN"
    )


def _plain(number: Any) -> str:
    """A number without the zeros at its end; an empty text for none and for zero."""
    return f"{Decimal(number).normalize():f}" if Decimal(number or 0) else ""


def _refill(refill: dict[str, Any] | None, words: "_Words", amount: Decimal) -> dict[str, str]:
    """The earlier financing that this one pays off: its number, what goes to it, what is left for the seller."""
    if not refill:
        return {}
    held = Decimal(refill["amount"])
    return {"number": refill["number"], "amount": words.money(held), "net": words.money(amount - held)}


def _carried(terms: dict[str, Any], words: "_Words") -> dict[str, str]:
    """What the financing before left owed beside its principal and fee, by component, with its number; empty when
    nothing."""
    carried = {name: words.money(amount) for name, amount in (terms.get("carried") or {}).items()}
    return {"number": terms["restructures"]["number"], **carried} if carried else {}


def _by_standing(waterfall: list[str]) -> list[dict[str, Any]]:
    """The steps of a waterfall as it is followed: one standing after the other, the components in order within each."""
    steps = [step.rpartition("_") for step in waterfall]
    first_seen = list(dict.fromkeys(standing for standing, _dash, _component in steps))
    steps.sort(key=lambda step: first_seen.index(step[0]))
    return [
        {"standing": standing, "components": [component for _standing, _dash, component in group]}
        for standing, group in groupby(steps, key=lambda step: step[0])
    ]


class _Words:
    """Amounts, shares and dates in one language and one currency, by CLDR."""

    def __init__(self, language: str, currency: str) -> None:
        self.locale = Locale.parse(LANGUAGES[language])
        self.currency = currency
        self.currency_name = str(self.locale.currencies.get(currency, currency))

    def money(self, amount: Any) -> str:
        """CNY 10,400.00, 人民币10,400.00元: the currency by its code or name, for a sign may mean several."""
        if not Decimal(amount or 0):
            return ""
        if self.locale.language != "zh":
            return f"{self.currency}\N{NO-BREAK SPACE}{self.number(amount)}"
        return f"{self.currency_name}{self.number(amount)}{'元' if self.currency == 'CNY' else ''}"

    def number(self, amount: Any) -> str:
        """The amount with all minor digits of the currency and without its name, for columns that name it above."""
        return str(format_currency(Decimal(amount), self.currency, format="#,##0.00", locale=self.locale)).strip()

    def share(self, share: Any) -> str:
        """A share of one as percent, to two places at most."""
        if not Decimal(share or 0):
            return ""
        return str(format_percent(Decimal(share), format="#,##0.##%", locale=self.locale))

    def weight(self, weight: str) -> str:
        return str(format_decimal(Decimal(weight), format="#,##0.####", locale=self.locale))

    def day(self, iso: str | None) -> str:
        return str(format_date(date.fromisoformat(iso), format="long", locale=self.locale)) if iso else ""

    def country(self, code: str) -> str:
        return str(self.locale.territories.get(code, code))
