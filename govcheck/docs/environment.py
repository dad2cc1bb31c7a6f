"""Variables of the environment: those that documents name, and those that code reads."""

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Set
from typing import NamedTuple

from govcheck.dependencies.section import normalized
from govcheck.docs.documents import Doc, documents
from govcheck.docs.paths import lineage
from govcheck.docs.subject import is_about_another, names_files
from govcheck.docs.wording import RETIRED, line_above, says
from govcheck.document import Document
from govcheck.finding import Span
from govcheck.flags.references import PYTHON, SETTINGS_BASE, may_be_built
from govcheck.globs import matcher
from govcheck.manifests.find import declared
from govcheck.policy import Policy
from govcheck.programs.modules import modules, project_names
from govcheck.programs.tasks import locked
from govcheck.programs.written import fetches_another, is_of_documents, is_own_name
from govcheck.repo import Repo

_NAME = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
_ASSIGNED = re.compile(
    rf"(?m)^[ \t]*(?:\$[ ]+)?(?:#[ ]?)?(?:export[ ]+|set[ ]+)?(?P<name>{_NAME})=(?!=)"
)
# A line of a template.
_LISTED = re.compile(rf"(?m)^[ \t]*(?:export[ \t]+)?(?P<name>{_NAME})=")
_IN_SPAN = re.compile(rf"(?:export[ ]+)?(?P<name>{_NAME})(?:=\S*)?")
_ABOUT = re.compile(
    r"(?i)\benv(?:ironment)?\b|\.env\b|\benv[ -]?vars?\b"
    r"|\bexport(?:s|ed)?(?= (?:``|(?:the|an?|your|it|this)\b))"
    r"|(?<!\binit )(?<!\brun )(?<!\bclass )(?<!\binstance )(?<!\btemplate )\bvariables?\b"
)
_TITLE = re.compile(
    r"(?i)\W*(?:(?:key|main|optional|other|related|relevant|required|supported|useful) )?"
    r"env(?:ironment)?(?: vars?| variables?)?\W*"
)
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s|\s{2,}\S")
_CONFIGURES = frozenset(
    {"", "bash", "sh", "shell", "zsh", "console", "env", "dotenv", "ini", "properties", "text",
     "shell-session", "environment", ".env"}
)  # fmt: skip
# What all begin with stands first: that is what makes the search of a text quick.
_READ = re.compile(
    r"""env(?:(?<=\bgetenv)|(?<=\benv)(?:iron(?:\.(?:get|pop|setdefault))?|(?:\.\w+)?))"""
    r"""\s*[(\[]\s*["']"""
    rf"""(?P<name>{_NAME}|[A-Z][A-Z0-9]+)["']"""
)
# What django-environ is told of each variable: `env = environ.Env(SHOP_DEBUG=(bool, False))`.
_SCHEME = re.compile(rf"(?m)^[ \t]+(?P<name>{_NAME}|[A-Z][A-Z0-9]+)=\(")
_IS_SCHEME = re.compile(r"\b(?:Env|FileAwareEnv)\(")
_READS = ("getenv", "environ", "env(", "env.")
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc", ".svg", ".html", ".csv")
_TEMPLATE = re.compile(r"(?:^|/)\.?env(?:[.-][\w.-]+)?$|\.env(?:\.\w+)?$")
_TESTS = re.compile(r"(?:^|/)tests?/|(?:^|/)(?:test_[^/]*|conftest|[^/]*_test)\.py$")
_PREFIX = re.compile(r"""["']([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_)["'{]""")
# What Dynaconf reads all variables by that begin so.
_DYNACONF = ("envvar_prefix", "ENVVAR_PREFIX")
_OF_DYNACONF = re.compile(
    r"""(?i)\benvvar_prefix(?:_for_dynaconf)?["']?\s*[=:]\s*["'](\w*[^\W_])_?["']"""
)
# What the settings of Rust's figment and Go's viper begin with.
_PREFIXES = ("prefixed(", "SetEnvPrefix(")
_PREFIXED = re.compile(r"\b(?:prefixed|SetEnvPrefix)\(\s*\"([A-Z][A-Z0-9_]*)\"")
_PLACEHOLDER = re.compile(
    r"SNAKE_CASE|^ENV_VAR(?:IABLE)?_|_[ABXYZ]$|^(?:API|SECRET)_KEYS$"
    r"|^(?:MY|YOUR|SOME|FOO|BAR|EXAMPLE|TEST|XXX)_|_(?:HERE|NAME_HERE)$|X{3}"
    r"|_(?:EXAMPLE|FOO|BAR|BAZ|MY)(?:_|$)"
)
# What a document uses itself, in a shell or a batch file.
_USED = re.compile(rf"\$\{{?({_NAME})|%({_NAME})%")
# What its examples of code read, by any means.
_QUOTED = re.compile(rf"[\"'\[.]({_NAME})\b")
# What a command says, which the rest of a script works with.
_MADE = ("$(", "`", '"$(')
# A variable that is set for one command of Node's.
_OF_NODE = re.compile(r"\S*[ ]+(?:\w+=\S*[ ]+)*(?:npm|npx|yarn|pnpm|bun|bunx|node)\b")
# A script of a shell has variables of its own.
_SCRIPT = re.compile(
    r"(?m)^\s*(?:if|elif|else|fi|for|while|do|done|case|esac|function)\b|^\s*\w+=\(|^\w+\(\)\s*\{"
)
# A settings class that keeps what it has no field for, which it has of a file.
_TAKES_ALL = re.compile(
    r"\bclass (?:BaseSettings\b|\w+\((?:\w+\.)?BaseSettings\b)(?:(?!\nclass )[\s\S]){0,4000}?"
    r"\b(?:extra[\"']?\s*[=:]\s*[\"']allow[\"']|Extra\.allow\b)"
)
_MAKER = re.compile(
    r"def \w*env\w*(?:var|name|key)\w*\((?:(?!\n[ \t]*def )[\s\S]){0,2000}?"
    r"return\b(?:[^\n]|\n(?![ \t]*\n)){0,200}\.upper\(\)"
)
_INSTALLS = re.compile(r"pip(?<=\bpip)3? install((?:[ ]+[\w.=<>~!\[\],\"'-]+)+)")
_REQUIREMENT = re.compile(r"(?<![\w.=<>~!,\[-])[\"']?([A-Za-z][\w.-]*)")
_IMPORTS = re.compile(r"from(?<=\bfrom)[ ]+(\w+)[.\w]*[ ]+import\b")
_REPOSITORY = re.compile(
    r"://(?:github|gitlab)\.com/[\w.-]+/([a-z]\w*(?:-\w+)+)(?=[\s/)#\"'`]|\.git)"
)
_IN_REPOSITORY = re.compile(r"\b[Ii]n (?:the )?`?([a-z]\w*(?:-\w+)+)`? repo(?:sitory)?\b")
_OF_OTHERS = re.compile(r"(?i)(?:^|/)(?:integrations?|connectors?|third[-_]?party)/")
_INSTALLERS = frozenset(
    {"build", "hatch", "pdm", "pip", "pip-tools", "pipenv", "pipx", "poetry", "pre-commit",
     "setuptools", "tox", "uv", "wheel"}
)  # fmt: skip
_OF_AGENTS = re.compile(r"(?:^|/)\.\w+/(?:skills|commands|prompts)/")
_MAX_NAMES = 5_000
# What an assignment is not that tells of a constant: `retries twice (`MAX_TRIES=2`)`.
_TELLS = re.compile(
    r"(?i)\b(?:sets?|setting|us(?:e|ing)|run|with|via|when|if|unless|enabl|disabl|add|defin|configur"
    r"|overrid|default|switch|toggl|turn)"
)
# It is a program that sets the variable, for another one.
_SETS = re.compile(
    r"(?i)\bwill have\b[^.\n]{0,60}\bset\b|\b(?:is|are|will be) set (?:by|for)\b"
    r"|\bvariables (?:are|will be) (?:automatically|always) (?:available|set|provided|injected)\b"
)
# What leads to a name that stands for any.
_EXAMPLE = re.compile(
    r"(?i)(?:\be\.g\.[^\n.;()]*"
    r"|\bvariables (?:like|such as)\s+(?:`[^`\n]*`[\s,]*(?:(?:or|and)\s+)?)*)`\Z"
)
_INSTEAD = re.compile(r"(?i)\b(?:instead of|rather than|not)\s+(?:the )?[`\"']*\Z")
_FEW_LETTERS = 40
_FEW = 5
_SOME = 2
_MANY_TELL = 6
_LONG = 4
_REACH = 1_000
_FAR = 3_000

