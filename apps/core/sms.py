"""Text messages to telephones, through the gateway that the settings name.

A gateway is a class with one method, `send(to, text)`; GRANARY_SMS_BACKEND names it by its dotted path. A telephone
number is E.164, such as +8613800138000.
"""

import sys
from typing import Any, ClassVar, NamedTuple, Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class SmsNotSent(Exception):
    """The gateway did not take the message. Its words are for the operator, without number or text."""


class Gateway(Protocol):
    """What a gateway to a telephone network must be able to do."""

    def send(self, to: str, text: str) -> None:
        """Hand over one message. Raises SmsNotSent when it was not taken; whoever sends decides about trying again."""


class Sms(NamedTuple):
    """One text message."""

    to: str
    text: str


class ConsoleGateway:
    """Prints each message on standard output. For development only: codes can be read there."""

    def send(self, to: str, text: str) -> None:
        sys.stdout.write(f"SMS to {to}: {text}\n")
        sys.stdout.flush()


class NoGateway:
    """Where none is named: nothing is sent, and nothing is printed either."""

    def send(self, to: str, text: str) -> None:  # noqa: ARG002  a gateway's signature
        raise SmsNotSent("No gateway for text messages is named: set SMS_BACKEND.")


class MemoryGateway:
    """Keeps messages in `outbox`, for tests."""

    outbox: ClassVar[list[Sms]] = []

    def send(self, to: str, text: str) -> None:
        self.outbox.append(Sms(to, text))


def send_sms(to: str, text: str) -> None:
    """Send `text` to the E.164 number `to`. Raises SmsNotSent when the gateway does not take it."""
    gateway: Any = import_string(settings.GRANARY_SMS_BACKEND)
    gateway().send(to, text)
