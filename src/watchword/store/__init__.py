"""Where the truth is kept: one package a backend, each passes the same conformance tests."""
