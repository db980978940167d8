"""Addresses of a seller's pages."""

from django.urls import path

from apps.portal.views import contracts, home, messages, money, offers, shop

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
    path("messages/", messages.inbox, name="messages"),
    path("messages/settings/", messages.wishes, name="wishes"),
    path("messages/<int:message_id>/read/", messages.read, name="read"),
    path("messages/<int:message_id>/follow/", messages.follow, name="follow"),
    path("more/", shop.more, name="more"),
]
