"""Old readers are the judges: each reads from a legacy column what a new-style writer stored."""

import email.utils
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import migrate

from .test_templates import HALF, TEXTS, WHOLE

EPOCH = datetime(1970, 1, 1)


def naive(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A migrated database with a table for each writer, and a new-style row for both instants."""
    path = tmp_path_factory.mktemp("readers") / "app.db"
    with closing(sqlite3.connect(path)) as db:
        for name, (rows, _, _) in TEXTS.items():
            table = quoted(name)
            db.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, at {kind(name)})")
            db.executemany(f"INSERT INTO {table} (at) VALUES (?)", [(row,) for row in rows])
        db.commit()
        migrate(str(path), parse_contract({"tables": {name: ["at"] for name in TEXTS}}))
        for name in TEXTS:
            db.executemany(f"INSERT INTO {quoted(name)} (at_ms) VALUES (?)", [(WHOLE,), (HALF,)])
        db.commit()
    return path


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def kind(name: str) -> str:
    return {"a date": "DATE", "Decimal": "TEXT", "whole seconds as a text": "TEXT"}.get(
        name, "TIMESTAMP"
    )


def stored(path, name: str) -> list[str]:
    """Return both texts that the triggers have written."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(f"SELECT at FROM {quoted(name)} ORDER BY id DESC LIMIT 2").fetchall()
    return [text for (text,) in rows][::-1]


def instants(name: str) -> list[int]:
    """Return both instants as exactly as a shape holds them."""
    _, whole, half = TEXTS[name]
    if name == "a date":
        return [WHOLE - WHOLE % 86_400_000] * 2
    if name == "minutes":
        return [WHOLE - WHOLE % 60_000] * 2
    return [WHOLE, WHOLE if whole == half else HALF]


# --- the standard library --------------------------------------------------------------------

BY_FORMAT = {
    "SQLAlchemy": "%Y-%m-%d %H:%M:%S.%f",
    "CURRENT_TIMESTAMP": "%Y-%m-%d %H:%M:%S",
    "toISOString": "%Y-%m-%dT%H:%M:%S.%fZ",
    "Sequelize": "%Y-%m-%d %H:%M:%S.%f +00:00",
    "six digits and an offset": "%Y-%m-%d %H:%M:%S.%f%z",
    "sqlx": "%Y-%m-%dT%H:%M:%S.%f%z",
    "Jackson": "%Y-%m-%dT%H:%M:%S.%f%z",
    "Ecto": "%Y-%m-%dT%H:%M:%S.%f",
    "T and milliseconds": "%Y-%m-%dT%H:%M:%S.%f",
    "Ruby": "%Y-%m-%d %H:%M:%S UTC",
    "logging": "%Y-%m-%d %H:%M:%S,%f",
    "the same offset": "%Y-%m-%d %H:%M:%S.%f%z",
    "HTTP": "%a, %d %b %Y %H:%M:%S GMT",
    "mail": "%a, %d %b %Y %H:%M:%S %z",
    "ctime": "%a %b %d %H:%M:%S %Y",
    "basic": "%Y%m%dT%H%M%SZ",
    "a date": "%Y-%m-%d",
    "a week": "%G-W%V-%u",
    "a day of the year": "%Y-%j",
    "minutes": "%Y-%m-%dT%H:%M",
    "Twitter": "%a %b %d %H:%M:%S %z %Y",
    "EXIF": "%Y:%m:%d %H:%M:%S",
    "PHP": "%Y/%m/%d %H:%M:%S",
    "DB2": "%Y-%m-%d-%H.%M.%S.%f",
    "LDAP": "%Y%m%d%H%M%S.%fZ",
}


@pytest.mark.parametrize(("name", "pattern"), BY_FORMAT.items())
def test_a_fixed_format_reads_both(path, name, pattern):
    found = [datetime.strptime(text, pattern) for text in stored(path, name)]

    found = [at.replace(tzinfo=at.tzinfo or UTC) for at in found]
    wanted = instants("a date" if name in ("a week", "a day of the year") else name)
    assert found == [naive(ms).replace(tzinfo=UTC) for ms in wanted]


@pytest.mark.parametrize("name", ["HTTP", "mail"])
def test_the_parser_of_mail_reads_both(path, name):
    found = [email.utils.parsedate_to_datetime(text) for text in stored(path, name)]
    assert [at.replace(tzinfo=None) for at in found] == [naive(ms) for ms in instants(name)]


# From Python 3.12 on these converters are deprecated, and work.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "name", ["SQLAlchemy", "Python's adapter", "CURRENT_TIMESTAMP", "EF Core", "a date"]
)
def test_the_converters_of_sqlite3_read_the_whole_table(path, name):
    with closing(sqlite3.connect(path, detect_types=sqlite3.PARSE_DECLTYPES)) as db:
        found = [at for (at,) in db.execute(f"SELECT at FROM {quoted(name)} ORDER BY id")]

    wanted = [naive(ms) for ms in instants(name)]
    assert found[-2:] == ([day.date() for day in wanted] if name == "a date" else wanted)
    assert {type(at) for at in found} == {date if name == "a date" else datetime}


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_shape_holds_is_found_by_its_text(path, name):
    _, whole, half = TEXTS[name]
    with closing(sqlite3.connect(path)) as db:
        for text, ms in ((whole, WHOLE), (half, HALF)):
            found = db.execute(f"SELECT at_ms FROM {quoted(name)} WHERE at = ?", (text,))
            assert (ms,) in found.fetchall()


