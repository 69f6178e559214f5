"""The fields of a form ask for what the operation takes, and what is typed is read as meant."""

from __future__ import annotations

import re
from contextlib import suppress
from importlib import resources
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from watchword.access.names import LONGEST_DESCRIPTION, LONGEST_TITLE
from watchword.web.admin.accounts import NewAccount
from watchword.web.admin.bodies import PATH_PARAMETERS
from watchword.web.admin.keys import NewApiKey
from watchword.web.admin.plans import Documents, DocumentsChange, Limit, NewPlan
from watchword.web.admin.services import NewService, ServiceChange
from watchword.web.admin.table import OPERATIONS
from watchword.web.pages.console.fields import (
    Kind,
    list_fields,
    read_members,
    to_place_field,
    to_typed,
)

FORMS = {operation.asks for operation in OPERATIONS if operation.method != "GET"}
WHOLE = st.integers(1, 50)
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)


def read(asks: type[msgspec.Struct], form: dict[str, str]) -> Any:
    return msgspec.convert(read_members(list_fields(asks), form), asks, strict=False)


@given(st.builds(Limit, rate=WHOLE, burst=WHOLE, quota=st.none() | WHOLE))
def test_what_stands_in_a_form_is_read_as_it_was(limit: Limit) -> None:
    assert read(Limit, to_typed(asdict(limit))) == limit


@given(
    st.builds(
        Documents,
        **dict.fromkeys(["tokens", "depth", "aliases", "root_fields", "list_size", "cost"], WHOLE),
        introspection=st.booleans(),
        trusted_only=st.booleans(),
    )
)
def test_a_change_of_nothing_changes_nothing(documents: Documents) -> None:
    change = read(DocumentsChange, to_typed(asdict(documents)))

    assert asdict(change) == asdict(documents)


@given(st.dictionaries(NAMES, st.tuples(WHOLE, WHOLE, st.none() | WHOLE), max_size=4))
def test_rows_are_read_line_by_line(limits: dict[str, tuple[int, int, int | None]]) -> None:
    lines = [
        f" {service}  rate={rate} burst={burst} quota={'' if quota is None else quota}"
        for service, (rate, burst, quota) in limits.items()
    ]

    plan = read(NewPlan, {"plan": "gold", "limits": "\r\n\r\n".join(lines)})

    assert plan.limits == {
        service: Limit(rate=rate, burst=burst, quota=quota)
        for service, (rate, burst, quota) in limits.items()
    }


@given(st.sampled_from(sorted(FORMS, key=lambda asks: asks.__name__)), st.data())
def test_whatever_is_typed_is_read_or_refused_in_words(
    asks: type[msgspec.Struct], data: st.DataObject
) -> None:
    names = [field.name for field in list_fields(asks)]
    form = data.draw(st.dictionaries(st.sampled_from(names), st.text())) if names else {}

    # Any other error would be a failure of ours.
    with suppress(ValueError, msgspec.ValidationError):
        read(asks, form)


def test_words_are_ticked_or_typed() -> None:
    account = read(
        NewAccount,
        {"account": "acme", "services.profile": "yes", "services": "events, more", "packages": ""},
    )

    assert account.services == ["profile", "events", "more"]
    assert account.packages == []


def test_what_is_left_empty_is_as_usual_or_null() -> None:
    key = read(NewApiKey, {"account": "acme", "plan": "", "lifetime_seconds": ""})
    service = read(NewService, {"service": "more", "upstream": ""})
    change = read(ServiceChange, {"title": "", "upstream": ""})

    assert (key.plan, key.lifetime_seconds) == ("preview", None)
    assert service.upstream is None
    assert (change.title, change.upstream) == ("", None)
    assert change.description is msgspec.UNSET


def test_constraints_stand_in_the_fields() -> None:
    rate, _, quota = list_fields(Limit)
    seconds = next(field for field in list_fields(NewApiKey) if field.kind is Kind.SECONDS)

    assert (rate.kind, rate.least, rate.is_required) == (Kind.NUMBER, 1, True)
    assert (quota.least, quota.is_required, quota.is_nullable) == (0, False, True)
    assert "empty is without end" in quota.hint
    assert seconds.name == "lifetime_seconds"
    assert seconds.label == "Lifetime seconds"


@pytest.mark.parametrize("place", sorted(PATH_PARAMETERS))
def test_a_place_of_a_path_is_a_field_too(place: str) -> None:
    field = to_place_field(place)

    assert field.name == f"path.{place}"
    assert field.is_required
    assert field.hint


@given(st.integers(1, 65_535))
def test_every_port_may_be_told_of_an_upstream(port: int) -> None:
    upstream = msgspec.json.schema(NewService)["$defs"]["NewService"]["properties"]["upstream"]
    pattern = next(kind["pattern"] for kind in upstream["anyOf"] if "pattern" in kind)

    assert re.search(pattern, f"http://127.0.0.1:{port}/graphql")
    assert not re.search(pattern, f"http://127.0.0.1:{port + 65_535}/graphql")


def test_no_form_is_held_back_by_a_rule_that_is_told_alone() -> None:
    """A browser would enforce it, and has no words for it."""
    template = resources.files("watchword.web.pages").joinpath("templates/console/forms.html")

    assert "pattern=" not in template.read_text("utf-8")


def test_what_is_told_of_lengths_stands_in_the_fields_of_one_line() -> None:
    by_name = {field.name: field for field in list_fields(NewService)}

    assert (by_name["title"].longest, by_name["title"].kind) == (LONGEST_TITLE, Kind.TEXT)
    assert by_name["description"].longest == LONGEST_DESCRIPTION
