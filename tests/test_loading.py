"""Where a contract is found, how files are read, and what `extends` does."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts_contract import Contract, ContractError, load_contract
from ts_contract.loading import find_config, parse_contract

TASKS = '[tables]\ntasks = ["created_at"]\n'
TOOL = '[tool.ts-contract.tables]\nruns = ["started_at"]\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty directory to work in, below which nothing has a configuration."""
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def table_names(contract: Contract) -> list[str]:
    return [table.name for table in contract.tables]


def refused(source: str | None = None) -> str:
    with pytest.raises(ContractError) as caught:
        load_contract(source)
    return str(caught.value)


class TestFinding:
    def test_the_nearest_file_upwards(self, project):
        (project / "ts-contract.toml").write_text(TASKS)
        below = project / "src" / "app"
        below.mkdir(parents=True)
        assert find_config(below) == project / "ts-contract.toml"
        assert table_names(load_contract(start=below)) == ["tasks"]

    def test_from_the_working_directory_by_default(self, project):
        (project / "pyproject.toml").write_text(TOOL)
        assert table_names(load_contract()) == ["runs"]

    def test_our_own_file_goes_before_pyproject(self, project):
        (project / "pyproject.toml").write_text(TOOL)
        (project / "ts-contract.toml").write_text(TASKS)
        assert find_config() == project / "ts-contract.toml"

    @pytest.mark.parametrize(
        "other", ["[tool.ruff]\n", "tool = 1\n", "", "[tool]\nts-contract = 1"]
    )
    def test_a_pyproject_without_our_table_is_passed_by(self, project, other):
        (project / "pyproject.toml").write_text(TOOL)
        below = project / "part"
        below.mkdir()
        (below / "pyproject.toml").write_text(other)
        assert find_config(below) == project / "pyproject.toml"

    def test_none_anywhere_says_how_to_get_one(self, project):
        assert find_config() is None
        assert refused() == (
            "no contract: no ts-contract.toml and no pyproject.toml with [tool.ts-contract] in "
            f"{project} or above; write one (`ts-contract discover DB` proposes it) or name one"
        )

    def test_a_broken_pyproject_on_the_way_is_reported(self, project):
        (project / "pyproject.toml").write_text("[tool")
        assert refused().startswith(f"{project / 'pyproject.toml'}: is not valid TOML: ")

    def test_an_unknown_name_lists_the_shipped_ones(self, project):
        assert refused("agentsos") == (
            "--contract: no contract is called 'agentsos'; shipped are agentos, and a file is "
            "named by its path, ending in .toml"
        )

    def test_a_shipped_name_goes_before_a_file_of_that_name(self, project):
        (project / "agentos").write_text(TASKS)
        assert len(load_contract("agentos").tables) == 17


class TestNameAndRoot:
    @pytest.mark.parametrize("file", ["ts-contract.toml", "pyproject.toml"])
    def test_a_standard_file_is_called_after_its_directory(self, project, file):
        (project / file).write_text(TOOL)
        contract = load_contract()
        assert (contract.name, contract.root) == ("project", project)

    def test_another_file_is_called_after_itself(self, project):
        (project / "billing.toml").write_text(TASKS)
        contract = load_contract("billing.toml")
        assert (contract.name, contract.root) == ("billing", project)

    def test_a_path_object_does_as_well(self, project):
        (project / "billing.toml").write_text(TASKS)
        assert load_contract(Path("billing.toml")) == load_contract("billing.toml")


