"""CONTRACT 4 and 5: what callers see of their usage plan, through HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.deployment import Customer, Deployment, code_of
from support.operators import AdminClient, add_operator, assert_problem
from watchword.access.model import Limit

if TYPE_CHECKING:
    import httpx2

SECOND = timedelta(seconds=1)
POLICY = '"burst";q=3;w=1,"daily";q=100;w=86400'
# Structured Fields (RFC 9651): a list of strings with whole numbers as parameters.
LIST = re.compile(r'"[a-z]+"(?:;[a-z]=\d+)+(?:,"[a-z]+"(?:;[a-z]=\d+)+)*')


@pytest.fixture
def previewer(deployment: Deployment) -> Customer:
    """A customer on the published default plan."""
    return deployment.make_customer(plan="preview")


def assert_limited(response: httpx2.Response, message: str, code: str, retry_after: str) -> None:
    assert response.status_code == 429, response.text
    assert response.json()["message"] == message
    assert code_of(response) == code
    assert response.headers["retry-after"] == retry_after
    assert response.headers["content-type"] == "application/json"
    assert "www-authenticate" not in response.headers


def use_up_day(deployment: Deployment, customer: Customer, token: str) -> None:
    for _ in range(100):
        assert deployment.call(token, customer.api_key).status_code == 200
        deployment.clock.advance(SECOND)


def test_every_answer_says_where_the_caller_stands(
    deployment: Deployment, previewer: Customer
) -> None:
    token = deployment.token(previewer)

    answers = [deployment.call(token, previewer.api_key) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {POLICY}
    assert [answer.headers["ratelimit"] for answer in answers] == [
        '"burst";r=2;t=1,"daily";r=99;t=43200',
        '"burst";r=1;t=1,"daily";r=98;t=43200',
        '"burst";r=0;t=1,"daily";r=97;t=43200',
        '"burst";r=0;t=1,"daily";r=97;t=43200',
    ]
    assert all(LIST.fullmatch(answer.headers["ratelimit"]) for answer in answers)


@pytest.mark.parametrize(
    "content", ["no json", '{"query": "{ nothing }"}', '{"query": "{ info { name } }"}']
)
def test_whatever_an_admitted_call_is_answered_it_says_where_the_caller_stands(
    deployment: Deployment, previewer: Customer, content: str
) -> None:
    token = deployment.token(previewer)

    answer = deployment.call(token, previewer.api_key, content=content)

    assert answer.headers["ratelimit-policy"] == POLICY
    assert '"daily";r=99' in answer.headers["ratelimit"]


def test_a_plan_without_a_quota_tells_of_none(deployment: Deployment) -> None:
    customer = deployment.make_customer(plan="preview")
    deployment.operate(lambda registry: registry.set_limit("preview", "profile", Limit(2, 5, None)))

    answer = deployment.call(deployment.token(customer), customer.api_key)

    assert answer.headers["ratelimit-policy"] == '"burst";q=5;w=3'
    assert answer.headers["ratelimit"] == '"burst";r=4;t=1'


def test_over_the_rate_is_429_too_many_requests(
    deployment: Deployment, previewer: Customer
) -> None:
    token = deployment.token(previewer)
    for _ in range(3):
        deployment.call(token, previewer.api_key)

    refused = deployment.call(token, previewer.api_key)

    assert_limited(refused, "Too Many Requests", "RATE_LIMITED", "1")
    deployment.clock.advance(SECOND)
    assert deployment.call(token, previewer.api_key).status_code == 200


@pytest.mark.behaviour(
    36, "A token request is not counted and not limited by the plan: with the day's quota used up "
    "it is answered, and a refused call leaves the token live"
)  # fmt: skip
def test_over_the_quota_is_429_limit_exceeded_until_midnight_utc(
    deployment: Deployment, previewer: Customer
) -> None:
    token = deployment.token(previewer)
    use_up_day(deployment, previewer, token)

    refused = deployment.call(token, previewer.api_key)

    assert_limited(refused, "Limit Exceeded", "QUOTA_EXCEEDED", str(43_200 - 100))
    newer = deployment.token(previewer)
    assert_limited(
        deployment.call(newer, previewer.api_key), "Limit Exceeded", "QUOTA_EXCEEDED", "43100"
    )
    deployment.clock.advance(timedelta(seconds=43_100))
    newest = deployment.token(previewer)
    assert deployment.call(newest, previewer.api_key).status_code == 200


@pytest.mark.behaviour(
    19, "A key whose plan is used up gets a token all the same: plans count calls to services alone"
)
def test_a_new_token_and_a_second_key_are_no_second_bucket(
    deployment: Deployment, previewer: Customer
) -> None:
    second = deployment.operate(
        lambda registry: registry.add_api_key(previewer.account, "preview", "", None)
    )
    user = deployment.operate(lambda registry: registry.add_service_user("acme", "svc-two"))
    other = Customer("acme", "svc-two", user.password, second.key, second.record.id)
    for _ in range(3):
        deployment.call(deployment.token(previewer), previewer.api_key)

    assert_limited(
        deployment.call(deployment.token(previewer), second.key),
        "Too Many Requests", "RATE_LIMITED", "1",
    )  # fmt: skip
    assert_limited(
        deployment.call(deployment.token(other), second.key),
        "Too Many Requests", "RATE_LIMITED", "1",
    )  # fmt: skip


def test_another_account_on_the_same_plan_has_a_bucket_of_its_own(
    deployment: Deployment, previewer: Customer
) -> None:
    other = deployment.make_customer("other", "svc-other", plan="preview")
    token = deployment.token(previewer)
    for _ in range(4):
        deployment.call(token, previewer.api_key)

    assert deployment.call(deployment.token(other), other.api_key).status_code == 200


def test_only_an_admitted_call_is_counted(deployment: Deployment, previewer: Customer) -> None:
    token = deployment.token(previewer)
    for _ in range(20):
        assert deployment.call(None, previewer.api_key).status_code == 401
        assert deployment.call(token, None).status_code == 403
        assert deployment.call(token, "wrong").status_code == 403
        assert deployment.call(token, previewer.api_key, method="PUT").status_code == 405

    answer = deployment.call(token, previewer.api_key)

    assert answer.headers["ratelimit"] == '"burst";r=2;t=1,"daily";r=99;t=43200'


def test_refusals_before_the_plan_do_not_tell_of_it(
    deployment: Deployment, previewer: Customer
) -> None:
    token = deployment.token(previewer)

    for answer in (
        deployment.call(None, previewer.api_key),
        deployment.call(token, None),
        deployment.call(token, "wrong"),
    ):
        assert "ratelimit" not in answer.headers
        assert "ratelimit-policy" not in answer.headers


def test_the_token_the_key_and_the_entitlement_come_before_the_plan(
    deployment: Deployment, previewer: Customer
) -> None:
    token = deployment.token(previewer)
    for _ in range(3):
        deployment.call(token, previewer.api_key)
    assert deployment.call(token, previewer.api_key).status_code == 429

    assert code_of(deployment.call(None, previewer.api_key)) == "TOKEN_MISSING"
    assert code_of(deployment.call(token, "wrong")) == "API_KEY_INVALID"
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "profile", is_granted=False)
    )
    assert code_of(deployment.call(token, previewer.api_key)) == "SERVICE_NOT_ALLOWED"


def test_a_plan_that_does_not_name_the_service_grants_nothing(deployment: Deployment) -> None:
    deployment.operate(lambda registry: registry.add_plan("empty", {}))
    customer = deployment.make_customer(plan="empty")

    refused = deployment.call(deployment.token(customer), customer.api_key)

    assert (refused.status_code, code_of(refused)) == (403, "SERVICE_NOT_ALLOWED")
    assert "plan" in refused.json()["errors"][0]["message"]
    assert "www-authenticate" not in refused.headers, "no other token helps"


def test_a_key_that_is_moved_is_on_its_new_plan_from_the_next_call_on(
    deployment: Deployment, previewer: Customer
) -> None:
    deployment.operate(lambda registry: registry.add_plan("gold", {"profile": Limit(9, 9, 500)}))
    token = deployment.token(previewer)
    admin = AdminClient(deployment, add_operator(deployment, "alice"))
    before = deployment.call(token, previewer.api_key)

    moved = admin.ask("PATCH", f"/keys/{previewer.key_id}", '{"plan": "gold"}')
    unknown = admin.ask("PATCH", f"/keys/{previewer.key_id}", '{"plan": "nope"}')

    after = deployment.call(token, previewer.api_key)
    assert (moved.status_code, moved.json()["plan"]) == (200, "gold")
    assert_problem(unknown, 404, "unknown")
    assert before.headers["ratelimit-policy"] == POLICY
    assert after.headers["ratelimit-policy"] == '"burst";q=9;w=1,"daily";q=500;w=86400'
    assert after.headers["ratelimit"].startswith('"burst";r=8;t=1,"daily";r=499;')


def test_a_limit_that_is_removed_grants_nothing_from_the_next_call_on(
    deployment: Deployment, previewer: Customer
) -> None:
    token = deployment.token(previewer)
    admin = AdminClient(deployment, add_operator(deployment, "alice"))
    assert deployment.call(token, previewer.api_key).status_code == 200

    removed = admin.ask("DELETE", "/plans/preview/limits/profile")
    again = admin.ask("DELETE", "/plans/preview/limits/profile")

    assert "profile" not in removed.json()["limits"]
    assert_problem(again, 404, "unknown")
    refused = deployment.call(token, previewer.api_key)
    assert (refused.status_code, code_of(refused)) == (403, "SERVICE_NOT_ALLOWED")


def test_a_quota_of_nothing_admits_nothing(deployment: Deployment, previewer: Customer) -> None:
    deployment.operate(lambda registry: registry.set_limit("preview", "profile", Limit(5, 3, 0)))

    refused = deployment.call(deployment.token(previewer), previewer.api_key)

    assert_limited(refused, "Limit Exceeded", "QUOTA_EXCEEDED", "43200")


def test_a_changed_limit_holds_from_the_next_call_on(
    deployment: Deployment, previewer: Customer
) -> None:
    token = deployment.token(previewer)
    for _ in range(3):
        deployment.call(token, previewer.api_key)
    assert deployment.call(token, previewer.api_key).status_code == 429

    deployment.operate(lambda registry: registry.set_limit("preview", "profile", Limit(9, 9, 500)))
    deployment.clock.advance(SECOND)

    answers = [deployment.call(token, previewer.api_key) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [200] * 9 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"burst";q=9;w=1,"daily";q=500;w=86400'


def test_counts_survive_a_restart(deployment: Deployment, previewer: Customer) -> None:
    token = deployment.token(previewer)
    for _ in range(3):
        deployment.call(token, previewer.api_key)

    deployment.run(deployment.application.shutdown())
    deployment.run(deployment.application.startup())

    assert deployment.call(token, previewer.api_key).status_code == 429
    deployment.clock.advance(SECOND)
    answer = deployment.call(token, previewer.api_key)
    assert '"daily";r=96' in answer.headers["ratelimit"]
