"""One Ntry of a camt message: the line of the account, and the payments that it groups."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from apps.banking.statements import values
from apps.banking.statements.leaves import Leaves, Paths
from apps.banking.statements.parts import Batch, Detail, Entry, Problem, References, Status

T = TypeVar("T")
PAYMENT, BATCHES = "NtryDtls/TxDtls", ("Btch", "NtryDtls/Btch")
APART = frozenset({PAYMENT, *BATCHES})
STATUSES = {"BOOK": Status.BOOKED, "PDNG": Status.PENDING, "INFO": Status.INFORMATION, "FUTR": Status.FUTURE}
ENTRY = Paths(
    *("Amt", "CdtDbtInd", ("BookgDt/Dt", "BookgDt/DtTm"), ("ValDt/Dt", "ValDt/DtTm"), ("Sts/Cd", "Sts/Prtry", "Sts")),
    *("AcctSvcrRef", "NtryRef", "AddtlNtryInf", "RvslInd"),
    *("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd", "BkTxCd/Prtry/Cd"),
)
SIGNS = {"CRDT": 1, "DBIT": -1}
NUMBER = ("Id/IBAN", "Id/Othr/Id", "Id/PrtryAcct/Id", "Id/BBAN", "Id/UPIC")
NAME = ("Nm", "Pty/Nm", "Agt/FinInstnId/Nm")
DETAIL_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")


def _party(party: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where the name and the account of a payment's debtor or creditor stand."""
    names = tuple(f"RltdPties/{one}/{path}" for one in (party, f"Ultmt{party}") for path in NAME)
    return names, tuple(f"RltdPties/{party}Acct/{path}" for path in NUMBER)


PAYMENT_PATHS = Paths(
    *("CdtDbtInd", ("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry"), *_party("Dbtr"), *_party("Cdtr")),
    # the references in their order, but for the entry's
    *("Refs/AcctSvcrRef", "Refs/EndToEndId", "Refs/InstrId", "Refs/PmtInfId", "Refs/MsgId", "Refs/MndtId"),
    ("Refs/UETR", "Refs/TxId"),
    *("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef", "RmtInf/Strd/AddtlRmtInf"),
    "AddtlTxInf",
)


def signed(written: str, indicator: str) -> Decimal:
    """An `Amt`, signed by its `CdtDbtInd`: the direction in which the account moved. Raises Unreadable."""
    amount = values.amount(written)
    if indicator not in SIGNS:
        raise values.Unreadable(f"CdtDbtInd is {values.quoted(indicator)} and neither CRDT nor DBIT")
    if amount < 0:
        raise values.Unreadable(f"{amount} has a sign besides CdtDbtInd")
    return amount if indicator == "CRDT" else amount * SIGNS[indicator]


class Reader:
    """Reads one entry and keeps what it could not trust in `problems`."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Problem] = []

    def entry(self, element: etree._Element) -> Entry:
        leaves = Leaves(element, APART)
        amount, direction, booked_on, value_on, status, bank, own, text, is_reversal, *codes = leaves.all(ENTRY)
        currency = self._tried("Amt", values.currency, leaves.currency("Amt")) or ""
        details = tuple([self._detail(payment, direction, currency) for payment in leaves.groups(PAYMENT)])
        only = details[0] if len(details) == 1 else NO_DETAIL
        return Entry(
            where=self.where,
            amount=self._tried("Amt", signed, amount, direction),
            currency=currency,
            booking_date=self._date("BookgDt", booked_on),
            value_date=self._date("ValDt", value_on),
            status=self._status(status),
            references=References(bank or only.references.bank, own, *only.references[2:]),
            code="/".join(filter(None, codes)),
            counterparty=only.counterparty,
            counterparty_account=only.counterparty_account,
            text=f"{text}\n{only.text}" if text and only.text else text or only.text,
            is_reversal=is_reversal in ("true", "1"),
            details=details,
            batches=tuple([self._batch(batch) for batch in leaves.groups(*BATCHES)]),
        )

    def _tried(self, where: str, read: Callable[..., T], *written: str) -> T | None:
        """What `read` makes of it; None and a problem when it is unreadable."""
        try:
            return read(*written)
        except values.Unreadable as error:
            self.problems.append(Problem(f"{self.where}, {where}", f"{error}."))
            return None

    def _date(self, name: str, written: str) -> date | None:
        return self._tried(name, values.iso_date, written) if written else None

    def _status(self, code: str) -> Status:
        if code in STATUSES:
            return STATUSES[code]
        reason = f"{values.quoted(code)} is no status, so the entry is not counted as booked."
        self.problems.append(Problem(f"{self.where}, Sts", reason))
        return Status.UNKNOWN

    def _batch(self, leaves: Leaves) -> Batch:
        count, written = leaves.text("NbOfTxs"), leaves.text("TtlAmt")
        total = self._tried("Btch", values.amount, written) if written else None
        is_number = count.isascii() and count.isdigit() and len(count) <= values.DIGITS
        return Batch(
            References(message=leaves.text("MsgId"), payment_information=leaves.text("PmtInfId")),
            int(count) if is_number else None,
            total * SIGNS.get(leaves.text("CdtDbtInd"), 1) if total is not None else None,
            leaves.currency("TtlAmt"),
        )

    def _detail(self, leaves: Leaves, direction: str, currency: str) -> Detail:
        """`direction` and `currency` are the entry's: version 2 gives payments no direction of their own."""
        stated, returned, *found = leaves.all(PAYMENT_PATHS)
        debtor, creditor, (bank, *references), texts = found[:2], found[2:4], found[4:11], found[11:]
        is_debit = (stated or direction) == "DBIT"
        name, account = creditor if is_debit else debtor
        written, in_currency = leaves.amount(DETAIL_AMOUNTS, currency)
        amount = self._tried("TxDtls", values.amount, written) if written is not None else None
        if returned:
            texts.append(f"returned: {returned}")
        return Detail(
            amount=amount * -1 if amount is not None and is_debit else amount,
            currency=in_currency,
            references=References(bank, "", *references),
            counterparty=name,
            counterparty_account=account,
            text="\n".join(filter(None, texts)),
            return_reason=returned,
        )


NO_DETAIL = Detail(None, "", References())
