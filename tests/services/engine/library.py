"""A small service with whatever a schema can hold, its values with gaps and faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, build_schema

from support.services import Unhurried
from watchword.services.directory import ServiceFailure
from watchword.services.engine.binding import Batch, Each, Root, bind
from watchword.services.engine.errors import unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.services.engine.binding import Resolver

SDL = """
directive @cost(weight: Int!) on FIELD_DEFINITION
directive @listSize(
  assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]
) repeatable on FIELD_DEFINITION
directive @package(name: String!) on FIELD_DEFINITION

type Query {
  book(id: String!): Found
  books(page: PageInput, genre: Genre): Books @listSize(
    assumedSize: 10, slicingArguments: ["page.first", "page.last"], sizedFields: ["items"]
  ) @cost(weight: 5)
  byIds(ids: [Int!]!): [Book] @listSize(slicingArguments: ["ids"])
  shelves(ids: [Int!]!, first: Int): [Shelf] @listSize(slicingArguments: ["ids"]) @listSize(
    assumedSize: 10, slicingArguments: ["first"], sizedFields: ["items"]
  )
  strict: [Book!]!
  matrix: [[Int]]
  number(plus: Int = 1): Int
  slow: Int
  fails: Int
  fault: Int
  down: Int
  secret: Int @package(name: "vault")
  forbidden: String
  old: String @deprecated(reason: "use number")
}
type Mutation { change: Int }
union Found = Book | Missing
interface Named { name: String }
type Shelf { items: [Book] @listSize(assumedSize: 10) }
type Missing { why: String! }
type Books { items: [Book] total: Int }
enum Genre { FACT FICTION }
input PageInput { first: Int last: Int }
type Book implements Named {
  id: Int!
  name: String
  genre: Genre
  pages: Int
  price: Float
  lent: Boolean
  title: String!
  broken: Int!
  authors: [Author!] @listSize(assumedSize: 3)
  sequel: Book
  value: Int @package(name: "vault")
  shelf: String @deprecated(reason: "books move")
  tags: [String!] @listSize(assumedSize: 4)
}
type Author implements Named { name: String books: [Book] @listSize(assumedSize: 2) named: Named }
"""


class Genre(StrEnum):
    FACT = "FACT"
    FICTION = "FICTION"


@dataclass(frozen=True)
class Page:
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True)
class Book:
    id: int
    title: str | None
    genre: Genre | None = None
    pages: int | None = None
    price: float | None = None
    lent: bool | None = None
    value: int | None = 7
    shelf: str | None = "A1"
    tags: tuple[str | None, ...] | None = ()


@dataclass(frozen=True)
class Author:
    name: str | None


@dataclass(frozen=True)
class Missing:
    why: str | None


@dataclass(frozen=True)
class Books:
    items: list[Book | None]
    total: int


BOOKS = (
    Book(0, "Kettles", Genre.FACT, 120, 9.5, lent=True, tags=("hot", "dry")),
    Book(1, "Teapots", None, None, None, None, tags=None),
    Book(2, None, Genre.FICTION, 7, 0.0, lent=False, tags=("lost", None)),
    Book(3, "Sundials", Genre.FICTION, 2**40, float("nan"), tags=("sun",)),
)


@dataclass
class Calls:
    """What the resolvers were asked."""

    batches: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])


def _authors(books: Sequence[Book], calls: Calls) -> list[Any]:
    calls.batches.append(("authors", len(books)))
    found: dict[int, Any] = {
        0: [Author("Testerby"), Author(None)],
        1: None,
        2: GraphQLError("no authors", extensions={"code": "BAD_USER_INPUT"}),
    }
    return [found.get(book.id, [Author("Nobodysson"), None]) for book in books]


def _books_of(authors: Sequence[Author], calls: Calls) -> list[Any]:
    calls.batches.append(("books", len(authors)))
    return [None if author.name is None else BOOKS[:3] for author in authors]


def _books(_calls: Calls, page: Page | None = None, genre: str | None = None) -> object:
    if page is not None and page.first is not None and page.first < 0:
        raise GraphQLError("'first' must not be negative")
    chosen = [book for book in BOOKS if genre is None or book.genre == genre]
    size = len(chosen) if page is None or page.first is None else page.first
    return Books([*chosen[:size], None], len(chosen))


def _book(_calls: Calls, public_id: str) -> object:
    if not public_id.isdecimal():
        return Missing(None if public_id == "none" else "no number")
    return BOOKS[int(public_id) % len(BOOKS)]


def _raise(error: Exception) -> Root:
    def resolve(_calls: Calls) -> object:
        raise error

    return Root(resolve)


RESOLVERS: Mapping[str, Mapping[str, Resolver]] = {
    "Query": {
        "book": Root(_book),
        "books": Root(_books),
        "byIds": Root(lambda _calls, ids: [BOOKS[n] if 0 <= n < 4 else None for n in ids]),
        "shelves": Root(lambda _calls, ids, first=None: [Books([*BOOKS[:first]], n) for n in ids]),
        "strict": Root(lambda _calls: list(BOOKS)),
        "matrix": Root(lambda _calls: [[1, None], None, []]),
        "number": Root(lambda _calls, plus: 41 + plus),
        "slow": Root(lambda _calls: 1, is_slow=True),
        "fails": _raise(GraphQLError("ask otherwise", extensions={"code": "BAD_USER_INPUT"})),
        "fault": _raise(KeyError("the password is hunter2")),
        "down": _raise(ServiceFailure()),
        "secret": Root(lambda _calls: 42),
        "forbidden": Root(lambda _calls: unauthorized("Not for you.")),
        "old": Root(lambda _calls: "still here"),
    },
    "Book": {
        "name": Each(lambda book: book.title),
        "broken": Each(lambda book: None if book.id == 2 else book.id),
        "authors": Batch(_authors),
        "sequel": Each(lambda book: BOOKS[book.id + 1] if book.id < 3 else None),
    },
    "Author": {"books": Batch(_books_of), "named": Each(lambda author: author)},
}


class Library:
    """The service."""

    name = "library"
    title = "Library"
    description = "For tests."

    def __init__(self) -> None:
        self.schema = bind(
            build_schema(SDL),
            RESOLVERS,
            {"PageInput": lambda has: Page(**has)},
            {"id": "public_id"},
        )
        self.requests: list[str] = []
        self.calls = Calls()

    def request(self, correlation_id: str) -> Unhurried:
        self.requests.append(correlation_id)
        return Unhurried(self.calls)

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""
