"""What the machine itself must have: Python and Debian packages. `make` runs this before all else.

    python3 config/machine.py run|test

Root installs what is missing; anyone else gets the command to type.
"""

# A command's answers belong on the terminal.
# ruff: noqa: T201

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys

OLDEST_PYTHON = (3, 11)
TO_RUN = (
    "libpango-1.0-0",  # WeasyPrint sets text with Pango
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",  # WeasyPrint embeds only the letters used: small PDFs come five times faster
    "fonts-noto-cjk",  # Chinese in contracts
    "gettext",  # compiles translations
)
TO_TEST = (*TO_RUN, "chromium")


def main(purpose: str) -> None:
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Granary needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Set PYTHON=...")
    if shutil.which("dpkg-query") is None:
        print("Not a Debian machine: see to Pango, HarfBuzz, a CJK font, gettext and (for tests) Chromium yourself.")
        return
    missing = [package for package in _wanted(purpose) if not _is_installed(package)]
    if not missing:
        return
    if os.geteuid() != 0:
        sys.exit(f"Debian packages are missing. Install them and try again: sudo apt-get install {' '.join(missing)}")
    print(f"Installing Debian packages: {' '.join(missing)}", flush=True)
    _apt_get("update")
    _apt_get("install", "--yes", "--no-install-recommends", *missing)


def _wanted(purpose: str) -> list[str]:
    wanted = list(TO_TEST if purpose == "test" else TO_RUN)
    if importlib.util.find_spec("ensurepip") is None:  # Debian ships Python without what makes a virtual environment
        wanted.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    return wanted


def _is_installed(package: str) -> bool:
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout == "installed"


def _apt_get(*arguments: str) -> None:
    result = subprocess.run(
        ["apt-get", "--quiet=2", "--option=DPkg::Lock::Timeout=120", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(f"{result.stdout}\n`apt-get {' '.join(arguments)}` failed; its reason is above.")


if __name__ == "__main__":
    main(sys.argv[1])
