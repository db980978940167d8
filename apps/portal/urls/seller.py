"""Addresses of a seller's pages."""

from django.urls import path

from apps.portal.views import calls, contracts, home, money, offers, shop

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
    path("receipts/calls/<int:call_id>/", calls.call, name="margin_call"),
    path("documents/", shop.documents, name="documents"),
    path("more/", shop.more, name="more"),
]
