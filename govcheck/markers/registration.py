"""Which markers are registered, by what, and where Python code asks for them."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import NamedTuple

from govcheck.document import Document, TooDeepError
from govcheck.finding import Span
from govcheck.manifests.find import declared, locked
from govcheck.markers import MARKS, PYTHON, REGISTERS
from govcheck.markers.suite import is_code, suite
from govcheck.policy import Policy
from govcheck.python.module import module
from govcheck.repo import Repo

BUILT_IN = frozenset(
    {"skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings", "tryfirst",
     "trylast"}
)  # fmt: skip
# The markers that plugins register, by the names of their distributions.
PLUGINS: Mapping[str, tuple[str, ...]] = {
    "allure-pytest": (
        "allure_description", "allure_description_html", "allure_label", "allure_link",
    ),
    "anyio": ("anyio",),
    "flaky": ("flaky",),
    "hypothesis": ("hypothesis",),
    "pytest-aiohttp": ("asyncio",),  # of pytest-asyncio, which it requires
    "pytest-alembic": ("alembic",),
    "pytest-ansible": ("ansible", "molecule", "no_driver"),
    "pytest-asyncio": ("asyncio",),
    "pytest-asyncio-cooperative": ("asyncio_cooperative", "flakey"),
    "pytest-bdd": ("scenario",),
    "pytest-benchmark": ("benchmark",),
    "pytest-black": ("black",),
    "pytest-celery": ("celery",),
    "pytest-click": ("runner_setup",),
    "pytest-codspeed": ("benchmark", "codspeed_benchmark"),
    "pytest-console-scripts": ("script_launch_mode",),
    "pytest-cov": ("no_cover",),
    "pytest-datafiles": ("datafiles",),
    "pytest-dependency": ("dependency",),
    "pytest-django": ("django_db", "django_isolate_apps", "ignore_template_errors", "urls"),
    "pytest-django-queries": ("count_queries",),
    "pytest-fail-slow": ("fail_slow", "fail_slow_setup"),
    "pytest-flakefinder": ("no_flake_finder",),
    "pytest-flask": ("app", "options"),
    "pytest-forked": ("forked",),
    "pytest-freezegun": ("freeze_time",),
    "pytest-freezer": ("freeze_time",),
    "pytest-gevent": ("gevent",),
    "pytest-homeassistant-custom-component": ("no_fail_on_log_exception",),
    "pytest-httpx": ("httpx_mock",),
    "pytest-integration": ("integration_test", "slow_integration_test"),
    "pytest-isort": ("isort",),
    "pytest-memray": ("limit_memory", "limit_leaks"),
    "pytest-mpi": ("mpi", "mpi_break", "mpi_skip", "mpi_xfail"),
    "pytest-mpl": ("mpl_image_compare",),
    "pytest-mypy": ("mypy",),
    "pytest-order": ("order",),
    "pytest-playwright": ("skip_browser", "only_browser", "browser_context_args", "base_url"),
    "pytest-qt": ("no_qt_log", "qt_log_ignore", "qt_log_level_fail", "qt_no_exception_capture"),
    "pytest-random-order": ("random_order",),
    "pytest-recording": ("vcr", "block_network", "allowed_hosts", "default_cassette"),
    "pytest-remotedata": ("remote_data", "internet_off"),
    "pytest-repeat": ("repeat",),
    "pytest-rerunfailures": ("flaky",),
    "pytest-responses": ("withoutresponses",),
    "pytest-retry": ("flaky",),
    "pytest-ruff": ("ruff",),
    "pytest-run-parallel": (
        "force_parallel_threads", "iterations", "parallel_threads", "parallel_threads_limit",
        "thread_unsafe",
    ),
    "pytest-selenium": (
        "capabilities", "firefox_arguments", "firefox_preferences", "nondestructive",
    ),
    "pytest-socket": ("enable_socket", "disable_socket", "allow_hosts"),
    "pytest-timeout": ("timeout",),
    "pytest-tornado": ("gen_test",),
    "pytest-trio": ("trio",),
    "pytest-vcr": ("vcr",),
    "pytest-xdist": ("xdist_group",),
    "pytest-xvfb": ("no_xvfb",),
    "respx": ("respx",),
    "time-machine": ("time_machine",),
    # These register none.
    **dict.fromkeys(
        (
            "pytest-archon", "pytest-astropy-header", "pytest-base-url", "pytest-cases",
            "pytest-check", "pytest-clarity", "pytest-cookies", "pytest-cover", "pytest-cpp",
            "pytest-custom-exit-code", "pytest-cython", "pytest-databases", "pytest-deadfixtures",
            "pytest-describe", "pytest-docker", "pytest-docker-tools", "pytest-doctestplus",
            "pytest-dotenv", "pytest-durations", "pytest-echo", "pytest-emoji", "pytest-env",
            "pytest-error-for-skips", "pytest-examples", "pytest-factoryboy",
            "pytest-filter-subpackage", "pytest-github-actions-annotate-failures",
            "pytest-harvest", "pytest-html", "pytest-httpserver", "pytest-icdiff", "pytest-insta",
            "pytest-instafail", "pytest-lazy-fixture", "pytest-lazy-fixtures",
            "pytest-localserver", "pytest-loguru", "pytest-md", "pytest-metadata", "pytest-mock",
            "pytest-mockservers", "pytest-mongodb", "pytest-mypy-plugins", "pytest-mysql",
            "pytest-notebook", "pytest-parallel", "pytest-picked", "pytest-plt",
            "pytest-postgresql", "pytest-pretty", "pytest-print", "pytest-profiling",
            "pytest-pythonpath", "pytest-race", "pytest-randomly", "pytest-redis",
            "pytest-redislite", "pytest-regressions", "pytest-reportlog", "pytest-runner",
            "pytest-shard", "pytest-slow", "pytest-snapshot", "pytest-split", "pytest-steps",
            "pytest-structlog", "pytest-subprocess", "pytest-subtests", "pytest-sugar",
            "pytest-tap", "pytest-testinfra", "pytest-testmon", "pytest-twisted",
            "pytest-unmagic", "pytest-unordered", "pytest-variables", "pytest-voluptuous",
            "pytest-watch", "pytest-watcher", "pytest-xprocess",
        ),
        (),
    ),
}  # fmt: skip
_IS_PLUGIN = re.compile(r"^pytest-|-pytest$")
# `name = "pytest-x"` of TOML, `name: pytest-x` of conda-lock, `"pytest-x": {` of Pipfile.lock.
_LOCKED_NAME = re.compile(
    r"(?im)(?:\bname\s*[:=]\s*|^\s*)[\"']?(pytest[-_.][\w.-]+|[\w.-]+[-_.]pytest)[\"']?"
    r"[ \t]*(?:[:,}]|$)"
)
# Other names for `pytest` and for `pytest.mark`.
_PYTEST_AS = re.compile(r"\bimport\s+pytest\s+as\s+(\w+)")
_MARK_AS = re.compile(r"\bmark\s+as\s+(\w+)|^[ \t]*(\w+)\s*=\s*(?:\w+\.)?mark[ \t]*$", re.MULTILINE)
_COMPUTED = re.compile(
    r"\b(?:getattr|vars)\s*\(\s*(?:\w+\.)?mark\b(?:\s*,\s*[\"'](?P<name>\w+)[\"'])?"
    r"|\bmark\s*(?:\.__getattr__\b|\.__dict__\b|\[)"
)
_ADDED = re.compile(r"add_marker\s*\(\s*[\"'](?P<name>\w+)[\"']")
_REGISTERS = re.compile(
    r"addinivalue_line\(\s*(?:name\s*=\s*)?[\"']markers[\"']\s*,\s*(?:line\s*=\s*)?"
    r"(?:\"\"\"|'''|[rf]*[\"'])\s*(?P<name>\w+)(?=\s*(?:[:(\"']|$|[^\w{\s]))"
)
# Registering by a name that is computed, or in ways of its own.
_COMPUTES = re.compile(
    r"addinivalue_line\b(?!\(\s*(?:name\s*=\s*)?[\"'](?!markers\b))|getini\(\s*[\"']markers"
)


class Registration(NamedTuple):
    """A marker that a file of the repository registers."""

    name: str
    span: Span
    is_configured: bool


class Use(NamedTuple):
    """A place in Python code that asks for a marker; its name is empty where it is computed."""

    name: str
    span: Span


def registrations(repo: Repo) -> tuple[Registration, ...]:
    """The markers that configuration files and hooks of the repository register."""
    found: list[Registration] = []
    for configuration in repo.view(suite).configurations.values():
        document = repo.document(configuration.path) if configuration.path else None
        if document is None:
            continue
        for name, line in configuration.registered():
            start = document.text.find(name, line.start, line.end)
            start = start if start >= 0 else line.start
            span = document.span(start, start + len(name))
            found.append(Registration(name, span, is_configured=True))
    for document in repo.search(REGISTERS, PYTHON):
        for said in filter(partial(is_code, document), _REGISTERS.finditer(document.text)):
            span = document.span(*said.span("name"))
            found.append(Registration(said["name"], span, is_configured=False))
    return tuple(found)


def is_open(repo: Repo) -> bool:
    """Whether a hook registers markers by names that it computes."""
    for document in repo.search(REGISTERS, PYTHON):
        read = {said.start() for said in _REGISTERS.finditer(document.text)}
        for found in _COMPUTES.finditer(document.text):
            if found.start() not in read and is_code(document, found):
                return True
    return False


def known(repo: Repo, policy: Policy) -> frozenset[str]:
    """The markers that pytest knows in this repository."""
    wanted = frozenset(PLUGINS)
    installed = {each.subject for each in repo.view(declared)}
    installed |= {each.subject for each in repo.view(locked, wanted).statements}
    return frozenset(
        {
            *BUILT_IN,
            *policy.markers.plugins,
            *(each.name for each in repo.view(registrations)),
            *(name for plugin in installed & wanted for name in PLUGINS[plugin]),
        }
    )


def unknown_plugins(repo: Repo) -> tuple[str, ...]:
    """The plugins that manifests and locks name, and whose markers are not known here."""
    names = {each.subject for each in repo.view(declared)}
    for path in repo.view(locked, frozenset(PLUGINS)).locks:
        document = repo.document(path)
        found = _LOCKED_NAME.findall(document.text) if document is not None else ()
        names |= {re.sub(r"[-_.]+", "-", name).lower() for name in found}
    own = {"pytest", "pytest-stub", "types-pytest"}
    return tuple(sorted(n for n in names - own - PLUGINS.keys() if _IS_PLUGIN.search(n)))


def uses(repo: Repo) -> tuple[Use, ...]:
    """The places in Python code that ask for markers."""
    return tuple(use for document in repo.search(MARKS, PYTHON)
                 for use in _uses_in(repo, document))  # fmt: skip


def _uses_in(repo: Repo, document: Document) -> Iterator[Use]:
    found = repo.learn(document, "marker uses", lambda each: _read(repo, each))
    for name, start, end in found:
        yield Use(name, document.span(start, end))


def _read(repo: Repo, document: Document) -> list[tuple[str, int, int]]:
    parsed = document.view(module)
    text = document.text
    found: list[tuple[str, int, int]] = []
    try:
        for use in _uses(text).finditer(text):
            start = document.byte_of_offset(use.start("name"))
            *_, outer, leaf = [parsed.tree.root_node, *parsed.around(start, start + 1)]
            is_name = leaf.type == "identifier" and outer.type == "attribute"
            if is_name and parsed.qualified(outer) == f"pytest.mark.{use['name']}":
                found.append((use["name"], *use.span("name")))
    except TooDeepError as error:
        repo.unchecked[document.path] = str(error)
        return []
    for said in filter(partial(is_code, document), _ADDED.finditer(text)):
        found.append((said["name"], *said.span("name")))
    if "pytest" in text:
        for said in filter(partial(is_code, document), _COMPUTED.finditer(text)):
            found.append((said["name"] or "", *said.span()))
    return found


def _uses(text: str) -> re.Pattern[str]:
    names = {"mark", "pytest.mark"}
    names |= {f"{each[1]}.mark" for each in _PYTEST_AS.finditer(text)}
    names |= {each[1] or each[2] for each in _MARK_AS.finditer(text)}
    return _pattern(tuple(sorted(names)))


@lru_cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    listed = "|".join(map(re.escape, names))
    return re.compile(rf"(?<![\w.])(?:{listed})\.(?P<name>[^\W\d]\w*)")
