"""One request reads one state of the data, whatever is imported meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLObjectType, execute_sync, parse

from services.asking import CORRELATION_ID
from support.fakes import StoppedClock
from watchword.services.imports import import_invented
from watchword.services.profile import ProfileService
from watchword.services.records import sample_person_id

if TYPE_CHECKING:
    from pathlib import Path

    from graphql import ExecutionResult

QUERY = """
query ($id: String!) {
  before: personIdSearch(id: $id) { ... on Person { name rolesEmployment { items { id } } } }
  info { name }
  after: personIdSearch(id: $id) { ... on Person { name rolesEmployment { items { id } } } }
  rolesEmployment { pageInfoResponse { totalCount } }
}
"""


def test_an_import_in_the_middle_of_a_query_does_not_show_in_its_answer(tmp_path: Path) -> None:
    database = tmp_path / "profile.db"
    import_invented(database, seed=1, people=60, clock=StoppedClock())
    service = ProfileService(database, clock=StoppedClock(), version="0")
    service.open()
    query = service.schema.query_type
    assert isinstance(query, GraphQLObjectType)
    answer_info = query.fields["info"].resolve
    assert answer_info is not None

    def import_then_answer(*arguments: object) -> object:
        import_invented(database, seed=2, people=5, clock=StoppedClock())
        return answer_info(*arguments)

    def ask() -> ExecutionResult:
        with service.request(CORRELATION_ID) as context:
            return execute_sync(
                service.schema,
                parse(QUERY),
                context_value=context,
                variable_values={"id": sample},
            )

    sample = sample_person_id(database)
    calm = ask()
    query.fields["info"].resolve = import_then_answer
    torn = ask()
    query.fields["info"].resolve = answer_info
    later = ask()
    service.close()

    assert calm.errors is None
    assert torn == calm
    assert later != calm
