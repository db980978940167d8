"""Every file of the shared collection is taken in, or refused with one reason and without a trace."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from django.db.models import Sum

from apps.banking.models import BankAccount, BankLine, BankStatement, StatementFile
from apps.banking.proofs import faults
from apps.banking.refusals import StatementRefused
from apps.banking.services import take_in_statement
from apps.banking.statements.parts import Refused
from apps.banking.statements.reading import StatementFile as ReadFile
from apps.banking.statements.reading import read
from apps.core.money import is_currency
from apps.tenants.models import Platform


def known_accounts(file: ReadFile) -> None:
    """Give the platform every account that the file names."""
    for statement in file.statements:
        number, currency = statement.heading.account[:34], statement.currency
        if number and is_currency(currency):
            BankAccount.objects.get_or_create(purpose="funding", number=number, currency=currency, holder="Meadow")


def day_after(file: ReadFile) -> datetime:
    """The morning after the last entry of the file."""
    days = [
        day for one in file.statements for entry in one.entries for day in (entry.booking_date, entry.value_date) if day
    ]
    last = max(days, default=datetime.now(UTC).date())
    return datetime.combine(last + timedelta(days=1), time(6), tzinfo=UTC)


def outcome(path: Path) -> str:
    """What became of the file: "new", "known", or the reason why nothing was taken in."""
    with path.open("rb") as source:
        try:
            file = read(source, path.name)
            known_accounts(file)
            at = day_after(file)
        except Refused:
            at = datetime.now(UTC)
        before = everything()
        try:
            taken = take_in_statement(source=source, name=path.name, at=at, by="test")
        except StatementRefused as reason:
            return str(reason) if everything() == before else "it left a trace"
    return "new" if taken.is_new else "known"


def everything() -> tuple[int, int, int]:
    return StatementFile.objects.count(), BankStatement.objects.count(), BankLine.objects.count()


def test_each_file_is_taken_in_or_has_one_reason(platform: Platform, shared_data: Path) -> None:
    paths = sorted(path for path in (shared_data / "bankfiles").rglob("*") if path.is_file())
    outcomes = {path.name: outcome(path) for path in paths}
    assert sum(one == "new" for one in outcomes.values()) > 50
    assert "it left a trace" not in outcomes.values()
    assert {"booked", "left", "read"} == set(BankStatement.objects.values_list("state", flat=True))
    assert all(len(reason) > 20 for reason in outcomes.values() if reason not in {"new", "known"})
    for statement in BankStatement.objects.filter(state="booked").exclude(number_key=""):
        lines = BankLine.objects.filter(entry__statement=statement).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
        assert statement.opening is not None
        assert statement.opening + lines == statement.closing
    assert not BankLine.objects.exclude(entry__statement__state="booked").exists()
    assert faults() == []
