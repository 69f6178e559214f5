"""The example apps, guarded with three lines: under uvicorn, beside a running server."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx2
import pytest

from library.sites import Site, serving, uvicorn
from support.customers import connect
from support.deployment import code_of

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

VIEWER = "{ viewer { account username plan } }"
ORDERS = "{ orders { number item quantity } }"
ACME = {"viewer": {"account": "acme", "username": "svc-acme", "plan": "roomy"}}
FORGED = {"x-watchword-account": "globex", "x_watchword_account": "globex"}
PATIENCE_SECONDS = 20

APPS = [
    pytest.param(("strawberry_app:app", 2), id="strawberry"),
    pytest.param(("ariadne_app:app", 1, "--lifespan", "off"), id="ariadne"),
]


@pytest.fixture(scope="module", params=APPS)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Site]:
    """Strawberry's app with two workers, Ariadne's without a lifespan."""
    app, workers, *options = request.param
    with serving(app, tmp_path_factory.mktemp("site"), *options, workers=workers) as made:
        yield made


@pytest.mark.slow
def test_a_call_with_token_and_key_is_answered_with_the_callers_own_data(site: Site) -> None:
    token = site.token()

    viewer = site.ask(token, VIEWER)
    orders = site.ask(token, ORDERS)

    assert viewer.json() == {"data": ACME}
    assert {order["item"] for order in orders.json()["data"]["orders"]} == {"anvil", "rope"}
    assert viewer.headers["ratelimit-policy"] == '"burst";q=100000;w=1'
    assert "x-correlation-id" in viewer.headers


@pytest.mark.slow
def test_a_forged_identity_changes_nothing(site: Site) -> None:
    viewer = site.ask(site.token(), VIEWER, **FORGED)

    assert viewer.json() == {"data": ACME}


@pytest.mark.slow
def test_a_call_without_a_token_is_401_and_without_a_good_key_403(site: Site) -> None:
    without = site.ask(None, VIEWER)
    wrong_key = site.ask(site.token(), VIEWER, api_key="unknown")

    assert (without.status_code, code_of(without)) == (401, "TOKEN_MISSING")
    assert without.headers["www-authenticate"].startswith('Bearer realm="watchword"')
    assert (wrong_key.status_code, code_of(wrong_key)) == (403, "API_KEY_INVALID")


@pytest.mark.slow
def test_a_new_token_ends_the_old_one_on_the_next_request_at_every_worker(site: Site) -> None:
    mine = site.with_user("svc-superseded")
    first = mine.token()
    assert mine.ask(first, VIEWER).status_code == 200

    second = mine.token()

    # Each over a connection of its own, so that all workers are asked.
    for _ in range(10):
        with connect(site.process.url) as client:
            headers = {"authorization": f"Bearer {first}", "x-api-key": mine.customer.api_key}
            refused = client.post("/graphql", json={"query": VIEWER}, headers=headers)
        assert (refused.status_code, code_of(refused)) == (401, "TOKEN_SUPERSEDED")
    assert mine.ask(second, VIEWER).status_code == 200


@pytest.mark.slow
def test_a_rate_is_enforced(site: Site) -> None:
    mine = site.with_user("svc-hasty")
    key = mine.make_key("slow", "--rate", "1", "--burst", "2")
    token = mine.token()

    answers = [mine.ask(token, VIEWER, api_key=key) for _ in range(20)]

    assert answers[0].status_code == 200
    refused = next(answer for answer in answers if answer.status_code != 200)
    assert (refused.status_code, code_of(refused)) == (429, "RATE_LIMITED")
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit-policy"] == '"burst";q=2;w=2'


@pytest.mark.slow
def test_a_quota_is_counted_to_the_last_request_together_with_the_server(site: Site) -> None:
    mine = site.with_user("svc-many")
    key = mine.make_key("daily", "--rate", "1000", "--burst", "1000", "--quota", "60")
    token = mine.token()
    headers = {"authorization": f"Bearer {token}", "x-api-key": key}

    def ask(number: int) -> httpx2.Response:
        if number % 2:
            return mine.server.get("/orders/authorize", headers=headers)
        return mine.ask(token, VIEWER, api_key=key)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(120)))

    assert [answer.status_code for answer in answers].count(200) == 60
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, code_of(answer)) for answer in refused} == {
        (429, "QUOTA_EXCEEDED")
    }
    assert {answer.json()["message"] for answer in refused} == {"Limit Exceeded"}


@pytest.mark.slow
def test_a_secret_in_the_url_is_400(site: Site) -> None:
    response = site.app.get("/graphql", params={"access_token": site.token()})

    assert response.status_code == 400


@pytest.mark.slow
@pytest.mark.parametrize("site", APPS[:1], indirect=True)
def test_a_subscription_breaks_off_when_its_token_is_superseded(site: Site) -> None:
    mine = site.with_user("svc-following")
    query = "subscription { orderPlaced { item } }"
    sent = {"authorization": f"Bearer {mine.token()}", "x-api-key": mine.customer.api_key}
    headers = {**sent, "accept": "text/event-stream"}
    with site.app.stream("POST", "/graphql", json={"query": query}, headers=headers) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        pieces = stream.iter_text()
        assert any("anvil" in piece for piece in pieces)

        mine.token()

        # Without the end of the body, which says that it is whole.
        with pytest.raises(httpx2.RemoteProtocolError):
            for _ in pieces:
                pass
    assert "Traceback" not in site.process.log


@pytest.mark.slow
@pytest.mark.parametrize("app", ["strawberry_app:app", "ariadne_app:app"])
def test_an_app_over_a_folder_that_is_not_initialised_does_not_start_and_says_why(
    app: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        uvicorn(app),
        env={**os.environ, "WATCHWORD_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.returncode != 0
    assert f"{tmp_path} is not initialised: run 'watchword init'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_no_secret_stands_in_the_log_of_an_app(tmp_path: Path) -> None:
    with serving("ariadne_app:app", tmp_path, "--no-access-log") as site:
        first = site.token()
        second = site.token()
        statuses = [site.ask(token, VIEWER).status_code for token in (second, first)]
        url = site.app.get("/graphql", params={"access_token": second}).status_code
    printed = site.process.log

    assert (statuses, url) == ([200, 401], 400)
    assert "Application startup complete" in printed
    for secret in (first, second, site.customer.api_key, site.customer.password):
        assert secret not in printed
