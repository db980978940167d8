"""What a person reads in the messages that reach them."""

import re

from django.core import mail

from apps.core.sms import MemoryGateway


def latest_code() -> str:
    """The digits in the latest e-mail."""
    return code_in(str(mail.outbox[-1].body))


def latest_sms_code() -> str:
    """The digits in the latest text message."""
    return code_in(MemoryGateway.outbox[-1].text)


def latest_link() -> str:
    """The address in the latest e-mail, without its host."""
    found = re.search(r"https?://[^/ ]+(/[^ ]+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def code_in(text: str) -> str:
    found = re.search(r"[0-9]{6}", text)
    assert found, text
    return found[0]
