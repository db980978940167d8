"""Median seconds to make a platform, from the call to its first query: python -m benchmarks.new_platform

The template is migrated beforehand, as it is on every running system. Prints figures and exits with 1 beyond the limit.
"""

import statistics
import sys
import time
from datetime import date

import psutil

from benchmarks import throwaway

PLATFORMS = 7
LIMIT = 2.0


def measure() -> bool:
    """Make and drop platforms one after another; whether the limit was kept."""
    from django.db import connection

    from apps.sellers.models import Seller
    from apps.tenants.services import ensure_template

    ensure_template()
    seconds = []
    for number in range(PLATFORMS):
        started = time.perf_counter()
        with throwaway.platform(f"bench_new_{number}", opened_on=date(2025, 1, 1)):
            Seller.objects.exists()
            seconds.append(time.perf_counter() - started)
            tables = len(connection.introspection.table_names())
    median = statistics.median(seconds)
    print(
        f"new_platform seconds={median:.2f} limit={LIMIT} worst={max(seconds):.2f} platforms={PLATFORMS} "
        f"tables={tables} rss={psutil.Process().memory_info().rss / 1e6:.0f}MB"
    )
    return median <= LIMIT


if __name__ == "__main__":
    throwaway.setup()
    sys.exit(0 if measure() else 1)
