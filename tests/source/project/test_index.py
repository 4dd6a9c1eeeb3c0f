"""The project index: what names mean across files, and which tables classes have."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest

from ts_contract.loading import parse_contract
from ts_contract.source.project.build import index_project
from ts_contract.source.project.facts import ModuleFacts
from ts_contract.source.project.models import Model, Models
from ts_contract.source.project.modules import Place, Project
from ts_contract.source.project.stored import dump_facts, load_facts

CONTRACT = parse_contract({"tables": {"tasks": ["created_at"], "shop_task": ["created_at"]}})
TASK = "class Task(Base):\n    __tablename__ = 'tasks'\n    created_at = Column(DateTime)\n"
DJANGO = "from django.db import models\n"


@pytest.fixture
def index(tmp_path):
    """Return a function from the texts of files, by name, to the index of them."""

    def make(files: dict[str, str], **options) -> Project:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        paths = sorted(path for path in tmp_path.rglob("*.py"))
        return index_project(tmp_path, paths, CONTRACT, **options)

    return make


def table(project: Project, module: str, dotted: str) -> str | None:
    found = Models(project).find_import(module, dotted)
    return found.table if isinstance(found, Model) else None


class TestImports:
    @pytest.mark.parametrize(
        ("module", "dotted"),
        [
            pytest.param("app/q.py", "app.models.Task", id="absolute"),
            pytest.param("app/q.py", ".models.Task", id="relative"),
            pytest.param("app/deep/q.py", "..models.Task", id="relative, further up"),
            pytest.param("app/q.py", "app.Task", id="through the package"),
            pytest.param("app/q.py", ".Task", id="from the package itself"),
            pytest.param("q.py", "app.star.Task", id="everything"),
            pytest.param("q.py", "app.other.Mine", id="under another name"),
            pytest.param("q.py", "app.other.T", id="assigned to another name"),
            pytest.param("q.py", "app.other.late.Task", id="a module as an attribute"),
            pytest.param("tests/q.py", "app.models.Task", id="a root that no file is below"),
        ],
    )
    def test_a_class_is_known_by_every_way_to_it(self, index, module, dotted):
        project = index(
            {
                "src/app/__init__.py": "from .models import Task\n",
                "src/app/models.py": TASK,
                "src/app/star.py": "from .models import *\n",
                "src/app/other.py": "from .models import Task as Mine\n"
                "from . import models as late\nimport app.models\nT = app.models.Task\n",
                "src/app/deep/__init__.py": "",
            }
        )
        assert table(project, module if "tests" in module else f"src/{module}", dotted) == "tasks"

    def test_a_class_of_the_same_name_in_another_module_is_another(self, index):
        other = TASK.replace("tasks", "others")
        project = index({"a.py": TASK, "b.py": other, "c.py": "from b import Task\n"})
        assert table(project, "q.py", "a.Task") == "tasks"
        assert table(project, "q.py", "b.Task") == table(project, "q.py", "c.Task") == "others"
        assert table(project, "q.py", "elsewhere.Task") is None

    def test_imports_that_lead_in_a_circle_end(self, index):
        project = index(
            {
                "a.py": f"from b import *\nfrom b import Lost\n{TASK}",
                "b.py": f"from a import *\nfrom a import Lost\n{TASK.replace('Task', 'Old')}",
            }
        )
        assert table(project, "q.py", "a.Old") == table(project, "q.py", "b.Task") == "tasks"
        assert table(project, "q.py", "a.Lost") is None

    def test_a_module_called_like_a_framework_is_not_the_framework(self, index):
        text = f"from sqlalchemy import Column as C\n{TASK.replace('Column', 'C')}"
        project = index({"integrations/sqlalchemy.py": "x = 1\n", "app/models.py": text})
        assert Models(project).defines(Place("app/models.py", "Task"), "created_at")


class TestTables:
    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ('"tasks"', "tasks"),
            ("TASKS", "tasks"),
            ("consts.TASKS", "tasks"),
            ('consts.PREFIX + "sks"', "tasks"),
            ('f"{consts.PREFIX}sks"', "tasks"),
            ("consts.Names.TASKS", "tasks"),
            ("consts.Names.TASKS.value", "tasks"),
            ("make_name()", None),
            ("consts.LOST", None),
            ("consts.DOUBLED", None),
        ],
    )
    def test_a_name_is_put_together_from_constants(self, index, name, told):
        doubled = "".join(f"D{n} = D{n - 1} + D{n - 1}\n" for n in range(1, 60))
        project = index(
            {
                "consts.py": 'TASKS = "tasks"\nPREFIX = "ta"\nDOUBLED = DOUBLED + "x"\n'
                f'class Names:\n    TASKS = "tasks"\nD0 = "x"\n{doubled}',
                "models.py": "import consts\nfrom consts import TASKS, D59\n"
                f"class Task(Base):\n    __tablename__ = {name}\n    created_at = Column()\n"
                "class Huge(Base):\n    __tablename__ = D59\n",
            }
        )
        model = Models(project).at(Place("models.py", "Task"))
        assert model is not None
        assert (model.table, model.is_told) == (told, told is not None)
        huge = Models(project).at(Place("models.py", "Huge"))
        assert huge is not None
        assert not huge.is_told

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("shop/models.py", "class Task(models.Model):\n    created_at = models.X()\n"),
            ("shop/models/task.py", "class Task(models.Model):\n    created_at = models.X()\n"),
            (
                "x/models.py",
                "class Task(models.Model):\n    class Meta:\n        app_label = 'shop'\n",
            ),
        ],
    )
    def test_django_names_a_table_after_app_and_class(self, index, path, text):
        module = path.removesuffix(".py").replace("/", ".")
        project = index({path: DJANGO + text + "created_at = 1\n", "shop/q.py": ""})
        assert table(project, "q.py", f"{module}.Task") == "shop_task"

    def test_a_label_in_apps_py_counts(self, index):
        text = f"{DJANGO}class Task(models.Model):\n    created_at = models.DateTimeField()\n"
        apps = 'class Config(AppConfig):\n    name = "x"\n    label = "shop"\n'
        project = index({"x/models.py": text, "x/apps.py": apps})
        assert table(project, "q.py", "x.models.Task") == "shop_task"

    def test_a_base_that_cannot_be_told_leaves_the_table_open(self, index):
        project = index(
            {"a.py": f"class Task(make()):\n    created_at = 1\n{TASK[:0]}", "b.py": TASK}
        )
        assert (
            Models(project).at(Place("a.py", "Task")) is None
            or not Models(project).at(Place("a.py", "Task")).is_told
        )

    def test_bases_that_lead_in_a_circle_end(self, index):
        text = "class A(B):\n    created_at = Column()\nclass B(A):\n    __tablename__ = 'tasks'\n"
        assert table(index({"a.py": text}), "q.py", "a.A") == "tasks"


class TestReading:
    def test_nothing_is_parsed_where_no_legacy_column_is_named(self, index):
        known: dict[str, ModuleFacts] = {}
        project = index({"a.py": TASK.replace("created_at", "made")}, known=known)
        assert known == {}
        assert project.modules == {}

    def test_nothing_of_the_project_is_run_or_imported(self, index, tmp_path):
        flag = tmp_path / "flag"
        index({"a.py": f"open({str(flag)!r}, 'w')\n{TASK}", "sitecustomize.py": TASK})
        assert not flag.exists()
        assert "a" not in sys.modules

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"class Task(Base:\n    __tablename__ = created_at", id="not Python"),
            pytest.param(b"\xff\xfe__tablename__ created_at", id="not text"),
            pytest.param(b"(" * 5_000 + b"__tablename__ created_at", id="nested deeply"),
            pytest.param(b"# coding: undefined\n__tablename__ created_at", id="no encoding"),
            pytest.param(
                "class \xc4(Model): created_at".encode("latin-1"), id="a name in no UTF-8"
            ),
        ],
    )
    def test_a_file_that_cannot_be_read_costs_nothing_but_itself(self, index, tmp_path, data):
        (tmp_path / "bad.py").write_bytes(data)
        assert table(index({"a.py": TASK}), "q.py", "a.Task") == "tasks"

    def test_only_regular_files_are_read(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.py")
        (tmp_path / "a.py").write_text(TASK)
        paths = [tmp_path / "pipe.py", tmp_path / "a.py", tmp_path / "gone.py"]
        assert table(index_project(tmp_path, paths, CONTRACT), "q.py", "a.Task") == "tasks"

    def test_what_is_known_is_not_parsed_again_and_what_is_gone_is_forgotten(self, index):
        known: dict[str, ModuleFacts] = {}
        index({"a.py": TASK, "b.py": f"# other\n{TASK}"}, known=known)
        first = dict(known)
        assert len(first) == 2
        marked = {key: ModuleFacts(stars=("marked",)) for key in first}
        project = index({}, known=dict(marked))
        assert project.modules["a.py"].stars == ("marked",)
        index({"b.py": "created_at = 1\n"}, known=known)
        assert len(known) == 1


class TestStored:
    def test_facts_come_back_as_they_were(self, index):
        known: dict[str, ModuleFacts] = {}
        index(
            {
                "a.py": "from sqlalchemy.orm import registry\nfrom b import *\n"
                f'T = Table("tasks", m, Column("created_at"))\nN = "n"\n{TASK}'
                "registry.map_imperatively(Task, T)\n"
            },
            known=known,
        )
        assert load_facts(dump_facts(known)) == known

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"[]",
            b"null",
            b'{"a": 1}',
            b'["other/1", {}]',
            b"\x80\x04\x95pickle",
            b"[" * 100_000,
            dump_facts({"a": ModuleFacts()}).replace(b"{}", b"[]", 1),
            dump_facts({"a": ModuleFacts(stars=("s",))}).replace(b'"s"', b"7"),
            dump_facts({"a": ModuleFacts(imports={"a": "b"})}).replace(b'"b"', b"null"),
        ],
    )
    def test_whatever_is_not_of_the_form_is_nothing(self, data):
        assert load_facts(data) == {}


def test_an_index_survives_pickling(index):
    project = index({"a.py": TASK})
    again = pickle.loads(pickle.dumps(project))
    assert table(again, "q.py", "a.Task") == "tasks"


def test_a_file_outside_of_the_root_is_named_by_its_path(tmp_path):
    project = index_project(tmp_path / "in", [], CONTRACT)
    outside = (tmp_path / "out.py").as_posix()
    assert project.tree.name_of(outside) == outside
    assert project.tree.name_of(str(tmp_path / "in" / "x" / ".." / "a.py")) == "a.py"
    assert Path(outside).is_absolute()
