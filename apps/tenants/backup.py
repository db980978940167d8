"""One platform in one file, and back under the same name or another.

The file is a ZIP: each table's rows as PostgreSQL's COPY text in the order of their keys, the platform's files, and a
manifest that names the hash of each of them. It holds no SQL: the tables, constraints and triggers of the restored
platform are those of this installation's template, so both must have the same migrations. The manifest is signed with
SECRET_KEY; what somebody else made or altered is refused.
"""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

import structlog
from django.core import serializers
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django_tenants.utils import tenant_context
from psycopg import sql

from apps.tenants.models import TEMPLATE_SCHEMA, Domain, Platform
from apps.tenants.services import check_domain, check_schema_name, clone_template, ensure_template

MANIFEST = "manifest.json"
SIGNER = Signer(salt="apps.tenants.backup")
BLOCK = 1 << 20
# The same rows give the same text, whatever a server or a role is set to.
ONE_WAY_TO_WRITE = "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL bytea_output = 'hex'"

TABLES = """
SELECT pg_class.relname, array_agg(attname::text ORDER BY attnum) FILTER (WHERE attnum = ANY(indkey)),
       array_agg(attname::text ORDER BY attnum)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
LEFT JOIN pg_index ON indrelid = pg_class.oid AND indisprimary
WHERE relnamespace = %s::regnamespace AND relkind = 'r' GROUP BY 1 ORDER BY 1
"""
SEQUENCES = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'S' ORDER BY 1"


class BackupRefused(ValueError):
    """A backup cannot be made or put back; the message says why and what to do. Nothing was changed."""


class Table(NamedTuple):
    """A table as its rows are copied: its name, and its columns in two orders."""

    name: str
    key: list[str]
    columns: list[str]


class Backup(NamedTuple):
    """What was written or put back: rows of how many tables, and how many files."""

    platform: Platform
    tables: int
    rows: int
    files: int


def back_up(*, platform: Platform, path: Path, at: datetime, by: str) -> Backup:
    """Write `platform` to `path` as it stands at one moment, while people and its night go on.

    The file is there when it is whole; only its owner may read it. Raises BackupRefused when it exists already or
    cannot be written.
    """
    if path.exists():
        raise BackupRefused(f"{path} exists already and was left as it is. Choose another name.")
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with _for_me_alone(unfinished) as target:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                written = _write(archive, platform, at)
            target.flush()
            os.fsync(target.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise BackupRefused(f"{path} could not be written ({error.strerror}). There is no backup of it.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    structlog.get_logger().info("platform backed up", platform=platform.schema_name, rows=written.rows, by=by)
    return written


@contextmanager
def _for_me_alone(path: Path) -> Iterator[IO[bytes]]:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        yield file


def _write(archive: zipfile.ZipFile, platform: Platform, at: datetime) -> Backup:
    hashes: dict[str, str] = {}
    rows = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(ONE_WAY_TO_WRITE)
        tables = _tables(cursor, platform.schema_name)
        for table in tables:
            with _member(archive, _rows_of(table.name), hashes) as target:
                rows += _copy_out(cursor, platform.schema_name, table, target)
        stated = {
            "made_at": at.isoformat(),
            "platform": serializers.serialize("json", [platform, *platform.domains.order_by("pk")]),
            "migrations": _migrations(cursor, platform.schema_name),
            "tables": tables,
            "sequences": _sequences(cursor, platform.schema_name),
        }
    with tenant_context(platform):  # after the rows: a file without a row is waste, a row without a file a lost paper
        files = sorted(_files())
        for name in files:
            with default_storage.open(name) as source, _member(archive, f"files/{name}", hashes) as target:
                for block in source.chunks(BLOCK):
                    target.write(block)
    text = json.dumps({**stated, "files": files, "hashes": hashes}, sort_keys=True)
    archive.writestr(MANIFEST, SIGNER.sign(text))
    return Backup(platform, len(tables), rows, len(files))


class _Hashed:
    """Writes to `target`, if there is one, and hashes what it writes."""

    def __init__(self, target: IO[bytes] | None = None) -> None:
        self.target = target
        self.sha256 = hashlib.sha256()

    def write(self, block: bytes) -> None:
        self.sha256.update(block)
        if self.target is not None:
            self.target.write(block)


@contextmanager
def _member(archive: zipfile.ZipFile, name: str, hashes: dict[str, str]) -> Iterator[_Hashed]:
    with archive.open(name, "w", force_zip64=True) as target:
        hashed = _Hashed(target)
        yield hashed
    hashes[name] = hashed.sha256.hexdigest()


def _rows_of(table: str) -> str:
    return f"rows/{table}"


def _tables(cursor: CursorWrapper, schema_name: str) -> list[Table]:
    cursor.execute(TABLES, [schema_name])
    return [Table(name, key or columns, columns) for name, key, columns in cursor.fetchall()]


def _sequences(cursor: CursorWrapper, schema_name: str) -> dict[str, list[Any]]:
    cursor.execute(SEQUENCES, [schema_name])
    found = {}
    for (name,) in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema_name, name)))
        found[name] = list(cursor.fetchone())
    return found


