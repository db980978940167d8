"""What the reading of bank files says, in the reader's language.

Reading knows no language: its sentences are kept as they were said, in English, for the command, the API and every
later reader. Here they are known again by their fixed words; what varies (a name, an amount, what a parser said) is
put into the translation. A sentence that is not known is shown as it is.
"""

import re
from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

PLACES = (
    gettext_noop("file"),
    gettext_noop("end"),
    gettext_noop("statement %(number)s"),
    gettext_noop("entry %(number)s"),
    gettext_noop("line %(number)s"),
    gettext_noop("balance without a type"),
    gettext_noop("balance %(kind)s"),
)
OF_FILES = (
    gettext_noop("The file is empty."),
    gettext_noop("The file is larger than %(size)s MB."),
    gettext_noop("The file holds zero bytes: it is no text, or in an encoding that it does not name."),
    gettext_noop("It is not UTF-8; read as %(encoding)s, so letters beyond ASCII may be wrong."),
    gettext_noop("It cannot be read to its end: %(said)s."),
    gettext_noop("It cannot be unpacked: %(said)s."),
    gettext_noop("The archive cannot be opened: %(said)s."),
    gettext_noop("The archive is encrypted: unpack it first."),
    gettext_noop("The archive holds %(files)s files of %(content)s bytes in %(packed)s: no bank makes such a one."),
    gettext_noop("This is an archive within an archive, or one that cannot be opened."),
    gettext_noop("This is a PDF."),
    gettext_noop("This is compressed (gzip): unpack it first."),
    gettext_noop("This is a QIF file, which names no account and no currency."),
    gettext_noop("This is an old Excel or Word file."),
    gettext_noop("Line %(line)s is longer than %(length)s characters."),
    gettext_noop("Reading stopped: %(reason)s"),
    gettext_noop("There is no statement in it."),
    gettext_noop("There is no statement in it. %(reason)s"),
)
OF_XML = (
    gettext_noop("The XML declares a document type or entities: statements have none, so it is not read."),
    gettext_noop("The XML declares a document type: statements have none, so it is not read."),
    gettext_noop("This is no whole XML: %(said)s."),
    gettext_noop("The file is no whole XML from here on: %(said)s."),
    gettext_noop("This XML is no bank statement: it holds no camt.052, camt.053 or camt.054 message."),
    gettext_noop("This %(message)s message holds no statement."),
    gettext_noop("This is a %(message)s message and no bank statement: camt.052, camt.053 and camt.054 are."),
    gettext_noop("It is %(message)s by its elements, but its namespace names no version."),
    gettext_noop("There is no schema %(schema)s to check it against."),
    gettext_noop("Not valid against %(schema)s: %(reason)s"),
    gettext_noop("Element '%(element)s': This element is not expected."),
    gettext_noop("Element '%(element)s': This element is not expected. Expected is %(expected)s."),
    gettext_noop("Element '%(element)s': This element is not expected. Expected is one of %(expected)s."),
    gettext_noop("Element '%(element)s': Missing child element(s). Expected is %(expected)s."),
    gettext_noop("Element '%(element)s': Missing child element(s). Expected is one of %(expected)s."),
    gettext_noop("Element '%(element)s': '%(written)s' is not a valid value of the atomic type '%(type)s'."),
)
OF_STATEMENTS = (
    gettext_noop("The statement names no account."),
    gettext_noop("The statement names no account (:25:)."),
    gettext_noop("The statement names no currency."),
    gettext_noop("There are %(number)s balances %(kind)s that differ."),
    gettext_noop("%(number)s more balances and problems are not listed."),
    gettext_noop("The account is in %(currency)s, but its booked entries come to %(sums)s."),
    gettext_noop("Balances and entries are in different currencies."),
    gettext_noop("The balances behind the lines do not follow from the lines."),
)
OF_ENTRIES = (
    gettext_noop("%(amount)s has more decimals than %(currency)s knows."),
    gettext_noop("%(amount)s is beyond any amount that is kept here."),
    gettext_noop("%(amount)s has a sign besides CdtDbtInd."),
    gettext_noop("CdtDbtInd is %(written)s and neither CRDT nor DBIT."),
    gettext_noop("The entry has no date that can be read."),
    gettext_noop("%(currency)s is no currency of ISO 4217."),
    gettext_noop("%(written)s is no status, so the entry is not counted as booked."),
    gettext_noop("The entry says it groups %(said)s payments, but lists %(listed)s."),
    gettext_noop("Its batch comes to %(batch)s, the entry to %(entry)s."),
    gettext_noop("%(lacking)s of its %(number)s payments have no amount of their own."),
    gettext_noop("Its payments are in %(currencies)s, the entry is in %(currency)s."),
    gettext_noop("Its payments come to %(payments)s, the entry to %(entry)s."),
)
OF_VALUES = (
    gettext_noop("an amount of %(length)s characters is no amount."),
    gettext_noop("%(written)s is no amount."),
    gettext_noop("%(written)s has more digits than any amount."),
    gettext_noop("%(written)s is no date."),
    gettext_noop("%(written)s is no date of the form %(form)s."),
    gettext_noop("%(written)s is no day of the calendar."),
    gettext_noop("%(day)s is not between %(first)s and %(last)s."),
    gettext_noop("%(written)s is no currency."),
    gettext_noop("Value date: %(reason)s"),
    gettext_noop("Booking date: %(reason)s"),
    gettext_noop("%(written)s is no balance."),
    gettext_noop("%(written)s is no total."),
)
OF_SWIFT = (
    gettext_noop("%(written)s belongs to no field."),
    gettext_noop("%(written)s is no statement line."),
    gettext_noop("This is a piece of an MT940 message: no account (:25:) is named in it."),
    gettext_noop("The statement begins with :%(tag)s: and not with :20:."),
    gettext_noop(":%(tag)s: stands behind the end of the statement and is counted to it."),
    gettext_noop(":25: comes again, with %(written)s: the account stays %(account)s."),
    gettext_noop("The bank counts %(said)s %(side)s of %(sum)s; %(number)s of %(total)s stand here."),
    gettext_noop("debits"),
    gettext_noop("credits"),
)
OF_OFX = (
    gettext_noop("There is no tag in more than %(length)s characters behind line %(line)s."),
    gettext_noop("This OFX file holds no statement."),
    gettext_noop("This OFX file holds no statement; the bank says %(said)s."),
    gettext_noop("The file breaks off: </OFX> is missing."),
    gettext_noop("<%(tag)s> has no end."),
    gettext_noop("The statement has no end before line %(line)s."),
    gettext_noop("%(number)s movements of securities in it are not read: they are no bank lines."),
)
OF_CSV = (
    gettext_noop("The mapping has unknown settings: %(names)s."),
    gettext_noop("The mapping lacks %(name)s."),
    gettext_noop("These settings of the mapping are not of their kind: %(names)s."),
    gettext_noop("The mapping's decimal_sign is . or , and its delimiter one character."),
    gettext_noop("The mapping names neither an amount nor debit and credit."),
    gettext_noop("This is no statement of a known format, and no row of it names a date and an amount as CSV does."),
    gettext_noop("%(written)s stands before the headings and is not read."),
    gettext_noop("No row names a date and an amount as CSV statements do: choose the columns."),
    gettext_noop("Line %(line)s is no CSV: %(said)s."),
    gettext_noop("No row names all columns of the mapping: %(names)s."),
    gettext_noop("The dates cannot be read: %(written)s is the first."),
    gettext_noop("The dates can be read in %(number)s ways (%(ways)s): a mapping has to say which."),
    gettext_noop("The amounts can be read with a decimal point or a decimal comma: a mapping has to say which."),
    gettext_noop("%(unread)s of %(number)s lines up to line %(line)s have no amount that can be read."),
    gettext_noop("No mapping was given; read as %(columns)s; dates %(form)s, decimal sign %(sign)s."),
    gettext_noop("The line names no currency."),
    gettext_noop("The line has neither a debit nor a credit."),
    gettext_noop("%(written)s says neither debit nor credit."),
)
SENTENCES = (*OF_FILES, *OF_XML, *OF_STATEMENTS, *OF_ENTRIES, *OF_VALUES, *OF_SWIFT, *OF_OFX, *OF_CSV)
VARIES = re.compile(r"%\((\w+)\)s")
TOLD = {"reason", "side"}  # what stands in these gaps is in the words of reading, too
NAMED = re.compile(r"([A-Z]+): (.+)", re.DOTALL)  # an OFX element before what is wrong with its text


