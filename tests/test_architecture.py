"""The rooms of DESIGN: every import points down a line."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "recommender"
MAY_IMPORT = {
    "errors": set(),
    "number": set(),
    "vocabulary": set(),
    "run": {"number"},
    "space": {"errors", "number", "run"},
    "tables": {"errors", "number", "vocabulary"},
    "records": {"errors", "history_url", "number", "run"},
    "engine": {"errors", "number", "run", "space", "vocabulary"},
    "yaml_document": {"errors"},
    "settings": {"errors", "number", "run", "yaml_document"},
    "history_url": set(),
    "config": {"errors", "history_url", "number", "run", "space", "settings"},
    "jobs": {"errors", "run", "yaml_document"},
    "scaffold": {"errors", "number", "vocabulary", "run", "space", "tables", "jobs"},
    "insight": {"engine", "errors", "number", "records", "run", "space", "vocabulary"},
    "wording": set(),
    "report": {"engine", "errors", "insight", "number", "run", "space", "wording"},
    "campaign": {
        *("errors", "history_url", "number", "vocabulary", "run", "space", "tables", "records"),
        *("engine", "config", "jobs", "scaffold", "insight", "report", "wording"),
    },
    "cli": {
        *("errors", "history_url", "number", "run", "records", "engine", "insight", "campaign"),
        "wording",
    },
}
HEAVY = {"numpy", "scipy", "pandas", "skopt", "sklearn"}
DATABASE = {"sqlalchemy", "alembic", "psycopg"}
DRAWING = {"plotly", "jinja2", "matplotlib", "seaborn"}


def files():
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def module_name(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports(path, *, at_load=False):
    """Return the modules that a file imports; `at_load`: only those imported with it."""
    found = set()

    def visit(node):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if at_load and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def room(dotted):
    return dotted.split(".")[0]


def rooms_used_by(path):
    used = {room(name.removeprefix("recommender.")) for name in imports(path)
            if name.startswith("recommender.")}  # fmt: skip
    return used - {"__version__", room(module_name(path))}


@pytest.mark.parametrize("path", files(), ids=module_name)
def test_imports_point_down(path):
    own = room(module_name(path))
    assert own in MAY_IMPORT, f"{own} has no place in the map of rooms yet"
    assert rooms_used_by(path) <= MAY_IMPORT[own]


def test_the_map_of_rooms_permits_no_more_than_is_used():
    used = {own: set() for own in MAY_IMPORT}
    for path in files():
        used[room(module_name(path))] |= rooms_used_by(path)
    assert used == MAY_IMPORT


@pytest.mark.parametrize("path", files(), ids=module_name)
def test_only_what_models_or_explains_loads_a_heavy_library_with_it(path):
    if room(module_name(path)) not in ("engine", "insight", "report"):
        assert not {room(name) for name in imports(path, at_load=True)} & HEAVY


def test_skopt_stays_behind_the_surrogate():
    users = {module_name(p) for p in files() if any(room(n) == "skopt" for n in imports(p))}
    assert users == {"engine.surrogate"}


def test_only_the_records_in_a_database_know_a_library_for_databases():
    users = {module_name(p) for p in files() if {room(n) for n in imports(p)} & DATABASE}
    behind = ("records.database", "records.migrations")
    assert users
    assert all(user.startswith(behind) for user in users)
    for path in files():
        loads = {name.removeprefix("recommender.") for name in imports(path, at_load=True)}
        inside = module_name(path).startswith(behind)
        assert inside or not any(name.startswith(behind) for name in loads)


@pytest.mark.parametrize(
    ("library", "behind"),
    [
        ("plotly", set()),  # only its script is read
        ("jinja2", {"report.page"}),
        ("matplotlib", {"report.paper"}),
        ("seaborn", {"report.paper"}),
    ],
)
def test_a_library_that_draws_is_known_to_one_module_alone(library, behind):
    assert {
        module_name(p) for p in files() if any(room(n) == library for n in imports(p))
    } == behind


def test_the_acquisition_function_knows_neither_spaces_nor_files():
    found = {room(name) for name in imports(PACKAGE / "engine" / "acquisition.py")}
    assert found <= {"__future__", "math", "numpy", "scipy"}


def test_the_engine_knows_no_files():
    for path in files():
        if room(module_name(path)) == "engine":
            assert not {room(n) for n in imports(path)} & {"pathlib", "os", "io", "yaml", "csv"}


def test_the_imports_of_the_engine_form_no_circle():
    graph = {
        module_name(path): {
            ".".join(name.split(".")[1:3])
            for name in imports(path)
            if name.startswith("recommender.engine.")
        }
        for path in files()
        if room(module_name(path)) == "engine"
    }
    while leaves := [name for name, used in graph.items() if not used & set(graph) - {name}]:
        for name in leaves:
            del graph[name]
    assert graph == {}


@pytest.mark.parametrize("module", ["recommender", "recommender.cli.main"])
def test_starting_up_loads_no_heavy_library(module):
    code = f"import sys, {module}; print(*sorted(m.split('.')[0] for m in sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert not set(answer.stdout.split()) & (HEAVY | DATABASE | DRAWING)