# What interpreters, shells, cloud clients, databases and frameworks read by themselves.
KNOWN = (
    "*_VISIBLE_DEVICES", "AIRBYTE_*", "ANSIBLE_*", "ANTHROPIC_*", "APP_ENV", "ARM_*", "ASCEND_*",
    "AWS_*", "AZURE_*", "BASH_*", "BUILDKIT_*", "BUNDLE_*", "CARGO_*", "CELERY_*", "CFLAGS",
    "CIRCLE*", "CI_*", "CLAUDE_*", "CLOUDSDK_*", "CODECOV_*", "COHERE_*", "COLORTERM", "COMPOSE_*",
    "CONDA_*",
    "COVERAGE_*", "CUDA_*", "CURL_*", "DATABASE_URL", "DATABRICKS_*", "DATADOG_*", "DBT_*",
    "DBUS_*", "DD_*", "DEBIAN_*", "DISPLAY", "DJANGO_*", "DOCKER_*", "DO_NOT_TRACK", "DYLD_*",
    "E2B_*", "EDITOR", "ELASTIC_*", "FLASK_*", "FORCE_COLOR", "FORWARDED_ALLOW_IPS", "FSDP_*",
    "GCP_*", "GEMINI_*", "GF_*", "GH_*", "GITHUB_*", "GITLAB_*", "GIT_*", "GLOO_*", "GOOGLE_*",
    "GPG_*", "GROQ_*", "GRPC_*", "GUNICORN_*", "HATCH_*", "HCCL_*", "HF_*", "HIP_*", "HONEYCOMB_*",
    "HSA_*", "HTTPS_PROXY", "HTTP_PROXY", "IFS", "INSTA_*", "JAVA_*", "JUPYTER_*", "KAFKA_*",
    "KMP_*", "KUBE*", "LANGCHAIN_*", "LANGFUSE_*", "LANGSMITH_*", "LC_*", "LD_*", "LESS*",
    "LIBRARY_PATH",
    "LLAMA_*", "LOG_LEVEL", "LS_*", "MALLOC_*", "MCCL_*", "MINIO_*", "MISTRAL_*", "MKL_*",
    "MLFLOW_*", "MYPY*", "MYSQL_*", "NCCL_*", "NEW_RELIC_*", "NODE_*", "NOX_*", "NO_COLOR",
    "NO_PROXY", "NPM_*", "NUMBA_*", "NVIDIA_*", "NVM_*", "NVTE_*", "OBJC_*", "OLLAMA_*", "OMP_*",
    "OPENAI_*", "OPENBLAS_*", "OPENSSL_*", "OTEL_*", "PDM_*", "PGDATA", "PGPASSWORD", "PG_*",
    "PINECONE_*", "PIPENV_*", "PIPX_*", "PIP_*", "PIXI_*", "PKG_*", "POETRY_*", "POSTGRES_*",
    "PRE_COMMIT*", "PROJECT_ID", "PROMETHEUS_*", "PUBLIC_*", "PYENV_*", "PYTEST_*", "PYTHON*",
    "PYTORCH_*",
    "PY_*", "QDRANT_*", "QT_*", "RABBITMQ_*", "RAY_*", "READTHEDOCS*", "REDIS_*", "REQUESTS_*",
    "ROCM_*", "RUFF_*", "RUST*", "SENDGRID_*", "SENTRY_*", "SETUPTOOLS_*", "SHELL",
    "SHELL_VERBOSITY", "SKIP", "SLACK_*", "SNOWFLAKE_*", "SOURCE_DATE_EPOCH", "SPARK_*", "SPHINX*",
    "SQLALCHEMY_*", "SSH_*", "SSL_*", "STRIPE_*", "TF_*", "TOKENIZERS_*", "TORCH_*", "TOX_*",
    "TRAVIS*", "TWILIO_*", "TWINE_*", "UCX_*", "UVICORN_*", "UV_*", "VERTEXAI_*", "VIRTUALENV_*",
    "VIRTUAL_ENV", "VSCODE_*", "WANDB_*", "WATSONX_*", "WEB_CONCURRENCY", "XDG_*", "YARN_*", "ZSH*",
)  # fmt: skip
_BEGIN_SO = tuple(each.removesuffix("*") for each in KNOWN if each.endswith("*"))
_END_SO = tuple(each.removeprefix("*") for each in KNOWN if each.startswith("*"))


