"""Markdown becomes HTML that holds nothing but what our pages may have."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from support.pages import ReadPage
from watchword.web.pages.articles import to_code, to_markdown
from watchword.web.pages.markdown import outline_of, to_html

TAGS = frozenset(
    {
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "a", "em", "strong", "code", "pre", "br", "hr"),
        *("ul", "ol", "li", "blockquote", "div", "section", "span"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
)
# NUL is no character of Markdown.
PLAIN = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
SIGNS = st.sampled_from(
    [
        *("<script>alert(1)</script>", "<b style=x>", "`", "```sh tab=a onload=b\n", "```\n"),
        *("[a](javascript:x)", "![a](b)", "# ", "\n", "&lt;", '"', "|", "---", "response"),
        "| a |\n| :-: |\n| `b` |\n",
    ]
)
TEXTS = st.lists(st.one_of(st.text(max_size=20), SIGNS), max_size=12).map("".join)


@given(TEXTS)
def test_whatever_is_written_no_page_gets_tags_or_attributes_of_its_own(text: str) -> None:
    page = ReadPage(to_html(text))

    assert page.problems == []
    assert set(page.tags) <= TAGS
    assert not any(link.lower().startswith(("javascript:", "data:")) for link in page.links)


@given(st.text(PLAIN, min_size=1, max_size=60))
def test_a_text_that_is_filled_in_is_shown_as_it_is(text: str) -> None:
    filled_in = to_markdown(text)

    page = ReadPage(to_html(f"Before {filled_in} after"))

    assert " ".join(page.text.split()) == " ".join(f"Before {text} after".split())
    assert set(page.tags) == {"p"}


@given(st.text(PLAIN, min_size=1, max_size=60).filter(str.strip))
def test_code_that_is_filled_in_is_shown_as_it_is(text: str) -> None:
    page = ReadPage(to_html(f"Before {to_code(text)} after"))

    assert " ".join(page.text.split()) == " ".join(f"Before {text} after".split())
    assert page.tags == ["p", "code"]


@given(st.text(PLAIN))
def test_code_in_a_fence_is_shown_to_the_letter(text: str) -> None:
    code = "".join(sign for sign in text if sign.isprintable()).replace("`", "")

    page = ReadPage(to_html(f"```python tab=Python\nx{code}\n```\n"))

    assert page.code == [("Python", f"x{code}\n")]


def test_fences_that_stand_together_are_tabs_beside_their_response() -> None:
    html = to_html(
        '```sh tab=curl\na\n```\n\n```js tab=Node.js\nb\n```\n\n```json response\n{"c": 1}\n```\n'
    )

    page = ReadPage(html)

    assert page.code == [("curl", "a\n"), ("Node.js", "b\n"), ("", '{"c": 1}\n')]
    assert "".join(html.split("\n")).startswith(
        '<div class="sample pair"><div class="request"><div class="tabs" data-tabs="">'
        '<section data-tab="curl"><h2>curl</h2>'
        '<div class="highlight"><pre data-copy tabindex="0"><code>'
    )
    assert '<div class="response">\n<h2>Response</h2>\n<div class="highlight">' in html


def test_tabs_are_one_heading_below_what_they_stand_in() -> None:
    tabs = "\n```sh tab=curl\na\n```\n\n```json response\n{}\n```\n"

    html = to_html(f"# Guide\n\n## Step\n{tabs}\n### Part\n{tabs}")

    assert re.findall(r"<(h\d)\b", html) == ["h1", "h2", "h3", "h3", "h3", "h4", "h4"]


def test_a_row_that_begins_with_code_can_be_linked_to() -> None:
    page = ReadPage(to_html("## Person\n\n| field | type |\n| --- | --- |\n| `id` | `ID!` |\n"))

    assert page.ids == ["person", "person.id"]


def test_two_headings_of_one_text_have_two_ids() -> None:
    taken = {"person"}

    page = ReadPage(to_html("## Person\n\n## Person\n", taken))

    assert page.ids == ["person-2", "person-3"]
    assert taken == {"person", "person-2", "person-3"}


def test_columns_are_not_aligned_by_style() -> None:
    assert "style" not in to_html("| a |\n| :-: |\n| b |\n")


def test_a_text_is_outlined_by_its_first_heading_and_paragraph() -> None:
    outline = outline_of("# The *title*\n\nWhat it\nsays of `x`.\n\nMore.\n" + "word " * 880)

    assert (outline.title, outline.summary, outline.minutes) == (
        "The title",
        "What it says of x.",
        4,
    )
