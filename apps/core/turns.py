"""Work that must be done by one at a time within a platform."""

from django.db import connection
from psycopg.errors import DeadlockDetected, SerializationFailure


def take_turn(work: str) -> None:
    """Be the only one of this platform at `work` until the running transaction ends. Waits for whoever is at it now;
    taken a second time, it is there already.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(current_schema()))", [work])


def lost_its_turn(error: BaseException) -> bool:
    """Whether the database undid a transaction only because another one was in its way: they waited for each other in a
    circle, or what both wrote fits no order of one after the other. Nothing of it is there; it can be done again.
    """
    return isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
