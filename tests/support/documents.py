"""Registers documents as `watchword document` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from support.deployment import OPERATOR
from watchword.bootstrap.services import build_services
from watchword.deployment import open_deployment
from watchword.services.trusted_documents import DocumentJudge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.deployment import Deployment
    from watchword.access.registration.documents import DocumentRegistry

T = TypeVar("T")


def operate_documents(
    deployment: Deployment, question: Callable[[DocumentRegistry], Awaitable[T]]
) -> T:
    """Do what an operator does with documents, through a store of its own as the CLI has."""
    judge = DocumentJudge(build_services(deployment.settings, deployment.clock))

    async def carry_out() -> T:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            documents = opened.documents(deployment.clock, OPERATOR, judge.require_valid)
            return await question(documents)

    return deployment.run(carry_out())


def add_document(deployment: Deployment, text: str, account: str | None = None) -> str:
    """Register a document of the Profile service and return its id."""
    made = operate_documents(
        deployment, lambda documents: documents.add_document("profile", text, account)
    )
    return made.id
