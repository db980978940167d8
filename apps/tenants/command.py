"""The base of management commands that work inside one platform."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.tenants.models import Platform
from apps.tenants.services import NoSuchPlatform, entered


class PlatformCommand(BaseCommand):
    """A command that names its platform with --platform and runs inside it."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--platform", required=True, help="the platform's schema name")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        try:
            though_suspended = options.pop("suspended", False)
            with entered(options.pop("platform"), though_suspended=though_suspended) as platform:
                self.work(platform, **options)
        except NoSuchPlatform as error:
            raise CommandError(f"{error} See `manage.py list_platforms`.") from error

    def work(self, platform: Platform, **options: Any) -> None:
        """What the command does inside `platform`."""
        raise NotImplementedError


class FileCommand(PlatformCommand):
    """A command that takes one file, or folder, into a platform; what does not land goes to a file of its own."""

    refusal: type[Exception]
    path_help = "a CSV file"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path, metavar="PATH", help=self.path_help)
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="where rejected lines go (default: under var/rejects/)"
        )

    def work(self, platform: Platform, **options: Any) -> None:
        path: Path = options["path"]
        folder = Path(settings.BASE_DIR) / "var" / "rejects" / platform.schema_name
        options["rejects"] = options["rejects"] or folder / f"{path.name}.rejects.csv"
        try:
            told = self.take_in(**options)
        except self.refusal as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(told))

    def take_in(self, *, path: Path, rejects: Path, **options: Any) -> list[str]:
        """Take in what lies at `path` and tell what became of it, in lines. Raises `refusal` with a sentence."""
        raise NotImplementedError


def known_already(name: str, taken_in_at: datetime) -> str:
    """What a command says of bytes that were taken in before."""
    return f"Nothing to do: these very bytes came as {name} on {taken_in_at:%Y-%m-%d %H:%M} UTC."


class PlatformsCommand(PlatformCommand):
    """A command for one platform or, with --all, for every working one in turn; the failure of one stops no other."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--platform", help="the platform's schema name")
        which.add_argument("--all", action="store_true", help="every working platform, one after another")
        parser.add_argument("--suspended", action="store_true", help="though the platform is suspended")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["all"]:
            super().handle(*args, **options)
            return
        names = list(Platform.objects.working().order_by("schema_name").values_list("schema_name", flat=True))
        if not names:
            self.stdout.write("There is no working platform.")
        failed = []
        for schema_name in names:
            self.stdout.write(f"{schema_name}: ", ending="")
            self.stdout.flush()
            try:
                super().handle(*args, **{**options, "platform": schema_name})
            except CommandError as error:
                self.stdout.write("failed")
                self.stderr.write(str(error))
                failed.append(schema_name)
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}.")