def _migrations(cursor: CursorWrapper, schema_name: str) -> list[list[str]]:
    table = sql.Identifier(schema_name, "django_migrations")
    cursor.execute(sql.SQL("SELECT DISTINCT app, name FROM {} ORDER BY 1, 2").format(table))
    return [list(row) for row in cursor.fetchall()]


def _copy_out(cursor: CursorWrapper, schema_name: str, table: Table, target: _Hashed) -> int:
    query = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        _names(table.columns), sql.Identifier(schema_name, table.name), _names(table.key)
    )
    with cursor.copy(query) as copy:
        for block in copy:
            target.write(bytes(block))
    return int(cursor.rowcount)


def _names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _files(folder: str = "") -> Iterator[str]:
    """Every file in the storage of the platform whose schema is set."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in files)
    for name in folders:
        yield from _files(f"{folder}{name}/")


def restore(*, path: Path, schema_name: str = "", domain: str = "", at: datetime, by: str) -> Backup:
    """Put the platform of the backup at `path` back, all or nothing, each table compared with what was backed up.

    It gets `schema_name` and `domain`, or its own of then; they must be free. It is suspended, so that nothing goes out
    of it before somebody has looked, and under another name its nights start by hand. Its seals go on stating the name
    that it had when they were signed (`Platform.signed_name`). Raises BackupRefused for a file that is damaged, not
    ours, or of another release, PlatformRefused when a name is taken.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive)
            return _restore(archive, manifest, schema_name, domain, at, by)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        raise BackupRefused(f"{path} is damaged, or no backup of a platform. Nothing was changed.") from error
    except OSError as error:
        raise BackupRefused(f"{path} could not be restored ({error.strerror}). Nothing was changed.") from error


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """What the backup says it holds, once every byte of it is found to be as it was written."""
    try:
        manifest: dict[str, Any] = json.loads(SIGNER.unsign(archive.read(MANIFEST).decode()))
    except (BadSignature, UnicodeDecodeError) as error:
        raise BackupRefused(
            "This backup was made under another SECRET_KEY, or altered since. Nothing was changed."
        ) from error
    for name, expected in manifest["hashes"].items():
        hashed = _Hashed()
        with archive.open(name) as member:
            while block := member.read(BLOCK):
                hashed.write(block)
        if hashed.sha256.hexdigest() != expected:
            raise BackupRefused(f"{name} in this backup is damaged. Nothing was changed.")
    return manifest


def _restore(
    archive: zipfile.ZipFile, manifest: dict[str, Any], schema_name: str, domain: str, at: datetime, by: str
) -> Backup:
    ensure_template()
    _refuse_another_release(manifest)
    platform, domains = _platform(manifest, schema_name, domain, at)
    check_schema_name(platform.schema_name)
    for one in domains:
        check_domain(one.domain)
    saved: list[str] = []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            platform.save()  # type: ignore[no-untyped-call]  # django-tenants is untyped
            for one in domains:
                one.tenant = platform
                one.save()  # type: ignore[no-untyped-call]
            clone_template(platform.schema_name, "NODATA")
            rows = _put_rows_back(cursor, platform.schema_name, archive, manifest)
            with tenant_context(platform):
                _put_files_back(archive, manifest, saved)
    except BaseException as error:
        with tenant_context(platform):
            for name in saved:
                default_storage.delete(name)
        if isinstance(error, DatabaseError):
            raise BackupRefused(f"The database refused this backup: {error} Nothing was changed.") from error
        raise
    connection.close()  # cloning slows down from clone to clone on one connection
    structlog.get_logger().info("platform restored", platform=platform.schema_name, rows=rows, by=by)
    return Backup(platform, len(manifest["tables"]), rows, len(saved))


