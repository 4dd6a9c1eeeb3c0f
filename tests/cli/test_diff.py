"""`codemod --diff`: the file's own bytes, as git takes them, and harmless on a terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

CONTRACT = '[tables]\ntasks = ["created_at"]\n'
QUERY = b'db.execute("SELECT id FROM tasks ORDER BY created_at")'
ODD = {
    "LF": QUERY + b"\n",
    "no line end": QUERY,
    "no line end, and another line": b"x = 1\n" + QUERY + b"\ny = 2",
    "CRLF": b"x = 1\r\n" + QUERY + b"\r\ny = 2\r\n",
    "CR": b"x = 1\r" + QUERY + b"\ry = 2\r",
    "mixed": b"x = 1\r\n" + QUERY + b"\ny = 2\r",
    "controls": QUERY + b"  # \x07 \x08 \x0b \x0c \x1b[2J \x7f \xc2\x85 \xe2\x80\xa8\n",
    "form feed": b"x = 1\n\x0c\n" + QUERY + b"\n\x0c\n",
    "vertical tabs in a string": b"x = 'a\x0bb\x1cc'\n" + QUERY + b"\n",
    "byte order mark": b"\xef\xbb\xbf" + QUERY + b"\n",
    "latin-1": b"# coding: latin-1\n# \xe9\n" + QUERY + b"  # \xff\n",
    "import": b'db.execute("UPDATE tasks SET created_at = ?", (datetime.utcnow(),))\r\n',
}
NAMES = ["a.py", "with space.py", "t\tb.py", 'q"uote.py', "back\\slash.py", "n\nl.py", "é.py"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "ts-contract.toml").write_text(CONTRACT)
    return tmp_path


def applied(shell, tree: Path) -> dict[bytes, bytes]:
    """Return what git makes of the files with the diff, and compare it with `--write`."""
    process = shell("codemod", "--diff", text=False)
    diff, errors = process.communicate()
    assert (process.returncode, errors) == (1, b"")
    before = contents(tree)
    git = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(git, cwd=tree, input=diff, capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, diff)
    by_git = contents(tree)
    for name, data in before.items():
        (tree / os.fsdecode(name)).write_bytes(data)
    assert contents(tree) == before
    process = shell("codemod", "--write")
    assert (process.communicate()[1], process.returncode) == ("", 0)
    assert by_git == contents(tree)
    assert by_git != before
    return by_git


def contents(tree: Path) -> dict[bytes, bytes]:
    return {os.fsencode(path.name): path.read_bytes() for path in tree.glob("*.py")}


def test_git_applies_every_byte(shell, tree):
    for number, data in enumerate(ODD.values()):
        (tree / f"odd{number}.py").write_bytes(data)
    assert len(applied(shell, tree)) == len(ODD)


def test_git_finds_every_name(shell, tree):
    for name in [*NAMES, os.fsdecode(b"\xff\xe9.py")]:
        (tree / name).write_bytes(QUERY + b"\n")
    assert len(applied(shell, tree)) == len(NAMES) + 1


def test_a_terminal_obeys_none_of_it(on_terminal, tree):
    for name, data in zip((*NAMES, "\x1b[2J.py"), ODD.values(), strict=False):
        (tree / name).write_bytes(data.replace(b"x = 1", b"x = '\x1b]0;title\x07'  # \xc2\x9b2J"))
    code, shown = on_terminal(
        "codemod", "--diff", "--no-color", "--quiet", env={"COLUMNS": "10000"}
    )
    assert code == 1
    lines = shown.split("\r\n")
    assert [line for line in lines if not line.replace("\t", "").isprintable()] == []
    assert '-db.execute("SELECT id FROM tasks ORDER BY created_at")\\r' in lines
    assert any("x = '\\x1b]0;title\\x07'  # \\x9b2J" in line for line in lines)


@pytest.mark.parametrize("form", ["text", "github"])
@pytest.mark.parametrize("command", ["lint", "codemod"])
def test_nor_of_names_lines_and_errors(on_terminal, tree, command, form):
    (tree / "\x1b[2J.py").write_bytes(
        b"import time\nx_ms = time.time()  # \x1b]0;t\x07\n"
        b"def f(t='\x1b[2J'): f(a_ms=time.time())\n"
        b"d['\x1b[1m_ms'] = time.time()\n"
    )
    (tree / "\x1b[3J.py").write_bytes(b"datetime.now(: '\x1b[2J' created_at\n")
    arguments = ["--format", form] if command == "lint" else ["--check"]
    code, shown = on_terminal(
        command, *arguments, "--no-color", "--quiet", env={"COLUMNS": "10000"}
    )
    assert code == 3
    assert "\\x1b[3J.py:1:" in shown
    assert [line for line in shown.split("\r\n") if not line.isprintable()] == []


def test_nor_of_hints_and_mistakes(on_terminal, tree):
    (tree / "a.py").write_text("x = 1\n")
    for arguments in (
        ["--baseline", "\x1b[2J.json", "--update-baseline"],
        ["--baseline", "\x1b[3J.json"],
        ["\x1b[2J.py"],
    ):
        _, shown = on_terminal("lint", *arguments, "--no-color", env={"COLUMNS": "10000"})
        assert "\\x1b[" in shown
        assert "\x1b[2J" not in shown
        assert "\x1b[3J" not in shown
