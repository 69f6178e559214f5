"""My password is changed by whoever knows it, and ends every other browser's session."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.browsing import Browser

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment

PATH = "/account/password"


def secret_of(text: str) -> str:
    found = re.search(r"<pre[^>]*data-copy[^>]*>([^<]+)</pre>", text)
    assert found is not None, text
    return found[1]


@pytest.fixture
def elsewhere(deployment: Deployment, customer: Customer) -> Browser:
    browser = Browser(deployment)
    browser.sign_in(customer)
    return browser


def test_the_new_password_signs_in_and_the_old_one_for_the_overlap(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    answered = signed_in.post(PATH, password=customer.password, overlap="3600")
    new = replace(customer, password=secret_of(answered.text))

    assert answered.headers["cache-control"] == "no-store"
    assert [deployment.request_token(who).status_code for who in (new, customer)] == [200, 200]
    deployment.clock.advance(timedelta(hours=1))
    assert [deployment.request_token(who).status_code for who in (new, customer)] == [200, 401]


def test_an_old_password_in_its_overlap_does_not_rotate_the_new_one_away(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    answered = signed_in.post(PATH, password=customer.password, overlap="86400")
    owner = replace(customer, password=secret_of(answered.text))
    thief = Browser(deployment)
    thief.sign_in(customer)
    thief.get(PATH)

    stolen = thief.post(PATH, password=customer.password, overlap="0")
    kept = deployment.request_token(owner)
    by_owner = thief.post(PATH, password=owner.password, overlap="0")

    assert stolen.status_code == 401
    assert "not the present password" in stolen.text
    assert (kept.status_code, by_owner.status_code) == (200, 200)


def test_the_live_token_goes_on(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    token = deployment.token(customer)

    signed_in.post(PATH, password=customer.password, overlap="0")

    assert deployment.call(token, customer.api_key).status_code == 200


def test_other_browsers_are_signed_out_and_this_one_is_not(
    customer: Customer, signed_in: Browser, elsewhere: Browser
) -> None:
    before = dict(signed_in.cookies)

    signed_in.post(PATH, password=customer.password, overlap="86400")

    assert signed_in.get("/account").status_code == 200
    assert signed_in.cookies != before
    assert elsewhere.get("/account").status_code == 303


def test_the_form_goes_on_working_in_this_browser(customer: Customer, signed_in: Browser) -> None:
    first = secret_of(signed_in.post(PATH, password=customer.password, overlap="0").text)

    second = signed_in.post(PATH, password=first, overlap="0")

    assert second.status_code == 200


def test_a_wrong_password_changes_nothing_and_counts_as_a_failure(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    tries = deployment.settings.failures_by_name
    answers = [
        signed_in.post(PATH, password="wrong", overlap="0").status_code for _ in range(tries)
    ]
    limited = signed_in.post(PATH, password=customer.password, overlap="0")
    deployment.clock.advance(timedelta(minutes=5))

    assert answers == [401] * tries
    assert limited.status_code == 429
    assert int(limited.headers["retry-after"]) > 0
    assert deployment.request_token(customer).status_code == 200


def test_an_overlap_that_is_not_offered_changes_nothing(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    answered = signed_in.post(PATH, password=customer.password, overlap="999999999")

    assert answered.status_code == 400
    assert deployment.request_token(customer).status_code == 200


def test_a_rotation_by_the_operator_signs_every_browser_out(
    deployment: Deployment, customer: Customer, signed_in: Browser, elsewhere: Browser
) -> None:
    deployment.operate(
        lambda registry: registry.rotate_password(customer.username, timedelta(days=1))
    )

    assert [browser.get("/account").status_code for browser in (signed_in, elsewhere)] == [303, 303]


def test_browsers_are_listed_and_signed_out_together(
    signed_in: Browser, elsewhere: Browser
) -> None:
    page = signed_in.get("/account/sessions").text

    assert page.count("<td>127.0.0.1</td>") == 2
    assert page.count("this one") == 1
    assert signed_in.post("/sign-out/everywhere").status_code == 303
    assert elsewhere.get("/account/sessions").status_code == 303
