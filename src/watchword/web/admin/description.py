"""Describes the admin API's operations for the OpenAPI document."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import fields

from watchword.access.errors import (
    ContentTooLarge,
    MalformedRequest,
    OperationRefused,
    OperatorRefused,
    RequestTooSlow,
    SlowDown,
    StoreUnavailable,
    UnsupportedContentType,
)
from watchword.web.admin.bodies import PATH_PARAMETERS, Nothing
from watchword.web.admin.table import ADMIN_PREFIX, GROUPS
from watchword.web.openapi import OPERATOR, Described
from watchword.web.responses import Problem, problem_refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watchword.web.admin.table import AnyOperation

_OF_ANY: Final = (
    OperatorRefused(),
    SlowDown(retry_after=timedelta(seconds=1)),
    MalformedRequest(),
    StoreUnavailable(),
)
_OF_A_BODY: Final = (ContentTooLarge(), RequestTooSlow(), UnsupportedContentType())


def describe_admin() -> Iterator[Described]:
    """Describe every operation of the table."""
    for group, operations in GROUPS.items():
        for operation in operations:
            yield _describe(group, operation)


def _describe(group: str, operation: AnyOperation) -> Described:
    has_body = operation.method != "GET"
    own = [OperationRefused(kind()) for kind in operation.refusals]
    asks = None if operation.asks is Nothing else operation.asks
    return Described(
        name=operation.name,
        tag=group,
        method=operation.method,
        path=ADMIN_PREFIX + operation.path,
        summary=operation.summary,
        places={name: PATH_PARAMETERS[name] for name in operation.places},
        query=None if has_body else asks,
        body=asks if has_body else None,
        is_body_required=has_body and bool(_required_of(operation)),
        status=operation.status,
        answers=(operation.answer,),
        is_located=operation.location is not None,
        refusals=[*_OF_ANY, *(_OF_A_BODY if has_body else ()), *own],
        word=problem_refusal,
        refusal=Problem,
        security=[[OPERATOR]],
    )


def _required_of(operation: AnyOperation) -> list[str]:
    return [item.name for item in fields(operation.asks) if item.required]