def _is_known(name: str) -> bool:
    """Whether other programs read a variable; a regular expression takes longer to be made."""
    return name in KNOWN or name.startswith(_BEGIN_SO) or name.endswith(_END_SO)


class Unread(NamedTuple):
    """A variable that a document names and nothing reads; `near` are those that code reads.

    `is_ours` tells that one of those begins with the same word, `is_at_home` that the document
    stands beside code, names a file of the repository, or more than one variable that code reads.
    """

    doc: Doc
    name: str
    span: Span
    near: tuple[str, ...]
    is_ours: bool
    is_at_home: bool


class Idle(NamedTuple):
    """A variable that a template lists and nothing reads; `near` are those that code reads."""

    name: str
    span: Span
    near: tuple[str, ...]


class Untold(NamedTuple):
    """A variable that code reads, and that no document, or no template, names."""

    name: str
    span: Span
    template: Document | None


def unread(repo: Repo, policy: Policy) -> tuple[Unread, ...]:
    """The variables of documents that no file of the repository could read."""
    said = [*_named(repo, policy)]
    names = frozenset(name for _, name, _ in said)
    if not names or len(names) > _MAX_NAMES:
        return ()
    ours = repo.view(_ours)
    near = repo.view(reads)
    vain = _vain(repo, policy, names)
    if not vain or is_of_documents(repo):
        return ()
    packages = frozenset(each.subject for each in repo.view(declared)) | repo.view(locked)
    has_prefix = repo.view(_has_prefix)
    tellers: dict[str, set[str]] = {}
    told: dict[str, set[str]] = {}
    for doc, name, _ in said:
        tellers.setdefault(name, set()).add(doc.path)
        told.setdefault(doc.path, set()).add(name)
    left = [
        (doc, name, start)
        for doc, name, start in said
        if name in vain
        and len(tellers[name]) < _MANY_TELL
        and not repo.view(fetches_another, doc.document)
        and not _is_of_skill(repo, doc)
        and not _is_short(repo, doc, name)
        and not _is_value(doc, name)
        and not is_about_another(repo, doc.document)
        and not _is_of_plugin(packages, name)
        and not _is_of_family(repo, packages, near, name)
        and not _is_on_page_of_plugin(repo, packages, doc, name)
        and not (
            _first_word(name) not in ours
            and (
                has_prefix
                or _is_on_page_of(doc, name)
                or _is_about_linked(repo, policy, doc)
                or _is_about_others(repo, doc, packages)
            )
        )
    ]
    # What takes a search of all code is asked of what is left.
    others = _of_others(repo, packages, frozenset(_first_word(name) for _, name, _ in left))
    others |= repo.view(_installed, policy) - packages - ours
    at_home = {
        doc.path: len(told[doc.path] & near.keys()) >= _SOME
        or _is_beside_code(repo, doc)
        or names_files(repo, doc.document)
        for doc in {doc.path: doc for doc, _, _ in left}.values()
    }
    return tuple(
        Unread(
            doc,
            name,
            doc.document.span(start, start + len(name)),
            tuple(sorted(near)),
            _first_word(name) in ours,
            at_home[doc.path],
        )
        for doc, name, start in left
        if _first_word(name) not in others
    )