# --- ORMs ------------------------------------------------------------------------------------

# SQLAlchemy 1.4 reads by this expression and takes each group for an integer; a later one does
# the same where it is given the expression.
OF_1_4 = r"(\d+)-(\d+)-(\d+)(?: (\d+):(\d+):(\d+)(?:\.(\d+))?)?"


@pytest.mark.parametrize("expression", [None, OF_1_4], ids=["2", "1.4"])
@pytest.mark.parametrize("name", ["SQLAlchemy", "Python's adapter", "CURRENT_TIMESTAMP"])
def test_sqlalchemy_reads_and_finds_both(path, name, expression):
    sa = pytest.importorskip("sqlalchemy")
    dialect = pytest.importorskip("sqlalchemy.dialects.sqlite")
    stored_as = "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d"
    known = {"regexp": expression, "storage_format": f"{stored_as}.%(microsecond)06d"}
    at = sa.Column("at", dialect.DATETIME(**known) if expression else sa.DateTime())
    table = sa.Table(name, sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), at)
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        latest = sa.select(table.c.at).order_by(table.c.id.desc()).limit(2)
        found = connection.scalars(latest).all()[::-1]
        equal = sa.select(sa.func.count()).where(table.c.at == naive(WHOLE))
        number = connection.scalar(equal)
    engine.dispose()

    assert found == [naive(ms) for ms in instants(name)]
    if name == "SQLAlchemy":
        assert number == 1


@pytest.mark.parametrize("name", ["SQLAlchemy", "Python's adapter", "CURRENT_TIMESTAMP"])
def test_peewee_reads_and_finds_both(path, name):
    peewee = pytest.importorskip("peewee")
    database = peewee.SqliteDatabase(str(path))

    class Row(peewee.Model):
        at = peewee.DateTimeField()

        class Meta:
            table_name = name

    with database.bind_ctx([Row]), closing(database):
        found = [row.at for row in Row.select().order_by(Row.id.desc()).limit(2)][::-1]
        number = Row.select().where(Row.at == naive(WHOLE)).count()

    assert found == [naive(ms) for ms in instants(name)]
    assert number == {"SQLAlchemy": 0, "Python's adapter": 1, "CURRENT_TIMESTAMP": 2}[name]


DJANGO = """
import json, sys
import django
from django.conf import settings
settings.configure(USE_TZ=True, TIME_ZONE="UTC", DATABASES={"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}})
django.setup()
from django.db import models
found = {}
for number, name in enumerate(sys.argv[2:]):
    meta = type("Meta", (), {"app_label": "app", "db_table": name})
    Row = type(f"Row{number}", (models.Model,), {"__module__": "app", "Meta": meta,
        "id": models.AutoField(primary_key=True), "at": models.DateTimeField()})
    latest = Row.objects.order_by("-id").values_list("at", flat=True)[:2]
    found[name] = [round(at.timestamp() * 1000) for at in latest][::-1]
    found[name].append(Row.objects.filter(at=latest[1]).exists())
print(json.dumps(found))
"""


