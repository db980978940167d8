"""`.env.example` lists every environment variable that the code reads, and no other."""

import re
from pathlib import Path

from config.embedded import BASE_DIR

READ = re.compile(r"""(?:environ(?:\.get)?|required|listed)[(\[]\s*["']([A-Z_]+)["']""")
# Set by one part of the project for another, or by the tools we use; not for a person to set.
INTERNAL = {"GRANARY_TEST_MAIL", "GRANARY_TEST_SLOT", "PYTEST_XDIST_WORKER"}


def test_it_lists_what_the_code_reads() -> None:
    sources = [path for folder in ("apps", "config", "tests") for path in (BASE_DIR / folder).rglob("*.py")]
    read = {name for path in sources if path != Path(__file__) for name in READ.findall(path.read_text())}
    listed = set(re.findall(r"^([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))

    assert read - INTERNAL <= listed
    assert listed <= read | {"DJANGO_SETTINGS_MODULE"}
