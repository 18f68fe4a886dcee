"""Settings: where they come from, and what is refused."""

import dataclasses
import json
import math
import os
import re
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace.errors import ConfigurationError
from pictrace.settings import EXTRAS, FORMATS, FetchPolicy, Limits, ServicePolicy, Settings, known, load

DOC = (Path(__file__).parents[1] / "docs" / "settings.md").read_text()
SAMPLES = {
    "collection": "/p.pictrace",
    "models": "/m",
    "provider": "cpu",
    "offline": True,
    "hub": ["https://mirror.example"],
    "plugins": ["own.model"],
    "limits.formats": ["png", "JPEG"],
    "limits.decode_seconds": 7,
    "fetch.enabled": False,
    "fetch.allow_networks": ["127.0.0.3/32", "fd00::/8"],
    "fetch.allow_hosts": ["a.example", "*.b.example"],
    "fetch.allow_ports": [80, 8080],
    "service.host": "127.0.0.2",
    "service.hosts": ["a.example"],
    "service.keys": "/k.json",
    "service.insecure_no_auth": True,
    "service.trusted_proxies": ["10.0.0.0/8"],
    "service.limit_loopback": True,
    "service.keep_originals": False,
    "service.collections": "/c",
}
OTHERS = {"limits.formats": "gif", "fetch.enabled": "true", "fetch.allow_networks": "10.0.0.0/8"} | {
    "service.insecure_no_auth": "false",
    "service.limit_loopback": "false",
    "service.keep_originals": "true",
    "offline": "false",
    "provider": "auto",
    "service.trusted_proxies": "fd00::/8",
}
SETTINGS = pytest.mark.parametrize("setting", known(), ids=[setting.name for setting in known()])


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    """Nobody's pictrace.toml is in the way."""
    monkeypatch.chdir(tmp_path)


def sample(setting):
    """A value that is not the default."""
    return SAMPLES.get(setting.name, 17)


def value_of(settings, name):
    """What a dotted name stands for."""
    first, _, second = name.partition(".")
    return getattr(getattr(settings, first), second) if second else getattr(settings, first)


def expected(setting):
    """The sample as the settings hold it."""
    value = ("PNG", "JPEG") if setting.name == "limits.formats" else sample(setting)
    return tuple(value) if isinstance(value, list) else value


def toml(setting, value):
    """The line, with its table, that gives a setting."""
    table, _, key = setting.name.rpartition(".")
    if isinstance(value, bool | tuple):
        value = list(value) if isinstance(value, tuple) else value
        return (f"[{table}]\n" if table else "") + f"{key} = {json.dumps(value)}\n"
    return (f"[{table}]\n" if table else "") + f"{key} = {value!r}\n"


def test_nothing_given_is_the_defaults():
    """An empty environment, no file, no arguments."""
    assert load(environ={}) == Settings()


def test_an_empty_file_is_the_defaults(tmp_path):
    """With or without its table."""
    (tmp_path / "pictrace.toml").write_text("[limits]\n# nothing yet\n")

    assert load(environ={}) == Settings()


@SETTINGS
def test_a_setting_comes_from_the_file(tmp_path, setting):
    """That was named."""
    (tmp_path / "pictrace.toml").write_text(toml(setting, sample(setting)))
    environ = {"PICTRACE_CONFIG": str(tmp_path / "pictrace.toml")}

    assert value_of(load(environ=environ), setting.name) == expected(setting)


OURS = ["collection", "models"]
MODELS = {"provider": "'cpu'", "offline": "true", "hub": "['http://h']", "plugins": "['os']"}
ANYBODYS = [
    one for one in known() if one.name not in {*OURS, *MODELS} and not one.name.startswith(("fetch.", "service."))
]


@pytest.mark.parametrize("setting", ANYBODYS, ids=lambda one: one.name)
def test_a_setting_comes_from_the_working_directory(tmp_path, setting):
    """If it only says how to work, and asks for no more than is allowed anyway."""
    value = 1 if setting.name in {"workers", "threads"} else sample(setting)
    (tmp_path / "pictrace.toml").write_text(toml(setting, value))

    assert value_of(load(environ={}), setting.name) == (value if value == 1 else expected(setting))


