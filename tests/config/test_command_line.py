"""`manage.py` as a person at a terminal meets it."""

import subprocess
import sys
from pathlib import Path

import psycopg
from django.db import connection

ROOT = Path(__file__).parents[2]


def test_on_a_database_that_nobody_prepared_a_command_says_what_to_run(child_environment: dict[str, str]) -> None:
    name = f"{connection.settings_dict['NAME']}_bare"
    url = child_environment["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            bare = {**child_environment, "DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
            for command in (["list_platforms"], ["verify_books", "--all"]):
                done = subprocess.run(
                    [sys.executable, "manage.py", *command], cwd=ROOT, env=bare, capture_output=True, text=True,
                    check=False,
                )  # fmt: skip
                assert done.returncode == 1
                assert "Run `manage.py prepare`, then try again." in done.stderr
                assert "Traceback" not in done.stderr + done.stdout
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
