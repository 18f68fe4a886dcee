"""The shape of the code: layers, sizes, names, and who may import what. A failure lists its offenders."""

import ast
import functools
import graphlib
import itertools
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "pictrace"

LAYERS = (
    "_brief _json _regular _version",
    "_errors",
    "errors",
    "_limits _setting",
    "types settings",
    "results recipe filters decisions folders",
    "orders",
    "_atomic _colour _jpeg _sniff _wire accuracy backgrounds companions descriptions frames metadata polygons words",
    "_decode _worker",
    "deeds picture prepared registry weights verdict catalogs sources.reading edits keypoints fetch",
    "sources corrections blends hub",
    "sources.opening",
    "changes encoders indexes signals",
    "_recall _generations _stock",
    "_crew",
    "workers tracing lookup folding soundness",
    "assessment candidates _look probing sandbox",
    "verification",
    "_change ingest listing search _given",
    "explain blending spaces",
    "comparison",
    "finding",
    "duplicates.groups duplicates.neighbours duplicates.judging duplicates.shots",
    "duplicates.certainty duplicates.clustering duplicates.given duplicates.wholeness",
    "duplicates.memory",
    "duplicates.finding",
    "duplicates.against duplicates.found duplicates.revising",
    "duplicates",
    "dedupe.files dedupe.picks dedupe.plans dedupe.sharpness",
    "dedupe.contenders",
    "dedupe.keeping",
    "dedupe.planning dedupe.actions",
    "dedupe.coverage dedupe.undoing",
    "dedupe.applying",
    "dedupe",
    "_choice _engines",
    "_writing",
    "_duplicates _searching _spaces",
    "collection",
    "pictrace",
    "evaluation testing imagededup",
    "report",
    "demo",
    "service.reviewing",
    "service.settling",
    "service.problems service.keys service.names service.originals service.sessions service.pool service.events",
    "service.evidence service.guard service.custody service.fetching service.thumbnails service.bodies service.schemas",
    "service.replies service.jobs service.choices",
    "service.findings",
    "service.works service.description service.readiness",
    "service.shelf",
    "service.answers service.metrics",
    "service.routes._asked service.routes.images",
    "service.routes",
    "service.app service.server",
    "service",
    "cli",
    "__main__",
)
"""From the ground up: a module imports from lines above its own. `pictrace` is the face, `__init__.py`."""

WRAPPED_IN = {
    "aiohttp": "fetch",
    "PIL": "_colour _decode picture prepared changes edits encoders._preparation explain collection evaluation demo "
    "testing service.thumbnails cli._doctor",
    "apsw": "catalogs cli._doctor",
    "cv2": "changes keypoints signals indexes.hnsw",
    "fastapi": "service",
    "filelock": "catalogs._lock cli._addition dedupe._lock hub service._seal service.keys",
    "h11": "service",
    "msgpack": "_wire",
    "numpy": "*",
    "h5py": "encoders._hdf5",
    "keras": "encoders._keras",
    "onnx": "encoders._export",
    "onnxruntime": "encoders._onnx encoders._export",
    "pdqhash": "encoders.pdq",
    "pi_heif": "_decode",
    "platformdirs": "settings demo service._seal service.shelf",
    "prometheus_client": "service.metrics",
    "pydantic": "service",
    "rich": "cli",
    "safetensors": "encoders._torch",
    "starlette": "service",
    "structlog": "service._journal",
    "tensorflow": "encoders._keras",
    "timm": "encoders._torch",
    "tokenizers": "encoders._tokens",
    "torch": "encoders._torch",
    "torchvision": "encoders._torch",
    "typer": "cli",
    "usearch": "indexes.hnsw",
    "uvicorn": "service",
    "yarl": "fetch",
}
"""Every library that is not Python's own, and the only modules or packages that import it."""

DISTRIBUTIONS = {
    "opencv-python-headless": "cv2",
    "pi-heif": "pi_heif",
    "pillow": "PIL",
    "prometheus-client": "prometheus_client",
    "python-multipart": "multipart",
    "scikit-image": "skimage",
}
CLIENT = "aiohttp"
OUTGOING = {"urllib.request", "http.client", "ftplib", "smtplib", "requests", "httpx", CLIENT, "urllib3"}
PICKLES = {"pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"}
VAGUE = {"utils", "util", "helpers", "helper", "managers", "manager", "common", "misc"}

MODULE_LINES = 300
FUNCTION_LINES = 40
PARAMETERS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def modules() -> dict[str, ast.Module]:
    """The syntax tree of every module by its name without `pictrace.`; a package's is its `__init__`."""
    return {name_of(path): ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))}