def _vain(repo: Repo, policy: Policy, names: Set[str]) -> frozenset[str]:
    """Those of the names that nothing here reads, and that are not known to be read elsewhere."""
    known = matcher(policy.docs.environment.known)
    looks = matcher(policy.flags_settings.names)
    built = may_be_built(repo)
    prefixes = (*policy.docs.environment.prefixes, *repo.view(_composed))
    fields: frozenset[str] = frozenset()
    if repo.search([SETTINGS_BASE], PYTHON):
        from govcheck.flags.settings import field_names  # only such settings pay for it

        fields = frozenset(each.upper() for each in repo.view(field_names))
    doubtful = frozenset(
        name
        for name in names - repo.view(reads).keys() - policy.flags.keys() - fields
        if not (
            _is_known(name)
            or known(name)
            or looks(name)
            or built(name)
            or name.startswith(prefixes)
        )
    )
    vain = doubtful - _used(repo, doubtful, policy.docs.environment.templates)
    return vain if vain and not _makes_names(repo) else frozenset()


def _is_beside_code(repo: Repo, doc: Doc) -> bool:
    folder = posixpath.dirname(doc.path)
    return bool(folder) and any(
        posixpath.dirname(path) == folder for path in repo.view(modules).files
    )


def _ours(repo: Repo) -> frozenset[str]:
    """The first words of the variables that code reads."""
    repo.expect(_READS, PYTHON)
    repo.expect([SETTINGS_BASE], PYTHON)
    return frozenset(map(_first_word, repo.view(reads)))


