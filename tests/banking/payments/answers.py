"""pain.002 messages, written out."""


def answer(message_id: str, status: str, *, reason: str = "", words: str = "", payments: str = "") -> str:
    """A bank's answer to the batch `message_id`; without `status` only its parts say what became of it."""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn><AddtlInf>{words}</AddtlInf></StsRsnInf>" if reason else ""
    group = f"<GrpSts>{status}</GrpSts>" if status else ""
    block = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message_id}-1</OrgnlPmtInfId>{payments}</OrgnlPmtInfAndSts>"
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>ANSWER-{message_id}</MsgId><CreDtTm>2025-03-15T08:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}{why}
</OrgnlGrpInfAndSts>{block if payments else ""}</CstmrPmtStsRpt></Document>"""


def rejected(reference: str, reason: str) -> str:
    """One payment that the bank will not make."""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>RJCT</TxSts>{why}</TxInfAndSts>"
