"""What a page lays out in tables and lists: cells that know what they hold, so that one template prints them all.

A view builds these from values its domain call returned; `components/table.html` and `components/rows.html` print them.
A plain string, translated or made by `format_html`, is a cell too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Text:
    """Words, with a quieter note below and an address behind them when given."""

    kind: ClassVar[str] = "text"
    value: str
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in `currency`. `signed` says the direction; `href` opens what the amount is made of. None is a dash."""

    kind: ClassVar[str] = "amount"
    amount: Decimal | None
    currency: str
    signed: bool = False
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of one, printed as a percentage. None is a dash."""

    kind: ClassVar[str] = "share"
    share: Decimal | None
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things. None is a dash."""

    kind: ClassVar[str] = "count"
    count: int | None
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A date, in full unless `short`. None is a dash."""

    kind: ClassVar[str] = "day"
    day: date | None
    short: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time, printed in the active time zone. None is a dash."""

    kind: ClassVar[str] = "moment"
    moment: datetime | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took. None is a dash."""

    kind: ClassVar[str] = "span"
    span: timedelta | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A state of `machine` as a pill; see `apps.portal.states` for the machines."""

    kind: ClassVar[str] = "state"
    machine: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A small form of one button that posts to `action`, with `name=value` when given."""

    kind: ClassVar[str] = "button"
    label: str
    action: str
    name: str = ""
    value: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A box to tick that sends `name=value` with the form whose id is `form`; `label` is read aloud."""

    kind: ClassVar[str] = "check"
    name: str
    value: str
    label: str
    form: str
    note: str = ""


Cell = str | Text | Amount | Share | Count | Day | Moment | Span | State | Button | Check


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column. `numeric` sets the column flush right in figures of equal width."""

    label: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table under a `caption`, which names it to everyone; `empty` is said when there are no rows."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""

    def labelled_rows(self) -> list[list[tuple[Column, Cell]]]:
        """Each row as (column, cell) pairs: on a phone a cell stands beside its column's label.

        Raises ValueError when a row has more or fewer cells than there are columns.
        """
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list of facts or of a receipt: what it is called, what it is, and a quieter note."""

    label: str
    cell: Cell
    note: str = ""
    strong: bool = False