STRICT = {one.name: one.default for one in ANYBODYS if isinstance(one.default, int | float) and one.default}


@pytest.mark.parametrize(("name", "default"), STRICT.items(), ids=STRICT)
@pytest.mark.parametrize("stricter", [True, False])
def test_a_foreign_folder_makes_limits_stricter_only(tmp_path, name, default, stricter):
    """Whoever packed it must not open the way for what is in it; the default itself may be written down."""
    step = 1 if (name == "limits.min_side") == stricter else -1
    setting = next(one for one in known() if one.name == name)
    (tmp_path / "pictrace.toml").write_text(toml(setting, default + step))
    if stricter:
        assert value_of(load(environ={}), name) == default + step
    else:
        with pytest.raises(ConfigurationError, match=f"{name} is {default + step}, .* in 'pictrace.toml'") as caught:
            load(environ={})
        assert f"PICTRACE_CONFIG={tmp_path}/pictrace.toml" in caught.value.hint
        (tmp_path / "pictrace.toml").write_text(toml(setting, default))
        assert load(environ={}) == Settings()


@pytest.mark.parametrize("name", ["workers", "threads"])
def test_a_foreign_folder_starts_no_more_than_there_are_cores(tmp_path, name):
    """A thousand processes would be an attack on this machine."""
    cores = Settings().cores
    (tmp_path / "pictrace.toml").write_text(f"{name} = {cores}")
    assert getattr(load(environ={}), name) == cores

    (tmp_path / "pictrace.toml").write_text(f"{name} = {cores + 1}")
    with pytest.raises(ConfigurationError, match=f"{name} is {cores + 1}, .* in 'pictrace.toml'"):
        load(environ={})


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("value", ["/somewhere", ""])
def test_a_foreign_folder_names_no_collection_and_no_models(tmp_path, name, value):
    """Whoever packed the folder one happens to be in must not decide what is written to or loaded."""
    (tmp_path / "pictrace.toml").write_text(f"{name} = {value!r}")

    with pytest.raises(ConfigurationError, match=f"{name} is not taken from 'pictrace.toml'") as caught:
        load(environ={}, **{name: "/given"})
    assert f"PICTRACE_CONFIG={tmp_path}/pictrace.toml" in caught.value.hint


@pytest.mark.parametrize(("name", "value"), MODELS.items(), ids=MODELS)
def test_a_foreign_folder_does_not_say_what_models_run(tmp_path, name, value):
    """Nor where they are from, nor which code is loaded."""
    (tmp_path / "pictrace.toml").write_text(f"{name} = {value}")

    with pytest.raises(ConfigurationError, match=f"{name} is not taken from 'pictrace.toml'"):
        load(environ={})


def test_a_provider_that_nobody_knows_is_refused():
    """With those there are."""
    with pytest.raises(ConfigurationError, match="'warp'") as caught:
        Settings(provider="warp")
    assert "cuda" in caught.value.hint


def test_a_foreign_folder_does_not_say_who_may_be_asked(tmp_path):
    """Whoever packed the folder must not open the way into private networks."""
    (tmp_path / "pictrace.toml").write_text("[fetch]\nallow_networks = ['10.0.0.0/8']")

    with pytest.raises(ConfigurationError, match=r"fetch.allow_networks is not taken from"):
        load(environ={})


def test_a_foreign_folder_does_not_say_who_may_ask(tmp_path):
    """Whoever packed the folder must not open the service to everybody."""
    (tmp_path / "pictrace.toml").write_text("[service]\ninsecure_no_auth = true")

    with pytest.raises(ConfigurationError, match=r"service.insecure_no_auth is not taken from"):
        load(environ={})


