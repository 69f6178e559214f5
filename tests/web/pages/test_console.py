"""What the console does is what the admin API does, by the same functions, and no more."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.console import ConsoleBrowser, fill, forms_in, invite, secrets_in, told_in
from support.deployment import Customer
from support.pages import ReadPage
from watchword.access.console import ConsoleRole
from watchword.access.token_story import MOST_CONTESTED
from watchword.cli.main import run
from watchword.web.admin.table import OPERATIONS
from watchword.web.pages.console.doing import DONE
from watchword.web.pages.console.table import PAGES

if TYPE_CHECKING:
    from support.deployment import Deployment
    from watchword.access.registration import Registry
    from watchword.web.admin.table import AnyOperation

pytestmark = pytest.mark.usefixtures("quick_argon2")
CHANGES = [operation for operation in OPERATIONS if operation.method != "GET"]
COMMANDS = {
    "add_account": "account add",
    "list_accounts": "account list",
    "get_account": "account show",
    "disable_account": "account disable",
    "enable_account": "account enable",
    "grant_service": "account grant",
    "withdraw_service": "account withdraw",
    "grant_package": "account grant-package",
    "withdraw_package": "account withdraw-package",
    "add_user": "user add",
    "list_users": "user list",
    "get_user": "user show",
    "disable_user": "user disable",
    "enable_user": "user enable",
    "rotate_password": "user rotate",
    "revoke_tokens": "user revoke",
    "end_sessions": "user sign-out",
    "add_key": "key add",
    "list_keys": "key list",
    "get_key": "key show",
    "move_key": "key set",
    "disable_key": "key disable",
    "enable_key": "key enable",
    "rotate_key": "key rotate",
    "add_plan": "plan add",
    "list_plans": "plan list",
    "get_plan": "plan show",
    "set_limit": "plan set",
    "remove_limit": "plan unset",
    "change_documents": "plan documents",
    "add_service": "service add",
    "list_services": "service list",
    "get_service": "service show",
    "change_service": "service set",
    "disable_service": "service disable",
    "enable_service": "service enable",
    "add_document": "document add",
    "add_account_document": "document add",
    "list_documents": "document list",
    "get_document": "document show",
    "get_account_document": "document show",
    "remove_document": "document remove",
    "remove_account_document": "document remove",
    "read_usage": "usage",
    "read_refusals": "refusals",
    "read_audit": "audit tail",
    "search_audit": "audit search",
    "show_tokens": "user tokens",
    "list_signing_keys": "signing list",
}


@pytest.fixture
def browser(deployment: Deployment) -> ConsoleBrowser:
    made = ConsoleBrowser(deployment)
    made.enter(invite(deployment))
    return made


@pytest.fixture
def viewer(deployment: Deployment) -> ConsoleBrowser:
    made = ConsoleBrowser(deployment)
    made.enter(invite(deployment, "vera", ConsoleRole.VIEWER))
    return made


def test_every_change_of_the_admin_api_has_a_form_on_a_page_that_links_lead_to(
    deployment: Deployment, browser: ConsoleBrowser
) -> None:
    fill(deployment)

    pages = browser.walk()

    forms = set[str]().union(*map(forms_in, pages.values()))
    assert forms == {operation.name for operation in CHANGES}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_is_a_command_too(
    operation: AnyOperation, capsys: pytest.CaptureFixture[str]
) -> None:
    command = COMMANDS[operation.name]

    assert run([*command.split(), "--help"]) == 0

    # Of a command that there is not, the help is that of its group, or of all.
    assert capsys.readouterr().out.startswith(f"Usage: watchword {command} ")


def test_no_command_stands_for_an_operation_that_there_is_not() -> None:
    assert COMMANDS.keys() == {operation.name for operation in OPERATIONS}


def test_a_viewer_sees_every_page_and_no_form(
    deployment: Deployment, browser: ConsoleBrowser, viewer: ConsoleBrowser
) -> None:
    fill(deployment)

    seen = viewer.walk()

    assert set(seen) == set(browser.walk())
    assert set[str]().union(*map(forms_in, seen.values())) == set()


def test_a_viewer_changes_nothing_whatever_it_sends(
    deployment: Deployment, viewer: ConsoleBrowser
) -> None:
    fill(deployment)
    before = viewer.get("/console/audit").text
    form = {
        "account": "acme",
        "username": "svc-beta",
        "plan": "gold",
        "service": "more",
        "path.account": "acme",
        "path.username": "svc-acme",
        "path.service": "profile",
        "path.plan": "preview",
        "path.package": "wealth",
        "sure": "yes",
    }

    refused = {
        operation.name: viewer.post(f"/console/do/{operation.name}", **form)
        for operation in OPERATIONS
    }

    assert {name: page.status_code for name, page in refused.items()} == dict.fromkeys(refused, 403)
    assert all("role in the console is viewer" in page.text for page in refused.values())
    assert viewer.get("/console/audit").text == before


def test_a_token_is_had_with_what_the_console_printed(
    deployment: Deployment, browser: ConsoleBrowser
) -> None:
    made = browser.do(
        "add_account",
        "/console/accounts",
        {"account": "acme", "name": "Acme", "services.profile": "yes"},
    )
    page = made.headers["location"]
    user = browser.do("add_user", page, {"account": "acme", "username": "svc-acme"})
    key = browser.do("add_key", page, {"account": "acme", "plan": "preview"})

    [password], [api_key] = secrets_in(user.text), secrets_in(key.text)
    customer = Customer("acme", "svc-acme", password, api_key, "")
    token = deployment.token(customer)
    assert deployment.call(token, api_key).status_code == 200
    assert user.headers["cache-control"] == "no-store"
    assert password not in browser.get(page).text
    assert api_key not in browser.get(page).text


def test_a_change_stands_in_the_audit_log_under_the_persons_name(
    browser: ConsoleBrowser,
) -> None:
    browser.do("add_account", "/console/accounts", {"account": "acme"})

    page = browser.get("/console/audit").text

    row = re.search(r"account\.added.*?console:\w+", page, re.DOTALL)
    assert row is not None
    assert row[0].endswith("console:alice")


def test_a_refusal_comes_back_beside_the_form_with_what_was_typed(
    browser: ConsoleBrowser,
) -> None:
    form = {"account": "acme", "name": "Acme & <Sons>", "services.profile": "yes"}
    browser.do("add_account", "/console/accounts", form)

    refused = browser.do("add_account", "/console/accounts", form)

    assert refused.status_code == 409
    assert told_in(refused.text) == "Account 'acme' exists already."
    assert 'value="Acme &amp; &lt;Sons&gt;"' in refused.text
    assert 'name="services.profile" value="yes" checked' in refused.text
    assert "<h1>Accounts</h1>" in refused.text


@pytest.mark.parametrize(
    ("operation", "page", "form", "told"),
    [
        ("add_account", "/console/accounts", {"account": "Not A Slug"}, "lower-case letters"),
        ("add_user", "/console/users", {"username": "x", "account": "nobody"}, "nobody"),
        ("set_limit", "/console/plans/preview",
         {"path.plan": "preview", "path.service": "events", "rate": "0", "burst": "1"},
         "Rate: write 1 or more."),
        ("set_limit", "/console/plans/preview",
         {"path.plan": "preview", "path.service": "events", "rate": "x", "burst": "1"},
         "Rate: write a whole number."),
        ("add_plan", "/console/plans", {"plan": "gold", "limits": "profile 5"}, "write a line"),
        ("add_plan", "/console/plans", {"plan": "gold", "limits": "profile rate=5"},
         "Burst: it is missing."),
        ("add_plan", "/console/plans",
         {"plan": "gold", "limits": "profile rate=5 burst=3 quota=x"},
         "Quota: write a whole number, or leave it empty."),
        ("add_plan", "/console/plans",
         {"plan": "gold", "limits": "profile rate=5 burst=3 day=9"}, "Day: nothing is called so"),
        ("add_service", "/console/services",
         {"service": "more", "upstream": "ftp://x"}, "upstream"),
        ("add_service", "/console/services",
         {"service": "more", "title": "x" * 101}, "up to 100 characters"),
        ("change_service", "/console/services/profile",
         {"path.service": "profile", "description": "x" * 201}, "up to 200 characters"),
        ("add_key", "/console/keys",
         {"account": "acme", "description": "x" * 5_000}, "up to 200 characters"),
        ("add_account", "/console/accounts",
         {"account": "more", "name": "x" * 101}, "up to 100 characters"),
        ("add_document", "/console/documents", {"path.service": "profile", "text": "{"}, "Syntax"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_out_is_told_in_words(
    browser: ConsoleBrowser, operation: str, page: str, form: dict[str, str], told: str
) -> None:
    refused = browser.do(operation, page, form)

    assert refused.status_code in {404, 409, 422}
    assert told.lower() in told_in(refused.text).lower()
    assert refused.text.count('class="told"') == 1


def test_a_refused_form_is_led_to_and_names_the_field_that_is_wrong(
    browser: ConsoleBrowser,
) -> None:
    form = {"path.plan": "preview", "path.service": "profile", "rate": "0", "burst": "1"}

    page = browser.do("set_limit", "/console/plans/preview", form).text

    told = re.search(r'<p class="told"[^>]* id="([^"]*)"[^>]* autofocus>', page)
    assert told is not None
    wrong = re.findall(r'<input [^>]*aria-invalid="true"[^>]*>', page)
    assert [re.findall(r'name="(\w+)"', field) for field in wrong] == [["rate"]]
    assert f'aria-describedby="{told[1]} ' in wrong[0]


@pytest.mark.parametrize(
    ("operation", "form", "said", "behind"),
    [
        ("add_user", {"username": "more@acme", "account": "acme"},
         "The service user more@acme of acme was made.", "users/more@acme"),
        ("rotate_password", {"path.username": "svc-acme"},
         "svc-acme has a new password.", "the overview"),
        ("revoke_tokens", {"path.username": "svc-acme"},
         "No access token of svc-acme is live any more.", "the overview"),
        ("add_key", {"account": "acme", "lifetime_seconds": "60"}, "It ends <time", "keys/key_"),
    ],
)  # fmt: skip
def test_what_was_done_is_said_in_words_with_the_way_on(
    browser: ConsoleBrowser,
    customer: Customer,
    operation: str,
    form: dict[str, str],
    said: str,
    behind: str,
) -> None:
    assert customer.account == "acme"

    page = browser.do(operation, "/console", form).text

    assert said in page
    assert f"Go on to {behind}" in page
    assert "generation" not in page


def test_every_secret_is_shown_with_what_it_is_of() -> None:
    """What is not said is done and shown nowhere: its secret would be lost."""
    with_secrets = {
        operation.name
        for operation in CHANGES
        if {"password", "api_key"} & set(operation.answer.__struct_fields__)
    }

    assert with_secrets <= DONE.keys()


def test_a_column_without_end_may_be_left_out(browser: ConsoleBrowser) -> None:
    browser.do("add_plan", "/console/plans", {"plan": "gold", "limits": "profile rate=5 burst=3"})

    assert "without end" in browser.get("/console/plans/gold").text


def test_no_two_buttons_of_a_page_are_called_the_same_and_no_heading_is_left_out(
    deployment: Deployment, browser: ConsoleBrowser
) -> None:
    """Who hears a page hears a button without what stands around it."""
    fill(deployment)

    for address, page in browser.walk().items():
        assert ReadPage(page).jumps == [], address
        main = page.partition("<main")[2].partition("</main>")[0]
        buttons = re.findall(r"<button[^>]*>[^<]*", main)
        names = [re.sub(r'.*aria-label="([^"]*)".*|<[^>]*>', r"\1", button) for button in buttons]
        assert sorted(set(names)) == sorted(names), address


@pytest.mark.parametrize("operation", [change.name for change in CHANGES if change.is_grave])
def test_what_stops_a_customer_is_not_done_without_being_sure(
    deployment: Deployment, browser: ConsoleBrowser, customer: Customer, operation: str
) -> None:
    token = deployment.token(customer)

    refused = browser.do(
        operation,
        form={
            "sure": "",
            "path.account": "acme",
            "path.username": customer.username,
            "path.key_id": customer.key_id,
            "path.service": "profile",
            "path.plan": "roomy",
            "path.package": "wealth",
        },
    )

    assert refused.status_code == 422
    assert "sure" in told_in(refused.text)
    assert deployment.call(token, customer.api_key).status_code == 200


def test_a_grave_form_is_not_sent_without_a_tick(
    browser: ConsoleBrowser, customer: Customer
) -> None:
    page = browser.get(f"/console/users/{customer.username}").text

    form = page[page.index('action="/console/do/revoke_tokens"') :].partition("</form>")[0]

    assert 'name="sure" value="yes" required' in form


@pytest.mark.parametrize(
    ("operation", "status"),
    [("revoke_tokens", 401), ("disable_user", 401), ("disable_account", 401), ("disable_key", 403)],
)
def test_a_customer_is_stopped_at_once(
    deployment: Deployment,
    browser: ConsoleBrowser,
    customer: Customer,
    operation: str,
    status: int,
) -> None:
    token = deployment.token(customer)
    places = {
        "path.username": customer.username,
        "path.account": customer.account,
        "path.key_id": customer.key_id,
    }

    done = browser.do(operation, "/console", places)

    assert done.status_code in {200, 303}
    assert deployment.call(token, customer.api_key).status_code == status


def test_a_service_user_is_signed_out_of_the_portal_and_its_token_lives(
    deployment: Deployment, browser: ConsoleBrowser, customer: Customer
) -> None:
    token = deployment.token(customer)
    portal = ConsoleBrowser(deployment)
    portal.sign_in(customer)

    done = browser.do("end_sessions", "/console", {"path.username": customer.username})

    assert "Sessions that ended: 1." in done.text
    assert portal.get("/profile/v1/graphiql/").status_code == 303
    assert deployment.call(token, customer.api_key).status_code == 200


def test_another_sites_form_does_nothing(browser: ConsoleBrowser) -> None:
    browser.get("/console/accounts")

    for csrf in ("0" * 64, ""):
        refused = browser.post("/console/do/add_account", csrf=csrf, account="beta")
        assert refused.status_code == 403
    crossing = browser.send(
        "POST",
        "/console/do/add_account",
        ("sec-fetch-site", "cross-site"),
        content=f"csrf={browser.csrf}&account=beta",
    )

    assert crossing.status_code == 403
    assert browser.get("/console/accounts/beta").status_code == 404


def test_a_form_leads_to_no_other_site(browser: ConsoleBrowser) -> None:
    browser.do("add_account", "/console/accounts", {"account": "acme"})

    done = browser.do(
        "grant_service",
        "/console/accounts/acme",
        {"path.account": "acme", "path.service": "profile", "page": "https://evil.example/"},
    )

    assert done.headers["location"] == "/console"


@pytest.mark.parametrize(
    "page",
    [
        "/console/accounts\r\nx-evil: 1",
        "/console/accounts?a=\nx-evil: 1",
        "/console/accounts?a=\u2028",
        "/console/accounts ?x",
        "/console/../services",
        "//evil.example/console/accounts",
        "accounts",
        "",
    ],
)
def test_a_page_that_is_none_of_ours_is_not_gone_on_with(
    browser: ConsoleBrowser, page: str
) -> None:
    browser.do("add_account", "/console/accounts", {"account": "acme"})
    form = {"path.account": "acme", "path.service": "profile", "page": page}

    done = browser.do("grant_service", "/console/accounts/acme", form)
    refused = browser.do("add_account", "/console/accounts", {"account": "acme", "page": page})

    assert done.status_code == 303
    assert done.headers["location"] == "/console"
    assert "x-evil" not in done.headers
    assert refused.status_code == 409


@pytest.mark.parametrize("operation", ["nothing", "list_accounts", "__class__"])
def test_what_is_no_change_is_no_form(browser: ConsoleBrowser, operation: str) -> None:
    assert browser.do(operation).status_code == 404


def test_accounts_are_searched_by_how_they_begin(
    deployment: Deployment, browser: ConsoleBrowser
) -> None:
    for name in ("acme", "acme-two", "aaa", "beta"):
        deployment.operate(
            lambda registry, name=name: registry.add_account(name, "", [])  # type: ignore[misc]
        )

    page = browser.get("/console/accounts?begins=acme").text

    listed = re.findall(r'href="/console/accounts/([\w-]+)"', page)
    assert listed == ["acme", "acme-two"]
    assert 'rel="next"' not in page


def test_a_search_goes_on_page_by_page_and_ends_where_names_begin_otherwise(
    deployment: Deployment, browser: ConsoleBrowser
) -> None:
    names = [f"acme-{number:03}" for number in range(205)]

    async def add(registry: Registry) -> None:
        for name in ["aaa", *names, "beta"]:
            await registry.add_account(name, "", [])

    deployment.operate(add)
    url, read = "/console/accounts?begins=acme", list[str]()

    while url:
        page = browser.get(url).text
        read += re.findall(r'href="/console/accounts/([\w-]+)"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        url = unescape(found[1]) if found else ""

    assert read == names


@pytest.mark.parametrize("begins", ["\ue000", "é", "<script>", "a b", "A" * 64, "_", "~"])
def test_a_search_for_what_begins_no_name_finds_none(
    deployment: Deployment, browser: ConsoleBrowser, begins: str
) -> None:
    deployment.operate(lambda registry: registry.add_account("acme", "", []))

    page = browser.get(f"/console/accounts?begins={quote(begins)}")

    assert page.status_code == 200
    assert 'href="/console/accounts/acme"' not in page.text
    assert "There is none that begins so." in page.text


PARAMETERS = st.sampled_from(
    ["account", "after", "before", "begins", "event", "limit", "service", "text", "username"]
)
VALUES = st.one_of(
    st.text().map(lambda text: quote(text.encode("utf-8", "surrogatepass"))),
    st.integers().map(str),
    st.binary(max_size=8).map(quote_from_bytes),
    st.sampled_from(["acme", "nobody", "-1", "9223372036854775808", "1e9", "nan", "%", "%00"]),
)


@given(
    path=st.sampled_from([path for path, _ in PAGES if "{" not in path]),
    query=st.lists(st.tuples(PARAMETERS, VALUES).map("=".join), max_size=4).map("&".join),
)
@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_no_query_of_a_page_is_an_accident(
    deployment: Deployment, browser: ConsoleBrowser, path: str, query: str
) -> None:
    del deployment

    answered = browser.get(f"{path}?{query}")

    assert answered.status_code < 500, (path, query)


def test_usage_is_drawn_and_told_in_a_table(
    deployment: Deployment, browser: ConsoleBrowser, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.call(token, customer.api_key)
    # Handed over by a stop.
    deployment.run(deployment.application.shutdown())
    deployment.run(deployment.application.startup())

    page = browser.get("/console/usage").text
    figures = json.loads(browser.get("/console/usage.json").text)

    assert 'data-chart-url="/console/usage.json"' in page
    assert "Admitted requests in the last 30 days" in page
    assert [series["label"] for series in figures["series"]] == ["acme"]
    assert figures["series"][0]["values"][-1] == 1
    assert len(figures["days"]) == 30


def test_the_audit_log_is_searched_newest_record_first(
    deployment: Deployment, browser: ConsoleBrowser
) -> None:
    fill(deployment)

    found = browser.get("/console/audit?account=acme&event=key.").text
    page = browser.get("/console/audit").text
    nothing = browser.get("/console/audit?text=%3Cscript%3E").text

    events = re.findall(r'<th scope="row">([a-z.]+)</th>', page)
    assert re.findall(r'<th scope="row">([a-z.]+)</th>', found) == ["key.added"]
    assert events[0] == "document.added"
    assert events[-1] == "signing.rotated"
    assert "Nothing was found." in nothing
    assert 'value="&lt;script&gt;"' in nothing


def test_older_records_are_behind_a_link(deployment: Deployment, browser: ConsoleBrowser) -> None:
    async def add(registry: Registry) -> None:
        for number in range(101):
            await registry.add_account(f"a{number}", "", [])

    deployment.operate(add)

    first = browser.get("/console/audit?event=account.added").text
    link = re.search(r'rel="next" href="([^"]+)"', first)
    assert link is not None
    second = browser.get(unescape(link[1])).text

    assert "account=a0 " in second
    assert "account=a0 " not in first
    assert 'value="account.added"' in second


def take_turns(deployment: Deployment, customer: Customer) -> None:
    """Have two deployments of a customer take the live token from each other."""
    for agent in ("one", "two", "one", "two"):
        deployment.token(customer, extra=[("user-agent", agent)])
        deployment.clock.advance(timedelta(seconds=20))


def test_deployments_that_fight_over_a_token_are_shown_with_their_addresses(
    deployment: Deployment, browser: ConsoleBrowser, customer: Customer
) -> None:
    take_turns(deployment, customer)

    page = browser.get(f"/console/users/{customer.username}").text

    assert "take the live token from each other" in page
    assert "<td>one</td>" in page
    assert "token.superseded" in page


def test_the_overview_leads_to_whom_deployments_take_the_live_token_from_now(
    deployment: Deployment, browser: ConsoleBrowser, customer: Customer
) -> None:
    calm = deployment.make_customer("beta", "svc-beta")
    take_turns(deployment, customer)
    for _ in range(5):
        deployment.token(calm, extra=[("user-agent", "one")])

    now = browser.get("/console").text
    deployment.clock.advance(timedelta(minutes=11))
    later = browser.get("/console").text

    told = now[now.index("take the live token from each other") :].partition("</ul>")[0]
    assert re.findall(r'href="/console/users/([^"]+)"', told) == ["svc-acme"]
    assert "take the live token from each other" not in later


def test_the_overview_looks_at_so_many_fights_and_no_more(
    deployment: Deployment, browser: ConsoleBrowser
) -> None:
    for number in range(MOST_CONTESTED + 1):
        take_turns(deployment, deployment.make_customer(f"a{number}", f"svc-{number}"))
        deployment.clock.advance(-timedelta(seconds=80))
    deployment.clock.advance(timedelta(seconds=80))

    page = browser.get("/console").text

    assert page.count(": 2 deployments") == MOST_CONTESTED


def test_refusals_are_told_by_code_and_account(
    deployment: Deployment, browser: ConsoleBrowser, customer: Customer
) -> None:
    token = deployment.token(customer)
    for _ in range(3):
        deployment.call(token, None)
    # Handed over by a stop.
    deployment.run(deployment.application.shutdown())
    deployment.run(deployment.application.startup())

    page = browser.get("/console/refusals?account=acme").text
    home = browser.get("/console").text

    row = page[page.index('<a href="/console/accounts/acme">') :].partition("</tr>")[0]
    assert re.findall(r"<td[^>]*>(?:<code>)?([^<]*)", row) == [
        "profile", "API_KEY_MISSING", "3", "2026-11-23",
    ]  # fmt: skip
    assert "<code>API_KEY_MISSING</code>" in home


def test_every_page_is_whole_and_every_table_has_a_caption(
    deployment: Deployment, browser: ConsoleBrowser
) -> None:
    fill(deployment)

    for url, text in browser.walk().items():
        if not text.startswith("{"):
            page = ReadPage(text)
            assert page.problems == [], url
            assert page.tables == page.captions, url


@given(
    name=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).map(
        lambda text: f"<script>\"'&{text}"
    )
)
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_a_hostile_name_is_text_and_nothing_else(
    deployment: Deployment, browser: ConsoleBrowser, name: str
) -> None:
    account = f"a{abs(hash(name))}"
    browser.do("add_account", "/console/accounts", {"account": account, "name": name})
    refused = browser.do("add_account", "/console/accounts", {"account": account, "name": name})
    hostile = browser.do("add_user", "/console/users", {"account": name, "username": name})
    searched = browser.get(f"/console/accounts?begins={'%3Cscript%3E'}")
    del deployment

    for page in (refused, hostile, searched, browser.get(f"/console/accounts/{account}")):
        assert "<script>" not in page.text.replace('<script type="module"', "")
