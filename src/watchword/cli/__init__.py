"""The command line: serve, demo and the operator's commands. No rules: those are in `access`."""
