"""pain.002, the bank's answer to a pain.001, of every version: what became of the batch and of each payment in it."""

import hashlib
from dataclasses import dataclass
from typing import IO

from lxml import etree

from apps.banking.statements.leaves import Leaves

LARGEST = 32 * 1024 * 1024  # bytes
ACCEPTED = frozenset({"ACCP", "ACTC", "ACSP", "ACSC", "ACCC", "ACWC", "ACWP", "ACFC"})
REJECTED, IN_PART = "RJCT", "PART"
WAITING = frozenset({"RCVD", "PDNG", "PATC"})
BLOCK, PAYMENT, GROUP = "OrgnlPmtInfAndSts", "TxInfAndSts", "OrgnlGrpInfAndSts"
REASON = ("StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry")


class NoAnswer(ValueError):
    """The file is no pain.002 that can be trusted. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """What the bank says of one payment: its end-to-end id, the code of its status, and why.

    `is_own_reason` tells a reason of this payment from one of all in its block, such as a fault of our own account.
    """

    end_to_end: str
    status: str
    reason: str
    is_own_reason: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank says of the batch `message_id`. `status` is the batch's own, else what its parts come to.

    `payments` holds those that the file names; one in a payment information that was rejected as a whole is not named.
    """

    digest: str
    message_id: str
    status: str
    reason: str
    payments: tuple[PaymentStatus, ...]

    @property
    def rejected(self) -> tuple[PaymentStatus, ...]:
        return tuple(one for one in self.payments if one.status == REJECTED)


def read(source: IO[bytes]) -> Answer:
    """The answer in `source`. Raises NoAnswer for a file that is none, has a document type, or knows no status."""
    content = source.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise NoAnswer(f"The file is larger than {LARGEST // 1024 // 1024} MB.")
    root = _root(content)
    report = next(root.iter("{*}CstmrPmtStsRpt"), None)
    if report is None:
        raise NoAnswer("This is no answer to a payment batch: it holds no pain.002 message.")
    group = Leaves(next(report.iter(f"{{*}}{GROUP}"), report))
    blocks = [Leaves(one, frozenset({PAYMENT})) for one in report.iter(f"{{*}}{BLOCK}")]
    payments = tuple(_payment(one, block) for block in blocks for one in block.groups(PAYMENT))
    stated = [block.text("PmtInfSts") for block in blocks if block.text("PmtInfSts")]
    status = group.text("GrpSts") or _together(stated or [one.status for one in payments])
    if status not in ACCEPTED | WAITING | {REJECTED, IN_PART}:
        raise NoAnswer(f"{status or 'Nothing'} is no status of a batch that is known here.")
    if unknown := [one.status for one in payments if one.status not in ACCEPTED | WAITING | {REJECTED}]:
        raise NoAnswer(f"{unknown[0] or 'Nothing'} is no status of a payment that is known here.")
    return Answer(
        hashlib.sha256(content).hexdigest(),
        group.text("OrgnlMsgId"),
        status,
        _reason(group) or next((_reason(block) for block in blocks if _reason(block)), ""),
        payments,
    )


def _root(content: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NoAnswer(f"This is no whole XML: {error}.") from None
    if root.getroottree().docinfo.doctype:
        raise NoAnswer("The XML declares a document type: answers have none, so it is not read.")
    return root


def _payment(leaves: Leaves, block: Leaves) -> PaymentStatus:
    own = _reason(leaves)
    status = leaves.text("TxSts") or block.text("PmtInfSts")
    return PaymentStatus(leaves.text("OrgnlEndToEndId"), status, own or _reason(block), bool(own))


def _reason(leaves: Leaves) -> str:
    """The code and, behind it, the words."""
    told = (leaves.text(*REASON), leaves.text("StsRsnInf/AddtlInf"))
    return " ".join(" ".join(filter(None, told)).split())[:140]


def _together(statuses: list[str]) -> str:
    """What the parts come to: all alike, or accepted in part."""
    kinds = {REJECTED if one == REJECTED else "ACCP" if one in ACCEPTED else one for one in statuses}
    return kinds.pop() if len(kinds) == 1 else IN_PART if kinds else ""


__all__ = ["Answer", "NoAnswer", "PaymentStatus", "read"]
