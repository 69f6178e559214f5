"""A browser without a window: keeps cookies, reads forms, and sends them as browsers do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from support.pages import find_csrf

if TYPE_CHECKING:
    import httpx2

    from support.deployment import Customer, Deployment, Headers

_FORM = ("content-type", "application/x-www-form-urlencoded")
OWN_PAGE = ("sec-fetch-site", "same-origin")


class Browser:
    """Visits the pages of a deployment in this process.

    Attributes:
        cookies: What it was given to keep.
        csrf: What the last page had for its forms.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self._forms = 0

    def get(self, url: str, *headers: tuple[str, str]) -> httpx2.Response:
        return self.send("GET", url, *headers)

    def post(
        self, url: str, *headers: tuple[str, str], csrf: str | None = None, **form: str
    ) -> httpx2.Response:
        """Send a form of ours, with the token of the last page, as if it were just loaded."""
        token = self.csrf if csrf is None else csrf
        self._forms += 1
        content = urlencode({"csrf": token, "form_id": str(self._forms), **form})
        return self.send("POST", url, OWN_PAGE, _FORM, *headers, content=content)

    def ask(self, url: str, query: str, *headers: tuple[str, str]) -> httpx2.Response:
        """Send a query as GraphiQL does."""
        return self.send(
            "POST",
            url,
            *(headers or (OWN_PAGE, ("x-csrf-token", self.csrf))),
            ("content-type", "application/json"),
            content=f'{{"query": "{query}"}}',
            accept="application/graphql-response+json",
        )

    def sign_in(self, customer: Customer, next_page: str = "/services") -> httpx2.Response:
        self.get(f"/sign-in?next={next_page}")
        return self.post(
            "/sign-in", username=customer.username, password=customer.password, next=next_page
        )

    def send(
        self,
        method: str,
        url: str,
        *headers: tuple[str, str],
        content: str = "",
        accept: str = "text/html",
    ) -> httpx2.Response:
        sent: Headers = [("accept", accept), *headers]
        if self.cookies:
            pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            sent.append(("cookie", pairs))
        response = self._deployment.request(method, url, sent, content)
        for cookie in response.headers.get_list("set-cookie"):
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        self.csrf = find_csrf(response.text) or self.csrf
        return response
