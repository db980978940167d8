"""Published cases of other systems, fed through this product's own rules. An adapter is `check(case, folder)`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Case = Mapping[str, Any]
# The differences between the case and the product, a sentence each; none when they agree.
Adapter = Callable[[Case, Path], list[str]]


class ByOption(Exception):
    """The case agrees with another option of our terms than the one that it names; the message says which."""


class OutOfScope(Exception):
    """The case needs something that this product leaves out on purpose; the message says what."""
