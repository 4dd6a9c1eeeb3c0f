"""Files: which are checked, how they are read, and what becomes of those that cannot be."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ts_contract.files.find import is_excluded, python_files
from ts_contract.lint.files import (
    Checked,
    Settings,
    check_files,
    check_source,
    decode,
    selected,
)
from ts_contract.loading import parse_contract
from ts_contract.source.python.source import SourceError

ON = Settings(None, None, selected((), ()))
NAIVE = b"import datetime\nnow = datetime.datetime.now()\n"


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(NAIVE)


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: str, **contract: object) -> list[str]:
    given = parse_contract(contract) if contract else None
    return [path.as_posix() for path in python_files(map(Path, paths), given)]


class TestWhichFiles:
    def test_python_files_below_a_directory_sorted(self, here):
        write(here, "b.py", "a/z.py", "a/stub.pyi", "a/note.txt", "c.pyc")
        assert found(".") == ["a/stub.pyi", "a/z.py", "b.py"]

    def test_a_file_by_name_whatever_its_suffix(self, here):
        write(here, "script")
        assert found("script") == ["script"]

    def test_each_file_once(self, here):
        write(here, "a/b.py")
        assert found("a", "a/b.py", "a") == ["a/b.py"]

    def test_a_path_that_is_not_there(self, here):
        with pytest.raises(FileNotFoundError, match="gone"):
            found("gone")

    def test_directories_of_tools_do_not_count(self, here):
        write(here, "a.py", ".venv/x.py", "node_modules/x.py", "__pycache__/x.py")
        write(here, "my-environment/lib/x.py")
        (here / "my-environment" / "pyvenv.cfg").touch()
        assert found(".") == ["a.py"]

    def test_what_git_ignores_does_not_count(self, here):
        write(here, "a.py", "build/b.py", "sub/generated_1.py", "sub/kept.py")
        (here / ".gitignore").write_text("/build/\n")
        (here / "sub" / ".gitignore").write_text("generated_*\n!generated_kept.py\n")
        write(here, "sub/generated_kept.py")
        subprocess.run(["git", "init", "-q"], check=True)
        assert found(".") == ["a.py", "sub/generated_kept.py", "sub/kept.py"]
        assert found("sub") == ["sub/generated_kept.py", "sub/kept.py"]

    def test_an_ignored_path_that_is_named_counts(self, here):
        write(here, "build/b.py")
        (here / ".gitignore").write_text("build/\n")
        subprocess.run(["git", "init", "-q"], check=True)
        assert found("build") == ["build/b.py"]
        assert found("build/b.py") == ["build/b.py"]

    def test_a_file_that_git_still_lists_but_is_deleted_does_not_count(self, here):
        write(here, "a.py", "b.py")
        subprocess.run(["git", "init", "-q"], check=True)
        subprocess.run(["git", "add", "."], check=True)
        (here / "b.py").unlink()
        assert found(".") == ["a.py"]

    @pytest.mark.parametrize(
        ("pattern", "left"),
        [
            ("db/**", ["a.py", "old/db/c.py"]),
            ("db", ["a.py", "old/db/c.py"]),
            ("db/", ["a.py", "old/db/c.py"]),
            ("**/db/**", ["a.py"]),
            ("*.py", ["db/b.py", "db/sub/d.py", "old/db/c.py"]),
            ("**/*.py", []),
            ("db/?.py", ["a.py", "db/sub/d.py", "old/db/c.py"]),
            ("db/[a-z].py", ["a.py", "db/b.py", "db/sub/d.py", "old/db/c.py"]),
        ],
    )
    def test_the_contract_s_exclude(self, here, pattern, left):
        write(here, "a.py", "db/b.py", "db/sub/d.py", "old/db/c.py")
        assert found(".", exclude=[pattern]) == left

    def test_a_file_outside_the_contract_s_directory_is_not_excluded(self, here):
        assert not is_excluded(Path("/elsewhere/a.py"), parse_contract({"exclude": ["**"]}))


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

    def test_decoding_keeps_every_byte_of_utf_8(self):
        text = "\ufeffa = 1\r\nb = 'é'\n"
        assert decode(text.encode()) == text

    def test_a_lying_declaration_is_refused(self):
        with pytest.raises(SourceError, match="not ascii"):
            decode(b"# coding: ascii\nx = '\xe9'\n")

    def test_processes_answer_in_the_order_of_the_paths(self, here):
        names = [f"m{number:03}.py" for number in range(60)]
        write(here, *names)
        (here / "m007.py").write_text("def f(:")
        alone = list(check_files([Path(name) for name in names], ON, 1))
        assert [result.path for result in alone] == names
        assert list(check_files([Path(name) for name in names], ON, 2)) == alone


class TestSelection:
    def test_what_is_off_by_default_is_left_out(self):
        assert "TSC107" not in selected((), ())

    def test_only_takes_what_is_off_by_default_too(self):
        assert selected(("TSC107",), ()) == {"TSC107"}

    def test_skip_takes_beginnings(self):
        assert not any(code.startswith("TSC1") for code in selected((), ("TSC1",)))

    @pytest.mark.parametrize("code", ["TSC999", "DTZ001", "x"])
    def test_a_code_that_no_rule_has_is_refused(self, code):
        with pytest.raises(ValueError, match="no code of a rule"):
            selected((code,), ())