@pytest.mark.parametrize("name", OURS)
def test_the_users_own_folder_of_settings_is_trusted(tmp_path, monkeypatch, name):
    """Working in it is no risk."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "pictrace.toml").write_text(f"{name} = '/mine'")
    (tmp_path / "pictrace").symlink_to("real")
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **__: str(tmp_path / "pictrace"))
    monkeypatch.chdir(tmp_path / "real")

    assert getattr(load(environ={}), name) == "/mine"


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_file_that_was_named_is_trusted(tmp_path, name, way):
    """Also if it is the one in the working directory."""
    (tmp_path / "pictrace.toml").write_text(f"{name} = '/mine'")
    path, environ = (Path("pictrace.toml"), {}) if way == "argument" else (None, {"PICTRACE_CONFIG": "pictrace.toml"})

    assert getattr(load(path, environ=environ), name) == "/mine"


@SETTINGS
def test_the_environment_overrules_the_file(tmp_path, setting):
    """Under the name in the documentation."""
    (tmp_path / "pictrace.toml").write_text(toml(setting, setting.default))
    environ = {"PICTRACE_CONFIG": str(tmp_path / "pictrace.toml")}
    value = sample(setting)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    assert value_of(load(environ=environ | {setting.variable: text}), setting.name) == expected(setting)


@SETTINGS
def test_arguments_overrule_the_environment(setting):
    """Those that are None were not given."""
    given_text = OTHERS.get(setting.name, "30")
    environ = {setting.variable: given_text}
    arguments = {setting.argument: sample(setting)}

    assert value_of(load(environ=environ, **arguments), setting.name) == expected(setting)
    assert load(environ=environ, **{setting.argument: None}) == load(environ=environ)


@SETTINGS
def test_every_setting_is_documented_with_its_names_and_default(setting):
    """One row of the table in docs/settings.md for each."""
    default = ", ".join(map(str, setting.default)) if isinstance(setting.default, tuple) else str(setting.default)
    row = next(line for line in DOC.splitlines() if line.startswith(f"| `{setting.name}` "))
    name, variable, documented, meaning = (cell.strip() for cell in row.strip("|").split("|"))

    assert (name, variable) == (f"`{setting.name}`", f"`{setting.variable}`")
    assert documented == (f"`{default}`" if default else "–")
    assert meaning


def test_nothing_is_documented_that_is_no_setting():
    """Neither a row nor a variable is left over."""
    rows = re.findall(r"^\| `([a-z_.]+)` ", DOC, re.MULTILINE)
    variables = set(re.findall(r"PICTRACE_[A-Z_]+", DOC))

    assert rows == [setting.name for setting in known()]
    assert variables == {setting.variable for setting in known()} | set(EXTRAS)


@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_file_can_be_named(tmp_path, way):
    """By an argument or in the environment; the one in the working directory is then not read."""
    (tmp_path / "pictrace.toml").write_text("no TOML")
    named = tmp_path / "other.toml"
    named.write_text("workers = 3")
    settings = load(named, environ={}) if way == "argument" else load(environ={"PICTRACE_CONFIG": str(named)})

    assert settings.workers == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wokers = 3", r"setting 'wokers' is unknown"),
        ("[limits]\npixel = 3", r"setting 'limits.pixel' is unknown"),
        ("[server]\nport = 3", r"setting 'server.port' is unknown"),
        ("[server]", r"setting 'server' is unknown"),
        ("limits = 3", r"setting 'limits' is unknown"),
        ("[limits.pixels]\nx = 3", r"limits.pixels in .* is \{'x': 3\}, not a whole number"),
        ("workers = '3'", r"workers in .* is '3', not a whole number"),
        ("workers = 2.0", r"workers in .* is 2.0, not a whole number"),
        ("workers = true", r"workers in .* is True, not a whole number"),
        ("workers = [3]", r"workers in .* is \[3\], not a whole number"),
        ("collection = 3", r"collection in .* is 3, not text"),
        ("[limits]\ndecode_seconds = '3'", r"limits.decode_seconds in .* is '3', not a number"),
        ("[limits]\nformats = 'JPEG'", r"limits.formats in .* is 'JPEG', not a list of names"),
        ("[limits]\nformats = [3]", r"limits.formats in .* is \[3\], not a list of names"),
        ("[fetch]\nenabled = 1", r"fetch.enabled in .* is 1, not true or false"),
        ("[fetch]\nallow_ports = [true]", r"fetch.allow_ports in .* is \[True\], not a list of whole numbers"),
        ("[fetch]\nallow_host = ['a']", r"setting 'fetch.allow_host' is unknown"),
        ("workers = ", "is no valid TOML"),
        ("\0", "is no valid TOML"),
        ("x = " + "[" * 5000, "is no valid TOML"),
        ("#" * (1 << 20) + "\n", "has more than 1048576 bytes"),
    ],
)
def test_files_with_mistakes_are_refused(tmp_path, text, words):
    """The message names the setting and the value."""
    (tmp_path / "pictrace.toml").write_text(text)

    with pytest.raises(ConfigurationError, match=words):
        load(environ={})


def test_a_file_that_was_named_must_be_there(tmp_path):
    """Otherwise its settings would silently not apply."""
    with pytest.raises(ConfigurationError, match=r"there is no settings file 'gone\.toml'"):
        load(environ={"PICTRACE_CONFIG": "gone.toml"})


@pytest.mark.parametrize("environ", [{}, {"PICTRACE_CONFIG": "pictrace.toml"}], ids=["found", "named"])
def test_a_pipe_is_no_settings_file(tmp_path, environ):
    """Nobody waits for what somebody may write to it."""
    os.mkfifo(tmp_path / "pictrace.toml")

    with pytest.raises(ConfigurationError, match="cannot be read: it is no regular file"):
        load(environ=environ)


@pytest.mark.parametrize("path", [".", "a\0b"])
def test_a_file_that_cannot_be_read_is_refused(path):
    """A folder, or an impossible name."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(Path(path), environ={})


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PICTRACE_WORKER": "3"}, "variable 'PICTRACE_WORKER' is unknown"),
        ({"PICTRACE_LIMITS_FILEBYTES": ""}, "variable 'PICTRACE_LIMITS_FILEBYTES' is unknown"),
        ({"PICTRACE_WORKERS": "many"}, "PICTRACE_WORKERS in the environment is 'many', not a whole number"),
        ({"PICTRACE_WORKERS": "1.5"}, "PICTRACE_WORKERS in the environment is '1.5', not a whole number"),
        ({"PICTRACE_LIMITS_DECODE_SECONDS": "soon"}, "is 'soon', not a number"),
        ({"PICTRACE_FETCH_ENABLED": "maybe"}, "is 'maybe', not true or false"),
        ({"PICTRACE_FETCH_ALLOW_PORTS": "80, http"}, "is '80, http', not a list of whole numbers"),
    ],
)
def test_variables_with_mistakes_are_refused(environ, words):
    """The hint lists those that are valid, and the nearest first."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        load(environ=environ)

    assert "unknown" not in words or "valid are: PICTRACE_COLLECTION, PICTRACE_WORKERS" in caught.value.hint


def test_unknown_names_come_with_the_nearest_known_one():
    """A misspelling is put right in one step."""
    with pytest.raises(ConfigurationError) as caught:
        load(environ={}, limits_pixel=3)

    assert caught.value.hint.startswith("did you mean limits_pixels? valid are: collection, workers")
    assert caught.value.exit_code == 6


def test_other_variables_are_nobodys_business():
    """Empty ones were not given; the documented extras are no settings."""
    environ = {"PATH": "/bin", "PICTRACE_CRASH_POINT": "before-fsync", "PICTRACE_WORKERS": ""}

    assert load(environ=environ) == Settings()


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    """As it is when the settings are loaded."""
    monkeypatch.setattr(os, "environ", os.environ)
    monkeypatch.setenv("PICTRACE_WORKERS", "5")

    assert load().workers == 5


NUMBERS = [
    (table, kind, field.name)
    for table, kind in (("limits", Limits), ("fetch", FetchPolicy), ("service", ServicePolicy))
    for field in dataclasses.fields(kind)
    if not isinstance(field.default, bool | tuple | str)
]


@pytest.mark.parametrize(("table", "kind", "name"), NUMBERS, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan])
def test_no_limit_can_be_switched_off(table, kind, name, value):
    """Neither by zero, nor below, nor by infinity; the message names the limit and the value."""
    with pytest.raises(ConfigurationError, match=rf"{table}\.{name} is {value}; a limit must be above 0"):
        kind(**{name: value})


@pytest.mark.parametrize("text", ["0", "-1", "inf", "nan"])
def test_no_limit_can_be_switched_off_from_outside(text):
    """As text it is refused as well."""
    with pytest.raises(ConfigurationError, match=r"limits\.decode_seconds is"):
        load(environ={"PICTRACE_LIMITS_DECODE_SECONDS": text})


def test_the_least_side_is_not_above_the_greatest():
    """No picture could pass."""
    assert Limits(side=16).min_side == 16
    with pytest.raises(ConfigurationError, match=r"limits\.min_side is 16, above limits\.side, 15"):
        Limits(side=15)


def test_formats_are_among_those_that_can_be_decoded():
    """Fewer may be allowed, others not, and none makes no sense."""
    assert load(environ={"PICTRACE_LIMITS_FORMATS": "png , Jpeg"}).limits.formats == ("PNG", "JPEG")
    with pytest.raises(ConfigurationError, match="format 'SVG' is unknown") as caught:
        load(environ={}, limits_formats=["svg"])
    with pytest.raises(ConfigurationError, match="formats is empty"):
        Limits(formats=())

    assert caught.value.hint == f"valid are: {', '.join(FORMATS)}"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("allow_networks", ["0.0.0.0/0"], r"fetch\.allow_networks: '0\.0\.0\.0/0' is every address there is"),
        ("allow_networks", ["10.0.0.0/8", "::/0"], r"'::/0' is every address there is"),
        ("allow_networks", ["10.0.0.1/8"], r"'10\.0\.0\.1/8' is no block of addresses"),
        ("allow_networks", ["example.org"], r"'example\.org' is no block of addresses"),
        ("allow_ports", [], r"fetch\.allow_ports is \[\]; ports are 1 to 65535"),
        ("allow_ports", [0], r"fetch\.allow_ports is \[0\]"),
        ("allow_ports", [65536], r"fetch\.allow_ports is \[65536\]"),
    ],
)
def test_what_may_be_fetched_is_bounded(name, value, words):
    """All networks at once cannot be allowed, nor what is no network or port."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        load(environ={}, **{f"fetch_{name}": value})

    assert caught.value.exit_code == 6


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("host", "", r"service\.host is empty"),
        ("port", 65536, r"service\.port is 65536; ports are 1 to 65535"),
        ("hosts", ["a.example:80"], r"service\.hosts: 'a\.example:80' is no host"),
        ("hosts", ["*"], r"service\.hosts: '\*' is no host"),
        ("trusted_proxies", ["0.0.0.0/0"], r"service\.trusted_proxies: '0\.0\.0\.0/0' is every address there is"),
        ("trusted_proxies", ["proxy"], r"service\.trusted_proxies: 'proxy' is no block of addresses"),
    ],
)
def test_who_may_ask_is_bounded(name, value, words):
    """Not every host, not every proxy, and only what is one."""
    with pytest.raises(ConfigurationError, match=words):
        load(environ={}, **{f"service_{name}": value})


