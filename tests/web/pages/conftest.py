from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.browsing import Browser

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment


@pytest.fixture
def signed_in(deployment: Deployment, customer: Customer) -> Browser:
    """A browser in which the customer's service user has signed in."""
    browser = Browser(deployment)
    browser.sign_in(customer)
    browser.get("/account/password")
    return browser
