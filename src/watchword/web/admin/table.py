"""Every operation of the admin API. Dispatch, OpenAPI and the reference page are made from it."""

from __future__ import annotations

from typing import Any, Final

from watchword.web.admin import (
    accounts,
    audit,
    documents,
    keys,
    plans,
    refusals,
    services,
    signing,
    tokens,
    usage,
    users,
)
from watchword.web.admin.operations import Operation

AnyOperation = Operation[Any, Any]
ADMIN_PREFIX: Final = "/admin/v1"
GROUPS: Final[dict[str, tuple[AnyOperation, ...]]] = {
    "Accounts": accounts.OPERATIONS,
    "Service users": (*users.OPERATIONS, *tokens.OPERATIONS),
    "API keys": keys.OPERATIONS,
    "Usage plans": plans.OPERATIONS,
    "Services": services.OPERATIONS,
    "Documents": documents.OPERATIONS,
    "Usage": (*usage.OPERATIONS, *refusals.OPERATIONS),
    "Audit log": audit.OPERATIONS,
    "Signing keys": signing.OPERATIONS,
}
OPERATIONS: Final[tuple[AnyOperation, ...]] = tuple(
    operation for group in GROUPS.values() for operation in group
)
