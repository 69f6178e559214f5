"""`watchword key import`, with real files."""

from __future__ import annotations

import csv
import io
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from support.deployment import Customer, Deployment
from support.processes import PROGRAM
from watchword.access.key_import import ImportedKey
from watchword.cli.key_file import read_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., Any]
    Break = Callable[[dict[str, str]], dict[str, str]]
    Write = Callable[[str], str]

KEY = "apikey1234abcdefghij0123456789"
OTHER = "Another-Key_of.that=server/0123456789"
HEAD = "Name,Key,Description,Enabled,UsagePlanIds\n"
COLUMNS = {
    "name": "Name",
    "key": "Key",
    "description": "Description",
    "enabled": "Enabled",
    "plans": "UsagePlanIds",
    "account": "Account",
}
BREAKS: list[Break] = [
    lambda cells: {**cells, "Key": cells["Key"][:19]},
    lambda cells: {**cells, "Key": cells["Key"] + " " + cells["Key"]},
    lambda cells: {**cells, "Key": "ww" + "x" * 40},
    lambda cells: {**cells, "Key": KEY},  # stands in the file's first row, too
    lambda cells: {**cells, "Enabled": "no"},
    lambda cells: {**cells, "UsagePlanIds": "preview,gold"},
    lambda cells: {**cells, "UsagePlanIds": cells["Key"]},
    lambda cells: {**cells, "Account": cells["Key"]},
    lambda cells: {**cells, "another column": ""},
    lambda cells: {name: cells[name] for name in list(cells)[1:]},
]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(str.strip)
keys = st.builds(
    ImportedKey,
    st.just(0),
    key=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=20, max_size=60),
    name=texts,
    description=texts,
    enabled=st.sampled_from(["", "TRUE", "true", "FALSE", "False"]),
    plans=st.sampled_from(["", "preview", "c7y23b"]),
    account=st.sampled_from(["", "acme"]),
)


@pytest.fixture
def file(tmp_path: Path) -> Write:
    def write(text: str) -> str:
        path = tmp_path / "keys.csv"
        path.write_bytes(text.encode())
        return str(path)

    return write


@pytest.fixture
def acme(ask: Ask) -> Customer:
    """An account with a user, and no key yet."""
    ask("account", "add", "acme", "--service", "profile")
    password = ask("user", "add", "svc-acme", "--account", "acme")["password"]
    return Customer("acme", "svc-acme", password, "", "")


def statuses(folder: str, acme: Customer, *api_keys: str) -> list[int]:
    """Call a service with each key, and a token that was got with the first."""
    deployment = Deployment(Path(folder))
    try:
        token = deployment.token(replace(acme, api_key=api_keys[0]))
        return [deployment.call(token, key).status_code for key in api_keys]
    finally:
        deployment.close()


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}nightly,{KEY},,,\nreports,{OTHER},,,\n",
        f"{HEAD}nightly,{KEY},,,\nreports,{OTHER},,,",
        f"\ufeff{HEAD}nightly,{KEY},,,\n\nreports,{OTHER},,,\n\n".replace("\n", "\r\n"),
        f"Key,name\n{KEY},nightly\n{OTHER},reports\n",
        f" KEY , NAME \n {KEY} , nightly \n{OTHER}, reports\n",
        f"Enabled,Account,Name,key\ntrue,acme,nightly,{KEY}\nTRUE,,reports,{OTHER}\n",
        f'UsageplanIds,name,KEY\npreview,nightly,"{KEY}"\n,"reports","{OTHER}"\n',
    ],
)
def test_imported_keys_open_calls(
    ask: Ask, acme: Customer, folder: str, file: Write, text: str
) -> None:
    assert ask("key", "import", file(text), "--account", "acme") == {"imported": 2}

    assert statuses(folder, acme, KEY, OTHER, KEY + "x") == [200, 200, 403]
    listed = ask("key", "list")
    assert [
        (key["description"], key["account"], key["plan"], key["last_four"]) for key in listed
    ] == [
        ("nightly", "acme", "preview", KEY[-4:]),
        ("reports", "acme", "preview", OTHER[-4:]),
    ]


