curl -X POST -H "Content-Type: application/x-www-form-urlencoded" -H "x-api-key: $WATCHWORD_KEY" "$WATCHWORD_URL/oauth2/token?grant_type=client_credentials" -u "$WATCHWORD_USER:$WATCHWORD_PASSWORD"
