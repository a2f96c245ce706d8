"""What a file is for, judged by its path alone. The one place where this is decided.

Order matters: a vendored test is vendored, a test notebook is a test, a table under `data/test/` is data.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final

from aiaudit import lazy
from aiaudit.probes.words import word_set


class Role(StrEnum):
    """The purpose of a file in its project."""

    CODE = "code"
    TEST = "test"
    EXAMPLE = "example"
    DOCS = "docs"
    NOTEBOOK = "notebook"
    VENDORED = "vendored"
    GENERATED = "generated"
    CONFIG = "config"
    DATA = "data"
    MODEL = "model"
    OTHER = "other"


PRODUCTION: Final = frozenset({Role.CODE, Role.CONFIG, Role.NOTEBOOK, Role.OTHER})
"""Files that may be part of what runs in production."""
ASIDE: Final = frozenset({Role.TEST, Role.EXAMPLE, Role.DOCS})
"""Files that say nothing of what runs, whatever they describe; less is asked of them."""

POINTED: Final = frozenset({Role.DATA, Role.MODEL})
"""Files of which those who ask for them know that Git LFS may hold them."""

# The members by names of their own: to look one up in its class takes longer than all else that a file's role asks for.
_CODE, _TEST, _VENDORED, _GENERATED, _DATA = Role.CODE, Role.TEST, Role.VENDORED, Role.GENERATED, Role.DATA

VENDORED_DIRS: Final = frozenset(
    {"vendor", "vendored", "_vendor", "third_party", "third-party", "thirdparty", "3rdparty", "extern", "externals"}
    # notebooks of a competition that were gathered to be read: what they do is their authors' doing
    | {f"others{dash}{what}" for dash in "-_" for what in ("notebook", "notebooks", "kernels")}
)
# What an editor of notebooks keeps beside them is text under the name of a notebook, or an older state of it.
GENERATED_DIRS: Final = frozenset(
    {"dist", "generated", "__generated__", "_generated", ".ipynb_checkpoints", ".virtual_documents", "htmlcov"}
    | {
        ".vite",
        ".next",
        ".nuxt",
        ".open-next",
        ".turbo",
        ".parcel-cache",
        ".svelte-kit",
        ".docusaurus",
        ".angular",
        ".output",
    }  # caches and builds of bundlers that lie where they were made
)
TEST_DIRS: Final = frozenset({"test", "tests", "testing", "__tests__", "__mocks__", "e2e", "testdata", "test_data"})
_TEST_NAMED: Final = lazy.regex(
    r"^tests[_-]\w+$|^(?:unit|integration|functional|e2e|end[_-]to[_-]end|smoke|acceptance|system|regression)[_-]?tests?$"
)
"""Folders of tests that say which (`tests_server`, `integration_tests`); others of that shape may be anything."""
_PACKAGES: Final = lazy.regex(r"^((?:.*/)?src/(\w+)/(?:java|kotlin|scala|groovy|clojure))/")
"""Below this, folders of a build by Maven or Gradle are names of packages (`com.example.shop`) and tell no purpose."""
_TEST_PROJECT: Final = (".tests", ".test", ".unittests", ".integrationtests", ".specs")
"""How folders of tests end that .NET keeps beside the projects that they test (`Shop.Api.Tests`)."""
EXAMPLE_DIRS: Final = frozenset(
    {
        "example",
        "examples",
        "sample",
        "samples",
        "tutorial",
        "tutorials",
        "cookbook",
        "cookbooks",
        "sample_projects",
        "code_snippets",
    }
)
_ASSETS: Final = lazy.regex(
    r"(?:^|/)(?:public|static|wwwroot)/(?:(?:[\w-]+/)?assets/(?:plugins|libs?|vendors)|(?:plugins|libs|vendors))(?:/|$)"
)
"""Libraries that pages load as they are, and that nobody here writes."""
_SKILLS: Final = lazy.regex(
    r"(?:^|/)\.(?:claude|agents?|cursor|codex|gemini|github|opencode|windsurf|kiro|roo)/skills(?:/|$)"
)
"""What coding agents of the makers are taught: scripts that run on a developer's machine, most of them by others."""
_LIBRARIES: Final = lazy.regex(
    r"^(?:jquery(?:[.-][\w.-]+)?|(?:moment|lodash|underscore|bootstrap|popper|select2|summernote|metismenu|simplebar)"
    r"(?:[.-](?:bundle|full|core|slim|all|with-locales|min))*"
    # what stands beside a WebAssembly of MediaPipe, ONNX Runtime, TensorFlow.js, SQLite or FFmpeg, and PDF.js
    r"|\w+_wasm(?:_module|_nosimd)*_internal|ort-wasm[\w.-]*|tfjs-backend-wasm[\w.-]*|sql-wasm[\w.-]*|ffmpeg-core[\w.-]*|pdf\.(?:worker|sandbox))\.js$"
)
_BESIDE_PAGES: Final = lazy.regex(
    r"^(?:datatables|plotly|d3|leaflet|toastr|sweetalert2?|flatpickr|owl\.carousel|modernizr|html5shiv|codemirror|tinymce"
    r"|ckeditor|htmx|socket\.io|jspdf|html2canvas|waves)"
    r"(?:[.-](?:bundle|full|core|slim|all|min|umd|esm|basic|lite|bootstrap[345]?|v?\d{1,4}))*\.js$"
)
"""Libraries where a page loads them; in the sources of a page a file of that name sets one up."""
_SERVED_AS_IT_IS: Final = lazy.regex(r"(?:^|/)(?:static|public|wwwroot|vendors?)(?:/|$)")
_OF_PAGES: Final = lazy.regex(
    r"(?:^|/)(?:js|javascripts?|css|static|public|assets|vendors?|bootstrap|wwwroot|www|web|webapp|resources|themes?)(?:/|$)"
)
"""Folders from which pages are served. Elsewhere `bootstrap.js` is what brings a service of the project up."""
DOCS_DIRS: Final = frozenset({"doc", "docs", "documentation"})
DATA_DIRS: Final = frozenset({"data", "dataset", "datasets", "sample_data"})
_TELLING: Final = VENDORED_DIRS | GENERATED_DIRS | TEST_DIRS | EXAMPLE_DIRS | DOCS_DIRS | DATA_DIRS

