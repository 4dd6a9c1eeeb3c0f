"""An import stays that another file of the run takes from the module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ts_contract.codemod.changes import Options
from ts_contract.codemod.files import rewrite_files
from ts_contract.codemod.rewrite import RewriteSettings
from ts_contract.codemod.taken import is_taken, names_taken
from ts_contract.lint.rules import all_rules
from ts_contract.loading import parse_contract

SETTINGS = RewriteSettings(
    parse_contract({"tables": {"tasks": ["created_at"]}}),
    None,
    frozenset(rule.code for rule in all_rules() if rule.default),
    Options(markers=False),
)
STORE = """from datetime import datetime, timezone


def touch(db):
    db.execute("UPDATE tasks SET created_at = ?", (datetime.now(timezone.utc).isoformat(),))
"""


@pytest.mark.parametrize(
    ("user", "kept"),
    [
        ("from pkg.c import datetime\n", True),
        ("from .c import datetime as d, timezone\n", True),
        ("def f():\n    from pkg.c import (\n        x,  # why\n        datetime,\n    )\n", True),
        ("from .c import *\n", True),
        ("from . import c\nprint(c.datetime)\n", True),
        ("from .c import touch\n", False),
        ("from datetime import datetime\n", False),
    ],
)
def test_what_a_file_takes(user: str, kept: bool) -> None:
    taken = names_taken(user.encode(), "/x/pkg/user.py")
    assert is_taken("datetime", "/x/pkg/c.py", taken) is kept


def test_a_dot_alone_means_the_package() -> None:
    taken = names_taken(b"from . import timezone as z\n", "/x/pkg/user.py")
    assert is_taken("timezone", "/x/pkg/__init__.py", taken)
    assert not is_taken("timezone", "/x/pkg/c.py", taken)


def test_both_files_can_still_be_imported(tmp_path: Path) -> None:
    (tmp_path / "c.py").write_text(STORE)
    (tmp_path / "user.py").write_text("from c import datetime\n")
    (tmp_path / "other.py").write_text(STORE)
    paths = [tmp_path / name for name in ("c.py", "user.py", "other.py")]
    list(rewrite_files(paths, SETTINGS, 1, write=True))
    assert (tmp_path / "c.py").read_text().startswith("from datetime import datetime\n")
    assert "import datetime" not in (tmp_path / "other.py").read_text()
    command = [sys.executable, "-c", "import user, other"]
    subprocess.run(command, cwd=tmp_path, check=True)