def test_a_key_that_was_disabled_there_is_disabled_here(
    ask: Ask, acme: Customer, folder: str, file: Write
) -> None:
    path = file(f"{HEAD}nightly,{KEY},,TRUE,\nold,{OTHER},,FALSE,\n")

    ask("key", "import", path, "--account", "acme")

    assert statuses(folder, acme, KEY, OTHER) == [200, 403]


def test_plans_are_those_of_the_rows_or_the_one_for_all(
    ask: Ask, acme: Customer, file: Write
) -> None:
    del acme
    for plan in ("gold", "silver"):
        ask("plan", "add", plan)
    rows = [f"{plan or 'none'},{KEY}-{plan},,,{plan}\n" for plan in ("", "gold", "c7y23b", "x9")]
    usage = ["--usage-plan", "c7y23b=gold", "--usage-plan=x9=preview"]

    ask("key", "import", file(HEAD + "".join(rows)), "--account=acme", "--plan=silver", *usage)

    assert {key["description"]: key["plan"] for key in ask("key", "list")} == {
        "none": "silver",
        "gold": "gold",
        "c7y23b": "gold",
        "x9": "preview",
    }


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("c7y23b", "write --usage-plan as ID=PLAN"),
        ("=gold", "write --usage-plan as ID=PLAN"),
        ("c7y23b=", "write --usage-plan as ID=PLAN"),
        ("x9=gold", "--usage-plan says of 'x9' that it is two plans"),
        ("c7y23b=gold", "there is no plan 'gold'"),
    ],
)
def test_an_id_of_a_plan_that_means_nothing_is_refused(
    ask: Ask, acme: Customer, refused: Callable[..., str], file: Write, pair: str, said: str
) -> None:
    del acme
    path = file(f"{HEAD}nightly,{KEY},,,x9\n")
    usage = ("--usage-plan", "x9=preview", "--usage-plan", pair)

    assert said in refused("key", "import", path, "--account", "acme", *usage)

    assert ask("key", "list") == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (f"b,{KEY},,,\n", "line 3: the key stands in line 2, too"),
        ("b,0123456789,,,\n", "line 3: a key has 20 to 256 printable ASCII characters"),
        (f"b,{OTHER},,yes,\n", "line 3: Enabled has to be TRUE, FALSE or empty"),
        (f"b,{OTHER},,,c7y23b\n", "line 3: UsagePlanIds names none of our plans"),
        (f'b,{OTHER},,,"c7y23b,glvrsr"\n', "line 3: UsagePlanIds names several plans"),
        (f"b,{OTHER},,,'c7y23b,glvrsr'\n", "line 3: it has 6 columns instead of 5; quote a cell"),
        (f"b,{OTHER}\n", "line 3: it has 2 columns instead of 5"),
        (f"\n\nb,{OTHER},,yes,\n", "line 5: Enabled has to be"),
        (f'"b\nb",{OTHER},,yes,\n', "line 3: Enabled has to be"),
        (f'b,"{OTHER}"x,,,\n', "line 3: ',' expected after '\"'"),
    ],
)
def test_a_broken_row_is_named_and_nothing_is_imported(
    ask: Ask, acme: Customer, refused: Callable[..., str], file: Write, rows: str, said: str
) -> None:
    del acme
    path = file(f"{HEAD}a,{KEY},,,\n{rows}z,{KEY}{OTHER},,,\n")

    told = refused("key", "import", path, "--account", "acme")

    assert said in told
    assert "nothing was imported" in told
    assert KEY not in told
    assert OTHER not in told
    assert ask("key", "list") == []


@pytest.mark.parametrize(
    "head",
    ["", "\n", "Name\n", "Key\n", f"nightly,{KEY}\n", "Name,Key,key\n", "Name,Key,Enabld\n"],
)
def test_a_file_without_the_columns_is_refused(
    ask: Ask, acme: Customer, refused: Callable[..., str], file: Write, head: str
) -> None:
    del acme

    told = refused("key", "import", file(f"{head}{OTHER},x,x\n"), "--account", "acme")

    assert "line 1 has to name the columns Name, Key, and no others but Description" in told
    assert KEY not in told
    assert OTHER not in told
    assert ask("key", "list") == []


