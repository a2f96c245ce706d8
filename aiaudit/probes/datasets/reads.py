"""Which calls read a data set, what they name, and whether they name a fixed version of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.probes.python.values import MAX_TEXT

_FORMATS: Final = (
    "csv", "table", "parquet", "json", "excel", "feather", "orc", "stata", "sas", "spss", "hdf", "pickle", "fwf", "ipc",
    "ndjson", "delta", "avro",
)  # fmt: skip
_FRAMES: Final = ("pandas", "polars", "dask.dataframe", "cudf", "modin.pandas")
FRAME_READS: Final = tuple(
    [f"{library}.read_{one}" for library in _FRAMES for one in _FORMATS]
    + [f"polars.scan_{one}" for one in ("csv", "parquet", "ndjson", "ipc", "delta")]
    + ["pandas.read_sql", "pandas.read_sql_query", "pandas.read_sql_table", "pandas.read_gbq"]
    + [f"pyspark.*.read.{one}" for one in ("csv", "parquet", "json", "table", "load", "orc")]
    + ["*.read.csv", "*.read.parquet", "*.read.json", "*.read.table"]
    + ["pyarrow.parquet.read_table", "pyarrow.csv.read_csv", "pyarrow.dataset.dataset", "duckdb.read_csv"]
    + ["duckdb.read_parquet", "numpy.genfromtxt", "numpy.loadtxt", "csv.DictReader", "datasets.load_dataset"]
    + ["datasets.load_from_disk"]
)  # fmt: skip
OTHER_READS: Final = (
    "torchvision.datasets.*", "torchaudio.datasets.*", "tensorflow_datasets.load", "keras.datasets.*",
    "tensorflow.keras.datasets.*", "sklearn.datasets.*", "kagglehub.dataset_download", "opendatasets.download",
    "pooch.retrieve", "*.use_artifact", "dvc.api.open", "dvc.api.read", "dvc.api.get_url", "seaborn.load_dataset",
    "deeplake.load", "lakefs.*", "deltalake.DeltaTable", "ucimlrepo.fetch_ucirepo", "torchtext.datasets.*",
    "torchgeo.datasets.*", "torchrs.datasets.*", "torch_geometric.datasets.*", "medmnist.*", "*.flow_from_directory",
    "*.image_dataset_from_directory", "*.audio_dataset_from_directory", "*.text_dataset_from_directory",
)  # fmt: skip
HASHES: Final = (
    "hashlib.sha256", "hashlib.md5", "hashlib.sha1", "hashlib.sha512", "hashlib.blake2b", "hashlib.file_digest",
    "hashlib.new",
)  # fmt: skip
WRITES: Final = tuple(f"*.{one}" for one in ("to_csv", "to_json", "to_parquet", "to_feather", "save_to_disk"))
ARTIFACTS: Final = ("wandb.Artifact",)  # what a project makes and keeps at a service itself
_OF_DATABASES: Final = frozenset(("read_sql", "read_sql_query", "read_sql_table", "read_gbq"))
_FILE_BUILDERS: Final = frozenset(("csv", "json", "parquet", "text", "imagefolder", "audiofolder", "arrow", "pandas"))
# Libraries with a class for each data set: those that check what they fetch fix it.
_CLASSES: Final = {
    "torchtext": "library",
    "torchgeo": "library",
    "medmnist": "library",
    "torch_geometric": "",
    "torchrs": "",
}
_FOLDERS: Final = frozenset(("ImageFolder", "DatasetFolder"))  # whose classes are the folders in a folder
_FROM_FOLDERS: Final = ("flow_from_directory", "_dataset_from_directory")
_URL: Final = lazy.regex(r"(?:https?|s3|s3a|gs|gcs|abfss?|wasbs?|hf|hdfs|ftp|lakefs)://")
_SQL_NAME: Final = r"(?:[\w$-]++|\"[^\"]++\"|`[^`]++`|\[[^\]]++\])"  # bare, or in the quotes of some dialect
# What rows are taken from, with its schema; not a function that makes rows.
_NAMED_IN_SQL: Final = lazy.regex(rf"\b(?:from|join)\s++((?:{_SQL_NAME}\.){{0,3}}+{_SQL_NAME})(?!\s*\()", re.IGNORECASE)
_MADE_IN_SQL: Final = lazy.regex(r"(?:\bwith(?:\s+recursive)?|,)\s+(\w+)\s+as\s+\(", re.IGNORECASE)
_OTHER_FROM: Final = lazy.regex(r"\b(?:extract|trim|substring|overlay)\s*\([^()]{0,200}\)", re.IGNORECASE)
# A commit in an address: of lakeFS, of a hub (`@`), of a repository's raw files; or the version of an object.
_COMMIT: Final = lazy.regex(
    r"lakefs://[^/]+/[0-9a-f]{8,64}/|s3a?://[^/]+/[0-9a-f]{64}/|hf://[^@]+@[0-9a-f]{40}/|https://raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}/"
    r"|https://huggingface\.co/.{1,200}/resolve/[0-9a-f]{40}/|\w+://.{1,300}[?&]versionId=[\w.-]{8,}"
)
FETCHES: Final = (
    "*.get_object", "*.download_file", "*.download_fileobj", "clearml.Dataset.get", "clearml.*.Dataset.get",
    "azureml.core.Dataset.get_by_name", "huggingface_hub.hf_hub_download", "huggingface_hub.snapshot_download",
    "huggingface_hub.*.hf_hub_download", "huggingface_hub.*.snapshot_download", "pooch.retrieve",
    "quilt3.Package.browse", "openml.datasets.get_dataset",
)  # fmt: skip
"""Calls that bring data to a place, from which another call reads it."""
_HEX: Final = lazy.regex(r"(?:\w+:)?[0-9a-f]{32,128}", re.IGNORECASE)


class Read(Struct, frozen=True):
    """`kind`: hub, library, url, service, table (of a database), file, folder (of pictures, sounds or texts) or
    unresolved. `pinned`: how the call itself fixes the version."""

    kind: str
    name: str = ""
    pinned: str = ""


def read_of(name: str, call: Mapping[str, Any]) -> Read | None:
    """What a call reads; None for data that comes with a package and for calls that only look like reads."""
    given, args = call["kw"], call["args"]
    first = _text(args[0]) if args else ""
    last = name.rpartition(".")[2]
    root = name.partition(".")[0]
    if name == "datasets.load_dataset":
        return _hub(first or _text(given.get("path")), given)
    if last.endswith(_FROM_FOLDERS) or (last in _FOLDERS and root == "torchvision"):
        return Read("folder", (first or _text(given.get("directory")) or _text(given.get("root"))).rstrip("/")[:300])
    if root in ("torchvision", "torchaudio"):
        if last == "FakeData" or not last[:1].isupper():
            return None
        return Read("library", f"{root} {last}", "library")
    if root in _CLASSES:
        if not last[:1].isupper() or last.endswith(("Dataset", "DataModule")):
            return None
        return Read("library", f"{root} {last}", _CLASSES[root])
    if root in ("keras", "tensorflow"):
        return Read("library", name.removesuffix(".load_data"), "library") if last == "load_data" else None
    if root == "tensorflow_datasets":
        pinned = "version" if re.search(r":\d+\.\d+\.\d+$", first) else ""
        return Read("library", first or "tensorflow_datasets", pinned)
    if root == "sklearn":
        if last == "fetch_openml":
            fixed = {"version", "data_id"} & {key for key, value in given.items() if value not in ("active", None)}
            return Read("service", first or "OpenML", "version" if fixed else "")
        return Read("library", f"sklearn {last}", "library") if last.startswith("fetch_") else None
    if last == "use_artifact":
        if _text(given.get("type")) == "model":
            return None
        return Read("service", first, "version" if re.search(r":v\d+$", first) else "")
    if root in ("kagglehub", "opendatasets"):
        return Read("service", first, "version" if re.search(r"/versions/\d+$", first) else "")
    if name.startswith("dvc.api."):
        return Read("service", first, "dvc")
    if root == "seaborn":
        return Read("service", f"seaborn {first}".strip())
    if root == "ucimlrepo":
        return Read("service", f"UCI {given.get('id', first)}")
    if last in _OF_DATABASES or name.endswith(".read.table"):
        return _of_database(first or _text(given.get("sql")) or _text(given.get("query")))
    return _plain(first or _path_keyword(given), given)


def fetched(name: str, call: Mapping[str, Any]) -> str:
    """How a call that brings data fixes its version (`version`, `revision`, `sha256`); "" where it does not."""
    given, args = call["kw"], call["args"]
    last = name.rpartition(".")[2]
    if last in ("get_object", "download_file", "download_fileobj"):
        extra = given.get("ExtraArgs")
        told = given.get("VersionId") or (extra.get("VersionId") if isinstance(extra, Mapping) else None)
        return "version" if told else ""
    if name.startswith("clearml."):
        return "version" if {"dataset_id", "dataset_version"} & set(given) else ""
    if name.startswith("azureml."):
        return "version" if given.get("version") not in (None, "latest") else ""
    if name.startswith("huggingface_hub."):
        return "revision" if _text(given.get("revision")) not in ("", "main") else ""
    if name.startswith("quilt3."):
        return "version" if given.get("top_hash") else ""
    if name.startswith("openml."):
        return "version" if args or {"version", "dataset_id"} & set(given) else ""
    return "sha256" if _HEX.fullmatch(_text(given.get("known_hash"))) else ""


def _of_database(asked: str) -> Read:
    """A table or view by its name, or those that a query takes its rows from."""
    if not asked:
        return Read("unresolved")
    if not re.search(r"\s", asked.strip()):
        return Read("table", asked.strip()[:300])
    if len(asked) >= MAX_TEXT:  # the rest was not kept, and the last word may be half of one
        asked = asked.rpartition(" ")[0]
    own = {one.lower() for one in _MADE_IN_SQL.findall(asked)}
    found = [re.sub(r'["`\[\]]', "", one) for one in _NAMED_IN_SQL.findall(_OTHER_FROM.sub(" ", asked))]
    names = dict.fromkeys(one for one in found if one.lower() not in own)
    return Read("table", ", ".join(names)[:300] or "a query")


def _hub(name: str, given: Mapping[str, Any]) -> Read:
    if name in _FILE_BUILDERS:
        files = given.get("data_files")
        if isinstance(files, dict):  # {"train": …, "test": …}: its first
            files = next(iter(files.values()), None)
        return _plain(_text(files[0] if isinstance(files, list) and files else files), given)
    if not name:
        return Read("unresolved")
    if name.startswith((".", "/")) or re.search(r"\.(?:jsonl?|csv|parquet|py)$", name):
        return _plain(name, given)
    return Read("hub", name, "revision" if _text(given.get("revision")) not in ("", "main") else "")


def _plain(name: str, given: Mapping[str, Any]) -> Read:
    hashed = any(_HEX.fullmatch(_text(given.get(key))) for key in ("known_hash", "file_hash", "expected_hash"))
    versioned = any(key in given for key in ("version", "versionAsOf", "timestampAsOf"))
    versioned = versioned or _COMMIT.match(name) is not None
    pinned = "sha256" if hashed else "version" if versioned else ""
    if not name:
        return Read("unresolved", pinned=pinned)
    return Read("url" if _URL.match(name) else "file", name[:300], pinned)


def _path_keyword(given: Mapping[str, Any]) -> str:
    return next(
        (_text(given[key]) for key in ("filepath_or_buffer", "path", "io", "source", "url") if key in given), ""
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) and not isinstance(value, Unknown) else ""


def in_tree(name: str, reader: str) -> tuple[str, ...]:
    """The paths of the project that a literal path may mean, as read from the root or from the reader's folder."""
    plain = name.removeprefix("file://")
    if plain.startswith(("/", "~")):
        return ()
    found = [posixpath.normpath(plain), posixpath.normpath(posixpath.join(posixpath.dirname(reader), plain))]
    return tuple(dict.fromkeys(path for path in found if not path.startswith("..")))