def _has_prefix(repo: Repo) -> bool:
    """Whether most of what code reads begins with one word, so that other words are of others."""
    words = Counter(map(_first_word, repo.view(reads)))
    return words.total() >= _FEW and words.most_common(1)[0][1] * 2 > words.total()


def _makes_names(repo: Repo) -> bool:
    """Whether the code makes names of variables of whatever it is given, or takes all of them."""
    return any(
        "env_file" in document.text and _TAKES_ALL.search(document.text) is not None
        for document in repo.search([SETTINGS_BASE], PYTHON)
        if not _TESTS.search(document.path)
    ) or any(
        _MAKER.search(document.text) is not None
        for document in repo.search([".upper()"], PYTHON)
        if not _TESTS.search(document.path)
    )


def _first_word(name: str) -> str:
    return name.partition("_")[0].lower()


def _is_on_page_of(doc: Doc, name: str) -> bool:
    """Whether a document is the page about what a name begins with: `galileo.md`."""
    return _first_word(name) in re.split(r"[\W_]+", doc.path.lower())


def _is_about_linked(repo: Repo, policy: Policy, doc: Doc) -> bool:
    """Whether a document, or its folder, is called like another repository that documents name."""
    return not repo.view(_linked, policy).isdisjoint(doc.path.rpartition(".")[0].split("/"))


def _linked(repo: Repo, policy: Policy) -> frozenset[str]:
    """The names of two words and more of repositories on code hosts."""
    names = {
        name
        for doc in repo.view(documents, policy)
        if "://git" in doc.document.text
        for name in _REPOSITORY.findall(doc.document.text)
    }
    return frozenset(name for name in names if not is_own_name(repo, name))


def _is_short(repo: Repo, doc: Doc, name: str) -> bool:
    """Whether a document uses the end of a longer name that it has, too, and that is read."""
    text = doc.document.text
    if f"_{name}" not in text:
        return False
    longer = frozenset(re.findall(rf"\b[A-Z][A-Z0-9_]*_{name}\b", text))
    return bool(longer) and bool(_used(repo, longer))


def _is_value(doc: Doc, name: str) -> bool:
    """Whether a command of a document is told a name: `run --token-var SHOP_TOKEN`."""
    given = rf"[ =]{name}(?![\w=.-])"
    return any(
        re.search(given, fence.text) is not None
        for fence in doc.page.fences
        if fence.language in _CONFIGURES and (f" {name}" in fence.text or f"={name}" in fence.text)
    )


