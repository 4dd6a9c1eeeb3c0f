import pytest
from agentos_store.database import connect
from agentos_store.projects import ProjectStore
from agentos_store.runs import RunStore
from agentos_store.sessions import SessionStore
from agentos_store.tasks import TaskStore
from agentos_store.writer import Writer


@pytest.fixture
def conn(contract_db_path):
    conn = connect(contract_db_path)
    yield conn
    conn.close()


@pytest.fixture
def writer(contract_db_path):
    writer = Writer(contract_db_path)
    yield writer
    writer.close()


@pytest.fixture
def sessions(conn, writer):
    return SessionStore(conn, writer)


@pytest.fixture
def tasks(conn, writer):
    return TaskStore(conn, writer)


@pytest.fixture
def runs(conn, writer):
    return RunStore(conn, writer)


@pytest.fixture
def projects(conn, writer):
    return ProjectStore(conn, writer)