def name_of(path: Path) -> str:
    words = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(word for word in words if word != "__init__") or "pictrace"


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of what a tree imports, in functions, for type checkers and by literal name too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"}:
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


def called(call: ast.Call) -> str:
    """The last word of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of one of these names, with where it is."""
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in names:
                yield f"{module}:{node.lineno}", node


def functions() -> Iterator[tuple[str, Function]]:
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{module}.{node.name}", node


@functools.cache
def edges() -> dict[str, set[str]]:
    """Which modules of PicTrace each module imports."""
    return {module: set(filter(None, map(own, imports(tree)))) for module, tree in modules().items()}


def own(target: str) -> str | None:
    """The module of PicTrace that an imported name is or lives in; None for everybody else's."""
    package, _, name = target.partition(".")
    while name and name not in modules():
        name = name.rpartition(".")[0]
    return (name or package) if package == "pictrace" else None


def layer(module: str) -> int:
    """The number of a module's layer, -1 if it has none; a file may be placed apart from its package."""
    places = {name: number for number, line in enumerate(LAYERS) for name in line.split()}
    return places.get(module, places.get(module.partition(".")[0], -1))


def within(module: str, homes: str) -> bool:
    return homes == "*" or any(f"{module}.".startswith(f"{home}.") for home in homes.split())


def are_family(module: str, target: str) -> bool:
    """A package and one of its files, or a file and a private one beside it."""
    package, _, name = target.rpartition(".")
    return module == package or target == module.rpartition(".")[0] or (within(module, package) and name[0] == "_")


def listed(offenders: Iterable[str]) -> str:
    """One a line, which a failing comparison prints whole."""
    return "\n".join(sorted(offenders))


@pytest.mark.parametrize(
    "code",
    [
        "import a.b",
        "from a import b",
        "def f():\n    from a import b",
        "if TYPE_CHECKING:\n    from a import b",
        "importlib.import_module('a.b')",
    ],
)
def test_every_way_to_import_is_seen(code):
    """The other tests rest on this one."""
    assert list(imports(ast.parse(code))) == ["a.b"]


def test_every_module_has_its_layer():
    """A new module is put into a layer before anything else is said about it."""
    assert listed(module for module in modules() if layer(module) < 0) == ""


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_layers_in_the_docs_are_those_that_are_proved(document):
    """Every module without `_` at the top is in one group, and no group has one from below the group before."""
    text = (ROOT / document).read_text("utf-8")
    section = text.partition("## The layers")[2].partition("\n## ")[0]
    table = re.findall(r"^\| \w+ \| (.+?) \|", section, re.MULTILINE)
    groups = table[1:] or re.search(r"From the ground up: .+", text)[0].split(";")
    named = [
        [name for name in re.findall(r"`(\w+)`", group) if name[0] != "_" and name != "pictrace"] for group in groups
    ]
    known = {module.partition(".")[0] for module in modules()} - {"pictrace"}

    assert listed(itertools.chain.from_iterable(named)) == listed(name for name in known if name[0] != "_")
    assert all(max(map(layer, one)) < min(map(layer, next_)) for one, next_ in itertools.pairwise(named))


def test_imports_go_downward_only():
    """A module imports from layers below its own, not from beside or above, however the import is written."""
    offenders = (
        f"{module} imports {target}"
        for module, targets in edges().items()
        for target in targets
        if layer(target) >= layer(module) and not are_family(module, target)
    )

    assert listed(offenders) == ""


def test_no_import_is_circular():
    """Each file can be read knowing only those that come before it."""
    order = list(graphlib.TopologicalSorter(edges()).static_order())

    assert sorted(order) == sorted(modules())


def test_the_face_is_not_imported_from_inside():
    """Modules import from where a thing is, never from `pictrace` itself."""
    assert listed(module for module, targets in edges().items() if "pictrace" in targets) == ""


@pytest.mark.parametrize(
    ("module", "below"),
    [("errors", {"_errors"}), ("settings", {"_limits", "_regular", "_setting", "errors"}), ("types", {"errors"})],
)
def test_the_ground_floor_stands_alone(module, below):
    """What everybody imports imports next to nothing."""
    assert edges()[module] <= below


@pytest.mark.parametrize(
    ("inside", "owner"),
    [
        ("_errors", "errors"),
        ("_limits", "settings"),
        ("_setting", "settings"),
        ("_recall", "folding"),
        ("_jpeg", "picture"),
    ],
)
def test_what_serves_one_module_is_imported_there(inside, owner):
    """Everybody else imports from that one."""
    assert {module for module, targets in edges().items() if inside in targets} == {owner}


