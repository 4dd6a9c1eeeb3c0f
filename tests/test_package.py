"""The package as an importer sees it: its names, loaded late, and what importing it costs."""

import importlib.metadata
import subprocess
import sys

import pytest

import ts_contract


def modules_loaded_by(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter; return the modules it loads beyond datetime's."""
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import datetime; before = set(sys.modules)\n"
        f"{statement}\n"
        "print(*set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_no_other_module_of_it() -> None:
    loaded = modules_loaded_by("import ts_contract")
    assert {name for name in loaded if name.startswith("ts_contract")} == {"ts_contract"}


@pytest.mark.parametrize("statement", ["import ts_contract", "from ts_contract import now_ms"])
def test_importing_stays_within_the_standard_library(statement: str) -> None:
    roots = {name.partition(".")[0] for name in modules_loaded_by(statement)}
    assert roots <= sys.stdlib_module_names | {"ts_contract"}


def test_the_clock_loads_nothing_heavy() -> None:
    loaded = modules_loaded_by("from ts_contract import now_ms")
    assert not loaded & {"contextlib", "enum", "functools", "re", "threading", "typing", "zoneinfo"}


@pytest.mark.parametrize("name", ts_contract.__all__)
def test_each_public_name_exists_where_it_is_said_to_be(name: str) -> None:
    value = getattr(ts_contract, name)
    home = getattr(value, "__module__", None)
    assert home is None or home.startswith("ts_contract.")
    assert name in dir(ts_contract)


def test_a_name_is_looked_up_once() -> None:
    assert ts_contract.now_ms is vars(ts_contract)["now_ms"]


def test_star_import_brings_exactly_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from ts_contract import *", names)
    assert set(names) - {"__builtins__"} == set(ts_contract.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'ts_contract' has no attribute 'nowms'"):
        ts_contract.nowms  # noqa: B018


def test_the_version_is_that_of_the_distribution() -> None:
    assert ts_contract.__version__ == importlib.metadata.version("ts-contract")
