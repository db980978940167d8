"""Contracts as their readers get them: both techniques, both languages, as text drawn from the finished PDF."""

import hashlib
import re
import subprocess
import sys
import unicodedata
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.template import TemplateDoesNotExist
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from apps.core.paper import Nowhere
from apps.evidence.chain import canonical
from apps.financing.papers import contract_html, contract_pdf
from apps.products.audience import TEMPLATES
from apps.products.terms import DEFAULT_WATERFALL

SALES: dict[str, Any] = {
    "number": "C-000123",
    "technique": "sales",
    "language": "en",
    "currency": "CNY",
    "platform": {"name": "Hearth & Harvest", "name_zh": "禾下集市", "country": "CN"},
    "seller": {"name": "李娜棉花专业合作社", "external_id": "S-20931"},
    "financier": "Jiangnan Factoring Co., Ltd.",
    "product": {"code": "harvest", "name": "Harvest advance", "name_zh": "丰收预支", "version": 3},
    "amount": "10000.0000",
    "fee": "400.0000",
    "charge": "400.0000",
    "total": "10400.0000",
    "annual_rate": "",
    "annualised_rate": "0.373000",
    "day_count": "ACT/365F",
    "sweep_rate": "0.12000000",
    "livelihood_floor": "100.0000",
    "day_cap": "2000.0000",
    "minimum_share": "0.05000000",
    "period_days": 14,
    "grace_days": 3,
    "expected_daily_sales": "962.9600",
    "projections": [
        {"case": "slow", "days": 150, "annualised_rate": "0.213100"},
        {"case": "expected", "days": 90, "annualised_rate": "0.373000"},
        {"case": "fast", "days": 60, "annualised_rate": "0.604000"},
    ],
    "advance_rate": "0E-8",
    "due_on": "",
    "orders": [],
    "waterfall": list(DEFAULT_WATERFALL),
    "payout_account": "··6789",
    "business_date": "2026-03-09",
    "valid_until": "2026-03-16",
}
RECEIVABLE: dict[str, Any] = {
    **SALES,
    "technique": "receivable",
    "product": {"code": "early", "name": "Early settlement", "name_zh": "订单提前结算", "version": 1},
    "amount": "600.0000",
    "fee": "0.0000",
    "charge": "3.7500",
    "total": "603.7500",
    "annual_rate": "0.12000000",
    "annualised_rate": "0.126800",
    "sweep_rate": "0.15000000",
    "minimum_share": "0E-8",
    "period_days": 0,
    "projections": [],
    "advance_rate": "0.80000000",
    "due_on": "2026-03-28",
    "orders": [
        {"id": 1, "external_id": "e481f51cbdc54678", "eligible_value": "512.50", "expected_on": "2026-03-27"},
        {"id": 2, "external_id": "53cdb2fc8bc7dce0", "eligible_value": "250.75", "expected_on": "2026-03-28"},
    ],
}


def _row(number: int, due_on: str, principal: str, interest: str, balance: str) -> dict[str, Any]:
    amount = str(sum(map(Decimal, (principal, interest))) + (20 if number == 1 else 0))
    fee = "20.00" if number == 1 else "0.00"
    return {"number": number, "due_on": due_on, "principal": principal, "fee": fee, "interest": interest,
            "amount": amount, "balance": balance}  # fmt: skip


LOAN: dict[str, Any] = {
    **SALES,
    "technique": "order",
    "product": {"code": "stock-loan", "name": "Stock loan", "name_zh": "备货贷", "version": 1},
    "amount": "1000.0000",
    "fee": "20.0000",
    "charge": "40.0100",
    "total": "1040.0100",
    "annual_rate": "0.12000000",
    "annualised_rate": "0.265700",
    "sweep_rate": "0.50000000",
    "minimum_share": "0E-8",
    "period_days": 0,
    "projections": [],
    "due_on": "2026-06-09",
    "plan": {"method": "equal_instalments", "number": 3, "every": 1, "unit": "months", "due_day": 0,
             "principal_grace": 0, "interest_grace": 0, "rounding": "minor", "in_advance": "next", "mode": "horizontal",
             "fee": "0"},
    "schedule": [
        _row(1, "2026-04-09", "329.82", "10.19", "670.18"),
        _row(2, "2026-05-09", "333.40", "6.61", "336.78"),
        _row(3, "2026-06-09", "336.78", "3.43", "0.00"),
    ],
}  # fmt: skip


def text_of(terms: dict[str, Any], language: str) -> str:
    """The words of the PDF; forms that look alike are one (NFKC), white space is one space."""
    pages = PdfReader(BytesIO(contract_pdf(terms, language))).pages
    return " ".join(unicodedata.normalize("NFKC", "\n".join(page.extract_text() for page in pages)).split())


