"""Compares what a page says a command prints with what it prints; `...` stands for anything."""

from __future__ import annotations

import json
import re
from typing import Any


def is_same_text(expected: str, actual: str) -> bool:
    """Blanks do not count, nor whether a name has `_`: a terminal shows tables, a pipe tabs."""
    pattern = re.escape(_plain(expected)).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, _plain(actual), re.DOTALL) is not None


def is_same_json(expected: str, actual: str) -> bool:
    """Layout does not count."""
    return _matches(json.loads(expected), json.loads(actual))


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").split())


def _matches(expected: Any, actual: Any) -> bool:
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            _matches(value, actual[name]) for name, value in expected.items()
        )
    if isinstance(expected, list) and isinstance(actual, list):
        if expected and expected[-1] == "...":
            expected = expected[:-1]
            actual = actual[: len(expected)]
        return len(expected) == len(actual) and all(map(_matches, expected, actual))
    if isinstance(expected, str) and isinstance(actual, str):
        return is_same_text(expected, actual)
    return bool(expected == actual)
