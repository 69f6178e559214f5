"""My keys: made, rotated and disabled by the account's own hand, within what it has already."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.audit import AuditFilter, By
from watchword.access.errors import NotAllowed
from watchword.access.self_service import MOST_USABLE, SelfService
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    import httpx2

    from support.browsing import Browser
    from support.deployment import Customer, Deployment
    from watchword.access.model import ApiKey

KEYS = "/account/keys"


def secret_of(page: httpx2.Response) -> str:
    found = re.search(r"<pre[^>]*data-copy[^>]*>([^<]+)</pre>", page.text)
    assert found is not None, page.text
    return found[1]


def list_keys(deployment: Deployment, account: str = "acme") -> list[ApiKey]:
    return deployment.operate(lambda registry: registry.list_api_keys(account)).items


def test_keys_are_listed_masked(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    page = signed_in.get(KEYS).text

    assert f"…{customer.api_key[-4:]}" in page
    assert customer.key_id in page
    assert customer.api_key not in page
    assert deployment.settings.data_dir.name not in page


def test_a_made_key_is_shown_once_and_opens_what_the_account_may(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    made = signed_in.post(KEYS, plan="roomy", description="staging", days="30")
    key = secret_of(made)

    assert made.headers["cache-control"] == "no-store"
    assert deployment.call(deployment.token(customer), key).status_code == 200
    assert key not in signed_in.get(KEYS).text
    record = next(item for item in list_keys(deployment) if item.description == "staging")
    assert record.expires_at == deployment.clock.now() + timedelta(days=30)


@pytest.mark.parametrize("days", ["-1", "x", "1.5", "99999", "9999", "٣", "0"])
def test_a_lifetime_that_is_none_makes_no_key(
    deployment: Deployment, signed_in: Browser, days: str
) -> None:
    answered = signed_in.post(KEYS, plan="roomy", days=days)

    assert answered.status_code == 400
    assert 'role="alert"' in answered.text
    assert len(list_keys(deployment)) == 1


def test_nobody_gives_itself_another_plan(deployment: Deployment, signed_in: Browser) -> None:
    for plan in ("preview", "nothing", ""):
        answered = signed_in.post(KEYS, plan=plan, description="more")
        assert answered.status_code == 400, plan

    assert len(list_keys(deployment)) == 1


def test_a_plan_whose_only_key_the_operator_disabled_is_had_no_more(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    deployment.operate(
        lambda registry: registry.set_api_key_enabled(customer.key_id, is_enabled=False)
    )

    assert signed_in.post(KEYS, plan="roomy").status_code == 400


def test_an_account_has_so_many_usable_keys_and_no_more(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    for _ in range(MOST_USABLE - 1):
        assert signed_in.post(KEYS, plan="roomy").status_code == 200

    assert signed_in.post(KEYS, plan="roomy").status_code == 400
    assert signed_in.post(f"{KEYS}/{customer.key_id}/rotate", overlap="3600").status_code == 400
    assert signed_in.post(f"{KEYS}/{customer.key_id}/rotate", overlap="0").status_code == 200
    assert len(list_keys(deployment)) == MOST_USABLE + 1


def add_key(deployment: Deployment, plan: str, lifetime: timedelta | None) -> ApiKey:
    made = deployment.operate(
        lambda registry: registry.add_api_key("acme", plan, "operator's", lifetime)
    )
    return made.record


@pytest.mark.parametrize("days", ["", "20", "3650"])
def test_a_made_key_ends_no_later_than_what_the_operator_gave(
    deployment: Deployment, signed_in: Browser, days: str
) -> None:
    ends = [add_key(deployment, "preview", timedelta(days=days)).expires_at for days in (10, 30)]
    deployment.clock.advance(timedelta(minutes=5))

    page = signed_in.get(KEYS)
    made = signed_in.post(KEYS, plan="preview", description="own", days=days)
    (own,) = (key for key in list_keys(deployment) if key.description == "own")

    assert made.status_code == 200
    asked = own.created_at + timedelta(days=20)
    assert own.expires_at == (asked if days == "20" else ends[1])
    assert ends[1] is not None
    assert f'on preview, <time datetime="{ends[1].isoformat()}"' in page.text
    assert "on roomy" not in page.text


def test_rotating_gives_no_more_time_than_the_operator_did(
    deployment: Deployment, signed_in: Browser
) -> None:
    kept = add_key(deployment, "preview", timedelta(hours=2))
    deployment.clock.advance(timedelta(hours=1))

    rotated = signed_in.post(f"{KEYS}/{kept.id}/rotate", overlap="0")
    (new,) = (key for key in list_keys(deployment) if key.plan == "preview" and key.id != kept.id)
    deployment.clock.advance(timedelta(hours=1))

    assert rotated.status_code == 200
    assert new.expires_at == kept.expires_at
    assert signed_in.post(KEYS, plan="preview").status_code == 400


def test_a_key_is_rotated_once(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    path = f"{KEYS}/{customer.key_id}/rotate"
    signed_in.post(path, overlap="86400")

    again = signed_in.post(path, overlap="86400")

    old, new = sorted(list_keys(deployment), key=lambda key: key.replaced_by is None)
    assert old.replaced_by == new.id
    assert again.status_code == 400
    assert f"was rotated already; rotate {new.id}" in again.text
    assert path not in signed_in.get(KEYS).text
    assert signed_in.post(f"{KEYS}/{new.id}/rotate", overlap="0").status_code == 200


@pytest.mark.parametrize("path", [KEYS, f"{KEYS}/{{}}/rotate"])
def test_a_reload_of_the_page_with_the_new_key_makes_no_other(
    deployment: Deployment, customer: Customer, signed_in: Browser, path: str
) -> None:
    add_key(deployment, "roomy", None)
    found = re.search(r'name="form_id" value="(\w+)"', signed_in.get(KEYS).text)
    assert found is not None
    sent = {"form_id": found[1], "plan": "roomy", "overlap": "3600"}
    url = path.format(customer.key_id)

    first, second = (signed_in.post(url, **sent) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 400)
    assert "was sent already" in second.text
    assert len(list_keys(deployment)) == 3


def test_limits_hold_for_those_who_ask_at_the_same_moment(
    deployment: Deployment, customer: Customer
) -> None:
    by = By(f"user:{customer.username}")

    async def make_at_once() -> list[object]:
        async with (
            open_deployment(deployment.settings, deployment.clock) as one,
            open_deployment(deployment.settings, deployment.clock) as two,
        ):
            services = [
                SelfService(
                    worker.registry(deployment.clock, deployment.dice, by),
                    deployment.clock,
                    customer.username,
                )
                for worker in (one, two)
            ]
            asked = [service.make_key("roomy", "", None) for service in services * MOST_USABLE]
            return await asyncio.gather(*asked, return_exceptions=True)

    told = deployment.run(make_at_once())

    assert len(list_keys(deployment)) == MOST_USABLE
    assert sum(isinstance(answer, NotAllowed) for answer in told) == MOST_USABLE + 1


def test_a_rotated_key_and_its_successor_open_for_the_overlap(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    token = deployment.token(customer)

    new = secret_of(signed_in.post(f"{KEYS}/{customer.key_id}/rotate", overlap="3600"))
    both = [deployment.call(token, key).status_code for key in (customer.api_key, new)]
    deployment.clock.advance(timedelta(hours=1))
    later = [deployment.call(token, key).status_code for key in (customer.api_key, new)]

    assert both == [200, 200]
    assert later == [403, 200]


@pytest.mark.parametrize("overlap", ["", "1", "-3600", "604801", "x"])
def test_an_overlap_that_is_not_offered_rotates_nothing(
    deployment: Deployment, customer: Customer, signed_in: Browser, overlap: str
) -> None:
    answered = signed_in.post(f"{KEYS}/{customer.key_id}/rotate", overlap=overlap)

    assert answered.status_code == 400
    assert len(list_keys(deployment)) == 1


def test_a_key_is_disabled_and_enabled_from_the_next_request_on(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    token = deployment.token(customer)

    off = signed_in.post(f"{KEYS}/{customer.key_id}/disable")
    refused = deployment.call(token, customer.api_key)
    on = signed_in.post(f"{KEYS}/{customer.key_id}/enable")
    admitted = deployment.call(token, customer.api_key)

    assert (off.status_code, off.headers["location"]) == (303, KEYS)
    assert (refused.status_code, admitted.status_code) == (403, 200)
    assert on.status_code == 303


def test_what_the_operator_disabled_no_customer_enables(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    deployment.operate(
        lambda registry: registry.set_api_key_enabled(customer.key_id, is_enabled=False)
    )
    for path in ("disable", "enable"):
        signed_in.post(f"{KEYS}/{customer.key_id}/{path}")

    (key,) = list_keys(deployment)
    assert key.disabled_at is not None
    assert key.disabled_by == "cli:tester"


def test_what_a_customer_disabled_and_the_operator_then_too_stays_the_operators(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    signed_in.post(f"{KEYS}/{customer.key_id}/disable")
    deployment.operate(
        lambda registry: registry.set_api_key_enabled(customer.key_id, is_enabled=False)
    )

    assert signed_in.post(f"{KEYS}/{customer.key_id}/enable").status_code == 400


def test_the_audit_log_says_which_service_user_did_it(
    deployment: Deployment, customer: Customer, signed_in: Browser
) -> None:
    signed_in.post(KEYS, plan="roomy")
    signed_in.post(f"{KEYS}/{customer.key_id}/rotate", overlap="0")

    page = deployment.ask_store(
        lambda store: store.search_audit(AuditFilter(event="key."), None, 2)
    )

    assert ["user:svc-acme" in record.text for record in page.items] == [True, True]


def test_a_description_is_one_line_and_no_markup(
    deployment: Deployment, signed_in: Browser
) -> None:
    signed_in.post(KEYS, plan="roomy", description="<script>x</script>")

    assert signed_in.post(KEYS, plan="roomy", description="a\nb").status_code == 400
    assert signed_in.post(KEYS, plan="roomy", description="a" * 201).status_code == 400
    assert "<script>x" not in signed_in.get(KEYS).text
    assert len(list_keys(deployment)) == 2


def test_no_two_buttons_of_the_keys_are_called_the_same(signed_in: Browser) -> None:
    """Who hears a page hears a button without its row."""
    signed_in.post(KEYS, plan="roomy")

    page = signed_in.get(KEYS).text.partition("<main")[2].partition("</main>")[0]

    buttons = re.findall(r"<(?:button|summary)\b[^>]*>(.*?)</(?:button|summary)>", page)
    names = [re.sub(r"<[^>]*>", "", button) for button in buttons]
    assert len(names) > 3
    assert sorted(set(names)) == sorted(names)