CODE_SUFFIXES: Final = word_set(
    ".py .pyx .pyi .pyw .js .jsx .mjs .cjs .ts .tsx .mts .cts .java .kt .scala .go .rs .c .h .cc .cpp .hpp .cu .cuh .cs"
    " .rb .php .swift .r .jl .lua .m .mm .sh .bash .zsh .ps1 .bat .sql .vue .svelte .ex .exs .clj .dart .pl .proto"
    " .html .css .scss .less"
)
CONFIG_SUFFIXES: Final = word_set(
    ".yaml .yml .toml .ini .cfg .conf .json .json5 .jsonc .env .properties .tf .tfvars .hcl .gradle .xml .lock .mk"
    " .dockerfile .nix .cmake .service .jinja .j2 .tmpl .tpl"
)
DOCS_SUFFIXES: Final = word_set(".md .mdx .rst .adoc .markdown .tex .pdf .docx")
DATA_SUFFIXES: Final = word_set(
    ".csv .tsv .parquet .feather .arrow .orc .avro .jsonl .ndjson .xlsx .xls .ods .sqlite .sqlite3 .db .duckdb"
    " .npy .npz .mat .tfrecord .tfrecords .lmdb .hdf .sav .dta .sas7bdat .rds .rdata .libsvm .arff .wav .mp3 .flac"
    " .ogg .mp4 .avi .mov .webm .jpg .jpeg .png .gif .bmp .tif .tiff .webp .dcm .nii .las .laz .ply .zip .gz .bz2"
    " .xz .zst .7z .tar .tgz .rar"
)
MODEL_SUFFIXES: Final = word_set(
    ".pt .pth .ckpt .safetensors .onnx .gguf .ggml .h5 .hdf5 .keras .pb .tflite .mlmodel .pkl .pickle .joblib .dill"
    " .skops .pmml .engine .plan .bin .caffemodel .params .llamafile .xgb .cbm .ubj"
)
_SUFFIXES: Final = {
    one: one for one in CODE_SUFFIXES | CONFIG_SUFFIXES | DOCS_SUFFIXES | DATA_SUFFIXES | MODEL_SUFFIXES
}
_ADAPTER: Final = lazy.regex(r"(?:^|_)(?:q?lora_)?adapters?(?:_(?:weights|final|best|\d{1,8}))?$")
"""Arrays of numpy under such a name are the weights that a fine-tuning made (`adapters.npz` of MLX)."""
# JSON elsewhere than in a folder for data; `dataset.json` alone is mostly a description of one.
_RECORDS: Final = lazy.regex(
    r"_(?:data_?set|(?:training|train|finetun\w{1,5}|instruct(?:ion)?|sft|dpo)_data)"
    r"(?:_(?:final|full|all|clean(?:ed)?|merged|combined|train|test|val|dev|v?\d{1,4})){0,3}$"
)
# R keeps anything in these files.
_MODEL_IN_R: Final = lazy.regex(r"(?:^|_)model(?:_(?:final|best|eval|fit|v?\d{1,8}))?$")
_CONFIG_NAMES: Final = word_set(
    "makefile gnumakefile dockerfile containerfile procfile jenkinsfile justfile vagrantfile pipfile rakefile gemfile"
    " codeowners .gitignore .dockerignore .gitattributes .editorconfig .env .flake8 .pylintrc .npmrc .nvmrc"
    " .python-version .prettierrc .eslintrc .babelrc .dvcignore caddyfile brewfile tiltfile"
)
_DOCS_STEMS: Final = word_set(
    "readme license licence copying notice authors contributors contributing changelog changes history security"
    " code_of_conduct maintainers governance citation model_card datasheet support roadmap news todo"
)
_TEXT_STEMS: Final = word_set("changes history security support roadmap news todo")  # data is named so too: news.csv
_TEXT_SUFFIXES: Final = DOCS_SUFFIXES | {"", ".txt"}
_GENERATED_ENDS: Final = (
    "_pb2.py",
    "_pb2.pyi",
    "_pb2_grpc.py",
    ".pb.go",
    ".min.js",
    ".min.css",
    ".bundle.js",
    ".chunk.js",
    ".js.map",
    ".css.map",
)
_SCRIPTS: Final = frozenset({".py", ".ipynb", ".sh", ".r", ".jl"})
_ON_A_TEST_SET: Final = lazy.regex(
    r"^(?!test_)\w+_on_(?:the_)?test$|^eval(?:uate|uation)?_on_\w+_test$"
    r"|^evaluate_(?!(?:\w+_)?(?:models?|agents?|rag|pipelines?|utils?|helpers?|metrics?|lib|main|scripts?|answers?|results?"
    r"|predictions?|llms?|prompts?|responses?|runs?|unit|integration|smoke)_test$)\w+_test$"
)
"""`evaluate_on_kaggle_test.py`, `evaluate_cuad_test.py`: what measures a model on the test split of some data."""
_BUNDLED: Final = word_set(".js .mjs .css")
_HASHED: Final = lazy.regex(r"[.-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,32}\.\w+$")
"""`index-8a2d939c.js`: a bundler puts a hash of the content into the name."""


