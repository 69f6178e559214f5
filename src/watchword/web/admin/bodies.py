"""What the bodies of the admin API are made of. They are read and described from the same types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from watchword.access.names import LONGEST_DESCRIPTION, LONGEST_TITLE, SLUG, USERNAME
from watchword.access.paging import LONGEST_PAGE
from watchword.access.registration.base import USUAL_OVERLAP
from watchword.access.registration.catalogue import PREVIEW

USUAL_PAGE: Final = 100
_NO_CONTROL: Final = r"^[^\x00-\x1f\x7f]*$"
# A hundred years: what is longer is meant to have no end, and does not fit the calendar.
_LONGEST_SECONDS: Final = 3_155_760_000


def _named(description: str, pattern: str, example: str) -> Meta:
    # The pattern is told, and not enforced here: the rule is with the names.
    schema = {"pattern": f"^{pattern}$"}
    return Meta(description=description, extra_json_schema=schema, examples=[example])


def titled(description: str) -> Meta:
    """Describe what people read; its length is told, as the rule is with the names."""
    return Meta(description=description, extra_json_schema={"maxLength": LONGEST_TITLE})


def described(description: str) -> Meta:
    """Describe what says what something is for, as `titled` does."""
    return Meta(description=description, extra_json_schema={"maxLength": LONGEST_DESCRIPTION})


AccountName = Annotated[str, _named("The account's short name.", SLUG.pattern, "acme")]
UserName = Annotated[
    str, _named("The service user's name; the OAuth client_id.", USERNAME.pattern, "svc-acme")
]
PlanName = Annotated[str, _named("The usage plan's name.", SLUG.pattern, PREVIEW.name)]
ServiceName = Annotated[str, _named("The service's name.", SLUG.pattern, "profile")]
PackageName = Annotated[str, _named("The name of a package of data.", SLUG.pattern, "wealth")]
DocumentId = Annotated[
    str,
    _named(
        "The document's id: `sha256:`, and the SHA-256 of its text in UTF-8.",
        "sha256:[0-9a-f]{64}",
        "sha256:71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b",
    ),
]
KeyId = Annotated[
    str,
    Meta(description="The key's id; not the key itself.", examples=["key_4fT0aBcD9xYz"]),
]
Moment = Annotated[datetime, Meta(tz=True)]
CreatedAt = Annotated[datetime, Meta(tz=True, description="When it was made.")]
DisabledAt = Annotated[
    Moment | None,
    Meta(description="Since when it is disabled; null while it is not."),
]
Overlap = Annotated[
    int,
    Meta(
        ge=0,
        le=_LONGEST_SECONDS,
        description="How many seconds the present one stays valid.",
    ),
]
USUAL_OVERLAP_SECONDS: Final = int(USUAL_OVERLAP.total_seconds())
Lifetime = Annotated[
    int,
    Meta(ge=1, le=_LONGEST_SECONDS, description="How many seconds it is valid."),
]
Next = Annotated[
    str | None,
    Meta(description="What to send as `after` for the next page; null on the last one."),
]
PATH_PARAMETERS: Final = {
    "account": AccountName,
    "username": UserName,
    "key_id": KeyId,
    "plan": PlanName,
    "service": ServiceName,
    "package": PackageName,
    "document_id": DocumentId,
}
"""What stands between braces in a path."""


class Body(Struct, kw_only=True, forbid_unknown_fields=True):
    """A JSON object; a member that it does not name is refused."""


class Nothing(Body):
    """No parameters, and no body."""


class PageQuery(Body):
    """Which page of a list is asked for."""

    after: (
        Annotated[
            str,
            Meta(
                description="The `next` of the page before; left out: from the start.",
                extra_json_schema={"pattern": _NO_CONTROL},
            ),
        ]
        | UnsetType
    ) = UNSET
    limit: Annotated[
        int, Meta(ge=1, le=LONGEST_PAGE, description="How many there are on a page, at most.")
    ] = USUAL_PAGE

    @property
    def start(self) -> str | None:
        """What the page comes after; None for the first."""
        return None if self.after is UNSET else self.after


class PageOfAccountQuery(PageQuery):
    """Which page is asked for, and of whose."""

    account: Annotated[AccountName, Meta(description="Only those of this account.")] | UnsetType = (
        UNSET
    )

    @property
    def owner(self) -> str | None:
        """The account; None for all."""
        return None if self.account is UNSET else self.account