def test_keys_are_in_the_users_data_folder_unless_set():
    """Beside the collection that is used where none is named."""
    own = Path(platformdirs.user_data_dir("pictrace", appauthor=False))

    assert Settings().keys_path == own / "keys.json"
    assert load(environ={}, service_keys="k.json").keys_path == Path("k.json")


@pytest.mark.parametrize("name", ["workers", "threads"])
@pytest.mark.parametrize(("value", "is_valid"), [(-1, False), (0, True), (1024, True), (1025, False)])
def test_workers_and_threads_are_bounded(name, value, is_valid):
    """Zero is one per core."""
    if is_valid:
        assert getattr(load(environ={}, **{name: value}), name) == value
    else:
        with pytest.raises(ConfigurationError, match=f"{name} is {value}, not between 0 and 1024"):
            load(environ={}, **{name: value})


@given(st.dictionaries(st.sampled_from([setting.variable for setting in known()]), st.text(max_size=20)))
def test_any_text_gives_settings_or_a_typed_error(environ):
    """Whatever an environment holds."""
    try:
        settings = load(environ=environ)
    except ConfigurationError as error:
        settings = Settings()
        assert str(error)  # noqa: PT017 - either outcome is right

    assert settings.limits.pixels > 0


def test_the_collection_is_the_users_own_unless_set():
    """In the place where the system keeps such data."""
    assert Settings(collection="x.pictrace").collection_path == "x.pictrace"
    assert Settings().collection_path.endswith("default.pictrace")


def test_cores_are_those_this_process_may_use():
    """Not those of the machine."""
    assert Settings().cores == len(os.sched_getaffinity(0))
