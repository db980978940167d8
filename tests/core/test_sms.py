"""Text messages go through the gateway that the settings name, and through no other."""

from typing import Any

import pytest

from apps.core.sms import ConsoleGateway, Sms, SmsNotSent, send_sms


class DeadGateway:
    """A gateway whose line is down."""

    def send(self, to: str, text: str) -> None:  # noqa: ARG002  a gateway's signature
        raise SmsNotSent("The gateway answered 503.")


def test_the_gateway_of_the_settings_gets_number_and_text(sms_outbox: list[Sms]) -> None:
    send_sms("+8613800138000", "Your code is 123456")
    assert sms_outbox == [Sms("+8613800138000", "Your code is 123456")]


def test_a_gateway_that_is_down_says_so(settings: Any, sms_outbox: list[Sms]) -> None:
    settings.GRANARY_SMS_BACKEND = f"{__name__}.DeadGateway"
    with pytest.raises(SmsNotSent, match="503"):
        send_sms("+8613800138000", "Your code is 123456")
    assert sms_outbox == []


def test_in_development_the_message_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleGateway().send("+8613800138000", "Your code is 123456")
    assert capsys.readouterr().out == "SMS to +8613800138000: Your code is 123456\n"
