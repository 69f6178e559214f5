"""Measures a caller's variables, before anything is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from watchword.services.engine.errors import Code, DocumentRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_VALUES: Final = 2_000
"""In all variables together: to coerce one takes some four microseconds."""


def require_small(variables: Mapping[str, Any]) -> None:
    """Require that variables hold no more values than any document needs.

    Those that no operation declares count as well.

    Raises:
        DocumentRefused: If they hold more.
    """
    count = 0
    waiting: list[object] = [variables]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            parts: list[object] = list(cast("dict[str, object]", value).values())
        elif isinstance(value, list):
            parts = cast("list[object]", value)
        else:
            continue
        count += len(parts)
        if count > MOST_VALUES:
            raise DocumentRefused(
                Code.VARIABLES_TOO_LARGE,
                f"The variables hold more than {MOST_VALUES} values, and no more are let through. "
                "Ask in several requests.",
                limit=MOST_VALUES,
            )
        waiting += parts