def in_words(reason: str) -> str:
    """`reason`, as reading says it, in the active language."""
    if found := recognised(reason, SENTENCES):
        sentence, given = found
        return _(sentence) % {name: in_words(text) if name in TOLD else text for name, text in given.items()}
    if named := NAMED.fullmatch(reason):
        return f"{named[1]}: {in_words(named[2])}"
    return reason


def place_in_words(place: str) -> str:
    """Where something stands in a file, such as `statement 1, entry 2, line 40, Amt`, in the active language."""
    said = []
    for part in place.split(", "):
        found = recognised(part, PLACES)
        said.append(_(found[0]) % found[1] if found else part)
    return ", ".join(said)


def recognised(text: str, sentences: tuple[str, ...]) -> tuple[str, dict[str, str]] | None:
    """The sentence with the most fixed letters that `text` is, and what stands in its gaps."""
    for sentence, pattern in _patterns(sentences):
        if found := pattern.fullmatch(text):
            return sentence, found.groupdict()
    return None


@cache
def _patterns(sentences: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    fixed_first = sorted(sentences, key=lambda sentence: -len(VARIES.sub("", sentence)))
    return [(sentence, re.compile(_pattern(sentence), re.DOTALL)) for sentence in fixed_first]


def _pattern(sentence: str) -> str:
    fixed, *pairs = VARIES.split(sentence)
    gaps = zip(pairs[::2], pairs[1::2], strict=True)
    return re.escape(fixed) + "".join(f"(?P<{name}>.+?){re.escape(text)}" for name, text in gaps)
