"""What a bank answers to a batch: whole, in part, not yet; and what is no answer at all."""

import io

import pytest

from apps.banking.payments.pain002 import LARGEST, Answer, NoAnswer, PaymentStatus, read
from tests.banking.payments.answers import answer, rejected


def taken(text: str) -> Answer:
    return read(io.BytesIO(text.encode()))


def test_a_batch_accepted() -> None:
    told = taken(answer("B-1", "ACCP"))
    assert (told.message_id, told.status, told.payments) == ("B-1", "ACCP", ())


def test_a_batch_rejected_says_why() -> None:
    told = taken(answer("B-1", "RJCT", reason="AM04", words="Insufficient funds"))
    assert (told.status, told.reason) == ("RJCT", "AM04 Insufficient funds")


def test_a_batch_rejected_in_part_names_the_payments() -> None:
    told = taken(answer("B-1", "PART", payments=rejected("P-2", "AC04")))
    assert told.status == "PART"
    assert told.rejected == (PaymentStatus("P-2", "RJCT", "AC04"),)


@pytest.mark.parametrize(
    ("payments", "status"),
    [
        (rejected("P-1", "AC04"), "RJCT"),
        (rejected("P-1", "AC04") + rejected("P-2", "").replace("RJCT", "ACSC"), "PART"),
    ],
)
def test_without_a_status_of_its_own_it_is_what_its_parts_come_to(payments: str, status: str) -> None:
    assert taken(answer("B-1", "", payments=payments)).status == status


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no whole XML"),
        ("<a/>", "holds no pain.002"),
        (answer("B-1", "HUHU"), "HUHU is no status of a batch"),
        (answer("B-1", ""), "Nothing is no status of a batch"),
        (answer("B-1", "PART", payments=rejected("P-1", "AC04").replace("RJCT", "WHAT")), "WHAT is no status of a pay"),
        ("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]>" + answer("B-1", "ACCP"), "document type"),
        (answer("B-1", "ACCP")[:-20], "no whole XML"),
    ],
)
def test_what_is_no_answer_is_refused_in_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(NoAnswer, match=reason):
        taken(text)


def test_a_bomb_of_entities_is_not_unfolded() -> None:
    levels = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
    with pytest.raises(NoAnswer):
        taken(f"<!DOCTYPE a [<!ENTITY e0 'ha'>{levels}]><a>&e11;</a>")


def test_a_file_beyond_any_answer_is_refused() -> None:
    with pytest.raises(NoAnswer, match="larger than"):
        read(io.BytesIO(b" " * (LARGEST + 1)))
