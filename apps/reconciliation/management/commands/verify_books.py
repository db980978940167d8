"""manage.py verify_books --platform P | --all"""

from typing import Any

from django.core.management.base import CommandError

from apps.banking import proofs as banking_proofs
from apps.core import standing
from apps.financing.models import Financing
from apps.ledger import proofs as ledger_proofs
from apps.ledger.models import Entry, Posting
from apps.orders import proofs as order_proofs
from apps.reconciliation import proofs as night_proofs
from apps.repayment import proofs as repayment_proofs
from apps.tenants.command import PlatformsCommand
from apps.tenants.models import Platform


class Command(PlatformsCommand):
    help = (
        "Prove the books: every entry balanced, every stored balance equal to its history, every state where its moves "
        "led. Names what is off."
    )

    def work(self, platform: Platform, **options: Any) -> None:
        proofs = (ledger_proofs, banking_proofs, order_proofs, repayment_proofs, night_proofs, standing)
        faults = [fault for one in proofs for fault in one.faults()]
        if faults:
            raise CommandError("\n".join([f"The books of {platform.name} do not hold:", *faults]))
        self.stdout.write(
            f"books verified: {Entry.objects.count():,} entries, {Posting.objects.count():,} postings, "
            f"{Financing.objects.count():,} financings"
        )