def role_of(path: str) -> Role:
    """The role of the file at `path` (relative to the project root, `/`-separated)."""
    directory, _, name = path.rpartition("/")
    return role_and_suffix(role_of_dirs(directory.lower()), name.lower(), directory)[0]


def suffix_of(name: str) -> str:
    """The lower-case suffix with its dot; `.env` and `.env.local` count as suffix `.env`."""
    return suffix_in(name.lower())


def suffix_in(lower: str) -> str:
    """`suffix_of` a name that is in lower case already."""
    dot = lower.rfind(".")
    if lower[:1] == "." and (lower == ".env" or lower.startswith(".env.")):
        return ".env"
    return lower[dot:] if dot > 0 else ""


def role_and_suffix(folder: Role | None, name: str, directory: str = "") -> tuple[Role, str]:
    """The role of a file called `name` (lower case) in the folder `directory` of kind `folder` (see `role_of_dirs`),
    and the suffix of its name."""
    suffix = suffix_in(name)
    suffix = _SUFFIXES.get(suffix, suffix)  # one text for all of them
    if folder is _VENDORED or folder is _GENERATED:
        return folder, suffix
    if name.endswith(_GENERATED_ENDS) or (suffix in _BUNDLED and _HASHED.search(name)):
        return _GENERATED, suffix
    if suffix == ".js" and (
        (_LIBRARIES.match(name) and (name != "bootstrap.js" or _OF_PAGES.search(directory.lower())))
        or (_BESIDE_PAGES.match(name) and _SERVED_AS_IT_IS.search(directory.lower()))
    ):
        return _VENDORED, suffix
    if folder is _TEST:
        return folder, suffix
    is_code = suffix in CODE_SUFFIXES
    named = "test" in name or "spec" in name or "e2e" in name
    if named and (is_code or suffix == ".ipynb") and _is_test_name(name, suffix):
        return _TEST, suffix
    if folder is _DATA:  # code in a package called `data` stays code; everything else there is data
        return _CODE if is_code else _by_name(name, suffix, in_data=True), suffix
    if folder is not None:
        return folder, suffix
    return _CODE if is_code else _by_name(name, suffix, in_data=False), suffix


