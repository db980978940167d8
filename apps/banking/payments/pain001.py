"""pain.001, the customer's credit transfer initiation of ISO 20022, versions 03 and 09: the same order, the same bytes.

One payment information a debit account, each payment booked on its own (`BtchBookg` false), so that the bank's line for
it carries its end-to-end id.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from lxml import etree

from apps.banking.payments.letters import in_any_script, in_latin, is_identifier
from apps.core.money import ZERO, round_money

VERSIONS = ("03", "09")
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001."
LONGEST_NAME, LONGEST_TEXT = 70, 140
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
NO_BIC = "NOTPROVIDED"


class NotPayable(ValueError):
    """The order cannot be written as banks read it. The message says which payment, and why."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who pays or is paid, and the account: an IBAN or a local number; `bic` may be empty."""

    name: str
    number: str
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One credit transfer in the order's currency. `end_to_end` comes back on the bank's line."""

    end_to_end: str
    amount: Decimal
    to: Party
    text: str = ""


@dataclass(frozen=True, slots=True)
class Debit:
    """What one account of ours pays."""

    account: Party
    payments: tuple[Payment, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A batch as the bank is to execute it on `executes_on`. `is_latin` keeps names to the letters every bank knows."""

    message_id: str
    created_at: datetime
    executes_on: date
    initiator: str
    currency: str
    debits: tuple[Debit, ...]
    is_latin: bool = True


def written(order: Order, version: str) -> bytes:
    """`order` as a pain.001.001.`version` in UTF-8. Amounts have the currency's own decimals; nothing is rounded.

    Raises NotPayable for an order without payments, identifiers or names that a bank would refuse, an IBAN with wrong
    check digits, and amounts that the currency cannot pay; ValueError for an unknown version.
    """
    if version not in VERSIONS:
        raise ValueError(f"pain.001.001.{version} is not written here.")
    return _Writer(order, version).document()


class _Writer:
    """Builds one document, element by element in the order of the schema."""

    def __init__(self, order: Order, version: str) -> None:
        self.order = order
        self.namespace = f"{NAMESPACE}{version}"
        self.is_new = version == "09"

    def document(self) -> bytes:
        order = self.order
        payments = [payment for debit in order.debits for payment in debit.payments]
        if not payments:
            raise NotPayable("There is no payment in it.")
        root = etree.Element(etree.QName(self.namespace, "Document"), nsmap={None: self.namespace})
        message = self._add(root, "CstmrCdtTrfInitn")
        header = self._add(message, "GrpHdr")
        self._add(header, "MsgId", self._identifier(order.message_id))
        self._add(header, "CreDtTm", order.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
        self._sums(header, payments)
        self._add(self._add(header, "InitgPty"), "Nm", self._name(order.initiator))
        for number, debit in enumerate(order.debits, 1):
            self._debit(message, debit, number)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)

    def _debit(self, message: etree._Element, debit: Debit, number: int) -> None:
        block = self._add(message, "PmtInf")
        self._add(block, "PmtInfId", self._identifier(f"{self.order.message_id}-{number}"))
        self._add(block, "PmtMtd", "TRF")
        self._add(block, "BtchBookg", "false")
        self._sums(block, debit.payments)
        wanted = self._add(block, "ReqdExctnDt", None if self.is_new else self.order.executes_on.isoformat())
        if self.is_new:
            self._add(wanted, "Dt", self.order.executes_on.isoformat())
        self._add(self._add(block, "Dbtr"), "Nm", self._name(debit.account.name))
        account = self._account(block, "DbtrAcct", debit.account)
        self._add(account, "Ccy", self.order.currency)
        self._agent(block, "DbtrAgt", debit.account.bic)
        for payment in debit.payments:
            self._payment(block, payment)

    def _payment(self, block: etree._Element, payment: Payment) -> None:
        part = self._add(block, "CdtTrfTxInf")
        self._add(self._add(part, "PmtId"), "EndToEndId", self._identifier(payment.end_to_end))
        amount = self._add(self._add(part, "Amt"), "InstdAmt", self._amount(payment))
        amount.set("Ccy", self.order.currency)
        if payment.to.bic:
            self._agent(part, "CdtrAgt", payment.to.bic)
        self._add(self._add(part, "Cdtr"), "Nm", self._name(payment.to.name))
        self._account(part, "CdtrAcct", payment.to)
        if text := self._letters(payment.text, LONGEST_TEXT):
            self._add(self._add(part, "RmtInf"), "Ustrd", text)

    def _sums(self, parent: etree._Element, payments: Iterable[Payment]) -> None:
        amounts = [payment.amount for payment in payments]
        self._add(parent, "NbOfTxs", str(len(amounts)))
        self._add(parent, "CtrlSum", str(round_money(sum(amounts, ZERO), self.order.currency)))

    def _account(self, parent: etree._Element, name: str, party: Party) -> etree._Element:
        account = self._add(parent, name)
        identity = self._add(account, "Id")
        number = "".join(party.number.split()).upper()
        if IBAN.fullmatch(number):
            if not _checks(number):
                raise NotPayable(f"The check digits of {number} of {party.name} are wrong.")
            self._add(identity, "IBAN", number)
        elif number and in_latin(number, 35) == number:
            self._add(self._add(identity, "Othr"), "Id", number[:34])
        else:
            raise NotPayable(f"{party.number or 'No account'} of {party.name} is no account number.")
        return account

    def _agent(self, parent: etree._Element, name: str, bic: str) -> None:
        bank = self._add(self._add(parent, name), "FinInstnId")
        if not bic:
            self._add(self._add(bank, "Othr"), "Id", NO_BIC)
        elif BIC.fullmatch(bic):
            self._add(bank, "BICFI" if self.is_new else "BIC", bic)
        else:
            raise NotPayable(f"{bic} is no BIC.")

    def _amount(self, payment: Payment) -> str:
        exact = round_money(payment.amount, self.order.currency)
        if exact != payment.amount or exact <= 0:
            raise NotPayable(f"{payment.end_to_end} is of {payment.amount}, which {self.order.currency} cannot pay.")
        return str(exact)

    def _identifier(self, text: str) -> str:
        if not is_identifier(text):
            raise NotPayable(f"{text!r} cannot name a payment: 1 to 35 plain letters, figures and hyphens can.")
        return text

    def _name(self, name: str) -> str:
        told = self._letters(name, LONGEST_NAME)
        if not told:
            raise NotPayable(f"{name!r} has no letter that every bank knows: its account needs a holder in Latin.")
        return told

    def _letters(self, text: str, longest: int) -> str:
        return in_latin(text, longest) if self.order.is_latin else in_any_script(text, longest)

    def _add(self, parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
        element = etree.SubElement(parent, etree.QName(self.namespace, name))
        element.text = text
        return element


def _checks(iban: str) -> bool:
    """ISO 7064, MOD 97-10, as ISO 13616 asks of an IBAN."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1
