"""A document tells to set an environment variable that nothing reads, or does not tell of one.

Looked at are, in documents of the class `reference`, assignments in shell and settings blocks
(`NAME=value`), code spans that assign, and code spans with a name where the line or the head of the
table speaks of the environment, or where the heading, or the line over a list, says no more than
"Environment variables" ("Related env"). A variable is read if its name stands, whole, in any file
but prose and templates such as `.env.example`, if code puts together such a name, or if a settings
class has such a field. Nothing is said

- of what interpreters, shells, cloud clients, databases and frameworks read by themselves, and of
  flags, for which there are rules of their own;
- of a variable whose first word is that of a package that is required, or that any document tells
  to install, or a word of no code here: it is a vendor's; and of one with a word of a package of
  the same family (`SNAPSHOT_X`, if a project `shop` requires `shop-snapshot`);
- of one that begins like none that code reads, where most of those begin alike, or in a document
  that stands in a folder of integrations, or in one that is called like another repository which
  documents link to, tells to install another program or to do something in another repository, or
  imports a plugin that is not here;
- in a document that tells to clone another repository, names a required package called like the
  project (`shop-enterprise`), or belongs to a skill of agents (`SKILL.md`, `.agents/skills/x.md`);
- of any where code makes such names of all that it is given (`def to_env_var`), or where settings
  keep what they have no field for of a file (`extra="allow"`, `env_file`);
- of a code span that assigns where nothing speaks of setting anything, or of the environment;
- of what the document itself uses (`$NAME`), an example of code in it reads, a script with loops or
  conditions in it, or a line of commands, keeps for itself (`NAME=$(date)`), a command is told by
  its name (`run --token-var NAME`), or a program is said to set for another;
- in a document that names six files or more that are not there, and less than a third as many that
  are: it tells of another program;
- of the end of a longer name which the document has, too, and which is read;
- where the words around, or above the list, say that it is gone, or yet to come, or that another
  is read instead of it;
- of a name that stands for any: "e.g. `X`", "variables like `X`"; and of one that six documents and
  more tell of: they were written for a program that reads it.

What resembles no variable that code reads may still be one of a program that is elsewhere: a
dependency, or another edition. It is told (`info`), and fails no run. What begins like none of them
is told only in a document that is at home here: one that stands beside Python code, names a file of
the repository, or two variables that code reads. Nothing is said in a repository that holds but the
documents of a program (`shop-docs`).

```toml
[docs.environment]
known = ["VENDOR_*"]                  # read by other programs
prefixes = ["SHOP_"]                  # what names begin with that code composes
templates = [".env.example"]          # must list every variable that code reads, and no other
documented = true                     # so must documents, or templates
```

## How to resolve

Write the name that the code reads, or take it out. With `--unsafe-fixes` what lacks in the template
is added to it, without a value.

## How to except

`known`, a suppression comment, or `[[exceptions]]` in the policy.
"""

from collections.abc import Iterator

from govcheck.document import Document
from govcheck.finding import Edit, Finding, Fix
from govcheck.policy import Policy
from govcheck.programs import has_code
from govcheck.repo import Repo
from govcheck.rule import Example, Rule


def check(repo: Repo, policy: Policy) -> Iterator[Finding]:
    """Variables that one side lacks."""
    asked = policy.docs.environment
    if not (asked.documented or asked.templates or repo.view(has_code, policy)):
        return
    from govcheck.docs.documents import told  # only a run of the rule pays for them
    from govcheck.docs.environment import idle, unread, untold

    for each in repo.view(unread, policy):
        hint = _meant(each.name, each.near)
        if not (each.is_ours or hint or each.is_at_home):
            continue
        message = f"nothing reads the environment variable {each.name}{hint}{told(each.doc)}"
        yield rule.finding(
            each.span,
            message,
            data={"variable": each.name},
            # A program that is elsewhere may read it: only a slip is surely one.
            severity=None if hint else "info",
        )
    for line in repo.view(idle, policy):
        hint = _meant(line.name, line.near)
        message = f"nothing reads the environment variable {line.name}{hint}"
        yield rule.finding(line.span, message, data={"variable": line.name})
    for other in repo.view(untold, policy):
        where = other.template.path if other.template is not None else "no document"
        lacks = f"{where} lacks" if other.template is not None else f"{where} names"
        yield rule.finding(
            other.span,
            f"{lacks} the environment variable {other.name}",
            fix=_fix(other.template, other.name) if other.template is not None else None,
            data={"variable": other.name},
        )