@lru_cache(maxsize=4096)
def role_of_dirs(directory: str) -> Role | None:
    """What the folders alone decide: vendored, generated, data, test, example, docs, or nothing."""
    parts = directory.split("/")
    is_test_project = any(
        part.endswith(_TEST_PROJECT) or ("test" in part and _TEST_NAMED.match(part)) for part in parts
    )
    if _TELLING.isdisjoint(parts) and not is_test_project and "build/lib" not in directory and not _brought(directory):
        return None
    named = set(parts)
    source_set = _PACKAGES.match(directory)
    if source_set is not None and named.isdisjoint(VENDORED_DIRS | GENERATED_DIRS):
        return Role.TEST if "test" in source_set[2] else role_of_dirs(source_set[1])
    if named & VENDORED_DIRS or _brought(directory):
        return Role.VENDORED
    if named & GENERATED_DIRS or "build/lib" in directory:
        return Role.GENERATED
    first_data = next((i for i, part in enumerate(parts) if part in DATA_DIRS), None)
    first_test = next((i for i, part in enumerate(parts) if part in TEST_DIRS or _TEST_NAMED.match(part)), None)
    # `data/test/` is the test split of a data set; `tests/data/` is a test's fixture.
    if first_data is not None and (first_test is None or first_data < first_test):
        return Role.DATA
    if first_test is not None or is_test_project:
        return Role.TEST
    if named & EXAMPLE_DIRS:
        return Role.EXAMPLE
    if named & DOCS_DIRS:
        return Role.DOCS
    return None


def _brought(directory: str) -> bool:
    """Whether the folder is where ASP.NET's client library manager puts libraries of others, or renv what starts it, or
    where themes of pages bring theirs, or where skills of coding agents lie."""
    if "/skills" in directory and _SKILLS.search(directory):
        return True
    if "wwwroot/lib" in directory or directory == "renv" or directory.endswith("/renv"):
        return True
    return ("plugins" in directory or "lib" in directory or "vendors" in directory) and bool(_ASSETS.search(directory))


def _is_test_name(name: str, suffix: str) -> bool:
    stem = name[: -len(suffix)]
    measures = suffix in _SCRIPTS and stem.endswith("_test") and ("_on_" in stem or "evaluate_" in stem)
    if measures and _ON_A_TEST_SET.match(stem):
        return False
    return (
        stem.startswith("test_")
        or stem.endswith(("_test", "_tests", ".test", ".spec", ".e2e"))
        or name in ("conftest.py", "tests.py")
        or (suffix == ".rb" and (stem.endswith("_spec") or stem in ("spec_helper", "rails_helper")))  # RSpec
    )


def _by_name(name: str, suffix: str, *, in_data: bool) -> Role:
    if suffix == ".ipynb":
        return Role.NOTEBOOK
    stem = name.split(".", 1)[0].replace("-", "_") if not name.startswith(".") else name
    if stem in _DOCS_STEMS and suffix not in CODE_SUFFIXES and (suffix in _TEXT_SUFFIXES or stem not in _TEXT_STEMS):
        return Role.DOCS
    if suffix in MODEL_SUFFIXES and not (in_data and suffix in {".h5", ".hdf5", ".pkl", ".pickle", ".bin"}):
        return Role.MODEL
    if suffix == ".npz" and _ADAPTER.search(stem):
        return Role.MODEL
    if suffix in {".rds", ".rdata"} and _MODEL_IN_R.search(stem):
        return Role.MODEL
    if suffix in DATA_SUFFIXES or in_data or (suffix == ".json" and _RECORDS.search(stem)):
        return Role.DATA
    if suffix in CONFIG_SUFFIXES or name in _CONFIG_NAMES or name.startswith(("dockerfile", "requirements", ".env")):
        return Role.CONFIG
    if suffix in DOCS_SUFFIXES:
        return Role.DOCS
    return Role.OTHER
