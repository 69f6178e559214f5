"""Which text a call runs that names a registered document, or has to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from watchword.access.errors import DocumentNotFound, DocumentNotTrusted, MalformedRequest
from watchword.access.model import (
    AccountId,
    DocumentLimits,
    ServiceName,
    Standing,
    Username,
)
from watchword.access.trusted_documents import DocumentId, TrustedDocuments, to_document_id

if TYPE_CHECKING:
    from collections.abc import Callable

PROFILE, EVENTS = ServiceName("profile"), ServiceName("events")
ACME, OTHER = AccountId("acme"), AccountId("other")
TEXT = "{ info { name } }"
ID = to_document_id(TEXT)


class Truth:
    """A store of documents, as good as a real one."""

    def __init__(self, *, has_versions: bool = True) -> None:
        self.texts = {(PROFILE, ACME, ID): TEXT}
        self.version = 1
        self.times_read = 0
        self.meanwhile: Callable[[], None] = lambda: None
        self._has_versions = has_versions

    def find_version(self) -> int | None:
        return self.version if self._has_versions else None

    async def find_document(
        self, service: ServiceName, account: AccountId, document: DocumentId
    ) -> str | None:
        self.times_read += 1
        text = self.texts.get((service, account, document))
        self.meanwhile()
        return text

    def commit(self, *texts: str) -> None:
        self.texts = {(PROFILE, ACME, to_document_id(text)): text for text in texts}
        self.version += 1


def standing(*, account: AccountId = ACME, trusted_only: bool = False) -> Standing:
    return Standing(
        Username("svc"),
        account,
        frozenset(),
        is_disabled=False,
        live=None,
        key=None,
        documents=DocumentLimits(trusted_only=trusted_only),
    )


def choose(
    documents: TrustedDocuments,
    query: str = "",
    named: DocumentId | None = None,
    of: Standing | None = None,
    service: ServiceName = PROFILE,
) -> str:
    return asyncio.run(documents.choose(of or standing(), service, query, named))


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture
def documents(truth: Truth) -> TrustedDocuments:
    return TrustedDocuments(truth, remembered=2)


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (
            "query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}",
            "7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e",
        ),
        (
            "query($id:ID!){user(id:$id){name}}",
            "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b",
        ),
    ],
)
def test_a_document_is_named_as_the_examples_of_the_specification_are(
    text: str, digest: str
) -> None:
    assert to_document_id(text) == f"sha256:{digest}"


def test_an_id_runs_the_text_that_was_registered(documents: TrustedDocuments) -> None:
    assert choose(documents, named=ID) == TEXT


@pytest.mark.parametrize(
    ("of", "service", "named"),
    [
        (standing(account=OTHER), PROFILE, ID),
        (standing(), EVENTS, ID),
        (standing(), PROFILE, to_document_id("{ other }")),
        (standing(), PROFILE, DocumentId("nonsense")),
        (standing(), PROFILE, DocumentId(ID.upper())),
    ],
)
def test_an_id_runs_nothing_for_another_account_or_service_or_when_it_is_unknown(
    documents: TrustedDocuments, of: Standing, service: ServiceName, named: DocumentId
) -> None:
    with pytest.raises(DocumentNotFound):
        choose(documents, named=named, of=of, service=service)


@pytest.mark.parametrize("trusted_only", [False, True])
def test_a_text_may_come_with_its_own_id_and_with_no_other(
    documents: TrustedDocuments, trusted_only: bool
) -> None:
    of = standing(trusted_only=trusted_only)

    assert choose(documents, TEXT, ID, of) == TEXT
    with pytest.raises(MalformedRequest):
        choose(documents, TEXT + " ", ID, of)


def test_a_text_that_is_not_registered_runs_but_where_the_plan_says_no(
    truth: Truth, documents: TrustedDocuments
) -> None:
    text = "{ unknown }"

    assert choose(documents, text) == choose(documents, text, to_document_id(text)) == text
    assert truth.times_read == 0
    for named in (None, to_document_id(text)):
        with pytest.raises(DocumentNotTrusted):
            choose(documents, text, named, standing(trusted_only=True))


def test_a_registered_text_runs_where_nothing_else_does_but_for_its_own_account(
    documents: TrustedDocuments,
) -> None:
    assert choose(documents, TEXT, None, standing(trusted_only=True)) == TEXT
    assert choose(documents, "", ID, standing(trusted_only=True)) == TEXT
    with pytest.raises(DocumentNotTrusted):
        choose(documents, TEXT, None, standing(account=OTHER, trusted_only=True))


def test_a_text_is_read_once_while_nothing_is_committed(
    truth: Truth, documents: TrustedDocuments
) -> None:
    for _ in range(5):
        choose(documents, named=ID)

    assert truth.times_read == 1


def test_a_document_that_was_removed_runs_no_more_and_one_that_was_added_does(
    truth: Truth, documents: TrustedDocuments
) -> None:
    choose(documents, named=ID)
    truth.commit("{ new }")

    with pytest.raises(DocumentNotFound):
        choose(documents, named=ID)
    assert choose(documents, named=to_document_id("{ new }")) == "{ new }"


def test_what_was_removed_while_it_was_read_is_not_remembered(
    truth: Truth, documents: TrustedDocuments
) -> None:
    other = to_document_id("{ other }")

    def remove_and_be_asked() -> None:
        truth.meanwhile = lambda: None
        truth.commit("{ other }")
        # Another request, in between, learns of the newer version.
        waiting = documents.choose(standing(), PROFILE, "", other)
        with pytest.raises(StopIteration):
            waiting.send(None)

    truth.meanwhile = remove_and_be_asked

    assert choose(documents, named=ID) == TEXT, "it was read before"
    with pytest.raises(DocumentNotFound):
        choose(documents, named=ID)


def test_nothing_is_remembered_of_a_store_that_cannot_say_whether_anything_changed() -> None:
    truth = Truth(has_versions=False)
    documents = TrustedDocuments(truth, remembered=2)

    for _ in range(3):
        choose(documents, named=ID)

    assert truth.times_read == 3


def test_no_more_documents_are_kept_in_memory_than_the_bound_says(
    truth: Truth, documents: TrustedDocuments
) -> None:
    texts = [f"{{ a{number} }}" for number in range(3)]
    truth.commit(*texts)

    for text in texts:
        choose(documents, named=to_document_id(text))
    choose(documents, named=to_document_id(texts[2]))
    assert truth.times_read == 3, "the newest is kept"
    choose(documents, named=to_document_id(texts[0]))

    assert truth.times_read == 4, "an older one made room"


def test_long_documents_do_not_fill_the_memory(truth: Truth) -> None:
    documents = TrustedDocuments(truth, remembered=1_000)
    texts = [f"{{ a{number} }}".ljust(600_000) for number in range(2)]
    truth.commit(*texts)

    for text in (*texts, texts[1], texts[0]):
        choose(documents, named=to_document_id(text))

    assert truth.times_read == 3, "two of them are more than is kept at once"


def test_an_unknown_id_takes_no_room_from_those_that_are_known(
    truth: Truth, documents: TrustedDocuments
) -> None:
    choose(documents, named=ID)
    for number in range(9):
        with pytest.raises(DocumentNotFound):
            choose(documents, named=DocumentId(f"sha256:{number}"))
    before = truth.times_read

    choose(documents, named=ID)

    assert truth.times_read == before
