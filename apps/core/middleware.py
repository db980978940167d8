"""What holds for every request, whoever sends it."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponseBase


class DamagedTextMiddleware:
    """Text with a zero byte, which PostgreSQL cannot hold, is answered 400 where no form has refused it before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:  # noqa: ARG002  Django's signature
        if isinstance(exception, DataError) and "NUL (0x00)" in str(exception):
            raise BadRequest("This text is damaged: it holds a zero byte.") from exception