def _is_of_skill(repo: Repo, doc: Doc) -> bool:
    """Whether a document is one of a skill: an agent does what it says, and reads variables."""
    if _OF_AGENTS.search(doc.path) is not None:
        return True
    folders = (*lineage(posixpath.dirname(doc.path)), "")
    return any(posixpath.join(folder, "SKILL.md") in repo for folder in folders)


def _is_about_others(repo: Repo, doc: Doc, packages: frozenset[str]) -> bool:
    """Whether a document is about another program: one that nothing here requires or holds.

    It stands among those about integrations, tells to install it or to do something in another
    repository, or imports it: a plugin has the name of what it is one of.
    """
    own = repo.view(project_names)
    known = repo.view(modules)
    repositories, imported = doc.document.view(_other_programs)
    return (
        _OF_OTHERS.search(doc.path) is not None
        or any(not is_own_name(repo, name) for name in repositories)
        or any(
            name not in packages | _INSTALLERS and name not in own
            for name in doc.document.view(_told_to_install)
        )
        or any(
            known.owns(name[: each.start()]) and not known.owns(name)
            for name in imported
            for each in re.finditer("(?<=.)_", name)
        )
    )


def _other_programs(document: Document) -> tuple[frozenset[str], frozenset[str]]:
    """The repositories in which a document tells to do something, and what its code imports."""
    return (
        frozenset(_IN_REPOSITORY.findall(document.text) if " repo" in document.text else ()),
        frozenset(_IMPORTS.findall(document.text)),
    )


def _told_to_install(document: Document) -> tuple[str, ...]:
    """The packages that commands of a document install, by their normalised names."""
    return tuple(
        normalized(name)
        for command in _INSTALLS.findall(document.text)
        for name in _REQUIREMENT.findall(command)
    )


def _installed(repo: Repo, policy: Policy) -> frozenset[str]:
    """All that any document tells to install, but what the repository has itself."""
    known = repo.view(modules)
    return frozenset(
        name
        for doc in repo.view(documents, policy)
        if " install " in doc.document.text
        for name in doc.document.view(_told_to_install)
        if not known.owns(name.replace("-", "_"))
    ) - frozenset(map(normalized, repo.view(project_names)))


def _is_of_plugin(packages: frozenset[str], name: str) -> bool:
    """Whether all words of a package that is required stand in a name: `shop-telemetry`."""
    words = name.lower().split("_")
    return any(
        each.count("-") and each.startswith(f"{words[0]}-") and set(each.split("-")) <= {*words}
        for each in packages
    )


def _is_of_family(repo: Repo, packages: frozenset[str], near: Collection[str], name: str) -> bool:
    """Whether a name has a word of a package of the same family, which may read it.

    Such a package is called `shop-tax` in a project `shop`, and no variable here has its word.
    """
    own = {normalized(each) for each in repo.view(project_names)}
    words = {
        word
        for package in packages - own
        for project in own
        if len(project) >= _LONG and package.startswith(f"{project}-")
        for word in package[len(project) + 1 :].split("-")
        if len(word) > _LONG and f"{project}_{word}" not in repo.view(modules).folders
    }
    used = {word.lower() for each in near for word in each.split("_")}
    return not words.isdisjoint({*name.lower().split("_")} - used)


def _is_on_page_of_plugin(repo: Repo, packages: frozenset[str], doc: Doc, name: str) -> bool:
    """Whether a document speaks of a package called like a name, `shophub`, that is not here.

    Or like a project, `shop-enterprise`, where the name is not called like that.
    """
    word = _first_word(name)
    own = {normalized(each) for each in repo.view(project_names)}
    begins = (word, *(f"{each}-" for each in own if len(each) >= _LONG))
    plugins = [each for each in packages - own if each.startswith(begins) and each != word]
    text = doc.document.text.lower() if plugins else ""
    return any(re.search(rf"\b{re.escape(each)}\b", text) for each in plugins if each in text)


