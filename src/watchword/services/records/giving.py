"""Finds who gave: the people of several donations in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watchword.services.engine.binding import Batch
from watchword.services.records.finding import PEOPLE
from watchword.services.records.statements import as_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.records.context import RequestContext
    from watchword.services.records.nodes import Person


def donors_of(table: str) -> Batch:
    """Return the resolver that finds the people who made each donation, by id.

    Args:
        table: Joins donations and people.
    """
    text = f"""
        SELECT donation_id, {PEOPLE.columns} FROM json_each(?) AS asked
        CROSS JOIN {table} ON donation_id = asked.value
        CROSS JOIN person ON person.id = person_id ORDER BY donation_id, person_id
    """  # noqa: S608 - text of this program

    def resolve(donations: Sequence[Any], context: RequestContext) -> list[list[Person]]:
        made: dict[int, list[Person]] = {donation.number: [] for donation in donations}
        for row in context.reader.rows(text, (as_json(made),)):
            made[row[0]].append(PEOPLE.make(*row[1:]))
        return [made[donation.number] for donation in donations]

    return Batch(resolve)
