"""`ts-contract lint` and `ts-contract rule`: what a user sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ts_contract.cli import main
from ts_contract.lint.rules import all_rules

NAIVE = "import datetime\nnow = datetime.datetime.now()\n"
READS = 'def f(db):\n    return db.execute("SELECT created_at FROM tasks")\n'


@pytest.fixture
def app(tmp_path) -> Path:
    (tmp_path / "app.py").write_text(NAIVE)
    return tmp_path / "app.py"


class TestExitCodes:
    def test_nothing_found(self, run, app):
        app.write_text("x = 1\n")
        result = run("lint")
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == "Nothing found in 1 file.\n"

    def test_findings(self, run, app):
        assert run("lint").exit_code == 1

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["gone.py"], "'gone.py' does not exist"),
            (["--contract", "nope"], "no contract is called 'nope'"),
            (["--only", "TSC999"], "'TSC999' is not the code of a rule"),
            (["--baseline", "gone.json"], "gone.json: cannot be read"),
            (["--baseline", "app.py", "--update-baseline"], "app.py: is not a baseline"),
            (["--update-baseline"], "--update-baseline needs --baseline FILE"),
            (["--jobs", "0"], "0 is not in the range"),
        ],
    )
    def test_usage(self, run, app, arguments, said):
        result = run("lint", *arguments)
        assert result.exit_code == 2
        assert said in result.stderr.replace("\n", " ")
        assert app.read_text() == NAIVE

    def test_what_is_neither_a_file_nor_a_directory(self, run, app):
        result = run("lint", os.devnull)
        said = f"Error: {os.devnull}: Neither a file nor a directory\n"
        assert (result.exit_code, result.stderr) == (3, said)

    def test_a_file_that_does_not_parse_while_the_others_are_checked(self, run, app):
        app.with_name("broken.py").write_text("d.now(:\n")
        result = run("lint")
        assert result.exit_code == 3
        assert "app.py:2:7: TSC101" in result.stdout
        assert result.stderr.startswith("broken.py:1:7: cannot be parsed")

    def test_an_extra_that_is_missing_for_a_contract(self, run, app, monkeypatch):
        for name in [name for name in sys.modules if name.partition(".")[0] == "sqlglot"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "sqlglot", None)
        result = run("lint", "--contract", "agentos")
        assert result.exit_code == 2
        assert 'pip install "ts-contract[flake8]"' in result.stderr
        assert run("lint").exit_code == 1  # clocks need no contract, and no sqlglot


class TestWhatIsChecked:
    def test_the_working_directory_by_default(self, run, app):
        assert "app.py:2:7: TSC101" in run("lint").stdout

    def test_standard_input(self, app, monkeypatch):
        result = CliRunner().invoke(main, ["lint", "-"], input=NAIVE)
        assert "stdin:2:7: TSC101" in result.stdout

    def test_with_the_nearest_contract(self, run, app):
        app.write_text(READS)
        app.with_name("ts-contract.toml").write_text('[tables]\ntasks = ["created_at"]\n')
        assert "app.py:2:31: TSC201" in run("lint").stdout

    def test_less_what_the_contract_excludes(self, run, app):
        app.with_name("ts-contract.toml").write_text('exclude = ["app.py"]\n')
        assert run("lint", "app.py").exit_code == 0

    def test_less_what_noqa_silences(self, run, app):
        app.write_text(NAIVE.rstrip() + "  # noqa: TSC101\n")
        assert run("lint").exit_code == 0

    def test_by_the_rules_that_are_chosen(self, run, app):
        app.write_text(NAIVE + "import time\na_ms = int(time.time() * 1000)\nb_ms = time.time()\n")

        def codes(*arguments: str) -> list[str]:
            report = json.loads(run("lint", *arguments, "--format=json").stdout)
            return [finding["code"] for finding in report["findings"]]

        assert codes() == ["TSC101", "TSC401"]
        assert codes("--only", "tsc1") == ["TSC101", "TSC107"]
        assert codes("--only=TSC107,TSC401") == ["TSC107", "TSC401"]
        assert codes("--skip", "TSC4") == ["TSC101"]


class TestText:
    def test_findings_excerpts_and_a_summary(self, run, app):
        assert run("lint").stdout.splitlines() == [
            "app.py:2:7: TSC101 naive clock datetime.now(): take utc_now(), or "
            "datetime.now(timezone.utc) [unsafe fix]",
            "    now = datetime.datetime.now()",
            "          ^~~~~~~~~~~~~~~~~~~~~~~",
            "",
            "1 TSC101 Naive clock: `datetime.now()` without a zone",
            "1 finding in 1 of 1 file, 0 safe to fix",
        ]

    def test_it_is_not_coloured_where_a_program_reads_it(self, shell, app):
        out, err = shell("lint").communicate()
        assert "\x1b" not in out + err

    def test_quiet_says_nothing_but_findings(self, run, app):
        app.write_text("x = 1\n")
        assert run("lint", "--quiet").output == ""


class TestFormats:
    def test_json(self, run, app):
        report = json.loads(run("lint", "--format", "json").stdout)
        assert report["version"] == report["files"] == 1
        assert [f["path"] for f in report["findings"]] == ["app.py"]

    def test_sarif(self, run, app):
        report = json.loads(run("lint", "--format", "sarif").stdout)
        assert report["version"] == "2.1.0"
        assert [r["ruleId"] for r in report["runs"][0]["results"]] == ["TSC101"]

    def test_github(self, run, app):
        assert run("lint", "--format", "github").stdout.startswith("::error file=app.py,line=2,")

    @pytest.mark.parametrize("form", ["json", "sarif"])
    def test_nothing_found_is_a_whole_document_too(self, run, tmp_path, form):
        json.loads(run("lint", "--format", form).stdout)


class TestBaseline:
    def test_its_life(self, run, app):
        command = ("lint", "--baseline", "known.json")
        first = run(*command, "--update-baseline")
        assert first.exit_code == 0
        assert "known.json: 1 finding; 0 taken out, 1 put in" in first.stderr

        app.write_text("# moved\n\n" + NAIVE)
        assert run(*command).exit_code == 0

        app.write_text(NAIVE + "new = datetime.datetime.utcnow()\n")
        new = run(*command)
        assert new.exit_code == 1
        assert "TSC102" in new.stdout
        assert "TSC101" not in new.stdout

        app.write_text("x = 1\n")
        fixed = run(*command)
        assert fixed.exit_code == 0
        assert "1 finding of known.json fixed; --update-baseline takes them out" in fixed.stderr

        shrunk = run(*command, "--update-baseline")
        assert "known.json: 0 findings; 1 taken out, 0 put in" in shrunk.stderr
        assert json.loads(Path("known.json").read_text())["findings"] == {}

    def test_checking_never_writes_it(self, run, app):
        run("lint", "--baseline", "known.json", "--update-baseline")
        before = Path("known.json").stat().st_mtime_ns
        app.write_text("x = 1\n")
        run("lint", "--baseline", "known.json")
        assert Path("known.json").stat().st_mtime_ns == before


class TestANameThatIsNotUtf8:
    @pytest.fixture(autouse=True)
    def odd(self, app):
        app.rename(app.with_name(os.fsdecode(b"\xff\xe9.py")))

    def test_every_format_takes_it(self, run):
        assert r"\udcff\udce9.py:2:7: TSC101" in run("lint").stdout
        (finding,) = json.loads(run("lint", "--format", "json").stdout)["findings"]
        assert os.fsencode(finding["path"]) == b"\xff\xe9.py"
        assert '"uri": "%FF%E9.py"' in run("lint", "--format", "sarif").stdout
        assert run("lint", "--format", "github").stdout.startswith("::error file=")

    def test_a_baseline_takes_it(self, run):
        assert run("lint", "--baseline", "b.json", "--update-baseline").exit_code == 0
        assert run("lint", "--baseline", "b.json").exit_code == 0


class TestRule:
    def test_the_list_has_every_rule_and_its_default(self, run):
        lines = run("rule").stdout.splitlines()[1:]
        assert [tuple(line.split()[:2]) for line in lines] == [
            (rule.code, "on" if rule.default else "off") for rule in all_rules()
        ]
        assert max(map(len, lines)) <= 100

    @pytest.mark.parametrize("code", ["TSC107", "tsc107"])
    def test_one_is_explained(self, run, code):
        result = run("rule", code)
        assert result.exit_code == 0
        for said in (
            "TSC107: ",
            "off by default: lint --only TSC107",
            "Why is this bad",
            "Use instead",
            "created_at_ms = now_ms()",
        ):
            assert said in result.stdout
        assert all(len(line) <= 80 for line in result.stdout.splitlines())

    def test_no_such_rule(self, run):
        result = run("rule", "TSC999")
        assert result.exit_code == 2
        assert "'TSC999' is not a rule; `ts-contract rule` lists them" in result.stderr

    def test_it_needs_no_extra(self):
        hide = "import sys; sys.modules.update(dict.fromkeys(('flake8', 'sqlglot', 'libcst')));"
        call = "from ts_contract.cli import main; main(['rule', 'TSC201'])"
        done = subprocess.run(
            [sys.executable, "-c", hide + call], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "TSC201" in done.stdout
