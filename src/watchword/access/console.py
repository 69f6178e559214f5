"""People who sign in to the console: who they are, and what their role lets them do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from watchword.access.errors import NotPermitted

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.sessions import Session


class ConsoleRole(StrEnum):
    """What somebody may do in the console."""

    ADMIN = "admin"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class ConsoleUser:
    """A person who signs in to the console.

    Attributes:
        changed_at: Since when password and second factor are what they are. Sessions of before
            have ended.
    """

    name: str
    role: ConsoleRole
    created_at: datetime
    changed_at: datetime
    disabled_at: datetime | None = None

    @property
    def may_change(self) -> bool:
        """Whether the role lets somebody change anything, and see secrets that are made."""
        return self.role is ConsoleRole.ADMIN

    def is_behind(self, session: Session) -> bool:
        """Tell whether a session is this person's, and still opens the console."""
        return (
            self.disabled_at is None
            and session.name == self.name
            and session.started_at >= self.changed_at
        )


@dataclass(frozen=True, slots=True)
class ConsoleCredentials:
    """What somebody proves itself with, as it is kept.

    Attributes:
        password: The PHC string of Argon2id.
        factor: What the authenticator app knows, sealed under the deployment's secret.
    """

    password: str = field(repr=False)
    factor: bytes = field(repr=False)


def require_may_change(user: ConsoleUser) -> None:
    """Pass who may change something. Raises NotPermitted."""
    if not user.may_change:
        raise NotPermitted(reason=f"console:{user.name} is a viewer")
