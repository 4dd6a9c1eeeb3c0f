"""A Django project in one file, run as a script: it makes and fills the database of test_django.

    python django_project.py create ZONES DB TRUTH   Django's own migrate, then rows by its ORM
    python django_project.py work ZONES DB TRUTH     the application goes on: inserts, updates, ...
    python django_project.py alter ZONES DB TRUTH    a migration alters fields, beside ours and ours

ZONES is `aware` for a project with USE_TZ = True, which stores UTC, or `naive` for one without,
which stores the local times of New York. TRUTH receives what Django itself holds for each value,
as JSON: table -> [key, column, instant], with the instant in microseconds since 1970 or null.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def set_up(db: str, *, use_tz: bool) -> None:
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": db}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        USE_TZ=use_tz,
        TIME_ZONE="America/New_York",
    )
    django.setup()


def instant(n: int) -> datetime:
    """Return the nth of a series of instants: some whole seconds, most with microseconds."""
    step = timedelta(hours=7, minutes=11) if n % 5 == 0 else timedelta(seconds=25_867.123457)
    return stored(datetime(2023, 1, 1, tzinfo=UTC) + n * step)


def stored(aware: datetime) -> datetime:
    """Return an instant as the project gives it to Django."""
    from django.conf import settings

    return aware if settings.USE_TZ else aware.astimezone(NEW_YORK).replace(tzinfo=None)


def create() -> None:
    from django.contrib.admin.models import CHANGE, LogEntry
    from django.contrib.auth.models import User
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sessions.models import Session
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    User.objects.bulk_create(
        User(
            username=f"user{n}",
            password="!",
            date_joined=instant(n),
            last_login=None if n % 3 == 0 else instant(n + 1),
        )
        for n in range(1_500)
    )
    Session.objects.bulk_create(
        Session(session_key=f"key{n:05}", session_data="e30:x", expire_date=instant(n))
        for n in range(800)
    )
    for hour in (5, 6):  # half past one in New York, twice
        twice = datetime(2023, 11, 5, hour, 30, tzinfo=UTC)
        Session.objects.create(session_key=f"twice{hour}", expire_date=stored(twice))
    LogEntry.objects.bulk_create(
        LogEntry(
            user=User.objects.get(username="user0"),
            content_type=ContentType.objects.get_for_model(User),
            object_id=str(n),
            object_repr="x",
            action_flag=CHANGE,
            action_time=instant(n),
        )
        for n in range(300)
    )


def work() -> None:
    from django.contrib.auth.models import User
    from django.contrib.sessions.models import Session
    from django.db.models import F

    User.objects.create_user("newcomer", password="secret")
    User.objects.filter(username="user3").update(last_login=instant(4_000))
    User.objects.filter(username="user4").update(last_login=None)
    known = User.objects.filter(id__lt=50, last_login__isnull=False)
    known.update(date_joined=F("last_login"), last_login=instant(5))
    Session.objects.filter(session_key__lt="key00100").delete()
    Session.objects.update_or_create(
        session_key="key00200", defaults={"expire_date": instant(4_001)}
    )


def alter() -> None:
    """Alter fields as AlterField does: Django rebuilds tables with the columns that it knows."""
    from django.contrib.auth.models import User
    from django.contrib.sessions.models import Session
    from django.db import connection, models

    with connection.schema_editor() as editor:
        name = models.CharField(max_length=200, blank=True)
        expires = models.DateTimeField(db_index=True, null=True)
        for model, attribute, field in (
            (User, "first_name", name),
            (Session, "expire_date", expires),
        ):
            field.set_attributes_from_name(attribute)
            field.model = model
            editor.alter_field(model, model._meta.get_field(attribute), field)


def truth() -> dict[str, list[tuple[object, str, int | None]]]:
    """Return every datetime in the database as Django's ORM reads it."""
    from django.contrib.admin.models import LogEntry
    from django.contrib.auth.models import User
    from django.contrib.sessions.models import Session
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    fields = (
        (User, "date_joined"),
        (User, "last_login"),
        (Session, "expire_date"),
        (LogEntry, "action_time"),
        (MigrationRecorder(connection).Migration, "applied"),
    )
    values: dict[str, list[tuple[object, str, int | None]]] = {}
    for model, field in fields:
        rows = values.setdefault(model._meta.db_table, [])
        for key, value in model.objects.values_list("pk", field):
            rows.append((key, field, microseconds(value)))
    return values


def microseconds(value: datetime | None) -> int | None:
    if value is None:
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=NEW_YORK)  # the first, if twice
    return (aware - EPOCH) // timedelta(microseconds=1)


def main() -> None:
    action, zones, db, truth_file = sys.argv[1:]
    set_up(db, use_tz=zones == "aware")
    {"create": create, "work": work, "alter": alter}[action]()
    Path(truth_file).write_text(json.dumps(truth()))


if __name__ == "__main__":
    main()
