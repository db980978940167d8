"""Check 23: one platform backed up and put back beside itself is the same to the byte, and lives on the same way."""

import hashlib
import json
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.signing import Signer
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.evidence import proofs as evidence
from apps.financing.models import Contract
from apps.ledger.models import Entry
from apps.reconciliation.fingerprint import book_lines, first_difference
from apps.reconciliation.rehearsal import FIRST, NIGHT, close
from apps.sellers.models import Seller
from apps.tenants import backup
from apps.tenants.models import Domain, Encumbrance, Platform
from apps.tenants.services import NoSuchPlatform, entered, resume
from tests.conftest import drop
from tests.factories import make_particulars, make_seller
from tests.reconciliation.test_killed_at_each_step import busy
from tests.tenants.test_clone import CATALOGUE, catalogue

COPY = "throwaway_copy"
HOST = "throwaway-copy.test"


@pytest.fixture
def no_copy(fresh_platform: Callable[..., Platform]) -> Iterator[None]:
    """Whatever a test restores under the name COPY is gone after it."""
    yield
    drop(Platform.objects.filter(schema_name=COPY))
    shutil.rmtree(Path(settings.MEDIA_ROOT) / COPY, ignore_errors=True)


def rows_of(schema_name: str) -> dict[str, tuple[Any, ...]]:
    """A hash of each table's rows, and where each sequence stands, as PostgreSQL itself tells them."""
    told = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'", [schema_name]
        )
        for (table,) in cursor.fetchall():
            query = "SELECT count(*), md5(string_agg(row::text, E'\\n' ORDER BY row::text)) FROM {}.{} AS row"
            cursor.execute(query.format(schema_name, table))
            told[table] = cursor.fetchone()
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s", [schema_name])
        return told | {f"sequence {name}": (value,) for name, value in cursor.fetchall()}


def files_of(schema_name: str) -> dict[str, bytes]:
    """Every file of a platform, by its path."""
    folder = Path(settings.MEDIA_ROOT) / schema_name
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def state_of(*platforms: Platform) -> list[Any]:
    """All that a restore beside these platforms must leave alone."""
    registry = sorted(bytes(row.digest) + bytes(row.holder) for row in Encumbrance.objects.all())
    return [(rows_of(one.schema_name), files_of(one.schema_name)) for one in platforms] + [registry]


def proved(schema_name: str) -> None:
    """Both proofs are clean, told by the commands; what is off would raise."""
    for command in ("verify_books", "verify_evidence"):
        call_command(command, platform=schema_name, suspended=True)


