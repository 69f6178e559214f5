"""Executes GraphQL documents level by level. Knows no service and no HTTP.

A service binds to its schema what answers each field, and what arguments are called there.
"""
