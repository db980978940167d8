"""One Ntry of a camt message: the line of the account, and the payments that it groups."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from apps.banking.statements import values
from apps.banking.statements.leaves import Leaves
from apps.banking.statements.parts import Batch, Detail, Entry, Problem, References, Status

T = TypeVar("T")
APART = frozenset({"NtryDtls/TxDtls", "NtryDtls/Btch", "Btch"})
STATUSES = {"BOOK": Status.BOOKED, "PDNG": Status.PENDING, "INFO": Status.INFORMATION, "FUTR": Status.FUTURE}
SIGNS = {"CRDT": 1, "DBIT": -1}
NUMBER = ("Id/IBAN", "Id/Othr/Id", "Id/PrtryAcct/Id", "Id/BBAN", "Id/UPIC")
NAME = ("Nm", "Pty/Nm", "Agt/FinInstnId/Nm")
DETAIL_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")
TEXTS = (
    "RmtInf/Ustrd",
    "RmtInf/Strd/CdtrRefInf/Ref",
    "RmtInf/Strd/CdtrRefInf/CdtrRef",
    "RmtInf/Strd/AddtlRmtInf",
    "AddtlTxInf",
)
PARTIES = {  # whose name and account the other side's are
    "CRDT": tuple(tuple(f"RltdPties/{party}/{path}" for path in NAME) for party in ("Dbtr", "UltmtDbtr")),
    "DBIT": tuple(tuple(f"RltdPties/{party}/{path}" for path in NAME) for party in ("Cdtr", "UltmtCdtr")),
}
ACCOUNTS = {
    "CRDT": tuple(f"RltdPties/DbtrAcct/{path}" for path in NUMBER),
    "DBIT": tuple(f"RltdPties/CdtrAcct/{path}" for path in NUMBER),
}
CODES = ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd", "BkTxCd/Prtry/Cd")


def signed_amount(leaves: Leaves) -> Decimal:
    """`Amt`, signed by `CdtDbtInd`: the direction in which the account moved. Raises Unreadable."""
    written = values.amount(leaves.text("Amt"))
    indicator = leaves.text("CdtDbtInd")
    if indicator not in SIGNS:
        raise values.Unreadable(f"CdtDbtInd is {values.quoted(indicator)} and neither CRDT nor DBIT")
    if written < 0:
        raise values.Unreadable(f"{written} has a sign besides CdtDbtInd")
    return written * SIGNS[indicator]


class Reader:
    """Reads one entry and keeps what it could not trust in `problems`."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Problem] = []

    def entry(self, element: etree._Element) -> Entry:
        leaves = Leaves(element, APART)
        currency = self._tried("Amt", lambda: values.currency(leaves.currency("Amt"))) or ""
        direction = leaves.text("CdtDbtInd")
        details = tuple(
            self._detail(Leaves(payment), direction, currency) for payment in leaves.groups.get("NtryDtls/TxDtls", ())
        )
        only = details[0] if len(details) == 1 else NO_DETAIL
        batches = tuple(
            self._batch(Leaves(batch)) for path in ("Btch", "NtryDtls/Btch") for batch in leaves.groups.get(path, ())
        )
        return Entry(
            where=self.where,
            amount=self._tried("Amt", lambda: signed_amount(leaves)),
            currency=currency,
            booking_date=self._date(leaves, "BookgDt"),
            value_date=self._date(leaves, "ValDt"),
            status=self._status(leaves),
            references=_entry_references(leaves, only.references),
            code="/".join(filter(None, map(leaves.text, CODES))),
            counterparty=only.counterparty,
            counterparty_account=only.counterparty_account,
            text="\n".join(filter(None, (leaves.text("AddtlNtryInf"), only.text))),
            is_reversal=leaves.text("RvslInd") in ("true", "1"),
            details=details,
            batches=batches,
        )

    def _tried(self, where: str, read: Callable[[], T]) -> T | None:
        """What `read` gives; None and a problem when it is unreadable."""
        try:
            return read()
        except values.Unreadable as error:
            self.problems.append(Problem(f"{self.where}, {where}", f"{error}."))
            return None

    def _date(self, leaves: Leaves, name: str) -> date | None:
        written = leaves.text(f"{name}/Dt", f"{name}/DtTm")
        return self._tried(name, lambda: values.iso_date(written)) if written else None

    def _status(self, leaves: Leaves) -> Status:
        code = leaves.text("Sts/Cd", "Sts/Prtry", "Sts")
        if code not in STATUSES:
            reason = f"{values.quoted(code)} is no status, so the entry is not counted as booked."
            self.problems.append(Problem(f"{self.where}, Sts", reason))
        return STATUSES.get(code, Status.UNKNOWN)

    def _batch(self, leaves: Leaves) -> Batch:
        count, written = leaves.text("NbOfTxs"), leaves.text("TtlAmt")
        total = self._tried("Btch", lambda: values.amount(written)) if written else None
        is_number = count.isascii() and count.isdigit() and len(count) <= values.DIGITS
        return Batch(
            References(message=leaves.text("MsgId"), payment_information=leaves.text("PmtInfId")),
            int(count) if is_number else None,
            total * SIGNS.get(leaves.text("CdtDbtInd"), 1) if total is not None else None,
            leaves.currency("TtlAmt"),
        )

    def _detail(self, leaves: Leaves, direction: str, currency: str) -> Detail:
        """`direction` and `currency` are the entry's: version 2 gives payments no direction of their own."""
        own = leaves.text("CdtDbtInd") or direction
        stated = [path for path in DETAIL_AMOUNTS if path in leaves]
        path = next((path for path in stated if leaves.currency(path) == currency), stated[0] if stated else "")
        written = self._tried("TxDtls", lambda: values.amount(leaves.text(path))) if path else None
        theirs = own if own in PARTIES else "CRDT"
        first, ultimate = PARTIES[theirs]
        returned = leaves.text("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")
        texts = [*map(leaves.text, TEXTS), f"returned: {returned}" if returned else ""]
        return Detail(
            amount=written * SIGNS.get(own, 1) if written is not None else None,
            currency=leaves.currency(path),
            references=_references(leaves),
            counterparty=leaves.text(*first, *ultimate),
            counterparty_account=leaves.text(*ACCOUNTS[theirs]),
            text="\n".join(filter(None, texts)),
            return_reason=returned,
        )


def _references(leaves: Leaves) -> References:
    return References(
        bank=leaves.text("Refs/AcctSvcrRef"),
        end_to_end=leaves.text("Refs/EndToEndId"),
        instruction=leaves.text("Refs/InstrId"),
        payment_information=leaves.text("Refs/PmtInfId"),
        message=leaves.text("Refs/MsgId"),
        mandate=leaves.text("Refs/MndtId"),
        transaction=leaves.text("Refs/UETR", "Refs/TxId"),
    )


def _entry_references(leaves: Leaves, only: References) -> References:
    """The entry's own references; a single payment's stand where the entry has none."""
    return References(
        bank=leaves.text("AcctSvcrRef") or only.bank,
        entry=leaves.text("NtryRef"),
        end_to_end=only.end_to_end,
        instruction=only.instruction,
        payment_information=only.payment_information,
        message=only.message,
        mandate=only.mandate,
        transaction=only.transaction,
    )


NO_DETAIL = Detail(None, "", References())
