"""What the parts of a process are wired of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.access.ports import Clock, Randomness
    from watchword.deployment import Deployment
    from watchword.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """An open deployment, how it is run, and what tells the time and draws numbers there."""

    settings: Settings
    deployment: Deployment
    clock: Clock
    randomness: Randomness
