"""Addresses of the API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import IsAuthenticated

from apps.api.views import (
    EarlyRepaymentView,
    FinancingList,
    OfferList,
    OrderList,
    SettlementView,
    StatementView,
)

app_name = "api"
urlpatterns = [
    path("offers/", OfferList.as_view(), name="offers"),
    path("financings/", FinancingList.as_view(), name="financings"),
    path("financings/<int:financing_id>/early-repayment/", EarlyRepaymentView.as_view(), name="early_repayment"),
    path("orders/", OrderList.as_view(), name="orders"),
    path("settlement/", SettlementView.as_view(), name="settlement"),
    path("statements/", StatementView.as_view(), name="statements"),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[IsAuthenticated]), name="schema"),
]
