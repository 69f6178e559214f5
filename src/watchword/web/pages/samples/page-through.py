import base64
import json
import os
import urllib.request

SERVER = "http://127.0.0.1:8080"
QUERY = """
query Page($after: String) {
  personSearch(pageInfo: {first: 2, after: $after}) {
    items { id }
    pageInfoResponse { pageInfo { hasNextPage endCursor } }
  }
}
"""

# WATCHWORD_KEY: the key that you were given
api_key = os.environ["WATCHWORD_KEY"]
password = os.environ["WATCHWORD_PASSWORD"]


def post(url, headers, body):
    headers = {"x-api-key": api_key, **headers}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def request_token():
    basic = base64.b64encode(f"your-user:{password}".encode()).decode()
    url = f"{SERVER}/oauth2/token?grant_type=client_credentials"
    return post(url, {"Authorization": f"Basic {basic}"}, b"")["access_token"]


def read_pages(token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    after, has_next_page = None, True
    while has_next_page:
        body = json.dumps({"query": QUERY, "variables": {"after": after}}).encode()
        found = post(f"{SERVER}/profile/v1/graphql", headers, body)["data"]["personSearch"]
        yield found["items"]
        page = found["pageInfoResponse"]["pageInfo"]
        after, has_next_page = page["endCursor"], page["hasNextPage"]


ids = []
for people in read_pages(request_token()):
    ids += [person["id"] for person in people]
    if len(ids) >= 6:
        break

print(json.dumps(ids))
