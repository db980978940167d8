"""manage.py check_cases DIR [--file NAME]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.repayment.cases.runner import Report, Unreadable, check_folder


class Command(BaseCommand):
    help = (
        "Run published cases (JSON) through the product's own rules and report per file how many agree, differ and are "
        "out of scope. Ends with an error when a case differs without a reason named in docs/agreement.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder with the files of cases")
        parser.add_argument("--file", metavar="NAME", help="only this file, with or without .json")

    def handle(self, *args: Any, **options: Any) -> None:
        unexplained = 0
        try:
            for report in check_folder(options["folder"], options["file"]):
                self._tell(report)
                unexplained += len(report.unexplained)
        except Unreadable as error:
            raise CommandError(str(error)) from error
        if unexplained:
            raise CommandError(f"{unexplained} cases differ without a reason named in docs/agreement.md.")

    def _tell(self, report: Report) -> None:
        self.stdout.write(
            f"{report.name}: {report.cases} cases, {len(report.agree)} agree, {report.differ} differ "
            f"({len(report.explained)} with a named reason), {len(report.out_of_scope)} out of scope"
        )
        for case_id, differences in report.unexplained.items():
            self.stdout.write(f"  {case_id} differs: {'; '.join(differences)}")
        for case_id, differences in report.explained.items():
            self.stdout.write(f"  {case_id} differs, see docs/agreement.md: {'; '.join(differences)}")
        for case_id, option in report.by_option.items():
            self.stdout.write(f"  {case_id} agrees with an option other than it names: {option}")
        for reason in sorted(set(report.out_of_scope.values())):
            ids = [case_id for case_id, why in report.out_of_scope.items() if why == reason]
            self.stdout.write(f"  out of scope ({reason}): {', '.join(ids)}")
        for case_id in report.reasons_not_needed:
            self.stdout.write(f"  {case_id} agrees: its row in docs/agreement.md is not needed")
