"""Executes GraphQL documents level by level. Knows no service and no HTTP."""