def test_a_platform_restored_under_another_name_is_the_same_and_lives_on(
    fresh_platform: Callable[..., Platform], no_copy: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    original, other = fresh_platform(opened_on=FIRST), fresh_platform(opened_on=FIRST)
    busy(original)  # two nights lived, contracts signed, goods in pledge, sales of the third day
    with entered(other.schema_name):
        make_seller(external_id="of the other")
    before = state_of(original, other)
    rows, files = before[0]
    assert rows["ledger_posting"][0] == 10
    assert rows["evidence_seal"][0] == 2
    with entered(original.schema_name):
        papers = set(Contract.objects.values_list("document", flat=True))
    assert len(papers) == 6
    assert papers <= set(files)

    path = tmp_path / "harvest.backup"
    call_command("backup_platform", original.schema_name, str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    call_command("restore_platform", str(path), "--as", COPY, "--domain", HOST)
    assert "each as in the backup" in capsys.readouterr().out

    copy = Platform.objects.get(schema_name=COPY)
    assert (rows_of(COPY), files_of(COPY)) == (rows, files)
    for part in CATALOGUE.values():
        assert catalogue(part, COPY) == catalogue(part, original.schema_name)
    assert state_of(original, other) == before
    assert (copy.domains.get().domain, copy.nights_by_hand) == (HOST, True)
    with pytest.raises(NoSuchPlatform), entered(COPY):
        pytest.fail("nobody has looked at it yet")
    for name in (COPY, original.schema_name):
        proved(name)

    resume(platform=copy, by="test")
    with entered(COPY):
        for statement in (
            "DELETE FROM ledger_posting",
            "UPDATE evidence_seal SET id = id + 1",
            "TRUNCATE ledger_entry CASCADE",
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                connection.cursor().execute(statement)
        last = Seller.objects.order_by("-pk").values_list("pk", flat=True)[0]
        with transaction.atomic():
            assert make_seller().pk > last
            transaction.set_rollback(True)
    lived = []
    for platform in (original, copy):
        with entered(platform.schema_name) as again:
            assert close(again).state == "balanced"
            lived.append(book_lines())
            assert Entry.objects.filter(business_date=NIGHT).exists()
        proved(platform.schema_name)
    assert first_difference(*lived) is None

    # The failing control: seals that state another name than their platform's are no seals of it.
    Platform.objects.filter(schema_name=COPY).update(signed_as="")
    with entered(COPY):
        assert "not signed by this system's key" in evidence.faults()[0]


def altered(path: Path, target: Path, *, signer: Any = backup.SIGNER, rows: bytes | None = None, **facts: Any) -> Path:
    """The backup at `path` with other facts in its manifest, or other rows of sellers, signed by `signer`."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as written:
        manifest = json.loads(backup.SIGNER.unsign(source.read("manifest.json").decode()))
        for name in set(source.namelist()) - {"manifest.json"}:
            written.writestr(name, rows if rows is not None and name == "rows/sellers_seller" else source.read(name))
        written.writestr("manifest.json", signer.sign(json.dumps({**manifest, **facts})))
    return target


def test_what_is_damaged_foreign_or_in_the_way_is_refused_and_nothing_is_changed(
    fresh_platform: Callable[..., Platform], no_copy: None, tmp_path: Path
) -> None:
    original = fresh_platform()
    with entered(original.schema_name):
        make_particulars()
    good = tmp_path / "good"
    backup.back_up(platform=original, path=good, at=timezone.now(), by="test")
    whole = good.read_bytes()
    with zipfile.ZipFile(good) as archive:
        manifest = json.loads(backup.SIGNER.unsign(archive.read("manifest.json").decode()))
    (tmp_path / "text").write_text("not a backup")
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    middle = whole.index(b"rows/sellers_seller") + 60
    (tmp_path / "flipped").write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    stranger = Signer(key="another installation", salt="apps.tenants.backup")
    without_the_seller = manifest["hashes"] | {"rows/sellers_seller": hashlib.sha256(b"").hexdigest()}
    older = [one for one in manifest["migrations"] if one[0] != "evidence"]
    refused = {
        tmp_path / "missing": "could not be restored",
        tmp_path / "text": "is damaged, or no backup",
        tmp_path / "cut": "is damaged, or no backup",
        tmp_path / "flipped": "damaged",
        altered(good, tmp_path / "foreign", signer=stranger): "made under another SECRET_KEY, or altered",
        altered(good, tmp_path / "lines", rows=b"1\tbad\n"): "rows/sellers_seller in this backup is damaged",
        altered(good, tmp_path / "older", migrations=older): "another release of Granary: evidence 0001_initial",
        altered(good, tmp_path / "tables", tables=manifest["tables"][1:]): "tables of this backup are not those",
        altered(good, tmp_path / "hole", rows=b"", hashes=without_the_seller): "The database refused this backup",
    }
    platforms = set(Platform.objects.values_list("schema_name", "suspended_at"))
    domains = set(Domain.objects.values_list("domain", flat=True))
    before = state_of(original)

    def refuses(path: Path, says: str, schema_name: str = COPY, domain: str = HOST) -> None:
        with pytest.raises(CommandError, match=says):
            call_command("restore_platform", str(path), schema_name=schema_name, domain=domain)
        assert set(Platform.objects.values_list("schema_name", "suspended_at")) == platforms
        assert set(Domain.objects.values_list("domain", flat=True)) == domains
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regnamespace(%s) IS NULL", [COPY])
            assert cursor.fetchone() == (True,)
        assert state_of(original) == before

    for path, says in refused.items():
        refuses(path, says)
    refuses(good, f"The schema name '{original.schema_name}' is taken", schema_name="", domain="")
    refuses(good, "already leads to another platform", domain=original.domains.get().domain)
    in_the_way = Path(settings.MEDIA_ROOT) / COPY / "contracts" / "of-another.pdf"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_bytes(b"%PDF")
    refuses(good, "Files of another platform")
    assert in_the_way.read_bytes() == b"%PDF"
    with pytest.raises(CommandError, match="exists already and was left as it is"):
        call_command("backup_platform", original.schema_name, str(good))
    assert good.read_bytes() == whole
    with pytest.raises(CommandError, match="could not be written"):
        call_command("backup_platform", original.schema_name, str(tmp_path / "nowhere" / "file"))
    with pytest.raises(CommandError, match="There is no platform 'template'"):
        call_command("backup_platform", "template", str(tmp_path / "template"))
    assert not list(tmp_path.glob("*.part"))
