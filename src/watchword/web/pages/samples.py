"""The programs of the guides: files that run as they are, with the reader's own values put in.

A program reads its two secrets from the environment. Nobody's secret ever stands in a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from watchword.web.pages.reader import Reader

_URL: Final = "http://127.0.0.1:8080"
_USER: Final = "your-user"
_HINT: Final = "the key that you were given"
_PATH: Final = "/profile/v1/graphql"
_QUERY: Final = "query Ask { __typename }"
_VARIABLES: Final = '{"no": "variables"}'


@dataclass(frozen=True, slots=True)
class _Question:
    """What the programs ask: a query of one line without quotes, and its variables as JSON."""

    query: str
    variables: str
    answer: str


_ANY: Final = _Question(_QUERY, "{}", "call-any.json")
_QUESTIONS: Final = {
    "profile": _Question(
        "query Ask($id: String!) { personIdSearch(id: $id) { ... on Person { name } } }",
        '{"id": "1-per-1"}',
        "call-profile.json",
    ),
    "events": _Question("query Ask { info { name status } }", "{}", "call-events.json"),
}


@dataclass(frozen=True, slots=True)
class Samples:
    """The programs for a reader.

    Attributes:
        url: Under which the reader reaches the server.
        service: Which service they call.
    """

    url: str
    service: str
    reader: Reader

    def read(self, name: str) -> str:
        """Return a program, without the line break at its end."""
        question = _QUESTIONS.get(self.service, _ANY)
        hint = f"your key that ends in {self.reader.key_hint}"
        text = _read(name)
        # In this order: none of the values can hold what is replaced after it.
        for mark, value in (
            (_HINT, hint if self.reader.key_hint else _HINT),
            (_USER, self.reader.username),
            (_VARIABLES, question.variables),
            (_QUERY, question.query),
            (_PATH, f"/{self.service}/v1/graphql"),
            (_URL, self.url),
        ):
            text = text.replace(mark, value)
        return text.rstrip("\n")

    def read_answer(self) -> str:
        """Return what the programs that call are answered."""
        return _read(_QUESTIONS.get(self.service, _ANY).answer).rstrip("\n")


@lru_cache(maxsize=32)
def _read(name: str) -> str:
    folder = resources.files("watchword.web.pages").joinpath("samples")
    return folder.joinpath(name).read_text("utf-8")
