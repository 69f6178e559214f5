"""`watchword user add --password-stdin` and `watchword user import`."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from support.deployment import Customer, Deployment
from support.processes import PROGRAM
from support.terminals import at_a_terminal
from watchword.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Ask = Callable[..., Any]

PASSWORD = "correct horse battery"
OTHER = "a password of the other server"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(
    OTHER, salt=b"salt of the tests"
)
HEAD = "username,account,password_hash\n"


@pytest.fixture
def key(ask: Ask) -> str:
    """An API key of an account that has no users yet."""
    ask("account", "add", "acme", "--service", "profile")
    return str(ask("key", "add", "--account", "acme")["api_key"])


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def give(octets: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))

    return give


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "users.csv"
        path.write_bytes(text.encode())
        return str(path)

    return write


@contextmanager
def served(folder: str) -> Generator[Deployment]:
    deployment = Deployment(Path(folder))
    try:
        yield deployment
    finally:
        deployment.close()


def status(folder: str, key: str, username: str, password: str) -> int:
    """Ask for a token, and return what comes."""
    customer = Customer("acme", username, password, key, "")
    with served(folder) as deployment:
        return deployment.request_token(customer).status_code


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nand more lines\n"])
def test_a_chosen_password_is_the_first_line_that_comes(
    ask: Ask, key: str, folder: str, stdin: Callable[[bytes], None], end: str
) -> None:
    stdin((PASSWORD + end).encode())

    made = ask("user", "add", "svc-acme", "--account", "acme", "--password-stdin")

    assert "password" not in made
    assert status(folder, key, "svc-acme", PASSWORD) == 200
    assert status(folder, key, "svc-acme", PASSWORD + "!") == 401


def test_a_chosen_password_is_kept_as_argon2id_and_nowhere_else(
    ask: Ask, key: str, folder: str, stdin: Callable[[bytes], None]
) -> None:
    del key
    stdin(PASSWORD.encode())

    ask("user", "add", "svc-acme", "--account", "acme", "--password-stdin")

    kept = b"".join(path.read_bytes() for path in Path(folder).iterdir())
    assert b"$argon2id$v=19$m=65536,t=3,p=4$" in kept
    assert PASSWORD.encode() not in kept


def test_a_chosen_password_can_be_rotated(
    ask: Ask, key: str, folder: str, stdin: Callable[[bytes], None]
) -> None:
    stdin(PASSWORD.encode())
    ask("user", "add", "svc-acme", "--account", "acme", "--password-stdin")

    rotated = ask("user", "rotate", "svc-acme", "--overlap", "0s")

    assert status(folder, key, "svc-acme", PASSWORD) == 401
    assert status(folder, key, "svc-acme", rotated["password"]) == 200


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"", "12 to 1024 characters"),
        (b"short\n", "12 to 1024 characters"),
        (b"\xff\xfe not of UTF-8", "not UTF-8"),
        ("über-lang und schön".encode(), "ASCII"),
        (b"with a + in between", "without + and %"),
        (HASH.encode(), "looks like the hash"),
    ],
)
def test_what_cannot_be_a_password_is_refused_and_not_repeated(
    ask: Ask, refused: Callable[..., str], stdin: Callable[[bytes], None], given: bytes, said: str
) -> None:
    ask("account", "add", "acme")
    stdin(given)

    text = refused("user", "add", "svc-acme", "--account", "acme", "--password-stdin")

    assert said in text
    assert HASH not in text
    assert ask("user", "list") == []


def test_a_password_is_never_an_argument(
    ask: Ask, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del ask
    for arguments in (["--password", PASSWORD], ["--password-stdin", PASSWORD]):
        add = ["user", "add", "svc-acme", "--account", "acme", "--data-dir", folder]
        assert run([*add, *arguments]) == 2

    capsys.readouterr()


def test_a_person_types_the_password_twice_and_does_not_see_it(
    ask: Ask, key: str, folder: str
) -> None:
    add = ("user", "add", "svc-acme", "--account", "acme", "--password-stdin", "--data-dir", folder)
    differ = at_a_terminal(*add, answers=[("Password:", PASSWORD), ("Once more:", OTHER)])
    assert ask("user", "list") == []

    done = at_a_terminal(*add, answers=[("Password:", PASSWORD), ("Once more:", PASSWORD)])

    assert (differ.code, done.code) == (1, 0)
    assert "the two passwords differ" in differ.shown
    assert PASSWORD not in differ.shown + done.shown
    assert status(folder, key, "svc-acme", PASSWORD) == 200


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}svc-1,acme,{{hash}}\nsvc-2,acme,{{hash}}\n",
        f"{HEAD}svc-1,acme,{{hash}}\nsvc-2,acme,{{hash}}",
        f"\ufeff{HEAD}svc-1,acme,{{hash}}\n\nsvc-2,acme,{{hash}}\n\n".replace("\n", "\r\n"),
        "password_hash, account ,username\n{hash},acme,svc-1\n{hash}, acme , svc-2 \n",
    ],
)
def test_users_are_imported_with_their_passwords(
    ask: Ask, key: str, folder: str, file: Callable[[str], str], text: str
) -> None:
    quoted = f'"{HASH}"'  # it has commas

    assert ask("user", "import", file(text.replace("{hash}", quoted))) == {"imported": 2}

    assert [user["username"] for user in ask("user", "list")] == ["svc-1", "svc-2"]
    for username in ("svc-1", "svc-2"):
        assert status(folder, key, username, OTHER) == 200


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("svc 2,acme,{hash}\n", "line 3: 'svc 2' cannot be a user name"),
        ("svc-1,acme,{hash}\n", "line 3: 'svc-1' stands in line 2, too"),
        ("svc-2,nobody,{hash}\n", "line 3: there is no account 'nobody'"),
        ("svc-2,acme,$2b$12$abcdefghijklmnopqrstuu\n", "line 3: that is no hash of Argon2id"),
        (f"svc-2,acme,{OTHER}\n", "line 3: that is no hash of Argon2id"),
        ("svc-2,acme,\n", "line 3: that is no hash of Argon2id"),
        ("svc-2,acme\n", "line 3: it has 2 columns instead of 3"),
        ("svc-2,acme,{hash},x\n", "line 3: it has 4 columns instead of 3"),
        (f"svc-2,acme,{HASH}\n", "line 3: it has 5 columns instead of 3; quote the hash"),
        ("\n\nsvc-2,acme\n", "line 5: it has 2 columns instead of 3"),
        ('"svc-\n2",acme,{hash}\n', "line 3: 'svc-\\n2' cannot be a user name"),
        ('"svc-2,acme,{hash}\n', "line 3: ',' expected after '\"'"),
        ('svc-2,acme,"open\n', "line 3: unexpected end of data"),
    ],
)
def test_a_broken_row_is_named_and_nothing_is_imported(
    ask: Ask, refused: Callable[..., str], file: Callable[[str], str], rows: str, said: str
) -> None:
    ask("account", "add", "acme")
    quoted = f'"{HASH}"'
    text = f"{HEAD}svc-1,acme,{{hash}}\n{rows}svc-9,acme,{{hash}}\n".replace("{hash}", quoted)
    if said.endswith("end of data"):
        text = text.removesuffix(f"svc-9,acme,{quoted}\n")

    told = refused("user", "import", file(text))

    assert said in told
    assert "nothing was imported" in told
    assert HASH not in told
    assert OTHER not in told
    assert ask("user", "list") == []


@pytest.mark.parametrize(
    "text", ["", "\n", "username,account\n", f"svc-1,acme,{OTHER}\n", HEAD.replace("\n", ",x\n")]
)
def test_a_file_without_the_columns_is_refused(
    ask: Ask, refused: Callable[..., str], file: Callable[[str], str], text: str
) -> None:
    del ask

    told = refused("user", "import", file(text))

    assert "line 1 has to name the columns username, account, password_hash" in told
    assert OTHER not in told


def test_a_file_that_cannot_be_read_is_named(
    ask: Ask, refused: Callable[..., str], tmp_path: Path
) -> None:
    del ask
    latin = tmp_path / "latin.csv"
    latin.write_bytes(HEAD.encode() + b"svc-\xe4,acme,x\n")

    assert "latin.csv is not UTF-8" in refused("user", "import", str(latin))
    assert "nowhere.csv" in refused("user", "import", str(tmp_path / "nowhere.csv"))


def test_a_second_import_of_the_same_file_changes_nothing(
    ask: Ask, refused: Callable[..., str], file: Callable[[str], str]
) -> None:
    ask("account", "add", "acme")
    path = file(f'{HEAD}svc-1,acme,"{HASH}"\n')
    ask("user", "import", path)

    assert "line 2: service user 'svc-1' exists already" in refused("user", "import", path)


def test_a_list_can_come_through_a_pipe(ask: Ask, folder: str) -> None:
    ask("account", "add", "acme")

    done = subprocess.run(
        [PROGRAM, "user", "import", "/dev/stdin", "--data-dir", folder],
        input=f'{HEAD}svc-1,acme,"{HASH}"\n',
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "imported\t1\n"


def test_every_imported_user_stands_in_the_audit_log_without_its_hash(
    ask: Ask, file: Callable[[str], str], tell: Callable[..., tuple[str, str]]
) -> None:
    ask("account", "add", "acme")
    ask("user", "import", file(f'{HEAD}svc-1,acme,"{HASH}"\nsvc-2,acme,"{HASH}"\n'))

    out, _ = tell("audit", "tail", "--count", "2")

    assert [line.split("\t")[1::3] for line in out.splitlines()[1:]] == [
        ["user.added", "account=acme username=svc-1"],
        ["user.added", "account=acme username=svc-2"],
    ]
