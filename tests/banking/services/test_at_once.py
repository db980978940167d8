"""Two people, or a person and the folder, with the same file at the same moment."""

import io
from collections.abc import Callable

from apps.banking.models import BankLine, StatementFile
from apps.banking.refusals import StatementNumberTaken
from apps.banking.services import TakenIn, take_in_statement
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.banking.services.test_statements import AT
from tests.banking.statements.files import ACCOUNT, camt, camt_entry
from tests.factories import make_bank_account
from tests.threads import at_once


def taking(amount: str) -> Callable[[], TakenIn]:
    text = camt(camt_entry(amount), closing=f"{100 + int(amount)}.00").encode()
    return lambda: take_in_statement(source=io.BytesIO(text), name="a.xml", at=AT, by="user:1")


def test_the_same_file_lands_once_and_of_two_under_one_number_one(fresh_platform: Callable[..., Platform]) -> None:
    name = fresh_platform(currency="EUR").schema_name
    with entered(name):
        make_bank_account(purpose="collection", number=ACCOUNT, currency="EUR")
    same = at_once(name, [taking("5"), taking("5"), taking("5")])
    assert sorted(one.is_new for one in same) == [False, False, True]
    (other,) = at_once(name, [taking("6")])
    assert isinstance(other, StatementNumberTaken)
    with entered(name):
        assert (StatementFile.objects.count(), BankLine.objects.count()) == (1, 1)
