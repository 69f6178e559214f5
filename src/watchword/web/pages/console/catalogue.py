"""The console's pages of usage plans, services and registered documents."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from watchword.access.model import DocumentLimits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.web.http import Response
    from watchword.web.pages.console.desk import Desk, Form


async def list_plans(desk: Desk) -> Response:
    """Show usage plans."""
    plans = await desk.ask("list_plans", after=desk.query.get("after"))
    documents = {f"documents.{name}": value for name, value in asdict(DocumentLimits()).items()}
    add = desk.form("add_plan", "Make the plan", usual=documents)
    return desk.render("plans.html", plans=plans, add=add)


async def show_plan(desk: Desk) -> Response:
    """Show what a plan grants, and what documents it lets through."""
    plan = await desk.ask("get_plan", desk.path)
    places = {"plan": plan.plan}
    limits = [
        (
            service,
            limit,
            desk.form("set_limit", "Set", places=places | {"service": service}, usual=limit),
            desk.form("remove_limit", "Remove", places=places | {"service": service}),
        )
        for service, limit in plan.limits.items()
    ]
    others = [item for item in await desk.list_services() if item not in plan.limits]
    return desk.render(
        "plan.html",
        plan=plan,
        limits=limits,
        add=desk.form("set_limit", "Grant the service", places=places, choices={"service": others})
        if others
        else None,
        change=desk.form("change_documents", "Change", places=places, usual=plan.documents),
    )


async def list_services(desk: Desk) -> Response:
    """Show services."""
    services = await desk.ask("list_services", after=desk.query.get("after"))
    add = desk.form("add_service", "Register the service")
    return desk.render("services.html", services=services, add=add)


async def show_service(desk: Desk) -> Response:
    """Show a service and its documents."""
    service = await desk.ask("get_service", desk.path)
    name = service.service
    places = {"service": name}
    state = "enable_service" if service.disabled_at else "disable_service"
    forms = [
        desk.form("change_service", "Change", places=places, usual=service),
        desk.form(state, "Enable" if service.disabled_at else "Disable", places=places),
        desk.form("add_document", "Register the document", places=places),
    ]
    return desk.render(
        "service.html",
        service=service,
        documents=await desk.ask("list_documents", service=name),
        forms=[form for form in forms if form],
    )


async def list_documents(desk: Desk) -> Response:
    """Show registered documents, of all or of one service or account."""
    service, account = (desk.query.get(name, "").strip() for name in ("service", "account"))
    documents = await desk.ask(
        "list_documents", service=service, account=account, after=desk.query.get("after")
    )
    return desk.render(
        "documents.html",
        documents=documents,
        service=service,
        account=account,
        forms=await _document_forms(desk, service, account),
    )


async def show_document(desk: Desk) -> Response:
    """Show a document, everybody's or an account's."""
    kind = "account_document" if "account" in desk.path else "document"
    document = await desk.ask(f"get_{kind}", desk.path)
    remove = desk.form(f"remove_{kind}", "Remove", places=desk.path)
    return desk.render("document.html", document=document, remove=remove)


async def _document_forms(desk: Desk, service: str, account: str) -> Sequence[Form]:
    choices = {"service": await desk.list_services()}
    usual = {f"path.{name}": value for name, value in (("service", service), ("account", account))}
    forms = (
        desk.form("add_document", "Register for everybody", usual=usual, choices=choices),
        desk.form("add_account_document", "Register for an account", usual=usual, choices=choices),
    )
    return [form for form in forms if form]
