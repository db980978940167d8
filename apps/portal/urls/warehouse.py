"""Addresses of a warehouse's pages. What waits for the warehouse is listed on the first one."""

from django.urls import path

from apps.portal.views.warehouse import acts, inspections, pledges, stored

app_name = "warehouse"
urlpatterns = [
    path("", stored.waiting, name="waiting"),
    path("receipts/", stored.receipts, name="receipts"),
    path("receipts/<int:receipt_id>/", stored.receipt, name="receipt"),
    path("receipts/<int:receipt_id>/<slug:act>/", acts.act, name="act"),
    path("issue/", acts.issue, name="issue"),
    path("issue/<int:receipt_id>/", acts.issue, name="issue_announced"),
    path("pledges/<int:pledge_id>/", pledges.count_pledge, name="pledge"),
    path("inspections/", inspections.inspections, name="inspections"),
    path("inspections/<int:inspection_id>/", inspections.inspection, name="inspection"),
]
