"""What a caller does about each code, in a few sentences."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_AS_THE_TEXT_SAYS: Final = "Correct what the text names, and send it again."
_LATER: Final = "Try again after the seconds that `retry-after` names. Your token stays live."
_ASK_ANEW: Final = (
    "Ask for a new token, and send the call again, once. If it happens again at once, look for "
    "another program that uses the same service user: a new token ends the one before."
)
_TELL: Final = "Tell your provider the correlation id: the log has the reason under it."

WHAT_TO_DO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "invalid_request": f"{_AS_THE_TEXT_SAYS} The guide shows a request that is right.",
        "invalid_client": (
            "Check user name, password and API key: which of them is wrong is not told, on "
            "purpose. All three belong to one account. Has the password or the key been rotated, "
            "or disabled? Do not try again in a loop: that ends in 429."
        ),
        "unsupported_grant_type": "Send `grant_type=client_credentials`.",
        "invalid_scope": "Leave `scope` out: the token is then for every service of the account.",
        "invalid_target": (
            "Leave `resource` out: the token is then for every service of the account."
        ),
        "unauthorized_client": "End your own tokens only; another service user ends its own.",
        "unsupported_token_type": "Send the access token itself. There are no refresh tokens.",
        "slow_down": (
            "Stop, and correct the credentials. Then try again after the seconds that "
            "`retry-after` names."
        ),
        "invalid_token": "Introspection needs an operator token, or a client's credentials.",
        "temporarily_unavailable": _LATER,
        "server_error": _TELL,
        "TOKEN_MISSING": "Send the token as `Authorization: Bearer <token>`.",
        "TOKEN_INVALID": (
            "Send the token as it was issued, whole and by itself. A token of another server, or "
            "of before its keys were changed, does not open this one: ask for a new token."
        ),
        "TOKEN_EXPIRED": "Ask for a new token, and send the call again. A token lives 8 hours.",
        "TOKEN_SUPERSEDED": _ASK_ANEW,
        "TOKEN_REVOKED": (
            "Ask for a new token, and send the call again, once. If you get none, your provider "
            "has ended your access."
        ),
        "ACCOUNT_DISABLED": "Ask your provider. Nothing that you send makes a difference.",
        "SESSION_ENDED": "Sign in again. What you have typed in GraphiQL is kept.",
        "API_KEY_MISSING": "Send the API key as the header `x-api-key`, with every call.",
        "API_KEY_INVALID": (
            "Check the key: it belongs to the account of the service user, and may have been "
            "rotated, or have come to its end."
        ),
        "SERVICE_NOT_ALLOWED": (
            "If the account got the service after the token was issued, ask for a new token. "
            "Otherwise ask your provider: the account, or the plan of the API key, lacks it."
        ),
        "RATE_LIMITED": (
            "Wait for the seconds that `retry-after` names, then go on more slowly. Every answer "
            "says in `RateLimit` what is left: stay above zero, and you never meet this."
        ),
        "QUOTA_EXCEEDED": (
            "Wait until 00:00 UTC; `retry-after` says how long that is. Ask your provider for a "
            "larger plan if that happens often."
        ),
        "BAD_REQUEST": _AS_THE_TEXT_SAYS,
        "CONTENT_TOO_LARGE": "Send less at once: split the query, or its variables.",
        "REQUEST_TIMEOUT": "Send the whole body within ten seconds.",
        "UNSUPPORTED_MEDIA_TYPE": "Send the body as `Content-Type: application/json`, in UTF-8.",
        "NOT_ACCEPTABLE": (
            "Name `application/graphql-response+json` or `application/json` in the header "
            "`Accept`, or leave it out."
        ),
        "METHOD_NOT_ALLOWED": "Use a method that the header `Allow` names. A mutation needs POST.",
        "CROSS_SITE": "Open the page again, and repeat. Forms of other sites are refused.",
        "NOT_PERMITTED": "In the console: ask an operator whose role is admin.",
        "NOT_FOUND": "Check the path. The page of the service names its URL.",
        "SERVICE_BUSY": (
            "Wait until one of your own slow documents has ended, or ask for less in each."
        ),
        "UPSTREAM_UNREACHABLE": "Try again in a while. If it goes on, tell your provider.",
        "UPSTREAM_TIMEOUT": "Ask for less at once, or try again later.",
        "UPSTREAM_BUSY": "Wait until one of your own calls has ended. Send fewer at once.",
        "STORE_UNAVAILABLE": _LATER,
        "INTERNAL_SERVER_ERROR": _TELL,
        "DOCUMENT_INVALID": "Try the query in GraphiQL, which marks what does not fit the schema.",
        "DOCUMENT_TOO_LARGE": "Ask for fewer fields, or split the document.",
        "DOCUMENT_TOO_DEEP": "Nest fields less: ask for ids first, then for what belongs to them.",
        "TOO_MANY_ALIASES": "Ask for many records by one list of ids, not by many aliases.",
        "TOO_MANY_ROOT_FIELDS": "Split the operation into several requests.",
        "LIST_TOO_LARGE": "Ask for smaller pages, and read on with `endCursor`.",
        "COST_TOO_HIGH": (
            "Ask for smaller pages or fewer fields. `extensions.cost` of every answer says what "
            "it cost and what the limit is."
        ),
        "INTROSPECTION_FORBIDDEN": (
            "Download the schema from the page of the service, or use GraphiQL, where your plan "
            "makes no difference."
        ),
        "OPERATION_UNKNOWN": "Send one operation in a document, or name one by `operationName`.",
        "VARIABLES_INVALID": "Check the variables against their types in the data dictionary.",
        "VARIABLES_TOO_LARGE": "Ask in several requests.",
        "PERSISTED_QUERY_NOT_FOUND": (
            "Send the document itself beside its hash, or have it registered by your provider."
        ),
        "DOCUMENT_NOT_TRUSTED": (
            "Have the document registered by your provider, and send it unchanged, to the byte."
        ),
        "ANSWER_TOO_LARGE": "Ask for smaller pages or fewer fields.",
        "BAD_USER_INPUT": "Correct the filter, the page or the cursor that the text names.",
        "QUERY_TOO_SLOW": "Narrow the search, or ask for smaller pages.",
        "SERVICE_UNAVAILABLE": "Try again in a while. If it goes on, tell your provider.",
    }
)
