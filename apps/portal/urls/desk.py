"""Addresses of the desk."""

from datetime import date
from typing import ClassVar

from django.urls import path, register_converter

from apps.portal.views.desk import books, breaks, calls, financings, inspections, joining, nights, pauses, sellers


class DayConverter:
    """A business date in an address: 2026-11-19."""

    regex: ClassVar[str] = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")  # type: ignore[arg-type]  # Django asks for no base class

app_name = "desk"
urlpatterns = [
    path("", nights.night, name="night"),
    path("nights/", nights.nights, name="nights"),
    path("nights/run/", nights.run_due, name="run_due"),
    path("nights/<day:day>/", nights.run, name="run"),
    path("nights/<day:day>/close/", nights.close, name="close"),
    path("batches/<int:batch_id>/approve/", nights.approve, name="approve"),
    path("breaks/", breaks.breaks, name="breaks"),
    path("calls/", calls.calls, name="calls"),
    path("calls/<int:call_id>/", calls.call, name="call"),
    path("calls/<int:call_id>/sell/", calls.sell, name="sell"),
    path("calls/<int:call_id>/<slug:verb>/", calls.step, name="call_step"),
    path("books/", books.books, name="books"),
    path("sellers/", sellers.sellers, name="sellers"),
    path("sellers/<int:seller_id>/", sellers.seller, name="seller"),
    path("joining/", joining.waiting, name="joining"),
    path("joining/invite/", joining.invite_sellers, name="invite"),
    path("joining/<int:seller_id>/", joining.newcomer, name="newcomer"),
    path("payout-changes/<int:change_id>/<slug:verdict>/", joining.decide_account, name="decide_account"),
    path("financings/<int:financing_id>/", financings.financing, name="financing"),
    path("financings/<int:financing_id>/known/", financings.known, name="known"),
    path("financings/<int:financing_id>/<slug:kind>/", financings.act, name="act"),
    path("inspections/", inspections.inspections, name="inspections"),
    path("inspections/<int:inspection_id>/", inspections.inspection, name="inspection"),
    path("inspections/<int:inspection_id>/cancel/", inspections.cancel, name="cancel_inspection"),
    path("pauses/", pauses.pauses, name="pauses"),
    path("pauses/<int:request_id>/", pauses.pause, name="pause"),
    path("events/<int:event_id>/<slug:verdict>/", financings.decide, name="decide"),
]