class TestReading:
    def test_keys_stand_at_the_top_or_in_the_tool_table(self, project):
        (project / "top.toml").write_text(TASKS)
        (project / "tool.toml").write_text("[tool.ts-contract.tables]\ntasks = ['created_at']\n")
        assert load_contract("top.toml").tables == load_contract("tool.toml").tables

    def test_a_byte_order_mark_is_no_mistake(self, project):
        (project / "bom.toml").write_bytes(b"\xef\xbb\xbf" + TASKS.encode())
        assert table_names(load_contract("bom.toml")) == ["tasks"]

    def test_a_missing_file(self, project):
        assert refused("gone.toml") == (
            "gone.toml: cannot be read (No such file or directory); check the path and its rights"
        )

    def test_a_directory(self, project):
        (project / "dir.toml").mkdir()
        assert refused("dir.toml") == (
            "dir.toml: cannot be read (Is a directory); check the path and its rights"
        )

    def test_not_utf_8(self, project):
        (project / "latin.toml").write_bytes(b'clock = "caf\xe9"\n')
        assert refused("latin.toml") == "latin.toml: is not UTF-8 (byte 12); save it as UTF-8"

    def test_broken_toml_names_the_line(self, project):
        (project / "broken.toml").write_text("[tables]\ntasks = [\n")
        message = refused("broken.toml")
        assert message.startswith("broken.toml: is not valid TOML: ")
        assert "line" in message or "end of document" in message
        assert message.endswith("; correct it there")

    @pytest.mark.parametrize(
        "toml", ["a = " + "[" * 100_000, f"a = {'1' * 5000}"], ids=["deep", "long number"]
    )
    def test_toml_that_the_parser_gives_up_on(self, project, toml):
        (project / "huge.toml").write_text(toml)
        assert refused("huge.toml").startswith("huge.toml: ")

    def test_a_pyproject_that_is_named_needs_our_table(self, project):
        (project / "pyproject.toml").write_text("[tool.ruff]\n")
        assert refused("pyproject.toml") == (
            "pyproject.toml: has no [tool.ts-contract]; add the table, or name another file"
        )

    def test_a_mistake_in_a_pyproject_names_the_table(self, project):
        (project / "pyproject.toml").write_text('[tool.ts-contract]\nphase = "later"\n')
        assert refused().startswith(
            f"{project / 'pyproject.toml'}: [tool.ts-contract]: phase: is 'later'; write one of"
        )


