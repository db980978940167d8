"""Addresses of a seller's pages."""

from django.urls import path

from apps.portal.views import (
    accounts,
    contracts,
    documents,
    hardship,
    home,
    joining,
    messages,
    money,
    offers,
    people,
    shop,
)
from apps.sellers.models import STEPS

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("limit/", home.limit, name="limit"),
    path("offers/<int:offer_id>/", offers.offer, name="offer"),
    path("offers/<int:offer_id>/repayment/", offers.repayment, name="repayment"),
    path("offers/<int:offer_id>/review/", offers.review, name="review"),
    path("contracts/<int:contract_id>/", contracts.contract, name="contract"),
    path("contracts/<int:contract_id>/confirm/", contracts.confirm, name="confirm"),
    path("contracts/<int:contract_id>/sign/", contracts.sign, name="sign"),
    path("contracts/<int:contract_id>/decline/", contracts.decline, name="decline"),
    path("contracts/<int:contract_id>/paper/", contracts.paper, name="paper"),
    path("money/", money.money, name="money"),
    path("money/<int:financing_id>/", money.financing, name="financing"),
    path("money/<int:financing_id>/pause/", hardship.pause, name="pause"),
    path("money/<int:financing_id>/statement.pdf", money.statement, name="statement"),
    path("orders/", shop.orders, name="orders"),
    path("verify/", documents.verify, name="verify"),
    path("documents/", shop.documents, name="documents"),
    path("messages/", messages.inbox, name="messages"),
    path("messages/settings/", messages.wishes, name="wishes"),
    path("messages/<int:message_id>/read/", messages.read, name="read"),
    path("messages/<int:message_id>/follow/", messages.follow, name="follow"),
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
