"""Shows a second factor as a QR code, where somebody is there to scan it."""

from __future__ import annotations

import sys

import segno


def show_qr_code(uri: str) -> None:
    """Draw a URI on the terminal. Nothing is drawn for a program."""
    if sys.stderr.isatty():
        segno.make(uri, error="m").terminal(out=sys.stderr, compact=True)