def _platform(manifest: dict[str, Any], schema_name: str, domain: str, at: datetime) -> tuple[Platform, list[Domain]]:
    """The rows of the platform and its domains, not saved yet."""
    found = [one.object for one in serializers.deserialize("json", manifest["platform"])]
    platform = next(one for one in found if isinstance(one, Platform))
    domains = [one for one in found if isinstance(one, Domain)]
    signed_name = platform.signed_name
    if schema_name not in {"", platform.schema_name}:
        platform.nights_by_hand, platform.is_demo = True, False
    platform.schema_name = schema_name or platform.schema_name
    platform.signed_as = "" if signed_name == platform.schema_name else signed_name
    platform.suspended_at = at
    if domain:
        domains = [Domain(domain=domain, is_primary=True)]
    for row in (platform, *domains):
        row.pk = None
    return platform, domains


def _refuse_another_release(manifest: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        ours = {tuple(one) for one in _migrations(cursor, TEMPLATE_SCHEMA)}
    theirs = {tuple(one) for one in manifest["migrations"]}
    if ours != theirs:
        app, name = min(ours ^ theirs)
        whose = "this installation has it" if (app, name) in ours else "the backup has it"
        raise BackupRefused(
            f"This backup is of another release of Granary: {app} {name} is applied to one side only ({whose}). "
            "Nothing was changed. Restore it with the release that made it, then run `manage.py prepare` with this one."
        )


def _put_rows_back(cursor: CursorWrapper, schema_name: str, archive: zipfile.ZipFile, manifest: dict[str, Any]) -> int:
    """Fill the empty tables and compare; triggers, which act on what is new, rest until all is there."""
    cursor.execute(ONE_WAY_TO_WRITE)
    tables = _tables(cursor, schema_name)
    if [list(table) for table in tables] != manifest["tables"]:
        raise BackupRefused("The tables of this backup are not those of this release. Nothing was changed.")
    for table in tables:
        _alter(cursor, schema_name, table, "DISABLE TRIGGER USER")
        _copy_in(cursor, schema_name, table, archive)
    for name, (value, is_called) in manifest["sequences"].items():
        sequence = sql.Identifier(schema_name, name).as_string()
        cursor.execute("SELECT setval(%s::regclass, %s, %s)", [sequence, value, is_called])
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    rows = 0
    for table in tables:
        _alter(cursor, schema_name, table, "ENABLE TRIGGER USER")
        hashed = _Hashed()
        rows += _copy_out(cursor, schema_name, table, hashed)
        if hashed.sha256.hexdigest() != manifest["hashes"][_rows_of(table.name)]:
            raise BackupRefused(f"{table.name} would not be what was backed up. Nothing was changed.")
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(schema_name, table.name)))
    return rows


def _alter(cursor: CursorWrapper, schema_name: str, table: Table, how: str) -> None:
    cursor.execute(sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(schema_name, table.name), sql.SQL(how)))


def _copy_in(cursor: CursorWrapper, schema_name: str, table: Table, archive: zipfile.ZipFile) -> None:
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(schema_name, table.name), _names(table.columns))
    with connection.wrap_database_errors, archive.open(_rows_of(table.name)) as source, cursor.copy(into) as copy:
        while block := source.read(BLOCK):
            copy.write(block)


def _put_files_back(archive: zipfile.ZipFile, manifest: dict[str, Any], saved: list[str]) -> None:
    """Save the files of the platform whose schema is set; `saved` tells which, also after a failure."""
    if in_the_way := next(_files(), None):
        raise BackupRefused(f"Files of another platform of this name lie in the way ({in_the_way}). Move them first.")
    for name in manifest["files"]:
        saved.append(name)
        with archive.open(f"files/{name}") as source:
            default_storage.save(name, File(source))
