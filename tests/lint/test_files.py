"""Files checked: what a result holds, and what becomes of a file that cannot be parsed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ts_contract.lint import files
from ts_contract.lint.engine import check_file
from ts_contract.lint.files import Checked, check_files, check_source
from ts_contract.lint.settings import LintSettings, selected

ON = LintSettings(None, None, selected((), ()))
NAIVE = b"import datetime\nnow = datetime.datetime.now()\n"


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(NAIVE)


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestReading:
    def test_a_result_has_the_path_from_the_working_directory(self, here):
        write(here, "a/b.py")
        (result,) = check_files([here / "a" / "b.py"], ON, 1)
        assert result.path == "a/b.py"
        assert [f.code for f in result.findings] == ["TSC101"]
        assert result.lines == {2: "now = datetime.datetime.now()"}

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param("\ufeff".encode() + NAIVE, id="byte order mark"),
            pytest.param(NAIVE.replace(b"\n", b"\r\n"), id="CRLF"),
            pytest.param(NAIVE.replace(b"\n", b"\r"), id="CR"),
            pytest.param(b"# coding: latin-1\n# \xe9\n" + NAIVE, id="declared"),
        ],
    )
    def test_any_encoding_and_line_end_that_python_takes(self, data):
        result = check_source(data, "a.py", ON)
        assert [f.code for f in result.findings] == ["TSC101"]
        assert list(result.lines.values()) == ["now = datetime.datetime.now()"]

    def test_columns_are_of_the_decoded_text(self):
        data = "# coding: latin-1\nimport datetime; 'éé', datetime.datetime.now()\n".encode(
            "latin-1"
        )
        (finding,) = check_source(data, "a.py", ON).findings
        assert (finding.line, finding.column) == (2, 24)

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            (b"def f(: # datetime.now\n", "a.py:1:7: cannot be parsed (invalid syntax)"),
            (b"x = 1\ny = '\xff'\n", "a.py:2:1: cannot be parsed (not utf-8)"),
            (b"# coding: klingon\n", "a.py:1:1: cannot be parsed (unknown encoding"),
            (b"datetime.now = '\0'\n", "a.py:1:1: cannot be parsed (source code "),
            (b"datetime.now = " + b"(" * 5000 + b")" * 5000, "a.py:1:"),
            (b"datetime.now = " + b"-" * 200_000 + b"1", "a.py:1:"),
        ],
    )
    def test_what_cannot_be_parsed_is_told_with_its_place(self, data, error):
        result = check_source(data, "a.py", ON)
        assert result.error.startswith(error)
        assert result.findings == ()

    def test_a_file_that_cannot_be_read_is_told(self, here):
        (result,) = check_files([Path("gone.py")], ON, 1)
        assert result == Checked(
            "gone.py", error="gone.py: cannot be read (No such file or directory)"
        )

    def test_processes_answer_in_the_order_of_the_paths(self, here):
        names = [f"m{number:03}.py" for number in range(60)]
        write(here, *names)
        (here / "m007.py").write_text("def f(:")
        alone = list(check_files([Path(name) for name in names], ON, 1))
        assert [result.path for result in alone] == names
        assert list(check_files([Path(name) for name in names], ON, 2)) == alone

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_an_error_of_ours_and_a_slow_file_do_not_stop_the_others(self, here, monkeypatch, jobs):
        def broken(file, rules):
            if file.source.path == "m007.py":
                raise IndexError("of ours")
            while file.source.path == "m009.py":
                pass
            return check_file(file, rules)

        monkeypatch.setattr(files, "check_file", broken)
        names = [f"m{number:03}.py" for number in range(60)]
        write(here, *names)
        settings = replace(ON, seconds=0.5)
        results = list(check_files([Path(name) for name in names], settings, jobs))
        assert [result.path for result in results if result.findings] == [
            name for name in names if name not in {"m007.py", "m009.py"}
        ]
        failed, given_up = [result.error for result in results if result.error]
        assert re.fullmatch(
            r"m007\.py: failed in lint/files\.py:\d+ \(IndexError: of ours\); "
            "this is a bug of ts-contract, please report it",
            failed,
        )
        assert given_up == (
            "m009.py: given up, not done in 0.5 s; --timeout gives each file more time, or less"
        )


class TestSelection:
    def test_what_is_off_by_default_is_left_out(self):
        assert "TSC107" not in selected((), ())

    def test_only_takes_what_is_off_by_default_too(self):
        assert selected(("TSC107",), ()) == {"TSC107"}

    def test_skip_takes_beginnings(self):
        assert not any(code.startswith("TSC1") for code in selected((), ("TSC1",)))

    @pytest.mark.parametrize("code", ["TSC999", "DTZ001", "x"])
    def test_a_code_that_no_rule_has_is_refused(self, code):
        with pytest.raises(ValueError, match="not the code of a rule"):
            selected((code,), ())
