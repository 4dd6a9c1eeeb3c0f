"""Every engine knows every step, and shared code takes what an engine says of itself."""

from dataclasses import is_dataclass, replace

import pytest

from ts_contract.contract import VersionRow
from ts_contract.loading import parse_contract
from ts_contract.migration import migrate, plan, steps
from ts_contract.migration.engines.choose import engine_named
from ts_contract.migration.forms import Reading
from ts_contract.migration.pairs import ColumnPair, PairedTable, SuccessorIndex

CONTRACT = parse_contract({"tables": {"t": ["c"]}, "version": {"table": "v", "value": "7"}})
TABLE = PairedTable("t", ("id",), (ColumnPair("c", "c_ms"),))
STEPS = [
    steps.CreateState(CONTRACT),
    steps.RecordTable(TABLE),
    steps.AddColumn("t", "c_ms"),
    steps.InstallZone(Reading(timezone="Europe/Paris")),
    steps.InstallConversion(Reading()),
    steps.InstallSync(TABLE),
    steps.Backfill((TABLE,)),
    steps.BuildIndex("t", "c_ms"),
    steps.BuildSuccessor("t", SuccessorIndex("by_c_ms", "index by_c", ("c_ms",))),
    steps.WriteVersion(VersionRow("v", "7")),
    steps.TakeBack(steps.InstallSync(TABLE)),
    steps.RecordColumns(TABLE),
    steps.ClearNullValues(TABLE, TABLE.columns[0]),
    steps.FillAnew(TABLE),
]
WITHOUT_UNDO = {
    steps.RecordTable,
    steps.Backfill,
    steps.TakeBack,
    steps.RecordColumns,
    steps.ClearNullValues,
    steps.FillAnew,
}


@pytest.fixture
def engine(request):
    return engine_named(request.config.getoption("--engine"))


def test_no_step_is_missing_here():
    classes = {cls for cls in vars(steps).values() if is_dataclass(cls) and hasattr(cls, "phase")}

    assert {type(step) for step in STEPS} == {c for c in classes if c.__module__ == steps.__name__}
    assert {step.phase for step in STEPS} == set(steps.PHASES)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_an_engine_does_and_undoes_each_step(engine, step):
    assert all(isinstance(sql, str) for sql in (*engine.ddl.do(step), *engine.ddl.undo(step)))
    assert engine.ddl.do(step, "aux") != engine.ddl.do(step)
    assert bool(engine.ddl.undo(step)) == (type(step) not in WITHOUT_UNDO)


def test_an_unknown_step_is_not_passed_over(engine):
    for function in (engine.ddl.do, engine.ddl.undo):
        with pytest.raises(NotImplementedError, match="object"):
            function(object())


def test_steps_come_in_the_order_of_the_phases():
    phases = [step.phase for step in steps.ordered_steps(CONTRACT, (TABLE,), filled=(TABLE,))]

    assert phases == sorted(phases, key=steps.PHASES.index)


def test_a_plan_gives_the_statements_of_its_steps(build, engine):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP); CREATE TABLE v (version);")
    planned = plan(store.url, CONTRACT)

    assert planned.engine == engine.name
    assert [planned.sql(step) for step in planned.steps] == [*map(engine.ddl.do, planned.steps)]


def test_an_index_is_built_outside_a_transaction_where_the_engine_says_so(
    build, engine, monkeypatch
):
    apart = replace(engine, features=replace(engine.features, index_in_transaction=False))
    monkeypatch.setattr(f"ts_contract.migration.engines.{engine.name}.ENGINE", apart)
    store = build(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP); CREATE TABLE v (version);",
        t=[(1, "2024-01-15 12:00:00")],
    )

    assert migrate(store.url, CONTRACT).ok
    assert "idx_t_c_ms" in store.names("index")
