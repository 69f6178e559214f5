"""Changes in part: what is left out stays as it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Final, Literal, TypeAlias

from watchword.access.errors import Malformed
from watchword.access.model import DocumentLimits, Limit, ServiceEntry
from watchword.access.names import to_upstream


class Unset(Enum):
    """What is left out, where None is a value of its own."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
LeftOut: TypeAlias = Literal[Unset.UNSET]


@dataclass(frozen=True, slots=True)
class LimitChange:
    """What is to change of what a plan grants at a service; None leaves a thing as it is.

    Attributes:
        rate: See `Limit`.
        burst: See `Limit`.
        quota: See `Limit`; None is without end.
    """

    rate: int | None = None
    burst: int | None = None
    quota: int | LeftOut | None = UNSET

    def of(self, limit: Limit | None) -> Limit:
        """Return the limit with this change. Raises Malformed."""
        if limit is None:
            if self.rate is None or self.burst is None:
                raise Malformed(
                    "the plan has no limit for the service yet: its first needs a rate and a burst"
                )
            limit = Limit(self.rate, self.burst, None)
        return replace(
            limit,
            rate=limit.rate if self.rate is None else self.rate,
            burst=limit.burst if self.burst is None else self.burst,
            quota=limit.quota if self.quota is UNSET else self.quota,
        )


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """What is to change of a plan's `DocumentLimits`; None leaves a thing as it is."""

    tokens: int | None = None
    depth: int | None = None
    aliases: int | None = None
    root_fields: int | None = None
    list_size: int | None = None
    cost: int | None = None
    introspection: bool | None = None
    trusted_only: bool | None = None

    def of(self, limits: DocumentLimits) -> DocumentLimits:
        """Return the limits with this change. Raises Malformed."""
        changes = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(limits, **changes)


@dataclass(frozen=True, slots=True)
class Route:
    """Where calls to a service are passed on to, and how.

    Attributes:
        upstream: The URL; None for a service that is not passed on.
        allows_preflight: See `ServiceEntry`; None leaves it as it is.
        signs_identity: See `ServiceEntry`; None leaves it as it is.
    """

    upstream: str | LeftOut | None = UNSET
    allows_preflight: bool | None = None
    signs_identity: bool | None = None

    def of(self, service: ServiceEntry) -> ServiceEntry:
        """Return the service with this route. Raises Malformed."""
        upstream = self.upstream
        if upstream is UNSET:
            upstream = service.upstream
        elif upstream is not None:
            upstream = to_upstream(upstream)
        preflight, signs = self.allows_preflight, self.signs_identity
        return replace(
            service,
            upstream=upstream,
            allows_preflight=service.allows_preflight if preflight is None else preflight,
            signs_identity=service.signs_identity if signs is None else signs,
        )
