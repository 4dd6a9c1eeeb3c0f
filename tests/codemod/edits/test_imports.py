"""A new import stands where isort puts it, with pycodestyle's blank lines; the rest stays."""

from __future__ import annotations

import pytest

from ts_contract.codemod.edits.imports import with_imports
from ts_contract.source.edits import Import

CLOCK = Import("ts_contract", "to_epoch_ms")
ZONE = Import("datetime", "timezone")
LINE = "from ts_contract import to_epoch_ms\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import sqlite3\n\n\ndef f(): ...\n", f"import sqlite3\n\n{LINE}\n\ndef f(): ...\n"),
        ("from .db import c\n\nx = 1\n", f"{LINE}\nfrom .db import c\n\nx = 1\n"),
        ("import os\n\nimport abc2\n\nx = 1\n", f"import os\n\nimport abc2\n{LINE}\nx = 1\n"),
        ("import os\n\nfrom zz import z\n\n1\n", f"import os\n\n{LINE}from zz import z\n\n1\n"),
        ("from __future__ import a\n\nx\n", f"from __future__ import a\n\n{LINE}\nx\n"),
        ('"""Doc."""\n\n\ndef f(): ...\n', f'"""Doc."""\n\n{LINE}\n\ndef f(): ...\n'),
        ('"""Doc."""\ndef f(): ...\n', f'"""Doc."""\n\n{LINE}\n\ndef f(): ...\n'),
        ("def f(): ...\n", f"{LINE}\n\ndef f(): ...\n"),
        ("# of f\ndef f(): ...\n", f"{LINE}\n\n# of f\ndef f(): ...\n"),
        ("x = 1\n", f"{LINE}\nx = 1\n"),
        ("#!/bin/python\nx = 1\n", f"#!/bin/python\n\n{LINE}\nx = 1\n"),
        ("# Licence\n\nx = 1\n", f"# Licence\n\n{LINE}\nx = 1\n"),
        ("# of b\nfrom .b import b\n", f"{LINE}\n# of b\nfrom .b import b\n"),
        ("import sqlite3  # why", f"import sqlite3  # why\n\n{LINE}"),
        ('"""Doc."""', f'"""Doc."""\n\n{LINE}'),
        ("", LINE),
        ("import os\r\n\r\nx = 1\r\n", f"import os\r\n\r\n{LINE[:-1]}\r\n\r\nx = 1\r\n"),
        (
            "from ts_contract import now_ms\n\nx = 1\n",
            "from ts_contract import now_ms, to_epoch_ms\n\nx = 1\n",
        ),
    ],
)
def test_an_import_gets_its_place(before: str, after: str) -> None:
    assert with_imports(before, [CLOCK], []) == after
    assert with_imports(after, [CLOCK], []) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from datetime import datetime, timedelta\n",
            "from datetime import datetime, timedelta, timezone\n",
        ),
        ("from datetime import tzinfo\n", "from datetime import timezone, tzinfo\n"),
        ("from datetime import UTC, x as y\n", "from datetime import UTC, timezone, x as y\n"),
        ("from datetime import b, a\n", "from datetime import b, a, timezone\n"),
        (
            "from datetime import (\n    datetime,\n    tzinfo,  # why\n)\n",
            "from datetime import (\n    datetime,\n    timezone,\n    tzinfo,  # why\n)\n",
        ),
        (
            f"from datetime import {'a' * 40}, {'b' * 20}\n",
            f"from datetime import (\n    {'a' * 40},\n    {'b' * 20},\n    timezone,\n)\n",
        ),
        ("from datetime import *\n", "from datetime import *\nfrom datetime import timezone\n"),
    ],
)
def test_a_name_joins_the_import_of_its_module(before: str, after: str) -> None:
    assert with_imports(before, [ZONE], []) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from datetime import datetime\n\n\ndef f(): ...\n", f"{LINE}\n\ndef f(): ...\n"),
        (
            "import os\nfrom datetime import datetime\n\n\ndef f(): os\n",
            f"import os\n\n{LINE}\n\ndef f(): os\n",
        ),
        (
            '"""Doc."""\n\nfrom datetime import date, datetime\n\ndate\n',
            f'"""Doc."""\n\nfrom datetime import date\n\n{LINE}\ndate\n',
        ),
    ],
)
def test_a_removed_import_leaves_no_gap(before: str, after: str) -> None:
    assert with_imports(before, [CLOCK], ["datetime"]) == after
