"""The rules: who may have a token, which token is live, who is let through.

Standard library only, but for JOSE in `signing`. No HTTP, no SQL, no socket, no wall clock.
"""