def test_every_library_is_imported_only_where_it_is_wrapped():
    """Replacing a library changes one place; nothing else knows that it is there."""
    offenders = (
        f"{module} imports {library}"
        for module, tree in modules().items()
        for library in {target.partition(".")[0] for target in imports(tree)} - {"pictrace"}
        if library not in sys.stdlib_module_names and not within(module, WRAPPED_IN.get(library, ""))
    )

    assert listed(offenders) == ""


def test_what_is_imported_is_what_is_declared():
    """A library is in pyproject.toml exactly if some module imports it, or finds what it ships."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    names = [re.split(r"[^\w-]", line)[0] for line in itertools.chain(project["dependencies"], *extras)]
    declared = {DISTRIBUTIONS.get(name, name) for name in names}
    imported = {target.partition(".")[0] for tree in modules().values() for target in imports(tree)}
    found = {"pi_heif", "skimage", "multipart", "onnxscript", "tf2onnx"}
    # pi_heif comes from a table in _decode; of scikit-image, demo takes the photographs; starlette takes forms apart
    # with multipart, which it finds by itself, as torch does onnxscript and keras tf2onnx.
    foreign = imported - sys.stdlib_module_names - {"pictrace"} | found

    assert listed(declared ^ foreign) == ""


@pytest.mark.parametrize(("banned", "but"), [(OUTGOING, "fetch"), (PICKLES, "")], ids=["outgoing", "pickles"])
def test_dangerous_modules_are_not_imported(banned, but):
    """Only `fetch` calls out to the network, with one client, and nothing read from disk can run."""
    offenders = (
        f"{module} imports {target}"
        for module, tree in modules().items()
        for target in imports(tree)
        if any(within(target, name) for name in banned)
        and target != "pickle.PicklingError"
        and not (within(module, but) and within(target, CLIENT))
    )

    assert listed(offenders) == ""


def test_no_text_becomes_code():
    """Neither `eval` nor `exec` is called."""
    assert listed(where for where, call in calls("eval", "exec") if isinstance(call.func, ast.Name)) == ""


@pytest.mark.parametrize("keyword", ["shell", "allow_pickle"])
def test_no_argument_opens_a_door(keyword):
    """No subprocess gets a shell, and no array is read with pickles in it."""
    offenders = (
        f"{module}:{node.value.lineno}"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == keyword
        if not (isinstance(node.value, ast.Constant) and node.value.value is False)
    )

    assert listed(offenders) == ""


def test_errors_are_caught_by_name():
    """Nothing is caught in bulk but where a command ends in an exit code, a request in an answer, a job in its end."""
    broad = [
        module.partition(".")[0]
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and is_broad(node.type)
    ]

    assert broad == ["cli", "service", "service"]


def test_nothing_is_suppressed_in_bulk():
    """`contextlib.suppress` takes names as `except` does."""
    assert listed(where for where, call in calls("suppress") if any(map(is_broad, call.args))) == ""


def is_broad(kind: ast.expr | None) -> bool:
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(name is None or getattr(name, "id", "") in {"Exception", "BaseException"} for name in names)


def test_no_module_is_named_vaguely():
    """A name says what is inside."""
    assert listed(module for module in modules() if VAGUE & set(re.split(r"[._]", module))) == ""


def test_modules_fit_on_a_few_screens():
    """A module is at most 300 lines."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCE.rglob("*.py")}

    assert listed(f"{name_of(path)} {lines}" for path, lines in lengths.items() if lines > MODULE_LINES) == ""


def test_functions_fit_on_one_screen():
    """A function is at most 40 lines; a command's options, one or more lines each, do not count."""
    starts = ((name, node, node.body[0] if within(name, "cli") else node) for name, node in functions())
    lengths = ((name, node.end_lineno - start.lineno + 1) for name, node, start in starts)

    assert listed(f"{name} {lines}" for name, lines in lengths if lines > FUNCTION_LINES) == ""


def test_functions_take_few_parameters():
    """A function takes at most six besides `self`; a command of the command line takes one per option."""
    counts = ((name, parameters(node)) for name, node in functions() if not within(name, "cli"))

    assert listed(f"{name} {count}" for name, count in counts if count > PARAMETERS) == ""


def parameters(node: Function) -> int:
    given = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    return sum(one.arg not in {"self", "cls"} for one in given)


@pytest.mark.parametrize("module", sorted(modules()))
def test_every_module_begins_with_a_sentence(module):
    """The first line says what the file is for; `_version` holds nothing else to say."""
    assert module == "_version" or ast.get_docstring(modules()[module])
