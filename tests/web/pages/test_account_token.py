"""The live token's story: which is live, where it came from, who took it, and who fights."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.token_story import TokenStories

if TYPE_CHECKING:
    from support.browsing import Browser
    from support.deployment import Customer, Deployment
    from watchword.access.token_story import TokenStory

PATH = "/account/token"


def issue(deployment: Deployment, customer: Customer, program: str = "one") -> str:
    return deployment.token(customer, headers={"user-agent": program})


def tell(deployment: Deployment, customer: Customer) -> TokenStory:
    return deployment.ask_store(
        lambda store: TokenStories(store, deployment.clock).tell(customer.username)
    )


def test_no_token_is_live_before_the_first(signed_in: Browser) -> None:
    page = signed_in.get(PATH).text

    assert "is live. The next one is issued" in page
    assert "No token was issued yet" in page


def test_the_live_token_is_told_with_where_it_came_from_and_what_it_took(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    issue(deployment, customer, "first-program")
    deployment.clock.advance(timedelta(minutes=1))
    issue(deployment, customer, "second-program")

    story = tell(deployment, customer)
    page = signed_in.get(PATH).text

    newest, first = story.issued
    assert story.live is not None
    assert (newest.jti, newest.took) == (story.live.jti, first.jti)
    assert (first.ended_by, first.ended_from) == ("token.superseded", newest.place)
    assert (newest.place.user_agent, first.place.user_agent) == ("second-program", "first-program")
    assert newest.key_id == customer.key_id
    for shown in ("first-program", "second-program", newest.jti, first.jti, customer.key_id):
        assert shown in page


def test_signing_in_is_no_part_of_the_story(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    token = issue(deployment, customer)

    signed_in.get("/profile/v1/graphiql/")
    signed_in.get(PATH)

    assert len(tell(deployment, customer).issued) == 1
    assert deployment.call(token, customer.api_key).status_code == 200


def test_the_live_token_is_revoked_and_the_audit_log_says_by_whom(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    token = issue(deployment, customer)

    answered = signed_in.post(f"{PATH}/revoke")

    (revoked,) = tell(deployment, customer).issued
    assert (answered.status_code, answered.headers["location"]) == (303, PATH)
    assert deployment.call(token, customer.api_key).status_code == 401
    assert (revoked.ended_by, revoked.ender) == ("token.revoked", "user:svc-acme")
    assert "revoked by this user" in signed_in.get(PATH).text


def test_a_token_whose_time_is_over_is_not_live(deployment: Deployment, customer: Customer) -> None:
    issue(deployment, customer)
    deployment.clock.advance(timedelta(hours=8))

    story = tell(deployment, customer)

    assert story.live is None
    assert story.issued[0].ended_by == "expired"


def test_fifty_issues_are_told_and_refused_attempts_hide_none(
    deployment: Deployment, customer: Customer
) -> None:
    for _ in range(55):
        issue(deployment, customer)
        deployment.clock.advance(timedelta(minutes=1))
        deployment.request_token(customer, headers={"x-api-key": "wrong"})

    assert len(tell(deployment, customer).issued) == 50


@pytest.mark.parametrize("path", ["/account", PATH])
def test_deployments_that_fight_are_shown_with_the_cure(
    deployment: Deployment, customer: Customer, signed_in: Browser, path: str
) -> None:
    programs = ("blue", "green", "red")
    for program in programs * 2:
        issue(deployment, customer, program)
        deployment.clock.advance(timedelta(minutes=1))

    page = signed_in.get(path).text

    assert "Deployments take the live token from each other" in page
    assert all(program in page for program in programs)
    assert 'href="/guides/one-live-token"' in page


def test_a_fight_that_is_over_is_told_as_such(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    for program in ("blue", "green", "blue", "green"):
        issue(deployment, customer, program)
    deployment.clock.advance(timedelta(minutes=11))

    page = signed_in.get(PATH).text

    assert "took the live token from each other, last at" in page
    assert "take the live token" not in page
    assert 'role="alert"' not in page


def test_a_fight_is_told_for_a_day_and_not_longer(
    deployment: Deployment, customer: Customer
) -> None:
    for program in ("blue", "green", "blue", "green"):
        issue(deployment, customer, program)

    deployment.clock.advance(timedelta(days=1))
    assert tell(deployment, customer).contention is not None
    deployment.clock.advance(timedelta(seconds=1))
    assert tell(deployment, customer).contention is None


def test_no_token_is_on_the_page(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    tokens = [issue(deployment, customer) for _ in range(2)]

    page = signed_in.get(PATH).text

    assert not any(token in page for token in tokens)