def unspaced(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_an_english_advance_says_its_cost_in_money_first_and_the_rate_beside_it() -> None:
    text = text_of(SALES, "en")
    key_terms = text[text.index("Key terms") : text.index("Definitions")]
    assert "Amount advanced CNY 10,000.00" in key_terms
    assert "Total cost CNY 400.00, a flat fee" in key_terms
    assert "Total to be repaid CNY 10,400.00" in key_terms
    assert key_terms.index("Total cost") < key_terms.index("Annualised rate 37.3% a year")
    assert "slower than expected 150 days CNY 400.00 21.31%" in text
    assert "faster than expected 60 days CNY 400.00 60.4%" in text
    assert "5% of the Total Repayable (CNY 520.00)" in text
    assert "payout account ending 6789" in text
    assert "laws of the People’s Republic of China" in text
    assert "李娜棉花专业合作社" in text
    assert "interest of" not in text  # an advance on sales bears no interest


def test_a_chinese_advance_is_written_in_chinese_with_the_amount_in_capitals() -> None:
    text = unspaced(text_of({**SALES, "financier": "江南商业保理有限公司"}, "zh-hans"))
    assert "融资金额人民币10,000.00元(大写:壹万元整)" in text
    assert "融资总成本人民币400.00元" in text
    assert "还款总额人民币10,400.00元" in text
    assert text.index("融资总成本") < text.index("年化利率37.3%")
    assert "符合预期90天人民币400.00元37.3%" in text
    assert "签约日期:2026年3月9日" in text
    assert "禾下集市" in text
    assert "丰收预支(第3版)" in text
    assert not re.findall(r"[A-Za-z]{3,}", text.replace("SHA-256", "").replace(sha(SALES_ZH), ""))


SALES_ZH = {**SALES, "financier": "江南商业保理有限公司"}


def sha(terms: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(terms).encode()).hexdigest()


@pytest.mark.parametrize(
    ("day_count", "english", "short", "chinese"),
    [
        ("ACT/360", "the actual number of days and a year of 360 days.", "actual/360", "按实际天数、一年360天计算"),
        ("ACT/365F", "the actual number of days and a year of 365 days.", "actual/365", "按实际天数、一年365天计算"),
        ("ACT/ACT ISDA", "the calendar year they lie in.", "actual/actual", "按实际天数、所在公历年度的实际天数计算"),
        (
            "30/360 US",
            "months of 30 days and a year of 360 days",
            "30/360 US",
            "按每月30天、一年360天(美国惯例30/360)计算",
        ),
        ("30E/360", "the European convention 30E/360.", "30E/360", "按每月30天、一年360天(欧洲惯例30E/360)计算"),
    ],
)
def test_the_paper_says_how_days_are_counted(day_count: str, english: str, short: str, chinese: str) -> None:
    terms = {**RECEIVABLE, "day_count": day_count}
    text = text_of(terms, "en")
    assert english in text
    assert f"12% a year, simple, by the day, {short}" in text
    assert chinese in unspaced(text_of(terms, "zh-hans"))


def test_a_receivable_lists_the_assigned_orders_and_their_sum() -> None:
    text = text_of(RECEIVABLE, "en")
    assert "1 e481f51cbdc54678 27 March 2026 512.50" in text
    assert "2 53cdb2fc8bc7dce0 28 March 2026 250.75" in text
    assert "2 orders 763.25" in text
    assert "at most 80% of the Eligible Value of the Assigned Orders, which is CNY 763.25 in all" in text
    assert "Simple interest of 12% a year" in text
    assert "a year of 365 days" in text
    assert "with recourse" in text
    assert "minimum period" not in text


def test_a_chinese_receivable_does_the_same() -> None:
    text = unspaced(text_of(RECEIVABLE, "zh-hans"))
    assert "1e481f51cbdc546782026年3月27日512.50" in text
    assert "合计2笔763.25" in text
    assert "(有追索权)" in text
    assert "于到期日还清的,融资总成本为人民币3.75元,合计归还人民币603.75元" in text


def test_every_page_names_the_contract_and_counts_itself() -> None:
    pages = PdfReader(BytesIO(contract_pdf(RECEIVABLE, "en"))).pages
    for number, page in enumerate(pages, start=1):
        assert "Contract no. C-000123" in page.extract_text()
        assert f"Page {number} of {len(pages)}" in page.extract_text()
    chinese = PdfReader(BytesIO(contract_pdf(RECEIVABLE, "zh-hans"))).pages
    assert f"第1页共{len(chinese)}页" in unspaced(unicodedata.normalize("NFKC", chinese[0].extract_text()))


def test_what_the_terms_leave_out_is_not_in_the_contract() -> None:
    nothing = {**SALES, "livelihood_floor": "0.0000", "day_cap": "", "minimum_share": "0", "period_days": 0}
    nothing |= {"payout_account": "", "expected_daily_sales": "", "grace_days": "", "projections": []}
    text = text_of(nothing, "en")
    assert "Always left" not in text
    assert "past due from then on" not in text
    assert "There is no minimum repayment and no final date." in text
    assert "None" not in text


def test_a_waterfall_is_told_in_its_own_order() -> None:
    steps = ["due_principal", "due_fee", "past_due_interest", "past_due_principal", "in_advance_principal"]
    text = text_of({**SALES, "waterfall": steps}, "en")
    assert "(a) to what is due: principal, then fees; (b) to what is past due, the oldest first: interest, then" in text


def test_the_terms_own_hash_stands_beside_the_signatures() -> None:
    assert sha(SALES) in unspaced(text_of(SALES, "en"))
    assert sha(SALES) in unspaced(text_of(SALES, "zh-hans"))
    assert sha(SALES) not in unspaced(text_of({**SALES, "amount": "10000.01"}, "en"))


def test_a_hostile_name_stays_text() -> None:
    name = '<script>alert(1)</script> & {{ number }} <img src="http://outside.example/x.png">'
    terms = {**SALES, "seller": {"name": name, "external_id": "'><b>"}}
    page = contract_html(terms, "en")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "<script>alert(1)</script> & {{ number }}" in text_of(terms, "en")


def test_a_contract_loads_nothing_from_anywhere() -> None:
    for address in ("https://outside.example/x.png", "file:///etc/hostname"):
        with pytest.raises(FatalURLFetchingError, match="loads nothing"):
            Nowhere().fetch(address)


@pytest.mark.parametrize("currency", ["BRL", "JPY", "KWD"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_other_currencies_have_their_own_minor_unit(currency: str, language: str) -> None:
    text = unspaced(text_of({**SALES, "currency": currency}, language))
    figure = {"BRL": "10,400.00", "JPY": "10,400", "KWD": "10,400.000"}[currency]
    name = {"BRL": "巴西雷亚尔", "JPY": "日元", "KWD": "科威特第纳尔"}[currency] if language != "en" else currency
    assert re.search(rf"{name}{figure}(?![\d.])", text)
    assert "大写" not in text
    assert "人民币" not in text


@pytest.mark.parametrize("terms", [SALES, RECEIVABLE], ids=["sales", "receivable"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_letter_is_missing_and_every_font_travels_with_the_paper(terms: dict[str, Any], language: str) -> None:
    reader = PdfReader(BytesIO(contract_pdf(terms, language)))
    names = set()
    for page in reader.pages:
        fonts: Any = page["/Resources"]
        for font in fonts["/Font"].values():
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)
            names.add(str(descriptor["/FontName"]))
    assert all("CJK" in name for name in names), "a letter fell back to another font: is fonts-noto-cjk installed?"
    text = "".join(page.extract_text() for page in reader.pages)
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert "\0" not in text


def test_the_same_terms_give_the_same_bytes_in_another_process_too() -> None:
    paper = contract_pdf(SALES, "en")
    assert contract_pdf(dict(reversed(SALES.items())), "en") == paper
    assert contract_pdf({**SALES, "amount": "10000.01"}, "en") != paper
    script = (
        "import hashlib, sys, django; django.setup();"
        "from apps.financing.papers import contract_pdf; from tests.financing.test_papers import SALES;"
        "sys.stdout.write(hashlib.sha256(contract_pdf(SALES, 'en')).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.splitlines()[-1] == hashlib.sha256(paper).hexdigest()


def test_a_technique_without_a_paper_is_refused() -> None:
    with pytest.raises(KeyError, match="payable"):
        contract_html({**SALES, "technique": "payable"}, "en")


AGREED: dict[str, Any] = {
    **SALES,
    "minimums": ["520.00", "1040.00", "8840.00"],
    "maximum_share": "0.25",
    "near_breach_share": "0.8",
    "near_breach_checks": 3,
    "penalty_per_thousand": "0.50000000",
    "fee_rebate": "1",
    "rebate_days": 120,
    "dispute_fee": "7.5000",
    "refill": {"financing": 1, "number": "F-000007", "amount": "5600.00"},
}


def test_what_else_was_agreed_stands_in_the_paper_in_both_languages() -> None:
    english = " ".join(contract_html(AGREED, "en").split())
    for said in (
        "0.5 for every 1,000 and day", "3 days of grace", "owes CNY 7.50 for it",
        "spread evenly over 120 days",
        "deductions of the same period of 14 days to CNY 2,600.00", "less than 80% of even progress",
        "8,840.00", "pay off the Seller’s financing F-000007", "CNY 4,400.00 are paid",
        "There is no other cost for who pays in time",
    ):  # fmt: skip
        assert said in english, said
    assert "No default interest" not in english
    assert "stays owed in full" not in english
    chinese = "".join(contract_html(AGREED, "zh-hans").split())
    for said in (
        "每日按千分之0.5计收罚息",
        "按120天平均分摊",
        "扣划合计达到人民币2,600.00元",
        "检查3次",
        "第3期",
        "F-000007",
        "按时还款的",
    ):
        assert said in chinese, said
    assert "不收取罚息" not in chinese


def test_a_rate_a_year_is_said_as_one_and_without_terms_nothing_is_said() -> None:
    by_rate = {**SALES, "penalty_rate": "0.18000000", "penalty_per_thousand": "0E-8"}
    assert "18% a year, simple, by the day" in " ".join(contract_html(by_rate, "en").split())
    plain = contract_html(SALES, "en")
    assert "No default interest" in plain
    assert "The flat fee stays owed in full." in plain


def test_an_english_loan_shows_its_cost_in_money_and_every_instalment() -> None:
    text = text_of(LOAN, "en")
    key_terms = text[text.index("Key terms") : text.index("Definitions")]
    assert "Total cost CNY 40.01 if each instalment is paid on its date" in key_terms
    assert key_terms.index("Total cost") < key_terms.index("Annualised rate 26.57% a year")
    assert "3 instalments, the first on 9 April 2026, the last on 9 June 2026" in key_terms
    assert "1 9 April 2026 360.01 329.82 20.00 10.19 670.18" in text
    assert "3 9 June 2026 340.21 336.78 0.00 3.43 0.00" in text
    assert "In all 1,040.23 1,000.00 20.00 20.23" in text
    assert "deducts 50% of the Net Sales" in text
    assert "pays the next Instalments" in text
    assert "Assigned Orders" not in text  # it rests on no orders


def test_a_chinese_loan_has_the_table_of_instalments() -> None:
    text = unspaced(text_of(LOAN, "zh-hans"))
    assert "分期借款合同" in text
    assert "共3期,首期2026年4月9日,末期2026年6月9日" in text
    assert "22026年5月9日340.01333.400.006.61336.78" in text
    assert "依次冲抵以后各期" in text
    assert "转让订单" not in text


RECEIPT: dict[str, Any] = {
    **RECEIVABLE,
    "technique": "receipt",
    "orders": [],
    "pledge": {"number": "P-000001", "limit": "0.6", "value": "1000.00", "lendable": "600.00", "receipts": []},
}
BY_FOLDER = {"sales": SALES, "receivable": RECEIVABLE, "instalments": LOAN, "receipt": RECEIPT}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("folder", BY_FOLDER)
def test_every_technique_has_every_template_and_their_clauses_are_the_same(folder: str, language: str) -> None:
    stated = BY_FOLDER[folder]
    papers = {name: contract_html({**stated, "template": name}, language) for name in TEMPLATES}
    assert set(papers) == {"standard", "plain_words"}
    clauses = {name: paper[paper.index("<main>") : paper.index("</main>")] for name, paper in papers.items()}
    assert clauses["standard"] == clauses["plain_words"]
    assert '<section class="plain-words">' in papers["plain_words"]
    assert "plain-words" not in papers["standard"]
    assert contract_html(stated, language).count("plain-words") == 0  # made before there was a choice


def test_the_summary_says_what_the_clauses_say_and_where_it_does_not_count() -> None:
    text = text_of({**SALES, "template": "plain_words"}, "en")
    summary = text[text.index("In plain words") : text.index("Definitions")]
    assert "CNY 400.00, a fee that does not grow: you get CNY 10,000.00 and repay CNY 10,400.00 in all." in summary
    assert "Each night 12% of that day’s sales, refunds taken off first, goes to the Financier." in summary
    assert "CNY 100.00 of a day’s sales always stay yours." in summary
    assert "But there is a least amount: CNY 520.00 in every 14 days." in summary
    assert "Being late costs nothing more." in summary
    assert "the clauses hold" in summary
    late = text_of({**SALES, "template": "plain_words", "penalty_rate": "0.18"}, "en")
    assert "What is late costs 18% a year more, from 3 days after the date." in late
    chinese = unspaced(text_of({**SALES_ZH, "template": "plain_words"}, "zh-hans"))
    assert "人民币400.00元,一次定好,不会再涨。拿到人民币10,000.00元,合计还人民币10,400.00元" in chinese
    assert "每14天至少还人民币520.00元" in chinese


def test_a_template_that_is_not_there_makes_no_paper() -> None:
    with pytest.raises(TemplateDoesNotExist):
        contract_html({**SALES, "template": "gilded"}, "en")
