"""Decides whether a recorded history obeys the rule of one live token.

**The rule.** A service user has one register that holds a generation. Issuing raises it by one
and returns the new value, g. A call with token g is admitted when the register holds g, and
refused as superseded when it holds more. Every operation takes effect at one moment between its
start and its end. A history obeys the rule when such moments can be chosen for all of its
operations (it is *linearizable*).

**Why bounds are enough.** As the register only rises, and by one, the whole order is given by
the moments P(1) <= P(2) <= ... at which it came to hold each generation. What was observed
bounds them:

    issue g                     start <= P(g) <= end
    call g, admitted            P(g) <= end    and    start <= P(g + 1)
    call g, superseded          P(g + 1) <= end
    token g revoked             P(g + 1) <= end

A call that was admitted takes effect in both [start, end] and [P(g), P(g + 1)]. Two intervals
of a line meet exactly when each begins before the other ends, which is what the bounds say; a
refused call is the same with [P(g + 1), for ever]. So moments can be chosen exactly when, for
each g, the highest lower bound of all generations up to g is not above the lowest upper bound of
all generations from g on. That takes one pass up and one pass down.

**Generations that nobody was given.** Revoking token g raises the register to g + 1 without a
token, and to no other value. A token request whose connection broke may have raised it at any
moment until it broke. Each generation that is missing among those that were answered must be the
work of one such request, and each token request does at most one. Going up, the windows of the
missing generations begin and end ever later. So giving each one, of the token requests that fit,
the one that ends first finds a complete assignment whenever there is one. A request that was
answered by 503 raised nothing.

So the verdict is exact, and the tests compare it with that of trying every order. But for one
mixture: of a generation that a revocation may have raised, and a broken token request too, the
revocation is taken. There a contradiction may be overlooked; none is ever invented.

**What follows.** A token is refused by every call that starts after a newer one was received. The
newest token is admitted by every call that no issue overlaps. Two generations are never live
at once, no generation is given twice, and a token that was refused as superseded is never
admitted later, by whatever worker.

**What it cannot see.** Anything shorter than the clients' own delays: an operation that overlaps
another may come before or after it. Once a revocation was asked for, a token that the ledger
lost may pass for a revoked one.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from proof.history import FOREVER, Answer, Kind, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Violation:
    """A contradiction, and the operations that it lies between."""

    what: str
    evidence: tuple[Operation, ...] = ()

    def __str__(self) -> str:
        return "\n    ".join((self.what, *map(str, self.evidence)))


@dataclass(frozen=True, slots=True)
class _Bound:
    moment: int
    source: Operation | None = None


_LOWEST: Final = _Bound(-FOREVER)
_HIGHEST: Final = _Bound(FOREVER)


@dataclass(slots=True)
class _Register:
    """What a history says of one service user."""

    not_before: dict[int, _Bound] = field(default_factory=dict)
    not_after: dict[int, _Bound] = field(default_factory=dict)
    issued: dict[int, Operation] = field(default_factory=dict)
    fillers: list[Operation] = field(default_factory=list)
    revocations: list[Operation] = field(default_factory=list)
    revoked_calls: list[Operation] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def add(self, operation: Operation) -> None:
        match operation.kind, operation.answer:
            case _, Answer.UNEXPECTED:
                self._object("this answer is none that the rule knows", operation)
            case Kind.ISSUE, Answer.DONE:
                self._add_issue(operation)
            case Kind.CALL, Answer.DONE:
                self._bound_above(operation.generation, operation)
                self._bound_below(operation.generation + 1, operation)
            case Kind.CALL, (Answer.SUPERSEDED | Answer.REVOKED):
                self._bound_above(operation.generation + 1, operation)
                if operation.answer is Answer.REVOKED:
                    self.revoked_calls.append(operation)
            case Kind.REVOKE, Answer.DONE:
                self._bound_above(operation.generation + 1, operation)
                self.revocations.append(operation)
            case Kind.REVOKE, Answer.UNANSWERED:
                self.revocations.append(operation)
            case Kind.ISSUE, Answer.UNANSWERED:
                self.fillers.append(operation)
            case _:
                pass  # nobody could say, or nobody heard it: nothing was observed

    def check(self) -> list[Violation]:
        """Return every contradiction, each once."""
        self._check_losses()
        self._bound_revoked()
        generations = range(1, max(self.not_after, default=0) + 1)
        lows = list(accumulate((self.not_before.get(g, _LOWEST) for g in generations), _later))
        highs = list(
            accumulate((self.not_after.get(g, _HIGHEST) for g in reversed(generations)), _earlier)
        )[::-1]
        pairs = {
            (high.source, low.source): g
            for g, low, high in zip(generations, lows, highs, strict=True)
            if low.moment > high.moment
        }
        for (first, second), g in pairs.items():
            self._object(f"generation {g} was both there and not yet there", first, second)
        self._fill_gaps(
            [
                (g, low, high)
                for g, low, high in zip(generations, lows, highs, strict=True)
                if g not in self.issued
            ]
        )
        return self.violations

    def _add_issue(self, operation: Operation) -> None:
        twin = self.issued.setdefault(operation.generation, operation)
        if twin is not operation:
            self._object("two requests were given the same generation", twin, operation)
            return
        self._bound_below(operation.generation, operation)
        self._bound_above(operation.generation, operation)

    def _bound_below(self, generation: int, source: Operation) -> None:
        bound = _Bound(source.start, source)
        self.not_before[generation] = _later(self.not_before.get(generation, _LOWEST), bound)

    def _bound_above(self, generation: int, source: Operation) -> None:
        bound = _Bound(source.end, source)
        self.not_after[generation] = _earlier(self.not_after.get(generation, _HIGHEST), bound)

    def _bound_revoked(self) -> None:
        """Bound what only a revocation can have raised by the start of the first one."""
        if self.fillers:
            return
        earliest: dict[int, Operation] = {}
        for revocation in sorted(self.revocations, key=lambda one: one.start):
            earliest.setdefault(revocation.generation + 1, revocation)
        for generation, revocation in earliest.items():
            if generation not in self.issued:
                self._bound_below(generation, revocation)

    def _check_losses(self) -> None:
        earliest = min((revocation.start for revocation in self.revocations), default=FOREVER)
        for call in self.revoked_calls:
            if call.end < earliest:
                self._object("a token was lost: nobody had asked to revoke it", call)

    def _fill_gaps(self, gaps: list[tuple[int, _Bound, _Bound]]) -> None:
        revoked: defaultdict[int, list[Operation]] = defaultdict(list)
        for revocation in self.revocations:
            revoked[revocation.generation + 1].append(revocation)
        waiting = sorted(self.fillers, key=lambda filler: filler.start, reverse=True)
        fitting: list[tuple[int, Operation]] = []
        for generation, low, high in gaps:
            while waiting and waiting[-1].start <= high.moment:
                filler = waiting.pop()
                heapq.heappush(fitting, (filler.end, filler))
            while fitting and fitting[0][0] < low.moment:
                heapq.heappop(fitting)
            if any(
                one.start <= high.moment and one.end >= low.moment for one in revoked[generation]
            ):
                continue
            if fitting:
                heapq.heappop(fitting)
            else:
                self._object(
                    f"generation {generation} was there, and no request can have raised it",
                    high.source,
                    low.source,
                )

    def _object(self, what: str, *evidence: Operation | None) -> None:
        self.violations.append(Violation(what, tuple(item for item in evidence if item)))


def check(history: Iterable[Operation]) -> list[Violation]:
    """Return what in a history contradicts the rule; nothing when it obeys.

    Args:
        history: All operations since the users were made, in any order.
    """
    registers: defaultdict[int, _Register] = defaultdict(_Register)
    for operation in history:
        registers[operation.user].add(operation)
    return [
        violation for _, register in sorted(registers.items()) for violation in register.check()
    ]


def weigh(history: list[Operation]) -> Counter[str]:
    """Count what a history can show: of how many calls the rule leaves no choice.

    Returns:
        `admissions` and `refusals` that had to be so; calls whose answer was `open`, as the
        issue of the next generation overlapped them; `issues`, and the rest by its answer.
    """
    issued = {
        (operation.user, operation.generation): operation
        for operation in history
        if operation.kind is Kind.ISSUE and operation.answer is Answer.DONE
    }
    weights: Counter[str] = Counter()
    for operation in history:
        if operation.answer not in {Answer.DONE, Answer.SUPERSEDED}:
            weights[operation.answer.name.lower()] += 1
        elif operation.kind is not Kind.CALL:
            weights["issues" if operation.kind is Kind.ISSUE else "revocations"] += 1
        else:
            weights[_judge(operation, issued.get((operation.user, operation.generation + 1)))] += 1
    return weights


def _judge(call: Operation, successor: Operation | None) -> str:
    if successor is None:
        return "admissions" if call.answer is Answer.DONE else "open"
    if call.end < successor.start:
        return "admissions"
    return "refusals" if call.start > successor.end else "open"


def _later(one: _Bound, other: _Bound) -> _Bound:
    return other if other.moment > one.moment else one


def _earlier(one: _Bound, other: _Bound) -> _Bound:
    return other if other.moment < one.moment else one
