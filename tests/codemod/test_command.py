"""The codemod as LibCST runs it: the same rewrite through its own tool."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from libcst.codemod import CodemodTest

from ts_contract.codemod.command import ApplyContract


class TestApplyContract(CodemodTest):
    TRANSFORM = ApplyContract

    def test_rewrites_and_marks(self) -> None:
        before = """
            def f(c):
                c.execute("SELECT id FROM tasks ORDER BY created_at")
                return c.execute("SELECT created_at FROM tasks").fetchall()
        """
        after = """
            def f(c):
                c.execute("SELECT id FROM tasks ORDER BY created_at_ms")
                return c.execute("SELECT created_at_ms AS created_at FROM tasks").fetchall()
        """
        self.assertCodemod(before, after, contract="agentos", unsafe=True)


def test_the_tool_of_libcst_runs_it(tmp_path: Path) -> None:
    module = tmp_path / "store.py"
    module.write_text('def f(c):\n    c.execute("SELECT id FROM tasks ORDER BY created_at")\n')
    (tmp_path / ".libcst.codemod.yaml").write_text(
        "generated_code_marker: '@gen'\nformatter: ['cat']\nblacklist_patterns: []\n"
        "modules: ['ts_contract.codemod']\nrepo_root: '.'\n"
    )
    tool = [sys.executable, "-m", "libcst.tool", "codemod", "-x"]
    name = "ts_contract.codemod.command.ApplyContract"
    run = subprocess.run(
        [*tool, name, "-j", "1", "--contract", "agentos", str(module)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "ORDER BY created_at_ms" in module.read_text()
