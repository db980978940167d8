"""Each component of `templates/components/`: what it says, and what a screen reader hears."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.conf import settings
from django.utils import translation

from apps.portal.tables import Amount, Button, Column, Count, Day, Line, Moment, Share, Span, State, Table, Text
from tests.portal.pages import Piece

Render = Callable[..., Piece]
TEMPLATES = settings.BASE_DIR / "templates"


class DrawForm(forms.Form):
    amount = forms.DecimalField(
        label="How much?", min_value=500, max_value=48000, help_text="You can change it later.", widget=forms.TextInput
    )
    pace = forms.ChoiceField(
        label="How to repay?", choices=[("12", "12% of sales"), ("18", "18% of sales")], widget=forms.RadioSelect
    )
    why = forms.CharField(label="What for?", required=False, widget=forms.Textarea)
    agreed = forms.BooleanField(label="I have read it.")
    token = forms.CharField(widget=forms.HiddenInput, required=False)


# Money, dates, states


def test_money_in_figures_of_equal_width(piece: Render) -> None:
    assert piece("{% money amount 'CNY' %}", amount=Decimal("312.4")).one("span", class_="num").text == "¥312.40"
    assert piece("{% money amount 'CNY' signed=True %}", amount=Decimal("-312.4")).text == "− ¥312.40"
    assert piece("{% money amount 'CNY' %}", amount=None).text == "–"


def test_a_headline_amount(piece: Render) -> None:
    big = piece("{% money amount 'CNY' big=True %}", amount=Decimal(48000)).one("span", class_="big")
    assert big.text == "¥48,000"
    assert big.one("span", class_="symbol").text == "¥"


def test_filters_print_a_dash_for_what_is_not_there(piece: Render) -> None:
    absent = "{{ x|money:'CNY' }} {{ x|percent }} {{ x|day }} {{ x|count }} {{ x|span }} {{ x|moment }} {{ x|clock }}"
    assert piece(absent, x=None).text == "– – – – – – –"
    assert piece("{{ x|count }} {{ x|percent }}", x=0).text == "0 0%"


def test_a_date_says_itself_to_machines_too(piece: Render) -> None:
    day = piece("{% date day %}", day=date(2026, 3, 9)).one("time")
    assert (day["datetime"], day.text) == ("2026-03-09", "9 March 2026")
    assert piece("{% date day short=True %}", day=date(2026, 3, 9)).text == "9 Mar"
    assert piece("{% date day %}", day=None).all("time") == []


def test_a_state_is_a_word_in_a_tone(piece: Render) -> None:
    pill = piece("{% state_pill 'financing' 'overdue' %}").one("span", class_="pill")
    assert (pill.text, pill.classes) == ("Overdue", {"pill", "bad"})
    with translation.override("zh-hans"):
        assert piece("{% state_pill 'order' 'delivered' %}").text == "已签收"
        assert piece("{% state_pill 'offer' 'delivered' %}").text == "可领取"


def test_a_bar_says_what_it_shows_and_never_leaves_its_frame(piece: Render) -> None:
    bar = piece("{% bar share '62 percent repaid' mark=limit %}", share=Decimal("0.62"), limit=Decimal("0.9")).one(
        "svg"
    )
    assert (bar["role"], bar["aria-label"]) == ("img", "62 percent repaid")
    assert bar.one("rect", class_="bar-fill")["width"] == "62.0%"
    assert bar.one("rect", class_="bar-mark")["x"] == "90.0%"
    assert piece("{% bar share 'full' %}", share=Decimal("1.7")).one("rect", class_="bar-fill")["width"] == "100.0%"
    assert piece("{% bar share 'none' %}", share=Decimal("-1")).one("rect", class_="bar-fill")["width"] == "0.0%"
    assert piece("{% bar share 'none' %}", share=None).all("rect", class_="bar-mark") == []


def test_every_icon_that_a_template_asks_for_is_drawn(piece: Render) -> None:
    sources = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    asked = set(re.findall(r"""{% icon ["']([a-z-]+)["']""", sources)) | {"info", "good", "warn", "bad"}
    assert len(asked) > 10
    for name in asked:
        assert piece("{% icon name %}", name=name).all("path"), f"There is no icon {name!r}."
    assert piece("{% icon 'home' %}").one("svg")["aria-hidden"] == "true"


# Forms


def test_a_field_ties_label_hint_and_error_to_its_control(piece: Render) -> None:
    form = DrawForm({"amount": "99"})
    field = piece("{% field form.amount %}", form=form)
    control = field.one("input")
    assert field.one("label")["for"] == control["id"] == "id_amount"
    assert control["aria-invalid"] == "true"
    hint, error = control["aria-describedby"].split()
    assert field.one(id=hint).text == "You can change it later."
    assert field.one(id=error).text == "Please choose 500 or more."
    assert control["value"] == "99"


def test_a_field_without_fault_is_quiet(piece: Render) -> None:
    field = piece("{% field form.amount %}", form=DrawForm())
    assert field.all(class_="error") == []
    assert field.one("input").get("aria-invalid") is None
    assert field.one("input").get("placeholder") is None


def test_a_field_that_may_stay_empty_says_so(piece: Render, language: str) -> None:
    word = {"en": "optional", "zh-hans": "选填"}[language]
    assert word in piece("{% field form.why %}", form=DrawForm()).one("label").text
    assert word not in piece("{% field form.amount %}", form=DrawForm()).one("label").text


def test_an_amount_field_with_symbol_limits_and_slider(piece: Render) -> None:
    field = piece("{% field form.amount currency='CNY' slider=True step=100 %}", form=DrawForm({"amount": "20000"}))
    slider = field.one("input", type="range")
    assert {name: slider[name] for name in ("min", "max", "step", "value")} == {
        "min": "500", "max": "48000", "step": "100", "value": "20000",
    }  # fmt: skip
    assert slider["aria-label"] == "How much?"
    assert slider["data-slider-for"] == "id_amount"
    assert slider.get("name") is None, "without JavaScript only the box may be sent"
    assert slider.get("hidden") is not None
    assert [limit.text for limit in field.one(class_="limits").all("small")] == ["¥500", "¥48,000"]
    assert field.one(class_="affix").text == "¥"


def test_choices_are_a_group_with_a_line_below_each(piece: Render) -> None:
    group = piece("{% field form.pace hints=hints %}", form=DrawForm({"pace": "18"}), hints={"12": "About 90 days."})
    fieldset = group.one("fieldset")
    assert fieldset.one("legend").text == "How to repay?"
    twelve, eighteen = fieldset.all("label", class_="choice")
    assert (twelve.text, eighteen.text) == ("12% of sales About 90 days.", "18% of sales")
    assert eighteen.one("input").get("checked") is not None
    assert twelve.one("input").get("checked") is None
    assert twelve["for"] == twelve.one("input")["id"]


def test_a_group_with_a_fault_says_it(piece: Render) -> None:
    form = DrawForm({"amount": "1000"})
    group = piece("{% field form.pace %}", form=form).one("fieldset")
    assert group.one(id=group["aria-describedby"]).text == "Please fill this in."


def test_a_whole_form_lists_its_faults_first_and_keeps_what_was_typed(piece: Render) -> None:
    form = DrawForm({"amount": "99", "why": "<script>seeds</script>", "token": "t"})
    whole = piece("{% include 'components/form.html' with submit='Go on' %}", form=form)
    summary = whole.one(role="alert")
    assert "Nothing is lost." in summary.text
    links = summary.all("a")
    assert "How much? · Please choose 500 or more." in [link.text for link in links]
    assert all(whole.one(id=link["href"].removeprefix("#")) for link in links)
    assert whole.one("textarea").text == "<script>seeds</script>"
    assert whole.one("button").text == "Go on"
    assert whole.one("input", name="token")["type"] == "hidden"
    assert whole.all("script") == []


def test_a_form_without_faults_has_no_summary(piece: Render) -> None:
    assert piece("{% include 'components/form.html' with submit='Go' %}", form=DrawForm()).all(role="alert") == []


# Tables and lists

STEPS = Table(
    caption="Steps",
    columns=[Column("Step"), Column("State"), Column("Done", numeric=True), Column("Sum", numeric=True)],
    rows=[
        ["Take in files", State("nightly_step", "done"), Count(4), Amount(None, "CNY")],
        [
            Text("Match", note="at noon", href="/m"), State("nightly_step", "failed"), Count(46327),
            Amount(Decimal("412.6"), "CNY", href="/p"),
        ],
    ],
    empty="The steps appear here once the first night has run.",
)  # fmt: skip


def test_a_table_names_its_columns_beside_each_cell_for_phones(piece: Render) -> None:
    table = piece("{% include 'components/table.html' %}", table=STEPS).one("table")
    assert table.one("caption").text == "Steps"
    assert [head.text for head in table.all("th")] == ["Step", "State", "Done", "Sum"]
    cells = table.all("td")
    assert [cell["data-label"] for cell in cells[:4]] == ["Step", "State", "Done", "Sum"]
    assert [cell.text for cell in cells] == [
        "Take in files", "Done", "4", "–", "Match at noon", "Failed", "46,327", "¥412.60",
    ]  # fmt: skip
    assert "num" in cells[3].classes
    assert cells[7].one("a")["href"] == "/p"


def test_a_table_can_be_reached_and_is_named(piece: Render) -> None:
    frame = piece("{% include 'components/table.html' %}", table=STEPS).one(role="region")
    assert (frame["tabindex"], frame["aria-label"]) == ("0", "Steps")


def test_an_empty_table_says_what_will_come(piece: Render) -> None:
    empty = piece("{% include 'components/table.html' %}", table=Table("Steps", STEPS.columns, [], STEPS.empty))
    assert empty.all("table") == []
    assert "once the first night has run" in empty.text


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Table("Steps", STEPS.columns, [["Match"]]).labelled_rows()


def test_every_kind_of_cell(piece: Render) -> None:
    cells = {
        "31.7%": Share(Decimal("0.317")),
        "1:47": Span(timedelta(seconds=107)),
        "9 Mar": Day(date(2026, 3, 9), short=True),
        "+ ¥5.00 today": Amount(Decimal(5), "CNY", signed=True, note="today"),
        "–": Moment(None),
        "Proved": State("control_total", "proved"),
        "plain words": "plain words",
    }
    for printed, cell in cells.items():
        assert piece("{% cell cell %}", cell=cell).text == printed


def test_a_button_in_a_cell_is_a_form_that_posts(piece: Render) -> None:
    form = piece("{% cell cell %}", cell=Button("Take", "/desk/b/1/", name="owner", value="me"), csrf_token="t0k").one(
        "form"
    )
    assert (form["method"], form["action"]) == ("post", "/desk/b/1/")
    assert form.one("input", name="csrfmiddlewaretoken")["value"] == "t0k"
    assert (form.one("button")["name"], form.one("button")["value"]) == ("owner", "me")


def test_facts_are_a_list_of_names_and_values(piece: Render) -> None:
    rows = [Line("All fees", Amount(Decimal(800), "CNY"), note="only this one"), Line("Rate", Share(Decimal("0.317")))]
    facts = piece("{% include 'components/rows.html' %}", rows=rows).one("dl")
    assert [name.text for name in facts.all("dt")] == ["All fees only this one", "Rate"]
    assert [value.text for value in facts.all("dd")] == ["¥800.00", "31.7%"]


def test_a_receipt_ends_with_its_sum(piece: Render) -> None:
    slip = piece(
        "{% include 'components/receipt.html' with title='Last night' note='Capped.' %}",
        date=date(2026, 11, 19),
        rows=[
            Line("Sales", Amount(Decimal("2783.30"), "CNY")),
            Line("Returns", Amount(Decimal(-180), "CNY", signed=True)),
        ],
        total=Line("Kept", Amount(Decimal("312.40"), "CNY")),
    )
    assert slip.text == "Last night 19 November 2026 Sales ¥2,783.30 Returns − ¥180.00 Kept ¥312.40 Capped."


# Words


@pytest.mark.parametrize(("tone", "role"), [("bad", "alert"), ("good", None)])
def test_a_note_in_its_tone(piece: Render, tone: str, role: str | None) -> None:
    note = piece("{% include 'components/note.html' with title='T' body=b %}", tone=tone, b="<b>x</b>").one(
        class_="note"
    )
    assert tone in note.classes
    assert note.get("role") == role
    assert note.text == "T <b>x</b>", "what people typed is never markup"


def test_an_empty_place_says_what_to_do(piece: Render) -> None:
    empty = piece(
        "{% include 'components/empty.html' with title='No orders yet' body='They come.' href='/o' link='Add' %}"
    )
    assert empty.text == "No orders yet They come. Add"
    assert empty.one("a")["href"] == "/o"


def test_the_one_sentence_and_the_one_number(piece: Render) -> None:
    source = (
        "{% include 'components/hero.html' with lead='You can draw up to' currency='CNY' href='/a' link='Get money' %}"
    )
    hero = piece(source, amount=Decimal(48000))
    assert hero.text == "You can draw up to ¥48,000 Get money"
    assert piece(source, amount=Decimal(48000), href="").one("h1").text == "You can draw up to"


def test_a_stat(piece: Render) -> None:
    source = "{% include 'components/stat.html' with label='Unexplained' hint='3 breaks' tone='bad' href='/b' %}"
    stat = piece(source, cell=Amount(Decimal("412.6"), "CNY"))
    assert stat.text == "Unexplained ¥412.60 3 breaks"
    assert stat.one("a").text == "¥412.60"


def test_a_pager_leads_only_where_there_is_more(piece: Render) -> None:
    source = "{% include 'components/pager.html' %}"
    assert [link.text for link in piece(source, newer_url="?a", older_url="?b").all("a")] == ["Newer", "Older"]
    assert [link["href"] for link in piece(source, newer_url="", older_url="?b").all("a")] == ["?b"]
    assert piece(source, newer_url="", older_url="").all("nav") == []


def test_how_far_one_is(piece: Render, language: str) -> None:
    expected = {"en": "Step 3 of 4", "zh-hans": "第 3 步，共 4 步"}[language]
    assert piece("{% include 'components/steps.html' with current=3 total=4 %}").text == expected


def test_breadcrumbs_and_the_way_back(piece: Render) -> None:
    trail = piece("{% include 'components/breadcrumbs.html' with here='19 November' %}", trail=[("/n", "Night")])
    assert trail.one("a")["href"] == "/n"
    assert trail.one("li", aria_current="page").text == "19 November"
    assert piece("{% include 'components/back.html' with href='/m' label='Money' %}").one("a").text == "Money"


def test_a_dialog_asks_and_offers_the_way_out(piece: Render) -> None:
    source = "{% include 'components/dialog.html' with id='d' title='Sure?' body='It is kept.' confirm='Withdraw' %}"
    dialog = piece(source, action="/w", csrf_token="t0k").one("dialog")
    assert dialog.one(id=dialog["aria-labelledby"]).text == "Sure?"
    assert dialog.one("form")["action"] == "/w"
    assert (dialog.one("button").text, dialog.one("a").text) == ("Withdraw", "Not now")


def test_a_file_to_open(piece: Render) -> None:
    row = piece("{% include 'components/file_row.html' with href='/c' title='Contract' note='PDF, 42 KB' %}").one("a")
    assert (row["href"], row.text) == ("/c", "Contract PDF, 42 KB")
