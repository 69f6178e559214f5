"""What a caller sends that only watchword or a proxy may say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from planes.conftest import REAL
from planes.test_admission import IDENTITY, PREFLIGHT, expected_identity, identity_of
from planes.wire import values_of

if TYPE_CHECKING:
    from planes.conftest import Plane
    from planes.house import House
    from planes.upstream import Upstream

SPELLINGS = ["X-Watchword-{}", "x-watchword-{}", "X-WATCHWORD-{}"]


def test_no_forged_identity_gets_through_in_any_case_or_number(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    forged = [(spelling.format(name), "forged") for name in IDENTITY for spelling in SPELLINGS]

    assert plane.send(tenant.call(tenant.token(), *forged)).status == 200

    (seen,) = upstream.seen
    identity = identity_of(seen["headers"])
    assert len(identity.pop("Token-Id")) == 1
    assert identity == expected_identity(tenant)
    assert "forged" not in str(seen)


def test_no_caller_can_make_its_identity_vanish_on_the_way(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    # What a caller calls hop-by-hop, a proxy removes: some do so after it was set.
    nominated = ", ".join(f"X-Watchword-{name}" for name in IDENTITY)

    answer = plane.send(tenant.call(tenant.token(), ("Connection", f"close, {nominated}")))

    assert answer.status == 200
    (seen,) = upstream.seen
    identity = identity_of(seen["headers"])
    assert len(identity.pop("Token-Id")) == 1
    assert identity == expected_identity(tenant)


def test_what_only_proxies_say_does_not_get_through(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    names = ["X-Watchword-Proxy", "X-Forwarded-Method", "X-Forwarded-Uri", "X-Original-Uri"]
    if plane.is_real:
        names.append("X-Forwarded-Host")

    for name in names:
        assert plane.send(tenant.call(tenant.token(), (name, "forged"))).status == 200

    assert len(upstream.seen) == len(names)
    assert "forged" not in str(upstream.seen)


@pytest.mark.parametrize("name", ["X_Watchword_User", "X-Watchword_User", "x_watchword-user"])
@pytest.mark.parametrize("plane", list(REAL), indirect=True)
def test_no_underscore_passes_for_a_hyphen(
    plane: Plane, house: House, upstream: Upstream, name: str
) -> None:
    tenant = house.make_tenant()

    assert plane.send(tenant.call(tenant.token(), (name, "forged"))).status == 200

    (seen,) = upstream.seen
    assert "forged" not in str(seen)


def test_no_call_passes_for_a_preflight(plane: Plane, house: House, upstream: Upstream) -> None:
    tenant = house.make_tenant()
    forged = [("X-Forwarded-Method", "OPTIONS"), ("X-HTTP-Method-Override", "OPTIONS"), *PREFLIGHT]
    call = replace(tenant.call(tenant.token()), headers=forged)

    statuses = [plane.send(replace(call, method=method)).status for method in ("POST", "GET")]
    half = [plane.send(replace(call, method="OPTIONS", headers=[one])).status for one in PREFLIGHT]

    assert statuses + half == [401, 401, 401, 401]
    assert upstream.seen == []


@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key"])
def test_credentials_that_are_sent_twice_open_nothing(
    plane: Plane, house: House, upstream: Upstream, name: str
) -> None:
    tenant, other = house.make_tenant(), house.make_tenant()
    call = tenant.call(tenant.token())
    second = values_of(other.headers(other.token()), name)

    answers = [
        plane.send(replace(call, headers=headers))
        for headers in (
            [*call.headers, (name, second[0])],
            [(name, second[0]), *call.headers],
        )
    ]

    if plane.name != "APISIX":  # it asks with the first of them, and passes on neither
        assert all(400 <= answer.status < 500 for answer in answers)
        assert upstream.seen == []
    else:
        assert [answer.status for answer in answers] in ([200, 401], [200, 403])


def test_a_forged_nginx_variant_changes_no_answer(
    plane: Plane, house: House, upstream: Upstream
) -> None:
    tenant = house.make_tenant()
    call = tenant.call("")

    answers = [
        plane.send(replace(call, target=call.target + more)) for more in ("", "?plane=nginx")
    ]

    assert {answer.status for answer in answers} == {401}
    assert all(answer.find("X-Watchword-Status") is None for answer in answers)
    assert upstream.seen == []
