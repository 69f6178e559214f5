"""What is deprecated is not seen in GraphiQL before somebody asks for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from support.chromium import sign_in

if TYPE_CHECKING:
    from support.chromium import Watched
    from support.customers import RemoteCustomer
    from support.processes import Server

pytestmark = pytest.mark.slow
TOGGLE = re.compile("^(Show|Hide) deprecated fields")


def test_a_deprecated_field_is_in_the_documentation_once_it_is_asked_for_and_no_longer(
    watched: Watched, served: tuple[Server, RemoteCustomer]
) -> None:
    page, (_, customer) = watched.page, served
    page.goto("/profile/v1/graphiql/")
    sign_in(page, customer.username, customer.password)
    toggle = page.get_by_role("button", name=TOGGLE)
    expect(toggle).to_be_visible()
    page.get_by_role("button", name="Show Documentation Explorer").click()
    docs = page.locator(".graphiql-doc-explorer")
    for link in ("Query", "Debug"):
        docs.get_by_role("link", name=link, exact=True).first.click()
    known, deprecated = (
        docs.get_by_role("link", name=name) for name in ("permissionDenied", "deprecatedExample")
    )
    # The pane folds away by itself what a type has of them: there is to be nothing to unfold.
    unfold = docs.get_by_role("button", name="Show Deprecated Fields", exact=True)

    expect(known).to_be_visible()
    expect(unfold).to_have_count(0)
    expect(deprecated).to_have_count(0)
    toggle.click()
    unfold.click()
    expect(deprecated).to_be_visible()
    toggle.click()

    expect(deprecated).to_have_count(0)
    expect(unfold).to_have_count(0)
    expect(known).to_be_visible()
