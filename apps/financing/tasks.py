"""Rendering contracts: a nudge for each new one, and a sweep for nudges that were lost."""

from celery import current_app, shared_task
from django.utils import timezone

from apps.financing.models import Contract
from apps.financing.services import render_contract
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.tenants.tasks import platform_task


@platform_task("financing.render_contract")
def render(contract_id: int) -> None:
    """Render one contract; one that has its paper keeps it."""
    render_contract(contract_id=contract_id, at=timezone.now(), by="worker")


@shared_task(name="financing.render_waiting_contracts_everywhere")
def render_waiting_contracts_everywhere() -> None:
    """Ask again for every contract that still waits for its paper."""
    for platform in Platform.objects.working():
        with entered(platform.schema_name):
            waiting = list(Contract.objects.waiting_for_paper().values_list("pk", flat=True))
        for contract_id in waiting:
            current_app.send_task(
                "financing.render_contract", kwargs={"platform": platform.schema_name, "contract_id": contract_id}
            )
