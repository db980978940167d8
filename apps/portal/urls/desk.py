"""Addresses of the desk."""

from datetime import date
from typing import ClassVar

from django.urls import path, register_converter

from apps.portal.views.desk import (
    accounts,
    books,
    breaks,
    calls,
    files,
    financings,
    inspections,
    joining,
    months,
    nights,
    payments,
    reliefs,
    rules,
    sellers,
    settlements,
    sums,
    traces,
)


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
    path("nights/set-aside/<int:set_aside_id>/again/", nights.rerun, name="rerun"),
    path("forecast/", nights.tonight, name="tonight"),
    path("rules/", rules.rules, name="rules"),
    path("rules/learned/", rules.propose_learned, name="propose_learned"),
    path("rules/<int:book_id>/activate/", rules.activate, name="activate_rules"),
    path("rules/<int:book_id>/drop/", rules.drop, name="drop_rules"),
    path("nights/<day:day>/close/", nights.close, name="close"),
    path("nights/<day:day>/totals/<slug:total>/", traces.total, name="total"),
    path("nights/<day:day>/earned/", sums.earned, name="earned"),
    path("nights/<day:day>/late/", sums.late, name="late"),
    path("nights/<day:day>/valued/", sums.valued, name="valued"),
    path("nights/<day:day>/found/", sums.found, name="found"),
    path("nights/<day:day>/explained/", traces.explained, name="explained"),
    path("batches/<int:batch_id>/approve/", nights.approve, name="approve"),
    path("breaks/", breaks.breaks, name="breaks"),
    path("calls/", calls.calls, name="calls"),
    path("calls/<int:call_id>/", calls.call, name="call"),
    path("calls/<int:call_id>/sell/", calls.sell, name="sell"),
    path("calls/<int:call_id>/<slug:verb>/", calls.step, name="call_step"),
    path("files/", files.files, name="files"),
    path("files/new/", files.take_in, name="take_in_statement"),
    path("files/<int:file_id>/", files.file, name="file"),
    path("files/<int:file_id>/original/", files.original, name="original"),
    path("statements/<int:statement_id>/", files.statement, name="statement"),
    path("statements/<int:statement_id>/book/", files.book, name="book_statement"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<int:account_id>/csv/", accounts.csv_mapping, name="csv_mapping"),
    path("settlements/", settlements.settlements, name="settlements"),
    path("settlements/new/", settlements.take_in, name="take_in_settlement"),
    path("settlements/<int:settlement_id>/", settlements.settlement, name="settlement"),
    path("payments/", payments.payments, name="payments"),
    path("payments/answer/", payments.answer, name="take_in_answer"),
    path("payments/disbursements/", payments.batch_waiting, name="batch_waiting"),
    path("payments/<int:batch_id>/", payments.batch, name="batch"),
    path("payments/<int:batch_id>/approve/", payments.approve, name="approve_batch"),
    path("payments/<int:batch_id>/file/", payments.download, name="payment_file"),
    path("breaks/accept/", breaks.accept_many, name="accept_breaks"),
    path("breaks/<int:break_id>/", breaks.one_break, name="break"),
    path("breaks/<int:break_id>/<slug:act>/", breaks.act, name="break_act"),
    path("breaks/suggestions/<int:suggestion_id>/accept/", breaks.accept, name="accept_suggestion"),
    path("breaks/suggestions/<int:suggestion_id>/decline/", breaks.decline, name="decline_suggestion"),
    path("breaks/papers/<int:note_id>/", breaks.paper, name="break_paper"),
    path("books/", books.books, name="books"),
    path("months/", months.months, name="months"),
    path("months/make/", months.make, name="make_month"),
    path("months/<int:month_end_id>/file/", months.fetch, name="month_file"),
    path("books/owing/<str:code>/", sums.owing, name="owing"),
    path("books/postings/", traces.postings, name="postings"),
    path("books/entries/<int:entry_id>/", traces.entry, name="entry"),
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
    path("relief/", reliefs.reliefs, name="reliefs"),
    path("relief/<int:request_id>/", reliefs.relief, name="relief"),
    path("events/<int:event_id>/", financings.proposal, name="proposal"),
    path("events/<int:event_id>/<slug:verdict>/", financings.decide, name="decide"),
]
