# WATCHWORD_KEY: the key that you were given
TOKEN=$(curl -sS -X POST "http://127.0.0.1:8080/oauth2/token?grant_type=client_credentials" \
  -H "x-api-key: $WATCHWORD_KEY" \
  -u "your-user:$WATCHWORD_PASSWORD" |
  sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
QUERY='query Page($after: String) { personSearch(pageInfo: {first: 2, after: $after}) { items { id } pageInfoResponse { pageInfo { hasNextPage endCursor } } } }'

AFTER=null
for PAGE in 1 2 3; do
  ANSWER=$(curl -sS -X POST "http://127.0.0.1:8080/profile/v1/graphql" \
    -H "Content-Type: application/json" \
    -H "x-api-key: $WATCHWORD_KEY" \
    -H "Authorization: Bearer $TOKEN" \
    -d "{\"query\": \"$QUERY\", \"variables\": {\"after\": $AFTER}}")
  printf '%s\n' "$ANSWER"
  AFTER=$(printf '%s' "$ANSWER" | sed -n 's/.*"endCursor":\("[^"]*"\).*/\1/p')
  [ -n "$AFTER" ] || break
done
