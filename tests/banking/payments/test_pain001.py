"""A batch as pain.001: valid against ISO's own schemas, the same bytes each time, letters that every bank knows."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from apps.banking.payments.letters import in_any_script, in_latin, is_identifier
from apps.banking.payments.pain001 import Debit, NotPayable, Order, Party, Payment, written

D = Decimal
OURS = Party("Meadow Ltd", "DE89 3704 0044 0532 0130 00", "COBADEFFXXX")
FUND = Party("Meadow Funding", "6222000000000001")
LIN = Party("Lin Orchards & Söhne", "GB29NWBK60161331926819", "NWBKGB2L")
ORDER = Order(
    message_id="payouts-2025-03-14",
    created_at=datetime(2025, 3, 15, 1, 30, tzinfo=UTC),
    executes_on=date(2025, 3, 17),
    initiator="Meadow",
    currency="EUR",
    debits=(
        Debit(OURS, (Payment("P20250314-1", D("10.50"), LIN, "Payout"), Payment("P20250314-2", D("0.01"), FUND))),
        Debit(FUND, (Payment("T20250314-1", D("99.99"), OURS),)),
    ),
)


def one(content: bytes, path: str) -> list[str]:
    root = etree.fromstring(content)
    found = root.findall("/".join(f"{{*}}{name}" for name in path.split("/")))
    return [element.text or "" for element in found]


@pytest.mark.parametrize("version", ["03", "09"])
@pytest.mark.parametrize("is_latin", [True, False])
def test_it_is_valid_against_the_schema(shared_data: Path, version: str, is_latin: bool) -> None:
    schema = etree.XMLSchema(etree.parse(shared_data / "xsd" / f"pain.001.001.{version}.xsd"))
    order = replace(ORDER, is_latin=is_latin)
    schema.assertValid(etree.fromstring(written(order, version)))


@pytest.mark.parametrize("version", ["03", "09"])
def test_counts_and_sums_stand_for_the_whole_and_for_each_account(version: str) -> None:
    content = written(ORDER, version)
    assert one(content, "CstmrCdtTrfInitn/GrpHdr/NbOfTxs") == ["3"]
    assert one(content, "CstmrCdtTrfInitn/GrpHdr/CtrlSum") == ["110.50"]
    assert one(content, "CstmrCdtTrfInitn/PmtInf/NbOfTxs") == ["2", "1"]
    assert one(content, "CstmrCdtTrfInitn/PmtInf/CtrlSum") == ["10.51", "99.99"]
    assert one(content, "CstmrCdtTrfInitn/PmtInf/PmtInfId") == ["payouts-2025-03-14-1", "payouts-2025-03-14-2"]
    assert one(content, "CstmrCdtTrfInitn/PmtInf/BtchBookg") == ["false", "false"]


def test_the_same_order_is_the_same_bytes() -> None:
    assert written(ORDER, "03") == written(replace(ORDER), "03")
    assert written(ORDER, "03") != written(ORDER, "09")


def test_names_keep_to_the_letters_that_every_bank_knows() -> None:
    names = one(written(ORDER, "09"), "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Cdtr/Nm")
    assert names[0] == "Lin Orchards + Sohne"


def test_a_chinese_bank_reads_chinese_names_and_another_one_is_not_sent_dots() -> None:
    order = replace(ORDER, debits=(Debit(OURS, (Payment("P-1", D(1), Party("林氏果园", "6222000000000002")),)),))
    assert one(written(replace(order, is_latin=False), "03"), "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Cdtr/Nm") == [
        "林氏果园"
    ]
    with pytest.raises(NotPayable, match="林氏果园"):
        written(order, "03")


def test_an_amount_has_the_decimals_of_its_currency() -> None:
    order = replace(ORDER, currency="JPY", debits=(Debit(OURS, (Payment("P-1", D(1200), LIN),)),))
    assert one(written(order, "03"), "CstmrCdtTrfInitn/GrpHdr/CtrlSum") == ["1200"]


@pytest.mark.parametrize(
    ("payment", "reason"),
    [
        (Payment("P-1", D("1.005"), LIN), "which EUR cannot pay"),
        (Payment("P-1", D(0), LIN), "which EUR cannot pay"),
        (Payment("P-1", D(-1), LIN), "which EUR cannot pay"),
        (Payment("", D(1), LIN), "cannot name a payment"),
        (Payment("P" * 36, D(1), LIN), "cannot name a payment"),
        (Payment("/P-1", D(1), LIN), "cannot name a payment"),
        (Payment("P//1", D(1), LIN), "cannot name a payment"),
        (Payment("P-1", D(1), replace(LIN, number="GB29NWBK60161331926818")), "check digits"),
        (Payment("P-1", D(1), replace(LIN, number="")), "no account number"),
        (Payment("P-1", D(1), replace(LIN, number="12<34")), "no account number"),
        (Payment("P-1", D(1), replace(LIN, bic="NOBANK")), "no BIC"),
    ],
)
def test_what_a_bank_would_refuse_is_not_written(payment: Payment, reason: str) -> None:
    with pytest.raises(NotPayable, match=reason):
        written(replace(ORDER, debits=(Debit(OURS, (payment,)),)), "09")


def test_nothing_to_pay_and_an_unknown_version_are_refused() -> None:
    with pytest.raises(NotPayable, match="no payment"):
        written(replace(ORDER, debits=()), "03")
    with pytest.raises(ValueError, match=r"pain\.001\.001\.11"):
        written(ORDER, "11")


@pytest.mark.parametrize(
    ("name", "latin"),
    [("Łódź Æro & Co", "Lodz AEro + Co"), ("a\tb\n c", "a.b. c"), ("中文", ""), ("A" * 80, "A" * 70), ("  x  ", "x")],
)
def test_letters(name: str, latin: str) -> None:
    assert in_latin(name, 70) == latin


def test_any_script_leaves_out_only_what_cannot_be_printed() -> None:
    assert in_any_script("林\u0000氏\u200b 果园", 70) == "林 氏 果园"
    assert is_identifier("P20250314-1")
    assert not is_identifier("林")
