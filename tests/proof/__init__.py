"""The proof of one live token: histories, crashes and a state machine, and their checkers."""
