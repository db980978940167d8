"""Addresses of a seller's pages."""

from django.urls import path

from apps.portal.views import contracts, home, money, offers, receipts, shop, trace

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("limit/", home.limit, name="limit"),
    path("offers/<int:offer_id>/", offers.offer, name="offer"),
    path("contracts/<int:contract_id>/", contracts.contract, name="contract"),
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
]
