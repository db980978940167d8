"""What a statement file says, as lines of text: `KIND key=value ...`, made to be read and to be searched with grep.

The kinds and keys are described in docs/statements.md; what is empty is left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import IO

from apps.banking.statements.parts import Balance, Detail, Entry, FileHead, Heading, Problem, References
from apps.banking.statements.proof import Statement, Told
from apps.banking.statements.reading import Options, scan


@dataclass
class Total:
    """What a file came to."""

    statements: int = 0
    entries: int = 0
    accounts: set[str] = field(default_factory=set)
    wrong: int = 0  # statements that do not add up
    unproved: int = 0
    problems: int = 0
    first: str = ""  # the reason of the first problem


TABLE = (
    "| file | format | statements | entries | add up | read, or the one reason |",
    "| --- | --- | --: | --: | --: | --- |",
)


def tabled(source: IO[bytes], path: Path, options: Options) -> Iterator[str]:
    """The row of TABLE about one file. Raises Refused before it."""
    head, told = scan(source, path.name, options)
    total = Total()
    for part in told:
        _count(total, part)
    proved = total.statements - total.wrong - total.unproved
    said = f"read, left to a person: {total.first}" if total.first else "read"
    if not total.first and total.wrong + total.unproved:
        said = "read; what is not proved by its balances is left to a person"
    yield _row(path, f"{head.format} {head.version}".strip(), total.statements, total.entries, proved, said)


def refused_row(path: Path, reason: object) -> str:
    """The row of TABLE about a file of which nothing is taken."""
    return _row(path, "", "", "", "", reason)


def _row(path: Path, *cells: object) -> str:
    plain = (" ".join(str(cell).split()).replace("|", "\\|") for cell in (f"`{path}`", *cells))
    return f"| {' | '.join(plain)} |"


def refused(path: Path, reason: object) -> str:
    """The one line about a file of which nothing is taken."""
    return f"SUMMARY file={_quoted(path)} refused={_quoted(reason)}"


def listed(source: IO[bytes], path: Path, options: Options) -> Iterator[str]:
    """The lines about one file, the last of them its SUMMARY. Raises Refused before the first."""
    head, told = scan(source, path.name, options)
    yield _record("FILE", name=_quoted(path), format=head.format, version=head.version, encoding=head.encoding,
                  bytes=head.size, sha256=head.digest)  # fmt: skip
    total = Total()
    for part in told:
        _count(total, part)
        yield from _lines(part)
    yield _summary(path, head, total)


def _count(total: Total, part: Told) -> None:
    match part:
        case Heading():
            total.accounts.add(part.account)
        case Statement():
            total.statements += 1
            total.entries += part.count
            total.wrong += part.adds_up is False
            total.unproved += part.adds_up is None
            total.problems += len(part.problems)
            total.first = total.first or next((one.reason for one in part.problems), "")
        case Problem():
            total.problems += 1
            total.first = total.first or part.reason


def _summary(path: Path, head: FileHead, total: Total) -> str:
    return _record(
        "SUMMARY",
        file=_quoted(path),
        format=head.format,
        version=head.version,
        accounts=len(total.accounts),
        statements=total.statements,
        entries=total.entries,
        add_up=total.statements - total.wrong - total.unproved,
        do_not_add_up=total.wrong,
        not_provable=total.unproved,
        problems=total.problems,
    )


def _lines(part: Told) -> Iterator[str]:
    match part:
        case Heading():
            yield _record("STATEMENT", number=part.position, account=_quoted(part.account), id=_quoted(part.identifier),
                          sequence=part.sequence, page=part.page, kind=_quoted(part.kind.value),
                          currency=part.currency, reference=_quoted(part.reference), holder=_quoted(part.holder),
                          since=part.from_date, until=part.to_date, read_from=_quoted(part.where))  # fmt: skip
        case Entry():
            yield _entry(part)
            yield from (_payment(detail) for detail in part.details)
        case Statement():
            yield from _result(part)
        case Problem():
            yield _problem(part)


def _entry(entry: Entry) -> str:
    return _record(
        "  ENTRY",
        booked=entry.booking_date,
        value=entry.value_date,
        amount=entry.amount if entry.amount is not None else "unreadable",
        currency=entry.currency,
        status=entry.status.value,
        reversal="yes" if entry.is_reversal else "",
        occurrence=entry.occurrence if entry.occurrence > 1 else "",
        code=_quoted(entry.code),
        **_references(entry.references),
        counterparty=_quoted(entry.counterparty),
        counterparty_account=_quoted(entry.counterparty_account),
        text=_quoted(entry.text),
        groups=" ".join(str(batch.count) for batch in entry.batches if batch.count is not None),
        read_from=_quoted(entry.where),
    )


def _payment(detail: Detail) -> str:
    return _record(
        "    PAYMENT",
        amount=detail.amount,
        currency=detail.currency,
        **_references(detail.references),
        counterparty=_quoted(detail.counterparty),
        counterparty_account=_quoted(detail.counterparty_account),
        text=_quoted(detail.text),
    )


def _references(references: References) -> dict[str, object]:
    return {f"{name}_reference": _quoted(said) for name, said in references._asdict().items()}


def _result(statement: Statement) -> Iterator[str]:
    for balance in statement.balances:
        yield _balance(balance)
    for remark in statement.remarks:
        yield _record("  REMARK", text=_quoted(remark.text), read_from=_quoted(remark.where))
    for problem in statement.problems:
        yield f"  {_problem(problem)}"
    yield _record(
        "  RESULT",
        number=statement.heading.position,
        account=_quoted(statement.heading.account),
        entries=statement.count,
        not_booked=statement.pending,
        identical=statement.identical,
        payments=statement.payments,
        opening=_amount(statement.opening),
        booked=statement.net if statement.net is not None else "unknown",
        closing=_amount(statement.closing),
        currency=statement.currency,
        adds_up={True: "yes", False: "no", None: "unknown"}[statement.adds_up],
        difference=statement.difference if statement.adds_up is False else "",
        provisional="yes" if statement.heading.is_provisional else "",
        left_to_a_person="yes" if statement.needs_a_person else "no",
        number_key=statement.number_key[:16],
        digest=statement.digest[:16],
    )


def _amount(balance: Balance | None) -> Decimal | str:
    return balance.amount if balance is not None and balance.amount is not None else "unknown"


def _balance(balance: Balance) -> str:
    amount = balance.amount if balance.amount is not None else "unreadable"
    return _record("  BALANCE", kind=_quoted(balance.kind), amount=amount, currency=balance.currency, on=balance.on,
                   read_from=_quoted(balance.where))  # fmt: skip


def _problem(problem: Problem) -> str:
    return _record("PROBLEM", at=_quoted(problem.where), reason=_quoted(problem.reason))


def _record(kind: str, /, **values: object) -> str:
    """`KIND key=value ...`; what is empty is left out. Numbers are plain, without an exponent."""
    shown = ((key, f"{value:f}" if isinstance(value, Decimal) else value) for key, value in values.items())
    return " ".join([kind, *(f"{key}={value}" for key, value in shown if value is not None and value != "")])


def _quoted(value: object) -> str:
    """In quotes, on one line, without control characters; "" when there is nothing."""
    text = str(value)
    if not text:
        return ""
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in plain)
