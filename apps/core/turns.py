"""Work that must be done by one at a time within a platform."""

from django.db import connection


def take_turn(work: str) -> None:
    """Be the only one of this platform at `work` until the running transaction ends. Waits for whoever is at it now;
    taken a second time, it is there already.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(current_schema()))", [work])
