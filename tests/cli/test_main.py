"""What all commands share: help, options, streams, errors and exit codes."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path

import click
import pytest

from ts_contract.cli import main
from ts_contract.cli.common import printable

COMMANDS = {
    name: main.get_command(click.Context(main), name)
    for name in main.list_commands(click.Context(main))
}
SQL = ["sql", "all", "--contract", "agentos"]
commands = pytest.mark.parametrize("name", COMMANDS)


class TestHelp:
    def test_the_entry_point_is_the_group(self):
        (script,) = entry_points(group="console_scripts", name="ts-contract")
        assert script.load() is main

    @pytest.mark.parametrize("args", [["--help"], ["-h"], []])
    def test_it_lists_every_command_there_is(self, run, args):
        output = run(*args).output
        for name in COMMANDS:
            assert f"\n  {name} " in output

    def test_a_command_without_a_module_is_not_listed(self, run, monkeypatch):
        monkeypatch.setattr("ts_contract.cli._COMMANDS", ("demo", "later"))
        assert main.list_commands(click.Context(main)) == ["demo"]
        assert run("later").exit_code == 2

    @commands
    def test_a_command_has_help_and_the_common_options(self, run, name):
        output = run(name, "--help").output
        assert COMMANDS[name].get_short_help_str()
        for option in ("--contract NAME|FILE", "-q, --quiet", "--no-color", "-h, --help"):
            assert output.count(f"{option} ") == 1, option

    @pytest.mark.parametrize("args", [(), *((name,) for name in COMMANDS)])
    def test_it_fits_80_columns_on_a_wide_terminal(self, run, monkeypatch, args):
        monkeypatch.setenv("COLUMNS", "200")
        assert [line for line in run(*args, "--help").output.splitlines() if len(line) > 80] == []

    def test_the_list_of_commands_holds_whole_sentences(self, run):
        _, _, listed = run("--help").output.partition("Commands:\n")
        assert [line for line in listed.splitlines() if not re.search(r"\w\.$", line)] == []

    def test_the_version_is_the_packages(self, run):
        assert run("--version").output == f"ts-contract {version('ts-contract')}\n"

    def test_an_unknown_command_or_option_is_a_usage_error(self, run):
        for args in (["migrat"], ["plan", "--fast"], ["plan"], ["plan", "a.db", "b.db"]):
            result = run(*args)
            assert (result.exit_code, result.stdout) == (2, "")
            assert "Try 'ts-contract" in result.stderr


class TestImports:
    """What starting the command line costs."""

    def modules(self, code: str) -> set[str]:
        """Return what is imported after running `code` in a new interpreter."""
        done = subprocess.run(
            [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
            capture_output=True,
            text=True,
            check=True,
        )
        return set(done.stdout.split())

    def test_no_command_is_imported_before_it_is_used(self):
        loaded = self.modules("import ts_contract.cli")
        assert loaded & {f"ts_contract.cli.{name}" for name in COMMANDS} == set()
        assert loaded & {"rich", "sqlite3", "sqlglot", "libcst", "ts_contract.migration"} == set()

    @pytest.mark.parametrize("command", ["lint", "codemod"])
    def test_the_source_side_does_without_the_database_side(self, command, tmp_path):
        (tmp_path / "app.py").write_text("db.execute('SELECT created_at FROM tasks')\n")
        args = [command, str(tmp_path), "--contract", "agentos"]
        loaded = self.modules(
            f"from ts_contract.cli import main; main({args}, standalone_mode=False)"
        )
        assert "ts_contract.lint" in loaded
        assert "ts_contract.migration" not in loaded

    def test_help_needs_no_extra(self):
        self.modules(
            "import sys\n"
            "for name in ('sqlglot', 'libcst', 'flake8', 'pytest'):\n"
            "    sys.modules[name] = None\n"
            "from ts_contract.cli import main\n"
            "main(['--help'], standalone_mode=False)\n"
        )


class TestErrors:
    @pytest.mark.parametrize("before", [True, False])
    def test_the_contract_is_named_before_or_after_the_command(self, run, before):
        option = ["--contract", "gone.toml"]
        result = run(*option, "sql", "all") if before else run("sql", "all", *option)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == (
            "Error: gone.toml: cannot be read (No such file or directory); "
            "check the path and its rights\n"
        )

    def test_the_nearest_contract_is_taken(self, run, tmp_path):
        (tmp_path / "ts-contract.toml").write_text("phase = 'later'\n")
        result = run("sql", "all")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"Error: {tmp_path}/ts-contract.toml: phase: is 'later'")

    def test_no_contract_says_how_to_get_one(self, run):
        result = run("sql", "all")
        assert result.exit_code == 2
        assert "ts-contract discover DB" in result.stderr

    def test_a_message_is_one_line_whatever_is_in_it(self, run, tmp_path):
        (tmp_path / "own.toml").write_text('[tables."a\\nb\\u001b[31m"]\nx = 1\n')
        result = run("sql", "all", "--contract", "own.toml")
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        assert "\x1b" not in result.stderr

    @pytest.mark.parametrize(
        ("blocked", "command", "extra"),
        [("sqlglot", "lint", "flake8"), ("sqlglot", "codemod", "codemod")],
    )
    def test_a_missing_extra_says_what_to_install(self, tmp_path, blocked, command, extra):
        (tmp_path / "app.py").write_text("db.execute('SELECT created_at FROM tasks')\n")
        code = (
            f"import sys; sys.modules[{blocked!r}] = None\n"
            f"from ts_contract.cli import main; main([{command!r}, '--contract', 'agentos', '.'])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            f"Error: {command} needs {blocked}, which is not installed; "
            f'pip install "ts-contract[{extra}]"\n'
        )

    def test_an_empty_name_is_not_the_nearest_contract(self, run, tmp_path):
        (tmp_path / "ts-contract.toml").write_text("")
        result = run("sql", "all", "--contract", "")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "--contract: no contract is called ''" in result.stderr

    @pytest.mark.parametrize(
        "args", [["--help"], ["--version"], ["rule", "--help"], ["rule"], SQL, [*SQL, "--quiet"]]
    )
    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_a_full_disk_is_no_traceback(self, shell, args, unbuffered):
        with Path("/dev/full").open("w") as full:
            process = shell(*args, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
            _, stderr = process.communicate()
        assert (process.returncode, stderr) == (3, "Error: cannot write: No space left on device\n")

    @pytest.mark.parametrize("descriptor", [1, 2])
    def test_a_closed_stream_is_one_that_nobody_reads(self, shell, store, descriptor):
        before = store.read_bytes()
        process = shell(
            "plan", store, "--contract", "agentos", preexec_fn=lambda: os.close(descriptor)
        )
        assert "Traceback" not in "".join(process.communicate())
        assert process.returncode == 1  # for the quarantine
        assert store.read_bytes() == before

    @pytest.mark.parametrize("args", [["--help"], ["--version"], ["rule", "--help"], SQL])
    def test_a_reader_that_goes_away_is_no_error(self, shell, args):
        with shell(*args) as process:
            process.stdout.close()
            assert process.stderr.read() == ""
        assert process.returncode == 128 + 13


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 'text' é", "plain 'text' é"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[31m\x07", r"\x1b[31m\x07"),
        ("\u202eevil", r"\u202eevil"),
        ("\udcff", r"\udcff"),
        (12, "12"),
    ],
)
def test_printable_text_does_nothing_to_a_terminal(text, shown):
    assert printable(text) == shown