def _of_others(repo: Repo, packages: frozenset[str], words: frozenset[str]) -> frozenset[str]:
    """The first words of names that are no words of this repository: those of vendors.

    That is what a package is called that is required here, and what no code here speaks of.
    """
    known = repo.view(modules)
    others = {word for word in words if word in packages and known.find(word) is None}
    strange = words - others - repo.view(_ours)
    for document in repo.search(_READS, PYTHON):  # they have most of them, and have been read
        strange -= _spoken_of(document, strange)
    needles = {case for word in strange for case in (word, word.upper(), word.capitalize())}
    for document in repo.search(needles, but=_PROSE) if needles else ():
        if not strange:
            break
        path = document.path.lower()
        if not (path.endswith((*_PROSE, ".lock")) or _TEMPLATE.search(path)):
            strange -= _spoken_of(document, strange)
    return frozenset(others | strange)


def _spoken_of(document: Document, words: frozenset[str]) -> frozenset[str]:
    """Those of the words, in small letters, that stand in a file or its path, in any case."""
    text = f"{document.path.lower()}\n{document.text}"
    lowered = text.lower()  # most words are in no file, and a search by case is slow
    return frozenset(
        word
        for word in words
        if word in lowered
        and re.search(rf"(?<![A-Za-z])(?i:{word})(?![a-z])|(?<=[a-z]){word.capitalize()}", text)
    )


def idle(repo: Repo, policy: Policy) -> tuple[Idle, ...]:
    """The variables of the policy's templates that nothing reads."""
    listed = [
        (document, found)
        for path in repo.matching(*policy.docs.environment.templates)
        if (document := repo.document(path)) is not None
        for found in _LISTED.finditer(document.text)
    ]
    vain = _vain(repo, policy, {found["name"] for _, found in listed}) if listed else frozenset()
    near = tuple(sorted(repo.view(reads))) if vain else ()
    return tuple(
        Idle(found["name"], document.span(*found.span("name")), near)
        for document, found in listed
        if found["name"] in vain
    )


def untold(repo: Repo, policy: Policy) -> tuple[Untold, ...]:
    """The variables that code reads in vain for the reader, where the policy asks."""
    settings = policy.docs.environment
    if not (settings.documented or settings.templates):
        return ()
    known = matcher(settings.known)
    found: list[Untold] = []
    documented = {
        name
        for doc in repo.view(documents, policy)
        for name in re.findall(r"\b[A-Z][A-Z0-9_]+\b", doc.document.text)
    }
    templates = [
        document
        for path in repo.matching(*settings.templates)
        if (document := repo.document(path)) is not None
    ]
    listed = {name for each in templates for name in re.findall(r"\w+", each.text)}
    for name, span in repo.view(reads).items():
        if _is_known(name) or known(name) or name.startswith(settings.prefixes):
            continue
        if templates and name not in listed:
            found.append(Untold(name, span, templates[0]))
        elif settings.documented and name not in documented | listed:
            found.append(Untold(name, span, None))
    return tuple(found)


def reads(repo: Repo) -> Mapping[str, Span]:
    """The variables that Python code reads by their names, each with its first place."""
    found: dict[str, Span] = {}
    for document in repo.search(_READS, PYTHON):
        if _TESTS.search(document.path):
            continue
        text = document.text
        schemes = _SCHEME.finditer(text) if _IS_SCHEME.search(text) is not None else ()
        for each in (*_READ.finditer(text), *schemes):
            if each["name"] not in found:
                found[each["name"]] = document.span(*each.span("name"))
    return found


def _composed(repo: Repo) -> tuple[str, ...]:
    """What names begin with that code looks for, or puts together, where it reads variables."""
    found = {
        each[1]
        for document in repo.search(_READS, PYTHON)
        if not _TESTS.search(document.path)
        for each in _PREFIX.finditer(document.text)
    }
    for document in repo.search(_DYNACONF, PYTHON):
        found.update(f"{name.upper()}_" for name in _OF_DYNACONF.findall(document.text))
    for document in repo.search(_PREFIXES, (".rs", ".go")):
        found.update(f"{name.rstrip('_')}_" for name in _PREFIXED.findall(document.text))
    return tuple(sorted(found))


