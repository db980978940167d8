"""Reading a camt.053 of many entries, beside a bare lxml walk of the same file.

    python -m benchmarks.read_statements [--entries 100000]

The walk touches name and text of every element of every entry and forgets it; ours also checks, converts, counts and
proves. Printed: seconds of processor time of both (best of three), their ratio (at least 0.5), and what reading adds
to the process's memory (at most 64 MB).
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from apps.banking.statements.proof import Statement
from apps.banking.statements.reading import scan

LEAST_RATIO, MOST_MEMORY = 0.5, 64
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-03-31T18:00:00</CreDtTm></GrpHdr>
<Stmt><Id>2026-03</Id><ElctrncSeqNb>3</ElctrncSeqNb><CreDtTm>2026-03-31T18:00:00</CreDtTm>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>
"""
BALANCE = (
    "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
    "<Dt><Dt>2026-03-01</Dt></Dt></Bal>\n"
)
ENTRY = """<Ntry>
  <NtryRef>{number}</NtryRef>
  <Amt Ccy="EUR">{amount}</Amt>
  <CdtDbtInd>CRDT</CdtDbtInd>
  <Sts><Cd>BOOK</Cd></Sts>
  <BookgDt><Dt>2026-03-10</Dt></BookgDt>
  <ValDt><Dt>2026-03-10</Dt></ValDt>
  <AcctSvcrRef>B{number}</AcctSvcrRef>
  <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
  <NtryDtls><TxDtls>
    <Refs><EndToEndId>ORDER-{number}</EndToEndId><TxId>T{number}</TxId></Refs>
    <Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
    <RltdPties><Dbtr><Pty><Nm>Buyer {number}</Nm></Pty></Dbtr>
      <DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct></RltdPties>
    <RmtInf><Ustrd>Order {number}</Ustrd></RmtInf>
  </TxDtls></NtryDtls>
</Ntry>
"""


def written(path: Path, entries: int) -> None:
    """A statement of `entries` credits whose balances add up."""
    cents = sum(100 + number % 9_000 for number in range(entries))
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        file.write(BALANCE.format(kind="OPBD", amount="0.00"))
        file.write(BALANCE.format(kind="CLBD", amount=f"{cents // 100}.{cents % 100:02}"))
        for number in range(entries):
            amount = 100 + number % 9_000
            file.write(ENTRY.format(number=number, amount=f"{amount // 100}.{amount % 100:02}"))
        file.write("</Stmt></BkToCstmrStmt></Document>")


def walked(path: Path) -> int:
    """A bare walk: every element of every entry is seen, its name and its text; returns their letters."""
    seen = 0
    for _event, entry in etree.iterparse(path, events=("end",), tag="{*}Ntry"):
        for element in entry.iter():
            seen += len(str(element.tag)) + len(element.text or "")
        parent = entry.getparent()
        entry.clear()
        if parent is not None:
            del parent[0 : parent.index(entry)]
    return seen


def read(path: Path) -> int:
    """Ours, as a stream; the entries of its one statement, which adds up."""
    with path.open("rb") as file:
        _head, told = scan(file, path.name)
        statements = [part for part in told if isinstance(part, Statement)]
    assert statements[0].adds_up
    return statements[0].count


def best(work: Callable[[], object], times: int = 3) -> float:
    """The fastest of some runs, in seconds of the processor: other programs do not count."""
    return min(_timed(work) for _time in range(times))


def _timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def memory() -> float:
    """The most that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def figures(entries: int) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "statement.xml"
        written(path, entries)
        bare = best(lambda: walked(path))
        before = memory()
        ours = best(lambda: read(path))
        added = memory() - before
        yield f"{entries:,} entries, {path.stat().st_size / 1e6:.0f} MB"
        yield f"bare walk {bare:.2f} s, reading {ours:.2f} s: {bare / ours:.2f} of its rate (at least {LEAST_RATIO})"
        yield f"memory {added:.0f} MB more (at most {MOST_MEMORY})"
        if bare / ours < LEAST_RATIO or added > MOST_MEMORY:
            yield "beyond its limit"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=100_000)
    told = list(figures(parser.parse_args().entries))
    sys.stdout.write("\n".join(told) + "\n")
    return int("beyond its limit" in told)


if __name__ == "__main__":
    sys.exit(main())
