"""The texts of an element by path, however the element is written."""

from lxml import etree

from apps.banking.statements.leaves import Leaves, Paths


def _leaves(written: str, *apart: str) -> Leaves:
    return Leaves(etree.fromstring(written, etree.XMLParser(remove_blank_text=True)), frozenset(apart))


def test_what_xml_writes_in_other_letters_is_read_as_it_is_meant() -> None:
    leaves = _leaves("<E><A>x &lt; y &amp;amp; z</A><B><![CDATA[<C>no</C> & more]]></B><D>one&#13;two</D></E>")

    assert leaves.text("A") == "x < y &amp; z"
    assert leaves.text("B") == "<C>no</C> & more"
    assert leaves.text("D") == "one\rtwo"
    assert leaves.text("B/C") == ""


def test_an_attribute_is_no_text() -> None:
    leaves = _leaves('<E><Amt Ccy="&lt;b&gt;1&lt;/b&gt;">5.00</Amt><Amt Ccy="EUR">6.00</Amt></E>')

    assert leaves.text("Amt") == "5.00\n6.00"
    assert leaves.currency("Amt") == "<b>1</b>"
    assert leaves.text("Amt/b") == ""


def test_elements_of_the_same_names_that_hang_together_otherwise_are_told_apart() -> None:
    within, beside = _leaves("<E><Refs><Id>1</Id></Refs></E>"), _leaves("<E><Refs/><Id>1</Id></E>")

    assert (within.text("Refs/Id"), within.text("Id")) == ("1", "")
    assert (beside.text("Refs/Id"), beside.text("Id")) == ("", "1")


def test_an_empty_line_among_others_stays_one() -> None:
    assert _leaves("<E><T>a</T><T/><T> c </T></E>").text("T") == "a\n\nc"
    assert _leaves("<E><T></T><U>b</U></E>").all(Paths("T", "U")) == ("", "b")


def test_text_between_elements_belongs_to_none() -> None:
    leaves = _leaves("<E>stray<A>1</A>stray<G>stray<A>2</A></G>stray<B>3</B></E>", "G")

    assert leaves.all(Paths("A", "B")) == ("1", "3")
    assert [group.text("A") for group in leaves.groups("G")] == ["2"]
    assert [group.element.tag for group in leaves.groups("G")] == ["G"]
