"""Keywords find people by words, and can never be anything but words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.asking import Asker
from support.fakes import StoppedClock
from watchword.services.profile import ProfileService
from watchword.services.records.tables import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from services.asking import Statements

FIND = """
query ($words: String!) {
  personKeywordSearch(filter: {searchKeyword: $words}, pageInfo: {first: 100}) {
    items { id name } pageInfoResponse { totalCount }
  }
}
"""


def names(ask: Asker, words: str) -> list[str]:
    return [item["name"] for item in ask(FIND, words=words)["personKeywordSearch"]["items"]]


def total(ask: Asker, words: str) -> int:
    count: int = ask(FIND, words=words)["personKeywordSearch"]["pageInfoResponse"]["totalCount"]
    return count


@pytest.mark.parametrize(
    "words", ["Cantwell", "cantwell", "CANTWELL", "cantw", "maria cantwell", "cantwell maria"]
)
def test_a_person_is_found_by_any_beginning_of_her_names_in_any_order(
    congress: Asker, words: str
) -> None:
    assert names(congress, words)[0] == "Maria Cantwell"


@pytest.mark.parametrize("words", ["velazquez", "Velázquez", "VELÁZQUEZ", "vela\u0301zquez"])
def test_accents_make_no_difference(congress: Asker, words: str) -> None:
    assert names(congress, words) == ["Nydia M. Velázquez"]


def test_every_word_must_match(congress: Asker) -> None:
    assert names(congress, "cantwell klobuchar") == []


def test_people_are_found_by_the_organizations_of_their_roles(congress: Asker) -> None:
    assert "Maria Cantwell" in names(congress, "finance cantwell")


def test_a_name_comes_before_an_organization(congress: Asker) -> None:
    # Dozens sit on a committee on banking; two are called Banks.
    assert names(congress, "bank")[0] == "Jim Banks"


@pytest.fixture
def ranked(tmp_path: Path) -> Iterator[Asker]:
    """People and organizations for whom the same word stands in different places."""
    database = tmp_path / "ranked.db"
    connection = connect(database, timedelta(seconds=5))
    for number, (name, nickname, organizations) in enumerate(
        [
            ("Otto Meier", None, "Bank of Ank"),
            ("Bankole Ank", None, ""),
            ("Anna Bank", None, "Bank of Ank"),
            ("Otto Bank", None, ""),
            ("Peter Schmidt", "Bank", "Bank of Ank"),
            ("Bankole Schmidt", None, "Otto Bank"),
            ("Eva Braun", None, "Bankers"),
        ],
        start=1,
    ):
        first, last = name.split()
        connection.execute(
            "INSERT INTO person (id, first_name, last_name, name, nickname, source) "
            "VALUES (?, ?, ?, ?, ?, 'test')",
            (number, first, last, name, nickname),
        )
        connection.execute(
            "INSERT INTO person_name_keyword (rowid, first_name, last_name, name) "
            "VALUES (?, ?, ?, concat_ws(' ', ?, ?))",
            (number, first, last, name, nickname),
        )
        connection.execute(
            "INSERT INTO person_keyword (rowid, words) VALUES (?, concat_ws(' ', ?, ?, ?))",
            (number, name, nickname, organizations),
        )
    for number, (name, ticker) in enumerate(
        [("Bank of Ank", None), ("Bankers", None), ("Ank Tools", "BANK"), ("Banks", "ANK")], start=1
    ):
        connection.execute(
            "INSERT INTO organization (id, name, type, ticker, source) "
            "VALUES (?, ?, 'Company', ?, 'test')",
            (number, name, ticker),
        )
        connection.execute(
            "INSERT INTO organization_keyword (rowid, name, ticker) VALUES (?, ?, ?)",
            (number, name, ticker),
        )
    connection.close()
    service = ProfileService(database, clock=StoppedClock(), version="1")
    yield Asker(service)
    service.close()


def test_whole_names_come_before_beginnings_and_those_before_organizations(ranked: Asker) -> None:
    assert names(ranked, "bank") == [
        "Anna Bank",
        "Otto Bank",
        "Peter Schmidt",
        "Bankole Ank",
        "Bankole Schmidt",
        "Otto Meier",
        "Eva Braun",
    ]


def test_a_match_of_several_words_is_as_good_as_its_worst(ranked: Asker) -> None:
    assert names(ranked, "otto bank") == [
        "Otto Bank",
        "Otto Meier",
        "Bankole Schmidt",
    ]


def test_the_organization_of_a_ticker_comes_before_those_of_the_name(ranked: Asker) -> None:
    def found(words: str) -> list[str]:
        query = FIND.replace("person", "organization").replace(
            " name }", " name: organizationName }"
        )
        items = ranked(query, words=words)["organizationKeywordSearch"]["items"]
        return [item["name"] for item in items]

    assert found("bank") == ["Ank Tools", "Bank of Ank", "Bankers", "Banks"]
    assert found("ank") == ["Banks", "Bank of Ank", "Ank Tools"]


def test_nobody_is_found_twice_by_two_ranks(congress: Asker) -> None:
    for words in ("j", "house", "finance", "smith", "a b"):
        found = [item["id"] for item in congress(FIND, words=words)["personKeywordSearch"]["items"]]
        assert len(found) == len(set(found)) == min(100, total(congress, words))


def test_a_keyword_is_counted_once_until_the_next_import(
    own_congress_database: Path, statements: Statements
) -> None:
    service = ProfileService(own_congress_database, clock=StoppedClock(), version="1")
    ask = Asker(service)
    before = total(ask, "house")
    statements.take()

    again = total(ask, "house")
    counted = [text for text in statements.take() if "count(*)" in text]
    connection = connect(own_congress_database, timedelta(seconds=5))
    connection.execute(
        "INSERT INTO person (id, first_name, last_name, name, source) "
        "VALUES (999999, 'A', 'House', 'A House', 'test')"
    )
    for keyword in ("person_name_keyword (rowid, last_name)", "person_keyword (rowid, words)"):
        connection.execute(f"INSERT INTO {keyword} VALUES (999999, 'House')")  # noqa: S608 - our own names
    connection.execute("UPDATE origin SET imports = imports + 1")
    connection.close()
    after = total(ask, "house")
    service.close()

    assert (again, after) == (before, before + 1)
    assert counted == []


def test_the_same_keyword_has_always_the_same_order(congress: Asker) -> None:
    assert names(congress, "house") == names(congress, "house")


@pytest.mark.parametrize("words", ["O'Hara", "hyde-smith", "J.", "d'esposito", "A&M"])
def test_punctuation_inside_a_word_is_no_error(congress: Asker, words: str) -> None:
    assert isinstance(names(congress, words), list)


def test_a_hyphenated_name_is_found_as_it_is_written(congress: Asker) -> None:
    assert names(congress, "hyde-smith") == ["Cindy Hyde-Smith"]


@pytest.mark.parametrize(
    "attack",
    [
        "cantwell OR klobuchar",
        "cantwell NOT maria",
        "NEAR(cantwell klobuchar)",
        "NEAR(cantwell klobuchar, 5)",
        "last_name : cantwell AND klobuchar",
        "{last_name first_name} : nobodyatall",
        "- last_name : cantwell",
        "^nobodyatall",
        "cantwell + klobuchar",
        '"cantwell" OR "klobuchar"',
        'x" OR "klobuchar',
        'x"" OR ""klobuchar',
        "x' OR 1=1 --",
        'cantwell") OR (1',
        "nobodyatall*",
        'cantwell\x00" OR klobuchar',
    ],
)
def test_full_text_syntax_in_a_keyword_is_only_words(congress: Asker, attack: str) -> None:
    assert names(congress, attack) == []


@pytest.mark.parametrize(
    "words", ["cantwell*", '"cantwell"', "(cantwell)", "^cantwell", "cantwell\x00"]
)
def test_punctuation_around_a_word_is_ignored(congress: Asker, words: str) -> None:
    assert names(congress, words) == ["Maria Cantwell"]


@pytest.mark.parametrize(
    "words", ["", " ", "*", '"', "()", "-", "...", "\x00", "\ud800", "🙂", "\u0301"]
)
def test_a_keyword_without_letter_or_digit_is_refused_rather_than_answered_with_nobody(
    congress: Asker, words: str
) -> None:
    message = congress.refusal(FIND, words=words)

    assert message == "'searchKeyword' needs at least one letter or digit @ persons"


def test_a_keyword_of_200_characters_is_answered_and_a_longer_one_refused(congress: Asker) -> None:
    assert names(congress, "a" * 200) == []
    assert names(congress, "a " * 100) != []
    assert congress.refusal(FIND, words="a" * 201) == (
        "'searchKeyword' may have 200 characters at most @ persons"
    )


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=st.text(max_size=200))
def test_no_keyword_whatever_is_a_fault_of_the_service(congress: Asker, words: str) -> None:
    result = congress.result(FIND, words=words)

    for error in result.errors or []:
        assert error.extensions == {"code": "BAD_USER_INPUT"}


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(noise=st.text(alphabet='"*()^:+-{}, .', max_size=20))
def test_no_punctuation_widens_an_answer(congress: Asker, noise: str) -> None:
    assert total(congress, f"{noise} cantwell {noise}") <= 1


@pytest.mark.parametrize("hidden", ["\u00ad", "\u200b", "\u200d", "\ufeff"])
def test_a_hidden_character_inside_a_word_does_not_part_it(congress: Asker, hidden: str) -> None:
    assert names(congress, f"cant{hidden}well") == names(congress, "cantwell") != []
