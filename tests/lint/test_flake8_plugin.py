"""The rules under flake8 itself: each test is a real flake8 process."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ts_contract.lint import flake8_plugin
from ts_contract.lint.flake8_plugin import Plugin

pytest.importorskip("flake8")

NAIVE = "from datetime import datetime\n\nnow = datetime.utcnow()\n"
READS = 'def f(db):\n    return db.execute("SELECT created_at FROM tasks")\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(NAIVE)
    return tmp_path


def flake8(
    project: Path, *arguments: str, stdin: str | None = None, without: tuple[str, ...] = ()
) -> tuple[int, list[str]]:
    """Run flake8 in a directory; return its exit code and the lines that it printed.

    Args:
        project: the directory.
        arguments: the command line.
        stdin: what it reads from standard input.
        without: modules that cannot be imported, as if they were not installed.
    """
    hide = f"import sys; sys.modules.update(dict.fromkeys({without!r})); sys.argv[0] = 'flake8'; "
    run = "from flake8.main.cli import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-c", hide + run, "--isolated", "--select=TSC", *arguments]
        if "--config" not in arguments
        else [sys.executable, "-c", hide + run, *arguments],
        cwd=project,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, (done.stdout + done.stderr).splitlines()


def codes(lines: list[str]) -> list[str]:
    """Return path, line, column and code of each finding."""
    return [" ".join(line.split()[:2]) for line in lines]


def test_a_finding_has_its_place_and_its_message(project: Path) -> None:
    status, lines = flake8(project, "app.py")
    assert status == 1
    assert lines == [
        "app.py:3:7: TSC102 naive UTC datetime.utcnow(): take datetime.now(timezone.utc)"
    ]


def test_a_clean_file_is_silent(project: Path) -> None:
    (project / "app.py").write_text("created = 1\n")
    assert flake8(project, "app.py") == (0, [])


def test_columns_count_code_points(project: Path) -> None:
    (project / "app.py").write_text(NAIVE + 'both = "日本é", datetime.utcnow()\n', encoding="utf-8")
    assert codes(flake8(project, "app.py")[1]) == ["app.py:3:7: TSC102", "app.py:4:15: TSC102"]


def test_without_a_contract_columns_are_nobody_s_business(project: Path) -> None:
    (project / "app.py").write_text(READS)
    assert flake8(project, "app.py") == (0, [])


def test_the_option_names_a_shipped_contract(project: Path) -> None:
    (project / "app.py").write_text(READS)
    assert codes(flake8(project, "--ts-contract=agentos", "app.py")[1]) == ["app.py:2:31: TSC201"]


def test_the_nearest_configuration_is_the_contract(project: Path) -> None:
    (project / "app.py").write_text(READS)
    (project / "ts-contract.toml").write_text('[tables]\ntasks = ["created_at"]\n')
    assert codes(flake8(project, "app.py")[1]) == ["app.py:2:31: TSC201"]


def test_the_options_may_stand_in_flake8_s_configuration(project: Path) -> None:
    (project / "conf").mkdir()
    (project / "conf" / "mine.toml").write_text('[tables]\ntasks = ["created_at"]\n')
    (project / "setup.cfg").write_text(
        "[flake8]\nselect = TSC\nts-contract = conf/mine.toml\nts_phase = enforce\n"
    )
    (project / "app.py").write_text(
        'def f(db):\n    db.execute("UPDATE tasks SET created_at = 1, created_at_ms = 1")\n'
    )
    assert codes(flake8(project, "--config", "setup.cfg", "app.py")[1]) == ["app.py:2:34: TSC202"]


def test_the_phase_of_the_command_line_goes_before_the_contract_s(project: Path) -> None:
    (project / "app.py").write_text(
        'def f(db):\n    db.execute("UPDATE tasks SET created_at = 1, created_at_ms = 1")\n'
    )
    assert flake8(project, "--ts-contract=agentos", "app.py") == (0, [])
    _, lines = flake8(project, "--ts-contract=agentos", "--ts-phase=enforce", "app.py")
    assert codes(lines) == ["app.py:2:34: TSC202"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--ts-contract=nope", "no contract is called 'nope'"),
        ("--ts-contract=missing.toml", "missing.toml: cannot be read"),
        ("--ts-contract=broken.toml", "broken.toml: is not valid TOML"),
        ("--ts-contract=typo.toml", "did you mean 'tables'?"),
        ("--ts-phase=later", "invalid choice"),
    ],
)
def test_a_mistake_in_the_contract_is_said_and_exits_2(
    project: Path, option: str, said: str
) -> None:
    (project / "broken.toml").write_text("[tables\n")
    (project / "typo.toml").write_text("[table]\n")
    status, lines = flake8(project, option, "app.py")
    assert status == 2
    assert said in "\n".join(lines)


def test_codes_that_are_off_by_default_can_be_asked_for(project: Path) -> None:
    (project / "app.py").write_text("import time\n\nnow_ms = int(time.time() * 1000)\n")
    command = [sys.executable, "-m", "flake8", "--isolated", "app.py"]
    assert subprocess.run(command, cwd=project, check=False).returncode == 0
    assert codes(flake8(project, "--extend-select=TSC107", "app.py")[1]) == ["app.py:3:10: TSC107"]


@pytest.mark.parametrize(
    ("comment", "count"),
    [("# noqa", 0), ("# noqa: TSC102", 0), ("# noqa:TSC", 0), ("# noqa: TSC101", 1)],
)
def test_noqa_silences_its_line(project: Path, comment: str, count: int) -> None:
    (project / "app.py").write_text(NAIVE.rstrip() + f"  {comment}\n")
    assert len(flake8(project, "app.py")[1]) == count


def test_noqa_behind_a_long_string_silences_the_whole_of_it(project: Path) -> None:
    query = 'db.execute(\n    """\n    SELECT created_at\n    FROM tasks\n    """'
    (project / "app.py").write_text(f"def f(db):\n    {query}  # noqa: TSC201\n    )\n")
    assert flake8(project, "--ts-contract=agentos", "app.py") == (0, [])


def test_per_file_ignores_silence_a_file(project: Path) -> None:
    (project / "other.py").write_text(NAIVE)
    _, lines = flake8(project, "--per-file-ignores=app.py:TSC102", "app.py", "other.py")
    assert codes(lines) == ["other.py:3:7: TSC102"]


def test_standard_input_is_checked(project: Path) -> None:
    _, lines = flake8(project, "--stdin-display-name=shown.py", "-", stdin=NAIVE)
    assert codes(lines) == ["shown.py:3:7: TSC102"]


def test_several_processes_find_the_same(project: Path) -> None:
    for number in range(6):
        (project / f"module_{number}.py").write_text(NAIVE + READS)
    alone = flake8(project, "--ts-contract=agentos", "-j1", ".")
    assert len(alone[1]) == 13
    assert flake8(project, "--ts-contract=agentos", "-j2", ".") == alone


def test_the_contract_s_exclude_leaves_files_out(project: Path) -> None:
    (project / "migrations").mkdir()
    (project / "migrations" / "0001.py").write_text(NAIVE)
    (project / "ts-contract.toml").write_text('exclude = ["migrations/**"]\n')
    assert codes(flake8(project, ".")[1]) == ["./app.py:3:7: TSC102"]


def test_clocks_are_found_where_neither_sqlglot_nor_libcst_is_installed(project: Path) -> None:
    _, lines = flake8(project, "app.py", without=("sqlglot", "libcst"))
    assert codes(lines) == ["app.py:3:7: TSC102"]


def test_a_file_that_does_not_parse_is_flake8_s_finding_and_stops_nothing(project: Path) -> None:
    (project / "broken.py").write_text("def f(:\n")
    _, lines = flake8(project, "--extend-select=E999", ".")
    assert codes(lines)[0] == "./app.py:3:7: TSC102"
    assert [line.split()[1] for line in lines[1:]] == ["E999"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x_ms = " + "+".join(["1"] * 900) + " + now_ms()\n", id="long sum"),
        pytest.param("x_at_ms = " + "f(" * 80 + "0" + ")" * 80 + "\n", id="nested calls"),
        pytest.param('q = """SELECT ' + "(" * 400 + "created_at" + ")" * 400 + ' FROM tasks"""\n',
                     id="nested SQL"),
        pytest.param('q = "SELECT created_at FROM tasks WHERE \\ud800"\n', id="lone surrogate"),
        pytest.param("\f\nx = 1\r\n\ty_ms = 2\n", id="form feed"),
        pytest.param("", id="empty"),
    ],
)  # fmt: skip
def test_no_text_stops_the_plugin(text: str) -> None:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        tree = ast.parse("")
    list(Plugin(tree, "app.py", text.splitlines(keepends=True)).run())


def test_an_error_of_ours_is_a_finding_and_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise IndexError("of ours")

    monkeypatch.setattr(flake8_plugin, "check", broken)
    ((line, column, text, kind),) = Plugin(ast.parse(NAIVE), "app.py", [NAIVE]).run()
    assert (line, column, kind) == (1, 0, Plugin)
    assert text.startswith("TSC000 not checked: app.py: failed in lint/flake8_plugin.py:")
