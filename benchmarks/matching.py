"""Matching 100,000 bank lines with 100,000 expected movements whose truth is known: 20 s or less, 500 MB or less,
nothing accepted that is wrong, 98 in 100 true links found, and growth near linear.

    python -m benchmarks.matching

Two in a hundred lines are nobody's, and as many expected movements are never booked. Five in a hundred movements are
booked together with others in one line, five in a hundred lines pay a part of one movement. Of the rest most carry
their reference; the others come without, on the day or up to four days late. One line in fifty does not say whose it
is. Amounts are drawn from half a million minor units, so that many are alike.
"""

import resource
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

LINES = 100_000
LIMIT_SECONDS, LIMIT_MB, LEAST_RECALL, MOST_GROWTH = 20, 500, 0.98, 1.5
FIRST, DAYS, PARTIES_PER_LINE = date(2025, 1, 1), 365, 0.04
Truth = dict[tuple[str, ...], tuple[str, ...]]


class Generator:
    """Lines and expected movements in equal number, and which of them belong together."""

    def __init__(self, size: int, seed: int) -> None:
        self.luck, self.size = Random(seed), size
        self.lines: list[object] = []
        self.expected: list[object] = []
        self.truth: Truth = {}
        self._number = 0
        noise, in_sets = size * 2 // 100, size * 5 // 100
        for _one in range(noise):
            self.lines.append(self.item("l"))
            self.expected.append(self.item("e", reference=self.reference()))
        self._sets(in_sets, one_line=True)
        self._sets(in_sets, one_line=False)
        while len(self.lines) < size or len(self.expected) < size:
            self._one_to_one()
        self.luck.shuffle(self.lines)
        self.luck.shuffle(self.expected)

    def reference(self) -> str:
        self._number += 1
        return f"P{self._number:08}"

    def item(self, side: str, **facts: object) -> object:
        from apps.reconciliation.passes import Item

        self._number += 1
        told = {
            "amount": Decimal(self.luck.randint(1, 500_000)) / 100,
            "on": FIRST + timedelta(days=self.luck.randrange(DAYS)),
            "party": f"seller {self.luck.randrange(int(self.size * PARTIES_PER_LINE))}",
            **facts,
        }
        return Item(key=f"{side}{self._number}", account="collection", currency="CNY", **told)  # type: ignore[arg-type]

    def _one_to_one(self) -> None:
        expected = self.item("e", reference=self.reference())
        draw = self.luck.random()
        line = replace(
            expected,  # type: ignore[type-var]
            key=f"l{self._number}",
            reference=expected.reference if draw < 0.7 else "",  # type: ignore[attr-defined]
            on=expected.on + timedelta(days=self.luck.randint(1, 4) if draw >= 0.85 else 0),  # type: ignore[attr-defined]
            party=expected.party if self.luck.random() < 0.98 else "",  # type: ignore[attr-defined]
        )
        self._keep([line], [expected])

    def _sets(self, parts: int, *, one_line: bool) -> None:
        while parts > 0:
            number = self.luck.randint(2, 12)
            parts -= number
            whole = self.item("l" if one_line else "e", reference="" if one_line else self.reference())
            several = [
                self.item(
                    "e" if one_line else "l",
                    on=whole.on + timedelta(days=self.luck.randint(-3, 3)),  # type: ignore[attr-defined]
                    party=whole.party,  # type: ignore[attr-defined]
                    reference=self.reference() if one_line else "",
                )
                for _part in range(number)
            ]
            whole = replace(whole, amount=sum((one.amount for one in several), Decimal(0)))  # type: ignore[type-var,attr-defined]
            self._keep([whole], several) if one_line else self._keep(several, [whole])

    def _keep(self, lines: list[object], expected: list[object]) -> None:
        self.lines += lines
        self.expected += expected
        keys = tuple(sorted(one.key for one in lines))  # type: ignore[attr-defined]
        self.truth[keys] = tuple(sorted(one.key for one in expected))  # type: ignore[attr-defined]


def links(lines: tuple[str, ...], expected: tuple[str, ...]) -> int:
    """How many pairs of line and movement a match says belong together."""
    return len(lines) * len(expected)


def measure(size: int, seed: int = 7) -> tuple[float, float, float]:
    """Seconds of one processor, precision of what was accepted, and recall of true links."""
    from apps.reconciliation.passes import match
    from apps.reconciliation.rules import STARTER

    data = Generator(size, seed)
    started = time.process_time()
    done = match(lines=data.lines, expected=data.expected, rules=STARTER)  # type: ignore[arg-type]
    seconds = time.process_time() - started
    right = [one for one in done.accepted if data.truth.get(tuple(sorted(one.lines))) == tuple(sorted(one.expected))]
    found = sum(links(one.lines, one.expected) for one in right)
    return seconds, len(right) / len(done.accepted), found / sum(links(*pair) for pair in data.truth.items())


def main() -> int:
    """Measure and print; 1 when a limit is exceeded."""
    quarter, _precision, _recall = measure(LINES // 4)
    seconds, precision, recall = measure(LINES)
    growth = seconds / quarter / 4
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"matching lines={LINES} seconds={seconds:.1f} limit={LIMIT_SECONDS} mb={megabytes:.0f} limit={LIMIT_MB} "
        f"precision={precision:.6f} limit=1 recall={recall:.4f} limit={LEAST_RECALL} "
        f"growth={growth:.2f} limit={MOST_GROWTH}"
    )
    kept = seconds <= LIMIT_SECONDS and megabytes <= LIMIT_MB and growth <= MOST_GROWTH
    return int(not (kept and precision == 1 and recall >= LEAST_RECALL))


if __name__ == "__main__":
    from benchmarks import throwaway

    throwaway.setup()
    sys.exit(main())
