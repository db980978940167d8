"""Addresses of a seller's pages."""

from django.urls import path

from apps.portal.views import accounts, contracts, home, joining, money, offers, people, receipts, shop, trace
from apps.sellers.models import STEPS

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("limit/", home.limit, name="limit"),
    path("offers/<int:offer_id>/", offers.offer, name="offer"),
    path("contracts/<int:contract_id>/", contracts.contract, name="contract"),
    path("contracts/<int:contract_id>/confirm/", contracts.confirm, name="confirm"),
    path("contracts/<int:contract_id>/sign/", contracts.sign, name="sign"),
    path("contracts/<int:contract_id>/decline/", contracts.decline, name="decline"),
    path("contracts/<int:contract_id>/paper/", contracts.paper, name="paper"),
    path("money/", money.money, name="money"),
    path("money/<int:financing_id>/", money.financing, name="financing"),
    path("money/<int:financing_id>/statement.pdf", money.statement, name="statement"),
    path("orders/", shop.orders, name="orders"),
    path("documents/", shop.documents, name="documents"),
    path("receipts/", receipts.receipts, name="receipts"),
    path("receipts/bring/", receipts.bring, name="bring"),
    path("receipts/<int:receipt_id>/", receipts.receipt, name="receipt"),
    path("receipts/<int:receipt_id>/paper.pdf", receipts.paper, name="receipt_paper"),
    path("receipts/<int:receipt_id>/pass-on/", receipts.pass_on, name="pass_on"),
    path("receipts/offers/<int:transfer_id>/<slug:answer>/", receipts.answer, name="answer_transfer"),
    path("receipts/files/<int:attachment_id>/", receipts.file, name="receipt_file"),
    path("trace/<str:token>/", trace.trace, name="trace"),
    path("more/", shop.more, name="more"),
    path("people/", people.people, name="people"),
    path("people/consents/withdraw/", people.withdraw, name="withdraw"),
    path("people/consents/give/", people.give, name="give"),
    path("people/devices/end/", people.end_session, name="end_session"),
    path("people/account/", accounts.change, name="account"),
    path("people/account/confirm/", accounts.confirm, name="account_confirm"),
    path("people/account/take-back/", accounts.take_back, name="account_take_back"),
    path("joining/", joining.overview, name="joining"),
    *(path(f"joining/{name.replace('_', '-')}/", joining.step(name), name=f"joining_{name}") for name in STEPS),
    path("joining/send/", joining.send_in, name="joining_send"),
]
