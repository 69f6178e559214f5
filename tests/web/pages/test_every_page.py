"""Every page that links lead to is whole, for strangers and readers, and has its twin."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from support.browsing import Browser
from support.pages import ReadPage

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment

PUBLIC = ["/services", "/services/profile", "/services/events", "/guides", "/errors"]
PUBLIC += [
    f"/guides/{name}"
    for name in ("authentication", "keys-and-plans", "errors", "paging", "one-live-token")
]
PUBLIC += ["/errors/RATE_LIMITED", "/errors/invalid_client", "/errors/DOCUMENT_INVALID"]
# Who is not signed in is sent to do so; these are for other tests.
ELSEWHERE = re.compile(r"^/(account|console|sign-out)\b|/v1/graphiql/")
# Where the front end was not built, a page is plain.
BUILT = re.compile(r"^/assets/(?!brand|icon)")

# Word by word, so that whoever loosens one of them has to do it here too.
SAFE = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@pytest.fixture
def stranger(deployment: Deployment) -> Browser:
    return Browser(deployment)


@pytest.fixture
def reader(deployment: Deployment, customer: Customer) -> Browser:
    browser = Browser(deployment)
    browser.sign_in(customer)
    return browser


@pytest.fixture(params=["stranger", "reader"])
def browser(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_every_link_of_every_page_leads_somewhere_and_every_page_is_whole(browser: Browser) -> None:
    waiting, known, broken = deque([*PUBLIC, "/llms.txt"]), set[str](), []
    ids: dict[str, list[str]] = {}
    wanted: list[tuple[str, str, str]] = []
    while waiting:
        path = waiting.popleft()
        if path in known:
            continue
        known.add(path)
        response = browser.get(path)
        if response.status_code != 200:
            broken.append(f"{path}: {response.status_code}")
            continue
        if not response.headers["content-type"].startswith("text/html"):
            continue
        page = ReadPage(response.text)
        assert page.problems == [], path
        assert page.jumps == [], path
        ids[path] = page.ids
        for link in page.links:
            target, _, anchor = link.partition("#")
            target = target.partition("?")[0] or path
            if link.startswith("/") or not target.startswith("http"):
                wanted.append((path, target, anchor))
                if not ELSEWHERE.search(target) and not BUILT.match(target):
                    waiting.append(target)

    assert broken == []
    assert set(PUBLIC) <= ids.keys()
    assert [
        (path, target, anchor)
        for path, target, anchor in wanted
        if anchor and target in ids and anchor not in ids[target]
    ] == []


@pytest.mark.parametrize("path", PUBLIC)
def test_every_page_is_there_as_markdown(stranger: Browser, path: str) -> None:
    page, twin = stranger.get(path), stranger.get(f"{path}.md")

    assert ReadPage(page.text).alternates == [f"{path}.md"]
    assert twin.headers["content-type"] == "text/markdown; charset=utf-8"
    assert twin.text.startswith("# ")
    assert "<div" not in twin.text
    assert "{{" not in twin.text
    title = re.sub(r"[`#]", "", twin.text.partition("\n")[0]).strip()
    assert title in ReadPage(page.text).text


@pytest.mark.parametrize("path", [*PUBLIC, "/llms.txt", "/assets/brand.css", "/assets/icon.svg"])
def test_every_page_is_safe_and_answers_head(stranger: Browser, path: str) -> None:
    page, head = stranger.get(path), stranger.send("HEAD", path)

    assert {name: page.headers[name] for name in SAFE} == SAFE
    assert {name: head.headers[name] for name in SAFE} == SAFE
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(page.content))


@pytest.mark.parametrize("path", [*PUBLIC, "/llms.txt"])
def test_a_page_that_a_browser_has_is_not_sent_again(stranger: Browser, path: str) -> None:
    tag = stranger.get(path).headers["etag"]

    again = stranger.get(path, ("if-none-match", f'"another", W/{tag}'))
    changed = stranger.get(path, ("if-none-match", '"another"'))

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert "content-length" not in again.headers
    assert changed.status_code == 200


PRIVATE_PAGES = [
    *("/console/sign-in", "/account", "/account/requests", "/account/keys"),
    *("/account/token", "/account/password", "/profile/v1/graphiql/", "/services/nowhere"),
]


@pytest.mark.parametrize("path", PRIVATE_PAGES)
def test_pages_of_one_reader_are_as_safe(reader: Browser, path: str) -> None:
    page = reader.get(path)

    assert page.status_code in {200, 404}
    assert {name: page.headers[name] for name in SAFE} == SAFE
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [*PUBLIC, "/services.md"])
def test_whoever_keeps_a_page_for_many_keeps_it_for_each_reader_apart(
    stranger: Browser, path: str
) -> None:
    kept = stranger.get(path)
    same = stranger.get(path, ("if-none-match", kept.headers["etag"]))

    assert (kept.headers["vary"], same.headers["vary"]) == ("cookie", "cookie")


@pytest.mark.parametrize("path", ["/services", "/guides/authentication"])
def test_what_tells_of_its_reader_is_kept_by_nobody(reader: Browser, path: str) -> None:
    page = reader.get(path)

    assert page.headers["cache-control"] == "no-store"
    assert "etag" not in page.headers


@pytest.mark.parametrize("path", ["/assets/brand.css", "/services/profile/schema.graphql"])
def test_what_is_the_same_for_all_is_kept_by_the_browser_of_a_reader_too(
    reader: Browser, path: str
) -> None:
    tag = reader.get(path).headers["etag"]

    assert reader.get(path, ("if-none-match", tag)).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        *("/services/nowhere", "/services/nowhere.md", "/services/%22%3E%3Cscript%3E"),
        *("/errors/NOPE", "/guides/nothing", "/services/nowhere/schema.graphql"),
        *("/assets/brand", "/services/a/b"),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(browser: Browser, path: str) -> None:
    page = browser.get(path)

    assert page.status_code == 404
    assert ReadPage(page.text).problems == []
    assert "/errors/NOT_FOUND" in ReadPage(page.text).links
    assert "Not Found" in page.text
    assert "<script>" not in page.text


def test_language_models_find_every_guide_service_and_code(stranger: Browser) -> None:
    text = stranger.get("/llms.txt").text

    links = re.findall(r"\]\(http://127\.0\.0\.1:8080([^)]+)\)", text)
    assert text.startswith("# watchword\n\n> ")
    assert {"/guides/paging.md", "/services/profile.md", "/errors/TOKEN_SUPERSEDED.md"} <= set(
        links
    )
    assert {stranger.get(link).status_code for link in links} == {200}
