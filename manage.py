#!/usr/bin/env python
"""Django's command line for Granary."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError
    from psycopg.errors import UndefinedColumn, UndefinedTable

    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError as error:
        if "--traceback" in sys.argv or not isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
            raise
        said = str(error).partition("\n")[0]
        sys.exit(f"The database is not as this release needs it: {said}. Run `manage.py prepare`, then try again.")
