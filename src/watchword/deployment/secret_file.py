"""The deployment's secret: a file that its owner alone may read, in a folder of the same kind."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotAllowed

if TYPE_CHECKING:
    from watchword.access.ports import Randomness
    from watchword.settings import Settings

_SECRET_BYTES: Final = 32


def make_folder(folder: Path) -> None:
    """Make a folder, unless it is there. Raises NotAllowed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotAllowed(
            f"cannot make {folder} ({error.strerror}): name another folder with --data-dir"
        ) from error


def make_secret(path: Path, randomness: Randomness) -> None:
    """Draw a secret and write it to a file, unless another is there meanwhile."""
    secret = randomness.token_bytes(_SECRET_BYTES)
    # Whole or not at all: an empty secret file would bar the way for ever. The link fails,
    # and the other one's secret counts, when two make it at once.
    descriptor, draft = mkstemp(dir=path.parent, prefix=".secret-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret.hex())
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()


def read_secret(settings: Settings) -> bytes:
    """Return the secret.

    Raises:
        NotAllowed: If there is none, or it is none, or others may read it.
    """
    path = settings.secret_file
    try:
        if path.stat().st_mode & 0o077:
            raise NotAllowed(f"others may read {path}: run 'chmod 600 {path}'")
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise NotAllowed(
            f"{settings.data_dir} is not initialised: run 'watchword init', or name another "
            "folder with --data-dir"
        ) from None
    except (OSError, ValueError) as error:
        raise NotAllowed(f"cannot read {path}; restore it from your backup") from error
    if len(secret) != _SECRET_BYTES:
        raise NotAllowed(f"{path} is not {_SECRET_BYTES} bytes long; restore it from your backup")
    return secret
