"""Small statement files, written out, and the reading of them."""

import io

from apps.banking.statements.parts import Refused
from apps.banking.statements.reading import PLAIN, Options, StatementFile, read

ACCOUNT = "DE89370400440532013000"


def read_text(text: str | bytes, options: Options = PLAIN) -> StatementFile:
    """The file that holds `text`."""
    content = text.encode() if isinstance(text, str) else text
    return read(io.BytesIO(content), "statement", options)


def refusal(text: str | bytes, options: Options = PLAIN) -> str:
    """The one reason why nothing of `text` is taken."""
    try:
        taken = read_text(text, options)
    except Refused as error:
        return str(error)
    raise AssertionError(f"It was not refused: {taken}")


def reasons(file: StatementFile) -> list[str]:
    """Every problem, of statements and of the file."""
    of_statements = [problem.reason for statement in file.statements for problem in statement.problems]
    return of_statements + [problem.reason for problem in file.problems]


def camt(entries: str, *, opening: str = "100.00", closing: str = "100.00", version: str = "camt.053.001.08") -> str:
    """A camt.053 of one statement in EUR."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><BkToCstmrStmt>
<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-03-31T18:00:00</CreDtTm></GrpHdr>
<Stmt><Id>2026-03</Id><ElctrncSeqNb>3</ElctrncSeqNb><CreDtTm>2026-03-31T18:00:00</CreDtTm>
<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>EUR</Ccy></Acct>
{camt_balance("OPBD", opening, "2026-03-01")}
{camt_balance("CLBD", closing, "2026-03-31")}
{entries}
</Stmt></BkToCstmrStmt></Document>"""


def camt_balance(kind: str, amount: str, on: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def camt_entry(amount: str, direction: str = "CRDT", *, status: str = "<Cd>BOOK</Cd>", more: str = "",
               booked: str = "2026-03-10", currency: str = "EUR") -> str:  # fmt: skip
    return (
        f"<Ntry><Amt Ccy='{currency}'>{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>{status}</Sts>"
        f"<BookgDt><Dt>{booked}</Dt></BookgDt><ValDt><Dt>2026-03-11</Dt></ValDt>{more}</Ntry>"
    )


def mt940(lines: str, *, opening: str = "C260301EUR100,00", closing: str = "C260331EUR100,00") -> str:
    """An MT940 of one statement."""
    return f":20:M-1\n:25:{ACCOUNT}\n:28C:3/1\n:60F:{opening}\n{lines}:62F:{closing}\n-\n"


def ofx(entries: str, *, account: str = "12345678", currency: str = "USD") -> str:
    """An OFX 1 of one statement: elements without an end."""
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS>"
        f"<STMTRS><CURDEF>{currency}<BANKACCTFROM><BANKID>987<ACCTID>{account}</BANKACCTFROM>\n"
        f"<BANKTRANLIST><DTSTART>20260301<DTEND>20260331\n{entries}</BANKTRANLIST>\n"
        "<LEDGERBAL><BALAMT>250.00<DTASOF>20260331</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )
