"""The migration as a SQL script, for another migrator: the same steps, from the contract alone."""

from __future__ import annotations

from typing import Final, Literal, get_args

from ..contract import Contract
from .engines.base import Engine, Scripting
from .engines.choose import ENGINES, engine_named
from .errors import Refused
from .forms import MAX_MS, MIN_MS
from .own_tables import QUARANTINE
from .pairs import PairedTable, declared_pair
from .steps import ordered_steps

__all__ = ["ScriptPhase", "script"]

ScriptPhase = Literal["expand", "sync", "backfill", "index", "version", "verify", "rollback", "all"]
PHASES: Final[tuple[ScriptPhase, ...]] = get_args(ScriptPhase)


def script(
    contract: Contract,
    phase: ScriptPhase = "all",
    *,
    optional: bool = False,
    dialect: str = "sqlite",
) -> str:
    """Return a phase of the migration, or all of it, as a script.

    The sqlite3 shell, `executescript` and other migrators can run it on their own. `all` is one
    transaction without sync triggers: expand, backfill, index, version row. A script knows the
    contract and not the database, so it addresses rows by rowid, and cannot hold off triggers
    that write to *other* tables after an update; `ts-contract migrate` can.

    Args:
        contract: which columns.
        phase: which part.
        optional: whether to take in the optional tables, which must then be there.
        dialect: the engine that will run it.

    Returns:
        The script, ending in a newline.

    Raises:
        Refused: the contract has no tables, or no script can be written for the dialect.
    """
    if dialect not in ENGINES:
        raise Refused("only scripts for SQLite can be written yet; give --dialect sqlite")
    engine = engine_named(dialect)
    tables = _tables(contract, engine.script.KEY, optional=optional)
    if not tables:
        raise Refused("the contract has no tables; add them under [tool.ts-contract.tables]")
    statements = _statements(contract, phase, tables, engine)
    return _head(contract, phase, engine.script) + "\n" + ";\n\n".join(statements) + ";\n"


def _tables(contract: Contract, key: tuple[str, ...], *, optional: bool) -> tuple[PairedTable, ...]:
    return tuple(
        PairedTable(
            table.name, key, tuple(declared_pair(contract, table, c) for c in table.columns)
        )
        for table in contract.tables
        if optional or not table.optional
    )


def _statements(
    contract: Contract, phase: ScriptPhase, tables: tuple[PairedTable, ...], engine: Engine
) -> tuple[str, ...]:
    steps = list(ordered_steps(contract, tables, filled=tables))
    match phase:
        case "verify":
            return engine.script.verify_script(tables, contract.valid_range or (MIN_MS, MAX_MS))
        case "rollback":
            return engine.script.undo_script(tables, reversed(steps))
        case "all":
            chosen = (step for step in steps if step.phase != "sync")
        case _:
            chosen = (step for step in steps if step.phase == phase)
    return engine.script.do_script(tables, chosen, expanded=phase not in ("all", "expand"))


_ABOUT = {
    "expand": "adds the epoch columns.",
    "sync": "installs triggers that keep both columns equal; run expand first.",
    "backfill": "fills the epoch columns; run expand first.",
    "index": "indexes the epoch columns; run backfill first.",
    "version": "records the version; run it last.",
    "verify": "returns what is wrong or missing; no row means that nothing is.",
    "rollback": "takes all of it out again.",
    "all": "from the legacy to the migrated schema, in one transaction.",
}


def _head(contract: Contract, phase: ScriptPhase, script: Scripting) -> str:
    lines = [
        f"ts-contract sql {phase} --contract {contract.name}",
        f"For {script.NEEDS}: {_ABOUT[phase]}",
    ]
    if phase in ("all", "backfill"):
        lines += [f"Values that cannot be converted are listed in {QUARANTINE}.", *script.LIMITS]
    return "".join(f"-- {line}\n" for line in lines)