def _named(repo: Repo, policy: Policy) -> Iterator[tuple[Doc, str, int]]:
    """The variables that reference documents tell to set."""
    for doc in repo.view(documents, policy):
        if doc.kind in ("history", "plan"):
            continue
        told = [*_told(repo, doc)]
        if not told:
            continue
        text = doc.document.text
        own = {each[1] or each[2] for each in _USED.finditer(text)}
        for fence in doc.page.fences:
            if fence.language not in _CONFIGURES:
                own.update(_QUOTED.findall(fence.text))
        for name, start in told:
            if _PLACEHOLDER.search(name) or name in own:
                continue
            table = doc.page.table_at(start)
            over = line_above(text, table.start) if table is not None else ""
            if _INSTEAD.search(text, max(0, start - _FEW_LETTERS), start) is not None:
                continue
            is_set = says(_SETS, text, doc.page, start) or _SETS.search(over) is not None
            if not (is_set or says(RETIRED, text, doc.page, start)):
                yield doc, name, start


def _told(repo: Repo, doc: Doc) -> Iterator[tuple[str, int]]:
    text = doc.document.text
    for fence in doc.page.fences:
        if fence.language in _CONFIGURES:
            is_script = _SCRIPT.search(fence.text) is not None
            for found in _ASSIGNED.finditer(fence.text):
                is_local = is_script or fence.text.startswith(_MADE, found.end())
                if (is_local and "export" not in found[0]) or _OF_NODE.match(
                    fence.text, found.end()
                ):
                    continue
                yield found["name"], fence.offset(found.start("name"))
    for code in doc.page.codes:
        named = _IN_SPAN.fullmatch(code.text) if "_" in code.text else None
        if named is None or text[code.start : code.end] != code.text:
            continue
        if _EXAMPLE.search(text, max(0, code.start - _REACH), code.start) is not None:
            continue
        is_assigned = "=" in code.text and (
            _tells_to_assign(doc, code.start) or _first_word(named["name"]) in repo.view(_ours)
        )
        if is_assigned or code.text.startswith("export") or _is_about(doc, code.start):
            yield named["name"], code.start + named.start("name")


def _is_about(doc: Doc, start: int) -> bool:
    """Whether the line, the heading, or what stands over the list or table, speaks of it."""
    text = doc.document.text
    first = text.rfind("\n", 0, start) + 1
    line = _line(text, start)
    if "](http" in line or "<http" in line:
        return False  # it speaks of another program
    table = doc.page.table_at(start)
    head = " ".join(cell.text for cell in table.head) if table is not None else ""
    over = doc.page.heading_above(start)
    titles = (over.text if over else "", _title(text[max(0, first - _REACH) : first]))
    return _ABOUT.search(f"{line} {head}") is not None or any(map(_TITLE.fullmatch, titles))


def _title(above: str) -> str:
    """The line that stands right above a list, given what stands above one of its items."""
    for line in reversed(above.splitlines()):
        if not _ITEM.match(line):
            return line
    return ""


def _tells_to_assign(doc: Doc, start: int) -> bool:
    """Whether an assignment is one that the reader makes, as far as the words before it tell."""
    text = doc.document.text
    heading = doc.page.heading_above(start)
    first = max(heading.start if heading is not None else 0, start - _FAR)
    line = _line(text, start)
    return (
        line.lstrip(" -*+|>0123456789.").startswith("``")
        or _TELLS.search(line) is not None
        or _ABOUT.search(text, first, start) is not None
    )


def _line(text: str, start: int) -> str:
    """The line of an offset, without what stands in backticks."""
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", start)
    line = text[max(first, start - _REACH) : last if last >= 0 else len(text)][: 2 * _REACH]
    return re.sub(r"`[^`]*`", "``", line)


def _used(repo: Repo, names: frozenset[str], templates: tuple[str, ...] = ()) -> frozenset[str]:
    """Those of the names that stand, whole, in a file that is neither prose nor a template."""
    is_template = matcher(templates)
    found: set[str] = set()
    for document in repo.search(names, but=_PROSE) if names else ():
        path = document.path.lower()
        if path.endswith(_PROSE) or _TEMPLATE.search(path) or is_template(document.path):
            continue
        text = document.text
        inside = [name for name in names - found if name in text]
        found.update(
            name
            for name in inside
            if re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", text) is not None
        )
    return frozenset(found)
