"""`make check`: every step, one line each; what a failing step said is shown below its line."""

# A command's answers belong on the terminal.
# ruff: noqa: T201

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MANAGE = (sys.executable, "manage.py")
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "EVIDENCE_SIGNING_KEY": secrets.token_hex(32),
    "REGISTRY_KEYS": f"check:{secrets.token_hex(32)}",
    "ALLOWED_HOSTS": ".granary.example",
    "DATABASE_URL": "postgres://granary:unused@127.0.0.1:1/granary",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "MEDIA_ROOT": "var/media",
}


@dataclass(frozen=True)
class Outcome:
    state: str  # "ok", "FAILED" or "NOT AUDITED"
    detail: str = ""


def main() -> int:
    failed = False
    for name, step in STEPS.items():
        print(f"{name:<34}", end="", flush=True)
        outcome = step()
        failed |= outcome.state == "FAILED"
        print(outcome.state if not outcome.detail else f"{outcome.state}: {outcome.detail}", flush=True)
    print("Something failed; its reason stands below its line." if failed else "Every check passed.")
    return int(failed)


def command(*arguments: str, environment: Mapping[str, str] | None = None) -> Callable[[], Outcome]:
    """A step that runs a program and passes when it exits with 0."""

    def step() -> Outcome:
        result = _run(arguments, environment or {})
        return Outcome("ok") if result.returncode == 0 else Outcome("FAILED", f"\n{result.stdout}{result.stderr}")

    return step


def linear_migrations() -> Outcome:
    """Each app's migrations are numbered 0001, 0002, ... without gap, double or merge."""
    crooked = []
    for folder in sorted(BASE_DIR.glob("apps/*/migrations")):
        numbers = sorted(path.name[:4] for path in folder.glob("[0-9]*.py"))
        if numbers != [f"{position:04}" for position in range(1, len(numbers) + 1)]:
            crooked.append(f"{folder.parent.name} has {', '.join(numbers)}")
    return Outcome("FAILED", "; ".join(crooked)) if crooked else Outcome("ok")


def known_vulnerabilities() -> Outcome:
    """pip-audit of what production installs. Not being able to ask is no pass: it is said."""
    audit = ["pip-audit", "--requirement", "requirements/base.txt", "--require-hashes", "--disable-pip"]
    result = _run([str(BIN / audit[0]), *audit[1:], "--format", "json", "--progress-spinner", "off"], {})
    try:
        packages = json.loads(result.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        said = result.stderr.strip().splitlines() or ["silence"]
        return Outcome("NOT AUDITED", f"the vulnerability service gave no answer ({said[-1][:120]})")
    vulnerable = [f"{package['name']}: {v['id']}" for package in packages for v in package.get("vulns", ())]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if vulnerable:
        return Outcome("FAILED", ", ".join(vulnerable))
    if unknown:
        names = "any package" if len(unknown) == len(packages) else ", ".join(unknown)
        return Outcome("NOT AUDITED", f"the vulnerability service has no answer for {names}")
    return Outcome("ok")


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments,
        cwd=BASE_DIR,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


STEPS: Mapping[str, Callable[[], Outcome]] = {
    "style (ruff check)": command(str(BIN / "ruff"), "check", "--quiet", "."),
    "format (ruff format)": command(str(BIN / "ruff"), "format", "--check", "--quiet", "."),
    "types (mypy)": command(str(BIN / "mypy"), "--no-error-summary", "apps", "config", "tests"),
    "layers (import-linter)": command(str(BIN / "lint-imports"), "--no-cache"),
    "migrations complete": command(*MANAGE, "makemigrations", "--check", "--dry-run"),
    "migrations linear": linear_migrations,
    "generated docs current": command(*MANAGE, "docs", "--check"),
    "translations complete": command(*MANAGE, "check_messages"),
    "security (bandit)": command(str(BIN / "bandit"), "-q", "-c", "pyproject.toml", "-r", "apps", "config"),
    "known vulnerabilities (pip-audit)": known_vulnerabilities,
    "deployment (check --deploy)": command(
        *MANAGE, "check", "--deploy", "--fail-level", "WARNING", environment=PRODUCTION
    ),
}


if __name__ == "__main__":
    sys.exit(main())
