TOKEN=$(curl -sS -X POST -H "x-api-key: $WATCHWORD_KEY" \
  -u "$WATCHWORD_USER:$WATCHWORD_PASSWORD" \
  "$WATCHWORD_URL/oauth2/token?grant_type=client_credentials" |
  sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')

curl -sS -X POST "$WATCHWORD_URL/profile/v1/graphql" \
  -H "Content-Type: application/json" \
  -H "x-api-key: $WATCHWORD_KEY" \
  -H "Authorization: Bearer $TOKEN" \
  -d '{
    "query": "query ($id: String!) { personIdSearch(id: $id) { ... on Person { name } } }",
    "variables": {"id": "1-per-1"}
  }'