def test_an_account_has_to_be_named_by_the_row_or_for_all(
    ask: Ask, acme: Customer, refused: Callable[..., str], file: Write
) -> None:
    del acme
    path = file(f"{HEAD}nightly,{KEY},,,\n")

    assert "line 2: it has no account: add a column Account" in refused("key", "import", path)
    assert "no account 'nobody'" in refused("key", "import", path, "--account", "nobody")

    assert ask("key", "list") == []


def test_a_second_import_of_the_same_file_changes_nothing(
    ask: Ask, acme: Customer, refused: Callable[..., str], file: Write
) -> None:
    del acme
    path = file(f"{HEAD}new,{OTHER},,,\nnightly,{KEY},,,\n")
    ask("key", "import", path, "--account", "acme")
    before = ask("key", "list")

    told = refused("key", "import", path, "--account", "acme")

    assert "line 2: the key exists here already; nothing was imported" in told
    assert ask("key", "list") == before


def test_a_list_can_come_through_a_pipe(ask: Ask, acme: Customer, folder: str) -> None:
    del ask, acme

    done = subprocess.run(
        [PROGRAM, "key", "import", "/dev/stdin", "--account", "acme", "--data-dir", folder],
        input=f"{HEAD}nightly,{KEY},,,\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "imported\t1\n"


def test_every_imported_key_stands_in_the_audit_log_and_no_key_is_kept(
    ask: Ask, acme: Customer, folder: str, file: Write, tell: Callable[..., tuple[str, str]]
) -> None:
    del acme
    path = file(f"{HEAD}nightly,{KEY},,,\nreports,{OTHER},,FALSE,\n")
    ask("key", "import", path, "--account", "acme")
    ids = [key["key_id"] for key in ask("key", "list")]

    out, _ = tell("audit", "tail", "--count", "2")

    assert [line.split("\t")[1::3] for line in out.splitlines()[1:]] == [
        ["key.added", f"account=acme key_id={key_id} plan=preview"] for key_id in ids
    ]
    kept = b"".join(path.read_bytes() for path in Path(folder).iterdir())
    assert KEY.encode() not in kept
    assert OTHER.encode() not in kept


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(keys), columns=st.permutations(list(COLUMNS)), is_lower=st.booleans())
def test_any_table_of_keys_comes_back_as_it_was_written(
    tmp_path: Path, table: list[ImportedKey], columns: list[str], is_lower: bool
) -> None:
    head = [COLUMNS[column].lower() if is_lower else COLUMNS[column] for column in columns]
    rows = [head, *([getattr(key, column) for column in columns] for key in table)]
    path = tmp_path / "keys.csv"

    lines = write_rows(path, rows)

    assert read_keys(path) == [
        replace(key, line=line) for key, line in zip(table, lines[1:], strict=True)
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    table=st.lists(keys, min_size=1, max_size=5, unique_by=lambda key: key.key),
    place=st.integers(0, 4),
    break_row=st.sampled_from(BREAKS),
)
def test_one_broken_row_anywhere_is_named_and_nothing_is_imported(
    ask: Ask,
    acme: Customer,
    refused: Callable[..., str],
    tmp_path: Path,
    table: list[ImportedKey],
    place: int,
    break_row: Break,
) -> None:
    assume(all(key.key != KEY for key in table))
    cells = [{title: getattr(key, name) for name, title in COLUMNS.items()} for key in table]
    place %= len(cells)
    cells[place] = break_row(cells[place])
    first = ["first", KEY, "", "", "", acme.account]
    path = tmp_path / "keys.csv"
    lines = write_rows(
        path, [list(COLUMNS.values()), first, *(list(row.values()) for row in cells)]
    )

    options = ("--account", "acme", "--usage-plan", "c7y23b=preview")
    told = refused("key", "import", str(path), *options)

    assert told.startswith(f"watchword: line {lines[2 + place]}: ")
    assert told.endswith("; nothing was imported\n")
    assert all(key.key[:19] not in told for key in table)
    assert ask("key", "list") == []


def write_rows(path: Path, rows: list[list[str]]) -> list[int]:
    """Write a CSV file and return in which line each row begins."""
    lines: list[int] = []
    text = ""
    for row in rows:
        lines.append(1 + len(io.StringIO(text, newline="").readlines()))
        written = io.StringIO(newline="")
        csv.writer(written).writerow(row)
        text += written.getvalue()
    path.write_bytes(text.encode())
    return lines