class TestExtends:
    def test_a_shipped_contract(self, project):
        (project / "ts-contract.toml").write_text('extends = "agentos"\n' + TASKS)
        contract = load_contract()
        assert len(contract.tables) == 17
        assert [c.legacy for c in contract.table("tasks").columns] == ["created_at"]
        assert contract.version.value == "0.44.0"

    def test_a_file_beside_this_one_wherever_we_stand(self, project, monkeypatch):
        (project / "base.toml").write_text(TASKS)
        (project / "own.toml").write_text('extends = "base.toml"\ntables.runs = ["started_at"]\n')
        monkeypatch.chdir("/")
        assert table_names(load_contract(project / "own.toml")) == ["tasks", "runs"]

    def test_by_name_by_addition_or_by_replacement(self, project):
        (project / "base.toml").write_text(
            'phase = "enforce"\nclock = "base.time"\noptional-tables = ["a"]\n'
            'tables = {a = ["x"], b = ["x"]}\nmodels = {A = "a", B = "b"}\n'
        )
        (project / "own.toml").write_text(
            'extends = "base.toml"\nclock = "own.time"\noptional-tables = ["c"]\n'
            'tables = {b = ["y"], c = ["z"]}\nmodels = {B = "bb"}\n'
        )
        contract = load_contract("own.toml")
        assert [(t.name, t.columns[0].legacy, t.optional) for t in contract.tables] == [
            ("a", "x", True),
            ("b", "y", False),
            ("c", "z", True),
        ]
        assert contract.models == (("A", "a"), ("B", "bb"))
        assert (contract.phase, contract.clock) == ("enforce", "own.time")

    def test_paths_of_the_base_begin_where_it_stands(self, project):
        (project / "shared").mkdir()
        (project / "shared" / "base.toml").write_text('schema = ["all.sql"]\n')
        (project / "own.toml").write_text('extends = "shared/base.toml"\n')
        assert load_contract("own.toml").schema == (str(project / "shared" / "all.sql"),)

    def test_several_steps(self, project):
        (project / "0.toml").write_text(TASKS)
        for step in range(1, 40):  # read once each: twice each would never end
            (project / f"{step}.toml").write_text(
                f'extends = "{step - 1}.toml"\ntables.t{step} = ["a"]\n'
            )
        assert len(load_contract("39.toml").tables) == 40

    def test_a_mistake_in_the_base_is_reported_there(self, project):
        (project / "base.toml").write_text('phase = "later"\n')
        (project / "own.toml").write_text('extends = "base.toml"\nphase = "migrate"\n')
        assert refused("own.toml").startswith("base.toml: phase: is 'later'")

    def test_a_chain_that_nobody_can_follow(self, project):
        for step in range(1_000):
            (project / f"{step}.toml").write_text(f'extends = "{step + 1}.toml"\n')
        (project / "1000.toml").write_text(TASKS)
        with pytest.raises(ContractError) as caught:
            load_contract("0.toml")
        assert str(caught.value) == (
            "50.toml: extends: more than 50 files extend one another; write them as fewer"
        )
        assert load_contract("960.toml").tables

    def test_a_pipe_is_not_waited_for(self, project):
        name = "pipe.toml"
        os.mkfifo(project / name)
        (project / "own.toml").write_text(f'extends = "{name}"\n')
        for named in ("own.toml", name):
            with pytest.raises(ContractError) as caught:
                load_contract(named)
            assert str(caught.value) == f"{name}: is not a regular file; name a TOML file"

    def test_a_file_that_extends_itself(self, project):
        (project / "own.toml").write_text('extends = "own.toml"\n')
        assert refused("own.toml") == (
            "own.toml: extends: 'own.toml' leads back to own.toml; remove one of the two"
        )

    def test_a_cycle(self, project):
        for name, base in (("a", "b"), ("b", "c"), ("c", "a")):
            (project / f"{name}.toml").write_text(f'extends = "{base}.toml"\n')
        assert refused("a.toml") == (
            "c.toml: extends: 'a.toml' leads back to a.toml; remove one of the two"
        )

    def test_a_link_that_leads_to_itself(self, project):
        (project / "loop.toml").symlink_to("loop.toml")
        (project / "own.toml").write_text('extends = "loop.toml"\n')
        assert refused("own.toml").startswith("loop.toml: cannot be read (")

    @pytest.mark.parametrize(
        ("base", "message"),
        [
            ("1", "own.toml: extends: is 1; write a string in quotes"),
            ('"nope"', "own.toml: extends: no contract is called 'nope'; shipped are agentos, "),
            ('"../agentos"', "own.toml: extends: no contract is called '../agentos'; shipped are "),
            ('"gone.toml"', "gone.toml: cannot be read (No such file or directory); check "),
            ('"a\\u0000.toml"', "a\0.toml: cannot be read: embedded null byte"),
        ],
    )
    def test_no_such_base(self, project, base, message):
        (project / "own.toml").write_text(f"extends = {base}\n")
        assert refused("own.toml").startswith(message)

    @pytest.mark.parametrize(
        ("toml", "message"),
        [
            ("tables = []", "own.toml: tables: is []; write a table"),
            ("models = []", "own.toml: models: is []; write a table"),
            ("optional-tables = {}", "own.toml: optional-tables: is {}; write a list in brackets"),
        ],
    )
    def test_what_cannot_be_added_to_the_base(self, project, toml, message):
        (project / "own.toml").write_text(f'extends = "agentos"\n{toml}\n')
        assert refused("own.toml") == message

    def test_a_parsed_mapping_extends_too(self):
        contract = parse_contract({"extends": "agentos", "phase": "enforce"}, name="mine")
        assert (contract.name, contract.phase, len(contract.tables)) == ("mine", "enforce", 17)


@given(st.binary() | st.text().map(lambda text: f'clock = "{text}"'.encode("utf-8", "replace")))
def test_any_bytes_give_a_contract_or_a_contract_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    try:
        contract = load_contract(path)
    except ContractError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(contract, Contract)