def test_django_reads_and_finds_both(path):
    pytest.importorskip("django")
    names = ["Python's adapter", "CURRENT_TIMESTAMP"]
    run = subprocess.run(
        [sys.executable, "-c", DJANGO, str(path), *names],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {name: [*instants(name), True] for name in names}


# --- other languages -------------------------------------------------------------------------

JAVASCRIPT = """
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = (text) => new Date(text[0] === '"' ? JSON.parse(text) : text).getTime();
console.log(JSON.stringify(texts.map((both) => both.map(read))));
"""
FOR_JAVASCRIPT = (
    "Sequelize",
    "toISOString",
    "T and milliseconds",
    "sqlx",
    "HTTP",
    "mail",
    "JavaScript's String",
    "JSON.stringify",
    "a date",
)


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def test_javascript_reads_both(path):
    run = subprocess.run(
        [tool("node"), "-e", JAVASCRIPT],
        input=json.dumps([stored(path, name) for name in FOR_JAVASCRIPT]),
        env={"TZ": "UTC"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    found = dict(zip(FOR_JAVASCRIPT, json.loads(run.stdout), strict=True))
    assert found == {name: instants(name) for name in FOR_JAVASCRIPT}


JAVA = """
import java.nio.file.*;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

public class Judge {
    static long read(String how, String text) throws Exception {
        switch (how) {
            case "Instant": return Instant.parse(text).toEpochMilli();
            case "OffsetDateTime": return OffsetDateTime.parse(text).toInstant().toEpochMilli();
            case "ZonedDateTime": return ZonedDateTime.parse(text).toInstant().toEpochMilli();
            case "LocalDateTime":
                return LocalDateTime.parse(text).toInstant(ZoneOffset.UTC).toEpochMilli();
            case "Timestamp": return java.sql.Timestamp.valueOf(text).getTime();
            case "Date":
                return new java.text.SimpleDateFormat("EEE MMM dd HH:mm:ss zzz yyyy", Locale.US)
                    .parse(text).getTime();
            default:
                return OffsetDateTime.parse(text, DateTimeFormatter.ofPattern(how, Locale.US))
                    .toInstant().toEpochMilli();
        }
    }

    public static void main(String[] args) throws Exception {
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String[] parts = line.split("\\t");
            System.out.println(read(parts[0], parts[1]));
        }
    }
}
"""
FOR_JAVA = {
    "Java's Instant": "Instant",
    "toISOString": "Instant",
    ".NET, round trip": "Instant",
    "sqlx": "OffsetDateTime",
    "a zone in brackets": "ZonedDateTime",
    "Ecto": "LocalDateTime",
    "T and milliseconds": "LocalDateTime",
    "minutes": "LocalDateTime",
    "Java's Timestamp": "Timestamp",
    "SQLAlchemy": "Timestamp",
    "CURRENT_TIMESTAMP": "Timestamp",
    "EF Core": "Timestamp",
    "java.util.Date": "Date",
    "Jackson": "yyyy-MM-dd'T'HH:mm:ss.SSSxx",
    "mail": "EEE, dd MMM yyyy HH:mm:ss xx",
}


def test_java_reads_both(path, tmp_path):
    """In one process, since it starts slowly."""
    lines = [f"{how}\t{text}" for name, how in FOR_JAVA.items() for text in stored(path, name)]
    judge, texts = tmp_path / "Judge.java", tmp_path / "texts"
    judge.write_text(JAVA)
    texts.write_text("\n".join(lines))
    run = subprocess.run(
        [tool("java"), "-Duser.timezone=UTC", str(judge), str(texts)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "jdk.compiler" in run.stderr:
        pytest.skip("java cannot compile: a JDK is not installed")

    assert run.returncode == 0, run.stderr
    wanted = [str(ms) for name in FOR_JAVA for ms in instants(name)]
    assert run.stdout.split() == wanted