def _meant(name: str, near: tuple[str, ...]) -> str:
    """The name that is meant, as likely as not: one with a word more, or with a slip."""
    from difflib import get_close_matches  # only a finding pays for the import

    words = set(name.split("_"))
    longer = [other for other in near if words < set(other.split("_"))]
    close = longer if len(longer) == 1 else get_close_matches(name, near, 1, 0.85)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _fix(template: Document, name: str) -> Fix:
    text, newline = template.text, template.newline
    lead = "" if not text or text.endswith(newline) else newline
    edit = Edit(template.path, len(text), len(text), f"{lead}{name}={newline}")
    return Fix(f"add {name} to {template.path}", (edit,), safe=False)


rule = Rule("env-drift", "docs", check, severity="warning", fix="unsafe")

_APP = "import os\n\nos.getenv('SHOP_API_TOKEN')\n"

examples = [
    Example(
        "In a block, in a span that assigns, and where the line speaks of the environment",
        {
            "govcheck.toml": "",
            "app.py": _APP,
            "README.md": (
                "```bash\nexport SHOP_TOKEN=1\n# SHOP_DEBUG_MODE=0\n```\n\n"
                "Set `SHOP_LIMIT=3`, and the environment variable `SHOP_RATE`.\n\n"
                "Related Env\n- `SHOP_API_TOKEN`\n- `SHOP_SPEED` is how fast it is\n"
            ),
        },
        (
            "README.md:2:8: nothing reads the environment variable SHOP_TOKEN (did you mean"
            " 'SHOP_API_TOKEN'?)",
            "README.md:3:3: nothing reads the environment variable SHOP_DEBUG_MODE",
            "README.md:6:6: nothing reads the environment variable SHOP_LIMIT",
            "README.md:6:51: nothing reads the environment variable SHOP_RATE",
            "README.md:10:4: nothing reads the environment variable SHOP_SPEED",
        ),
    ),
    Example(
        "What code reads, the template must list, and nothing else",
        {
            "govcheck.toml": '[docs.environment]\ntemplates = [".env.example"]\n',
            "app.py": f"{_APP}os.environ['SHOP_RATE']\n",
            "run.sh": "echo $SHOP_PORT\n",
            ".env.example": "SHOP_RATE=1\nSHOP_SPEED=2\nSHOP_PORT=80\nAWS_REGION=x\n",
        },
        (
            ".env.example:2:1: nothing reads the environment variable SHOP_SPEED",
            "app.py:3:12: .env.example lacks the environment variable SHOP_API_TOKEN",
        ),
        {
            ".env.example": (
                "SHOP_RATE=1\nSHOP_SPEED=2\nSHOP_PORT=80\nAWS_REGION=x\nSHOP_API_TOKEN=\n"
            ),
        },
        unsafe=True,
    ),
    Example(
        "Something reads it, or may: a script, a settings class, a name that is put together",
        {
            "govcheck.toml": "",
            "app.py": (
                "import os\nfrom pydantic_settings import BaseSettings\n\n\n"
                "class Settings(BaseSettings):\n    shop_limit: int = 1\n\n\n"
                "os.environ[f'SHOP_X_{name}']\n"
            ),
            "run.sh": "echo $SHOP_TOKEN\n",
            "README.md": "`SHOP_TOKEN=1`, `SHOP_LIMIT=1`, `SHOP_X_Y=1`\n",
        },
    ),
    Example(
        "What others read, what the document uses itself, placeholders and constants",
        {
            "govcheck.toml": '[docs.environment]\nknown = ["VENDOR_*"]\n',
            "README.md": (
                "`HTTPS_PROXY=x`, `AWS_REGION=y`, `VENDOR_KEY=1`, `YOUR_KEY=1`, `MAX_SIZE`\n\n"
                "```sh\nRUN_ID=3\necho $RUN_ID\n```\n"
            ),
        },
    ),
    Example(
        "It is gone, or yet to come",
        {
            "govcheck.toml": '[[docs.class]]\nname = "plan"\npaths = ["PLAN.md"]\n',
            "README.md": ("`SHOP_OLD=1` was removed.\n\nWe recommend:\n\n```\nSHOP_NEXT=1\n```\n"),
            "PLAN.md": "`SHOP_NEXT=1`\n",
        },
    ),
    Example(
        "What packages and vendors read, of which no code here speaks; notebooks are code",
        {
            "govcheck.toml": "",
            "app.py": _APP,
            "pyproject.toml": "[project]\nname = 'a'\ndependencies = ['mlthing']\n",
            "use.ipynb": '{"cells": ["os.getenv(\\"SHOP_MODEL\\")"]}\n',
            "README.md": "```sh\nMLTHING_URL=x\nACME_API_KEY=y\nSHOP_MODEL=z\n```\n",
        },
    ),
    Example(
        "Code that makes names of whatever it is given",
        {
            "govcheck.toml": "",
            "app.py": (
                'def to_env_var(*parts):\n    """The name."""\n'
                "    return '_'.join(part.upper() for part in parts)\n"
            ),
            "README.md": "`APP_LIMIT=3`\n",
        },
    ),
    Example(
        "Examples that read it, variables of a script, another program's, and a plugin's",
        {
            "govcheck.toml": "",
            "app.py": _APP,
            "pyproject.toml": "[project]\nname = 'shop'\ndependencies = ['shop-metrics']\n",
            "README.md": (
                "Set `SHOP_MODE=1`.\n\n```python\nos.getenv('SHOP_MODE')\n```\n\n"
                "```bash\nif true; then\n  SHOP_LABEL=x\nfi\n```\n\n"
                "[shop-ui](https://example.org) reads the variable `SHOP_UI_PORT`.\n\n"
                "`SHOP_METRICS_OFF=1`\n"
            ),
            "galileo.md": "`GALILEO_PROJECT=x`\n",
            "galileo.py": "",
        },
    ),
    Example(
        "The variables of another program, a plugin and a constructor; stand-ins",
        {
            "govcheck.toml": "",
            "pyproject.toml": "[project]\nname = 'shop'\n",
            "shop/__init__.py": "import os\n\nos.getenv('SHOP_TOKEN')\nacme = vega = nova = 1\n",
            "a.md": "`pip install acme-shop`, then set `ACME_API_KEY=x`\n",
            "b.md": (
                "The variable `VEGA_LIMIT` is read.\n\n"
                "```python\nfrom shop_vega.limits import Limit\n```\n"
            ),
            "docs/integrations/nova.md": "`NOVA_HOST=x`\n",
            "docs/integrations/list.md": "`VEGA_HOST=x`\n",
            "c.md": "`git clone https://example.org/a/nova-studio`, `NOVA_PORT=1`\n",
            "d.md": (
                "| Mandatory init variables | `mode`: `NOVA_FULL` |\n| --- | --- |\n\n"
                "Enter `export ENV_VAR_NAME=value`.\n\n"
                "### Netlify environment variables\n\n- `SHOP_SITE`\n"
            ),
        },
    ),
    Example(
        "Where what code reads has a prefix; a list of what is gone; an edition that is not here",
        {
            "govcheck.toml": "",
            "settings.py": (
                "import environ\n\nenv = environ.Env(\n"
                "    SHOP_A=(int, 1),\n    SHOP_B=(int, 1),\n    SHOP_C=(int, 1),\n"
                "    SHOP_D=(int, 1),\n    SHOP_E=(int, 1),\n)\nnova = vega = 1\n"
            ),
            "pyproject.toml": "[project]\nname = 'shop'\ndependencies = ['shop-enterprise']\n",
            "a.md": "`NOVA_KEY=x`\n",
            "b.md": "These are no longer read:\n\n- `SHOP_X=1`\n- `SHOP_Y=1`, one more\n",
            "c.md": "With shop-enterprise comes `SHOP_LICENSE=x`.\n",
        },
    ),
    Example(
        "Variables of another repository's commands",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}vega = 1\n",
            "README.md": "```sh\n# in the shop-operator repo\nexport VEGA_TAG=1\nmake it\n```\n",
        },
    ),
    Example(
        "The end of a name that stands there, too, names for any, and a skill of one file",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}os.environ['SHOP_LDAP_TLS_MODE']\ntls = branch = 1\n",
            "README.md": (
                "| Variable | |\n|---|---|\n| `SHOP_LDAP_TLS_MODE` | `none` |\n\n"
                "Warn of the variable if `TLS_MODE=none`.\n\n"
                "These environment variables are automatically available:\n\n"
                "| Variable | |\n|---|---|\n| `TLS_ID` | x |\n\n"
                "Pass no environment variables like `TLS_TOKEN` or\n`TLS_PASSWORD`; hide values of "
                "variables (e.g. `TLS_KEY=x` → `TLS_KEY=[HIDDEN]`).\n"
            ),
            ".agents/skills/branch.md": "```bash\nBRANCH_NAME=$(git branch)\n```\n",
        },
    ),
    Example(
        "A skill of agents, what a program sets for another, and one that is cloned",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}vega = 1\n",
            "skills/shop/SKILL.md": "",
            "skills/shop/references/modes.md": "With `SHOP_CI=1` ask nothing.\n",
            "a.md": "The script will have the `SHOP_UNATTENDED` variable set.\n",
            "b.md": "```sh\ngit clone https://example.org/a/studio\nexport SHOP_PORT=1\n```\n",
        },
    ),
    Example(
        "What begins like none that code reads, at home here and elsewhere",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}till = 1\n",
            "src/load.py": "",
            "guide.md": "Run `python src/load.py`, and set the variable `TILL_LIMIT`.\n",
            "shell.md": "```env\nTILL_PATH=x\n```\n",
            **{f"src/{each}.md": "Set the variable `TILL_LOAD`.\n" for each in "abcdef"},
        },
        ("guide.md:1:49: nothing reads the environment variable TILL_LIMIT",),
    ),
    Example(
        "Constants, stand-ins, and what another document tells to install",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}max_tries = nova = vega = 1\n",
            "a.md": "It tries twice (`MAX_TRIES=2`).\n",
            "b.md": "The names `NOVA_A` and `NOVA_B` are part of the variable.\n",
            "c.md": "`pip install vega`\n",
            "d.md": "Set `VEGA_FILE=x`.\n",
        },
    ),
    Example(
        "Settings that keep all that they are given",
        {
            "govcheck.toml": "",
            "app.py": (
                "from pydantic_settings import BaseSettings\n\n\n"
                "class Settings(BaseSettings):\n"
                "    model_config = {'extra': 'allow', 'env_file': '.env'}\n"
                "\n\napp = Settings()\n"
            ),
            "README.md": "Set `APP_LIMIT=3`.\n",
        },
    ),
    Example(
        "An error's name, and keys of all kinds",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}err = api = 1\n",
            "README.md": (
                "It threw `ERR_PATH_NOT_FOUND`, and the root export stays.\n\n"
                "Give `API_KEYS` as environment variables.\n"
            ),
        },
    ),
    Example(
        "For one command of Node's",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}use = 1\n",
            "README.md": "```sh\n$ USE_SSH=true yarn deploy\n```\n",
        },
    ),
    Example(
        "Settings of Rust that begin with a prefix",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}",
            "src/config.rs": 'let f = Env::prefixed("SHOP_").map(lower);\n',
            "README.md": "Set `SHOP_PERSIST_PATH=x`.\n",
        },
    ),
    Example(
        "Pages about another repository",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}roles = 1\n",
            "docs/index.md": "Fork [the bot](https://github.com/a/shop-bot).\n",
            "docs/shop-bot/reference.md": "The variable `ROLES_ADMINS` is read.\n",
        },
    ),
    Example(
        "A name that a command is told, what a command says, and files of another program",
        {
            "govcheck.toml": "",
            "app.py": f"{_APP}tax = now = 1\n",
            "pyproject.toml": "[project]\nname = 'till'\ndependencies = ['till-snapshot']\n",
            "d.md": (
                "Set the variable `SHOP_SNAPSHOT=1`. We read the variable `SHOP_API_TOKEN` "
                "instead of `SHOP_OTHER`.\n"
            ),
            "a.md": "```sh\nexport TAX_KEY=x\nshop --key-var TAX_KEY\n```\n",
            "b.md": "```sh\nNOW_B64=$(date | base64)\nshop --now\n```\n",
            "c.md": (
                "`api/main.py`, `api/cache.py`, `api/carts.py`, `api/log.py`, `api/tax.py`,\n"
                "`conf/api.yml`\n\nSet `SHOP_AGENT=x`.\n"
            ),
        },
    ),
    Example(
        "What Dynaconf reads, and what a post of some day tells",
        {
            "govcheck.toml": "",
            "app.py": (
                "import os\n\nfrom dynaconf import Dynaconf\n\n"
                "settings = Dynaconf(envvar_prefix='SHOP')\nos.getenv('TILL_ID')\n"
            ),
            "README.md": "```sh\nexport SHOP_SECRET_KEY=x\n```\n",
            "posts/2026-01-31-tills.md": "```sh\nexport TILL_RATE=x\n```\n",
        },
    ),
]
