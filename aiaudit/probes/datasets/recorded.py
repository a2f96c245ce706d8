"""What a project has written down about its data sets: sources, licences and hashes, in manifests and documents."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any, Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.docs.common import OWN_ROLES, library
from aiaudit.probes.docs.document import LABEL_LEVEL, Document, Section
from aiaudit.probes.docs.substance import is_gap
from aiaudit.project.globs import covers
from aiaudit.project.parse import Malformed, line_of
from aiaudit.project.reader import Unreadable

MANIFESTS: Final = (
    "**/*manifest*.{json,yaml,yml}", "**/datapackage.json", "**/*croissant*.json", "{data,dataset,datasets}/**/*.json",
    "{data,dataset,datasets}/**/*.{yaml,yml}", "**/{datasets,data_sources,sources}.{yaml,yml,json}",
)  # fmt: skip
DOCUMENTS: Final = (
    "README.{md,rst}", "**/{data,dataset,datasets}/**/*.md", "**/*data*.md", "docs/**/*.md", "**/*licen*.md",
    "**/MODEL_CARD.md",
)  # fmt: skip
MAX_HASHED: Final = 64 * 1024 * 1024  # bytes of a file whose recorded hash is computed again
_MAX_NODES: Final = 20_000
_NEAR: Final = 1  # lines
_LICENCE_KEYS: Final = ("licence", "license", "licenses", "licences")
_SOURCE_KEYS: Final = ("source", "sources", "origin", "url", "homepage", "download_url", "contentUrl", "provenance")
_HASH_KEYS: Final = ("sha256", "sha512", "sha1", "md5", "checksum", "hash")
_NAME_KEYS: Final = ("path", "file", "filename", "name", "id", "@id", "dataset")
_LICENCE: Final = lazy.regex(
    r"\bCC0\b|\bCC[- ]BY(?:[- ](?:NC|ND|SA))*(?:[- ]\d\.\d)?\b|\bcreative commons [\w -]{3,60}"
    r"|\bApache(?:[- ]License)?[-, ]*(?:version )?2(?:\.0)?\b|\bMIT(?= licen[cs]e)|(?<=licen[cs]e: )MIT\b"
    r"|\b(?:ODbL|ODC-By|PDDL|DbCL)\b|\b(?:open database|database contents)\s+licen[cs]e|\bopen data commons\b"
    r"|\bB?SD-\d-Clause\b"
    r"|\b[AL]?GPL(?:-?v?\d)?\b|\bpublic domain\b|\bproprietary\b|\b(?:company|in-house|internal) (?:data|use)\b"
    r"|\bOpen Government Licen[cs]e\b|\bOpenRAIL[\w-]*|\bnon-?commercial\b",
    re.IGNORECASE,
)
_GENERIC: Final = frozenset(("data", "dataset", "datasets", "input", "inputs", "train", "test", "tables"))  # no names
_PARTS_OF_A_SET: Final = frozenset(  # what a file's name says after the name of the set
    (
        "test",
        "train",
        "training",
        "dev",
        "val",
        "validation",
        "eval",
        "set",
        "sets",
        "split",
        "data",
        "dataset",
        "all",
        "full",
        "sample",
        "main",
    )
)
_SOURCE: Final = lazy.regex(
    r"https?://[^\s)\]>\"']*[^\s)\]>\"'.,;]|\bkaggle\b|\bsource\s*:|\bgenerated\b|\bcollected\b(?: from [^.\n]{3,80})?"
    r"|\b(?:exported|taken|extracted|downloaded|drawn|copied|obtained|scraped) from [^.\n]{3,80}"
    r"|\borigin(?:ating)?(?: \w+)?\W{0,4}[:\n]\W{0,4}\w[^\n]{2,80}|\bprovider\W{0,4}[:\n]\W{0,4}\w[^\n]{2,80}"
    r"|\b(?:fully |purely )?synthetic(?:ally generated)? (?:\w+ ){0,2}(?:data|records?|rows|samples?)\b"
    r"|\bconsists? of [^.\n]{3,60} from [^.\n]{3,60}",
    re.IGNORECASE,
)
_TELLING: Final = lazy.regex(r"^(?:licen[cs]e|terms|source|origin|provenance)\b", re.IGNORECASE)
_OF_DATA: Final = lazy.regex(
    r"\b(?:data ?sets?|data|corp(?:us|ora)|download\w*|sourced?|licen[cs]ed?|samples|splits?|train(?:ed)? on)\b",
    re.IGNORECASE,
)
_ORIGIN: Final = lazy.regex(
    r"https?://(?:www\.)?((?:kaggle\.com/(?:c|competitions|datasets/[\w-]+)|archive\.ics\.uci\.edu/dataset/\d+|openml\.org/d"
    r"|zenodo\.org/records?|data\.mendeley\.com/datasets)/[\w-]+)",
    re.IGNORECASE,
)
_OF_ALL: Final = "of the data as a whole:"  # begins a source that names no single data set
_A_FILE: Final = lazy.regex(
    r"[\w./ -]{1,200}\.(?:csv|tsv|parquet|feather|jsonl?|xlsx?|rds|rdata|txt|pkl|npy|npz)(?:\.gz)?", re.IGNORECASE
)
_DATA_TITLE: Final = lazy.regex(
    r"\W{0,9}(?:\d[\d.]{0,9}\s+)?(?:the\s+|about the\s+|input\s+|raw\s+|training\s+)?data(?:\s*sets?)?"
    r"(?:\s+(?:sources?|origins?|used))?\W{0,9}",
    re.IGNORECASE,
)
# Words of coming from somewhere with the address behind them, an open data portal, or a label with a name.
_COMES_FROM: Final = lazy.regex(
    r"\b(?:comes?|came|taken|downloaded|obtained|drawn|exported|extracted|sourced|retrieved|provided|collected)\s+"
    r"(?:from|by|at|via)\b[^\n]{0,160}?\]\((?P<link>https?://[^\s)]{4,200})"
    r"|\b(?:open data|data portal)\b[^\n]{0,80}?\]\((?P<portal>https?://[^\s)]{4,200})"
    r"|\b(?:downloaded|obtained|taken|retrieved)\s+from\s+<?(?P<plain>https?://[^\s)\]>\"']{4,200})"
    r"|\bsource\W{0,6}:\W{0,6}(?P<label>\w[^\n]{5,150})"
    r"|\b(?P<made>(?:(?:fully|entirely|purely|all)\s+synthetic|synthetic\s+(?:data|dataset|records?))\b[^\n.]{0,100})",
    re.IGNORECASE,
)
# A line of a list, a row of a table or a label that is nothing but a name of data and where it lies.
_LISTED: Final = lazy.regex(
    r"\s{0,6}(?:(?:[-*+]|\d{1,2}\.|\|)\s*(?P<name>[\w /()&-]{2,60}[:|–—-]\s*)?)?"
    r"\[(?P<text>[^\]\n]{2,120})\]\((?P<link>https?://[^\s)]{4,200})\)"
)
_NO_SOURCE: Final = lazy.regex(
    r"(?i)\b(?:notebooks?|colab|demo|papers?|arxiv|models?|code|repo(?:sitory)?|apps?|weights|docs|documentation|api"
    r"|slides|blog|video|licen[cs]e|dvc|mlflow)\b"
)
_PICTURE: Final = lazy.regex(  # a badge or a picture beside the words, and where it lies
    r"!\[[^\]]*\]\([^)]*\)|<img\b[^>]*>|https?://[^\s)\]>]+\.(?:png|jpe?g|gif|svg|webp|mp4)\b[^\s)\]>]*", re.IGNORECASE
)


class Noted(Struct):
    """What is recorded of one data set, and where."""

    licence: str = ""
    source: str = ""
    place: str = ""
    line: int = 0


class Register(Struct):
    """All records. `entries`: names (paths, file names, ids) -> what is recorded; `hashes`: path -> hex digest."""

    entries: dict[str, Noted] = field(default_factory=dict)
    hashes: dict[str, tuple[str, str]] = field(default_factory=dict)  # path -> (digest, manifest)
    documents: tuple[Document, ...] = ()


def register(context: Context) -> Register:
    """Everything that is recorded, read once a run."""
    known = context.memo.get("datasets.register")
    if isinstance(known, Register):
        return known
    made = Register(documents=library(context, DOCUMENTS).documents)
    for entry in context.project.matching(list(MANIFESTS), OWN_ROLES):
        if entry.ignored or entry.size > 2_000_000:
            continue
        try:
            value = context.project.json(entry.path) if entry.suffix == ".json" else context.project.yaml(entry.path)
        except (Malformed, Unreadable):
            continue
        _note_package(made, entry.path, value)
        for name, part in _named(value):
            _note(made, context, entry.path, name, part)
    context.memo["datasets.register"] = made
    return made


def _named(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping with the names it may go by: what it calls itself, and the key it stands under."""
    todo: list[tuple[str, Any]] = [("", value)]
    for _ in range(_MAX_NODES):
        if not todo:
            return
        key, node = todo.pop()
        if isinstance(node, Mapping):
            own = [node[one] for one in _NAME_KEYS if isinstance(node.get(one), str)]
            for name in dict.fromkeys([*own, key]):
                if name:
                    yield name, node
            todo.extend((str(one), part) for one, part in node.items())
        elif isinstance(node, list):
            todo.extend(("", part) for part in node[:2000])


def _note(made: Register, context: Context, manifest: str, name: str, part: Mapping[str, Any]) -> None:
    licence = next((text for key in _LICENCE_KEYS if (text := _words(part.get(key)))), "")
    source = next((text for key in _SOURCE_KEYS if (text := _words(part.get(key)))), "")
    if licence or source:
        made.entries.setdefault(name, Noted(licence, source, manifest, line_of(part) or 1))
    digest = next((str(part[key]) for key in _HASH_KEYS if isinstance(part.get(key), str)), "")
    if re.fullmatch(r"(?:sha256:)?[0-9a-fA-F]{32,128}", digest):
        folder = posixpath.dirname(manifest)
        for path in (name, posixpath.join(folder, name)):
            if context.project.entry(path) is not None:
                made.hashes[path] = (digest.rpartition(":")[2].lower(), manifest)


def _note_package(made: Register, manifest: str, value: Any) -> None:
    """Licences and sources of a data package hold for each of its resources that names none of its own."""
    resources = value.get("resources") if isinstance(value, Mapping) else None
    folder = posixpath.dirname(manifest)
    for resource in resources if isinstance(resources, list) else ():
        if not isinstance(resource, Mapping) or not isinstance(path := resource.get("path"), str):
            continue
        licence, source = (
            next((text for part in (resource, value) for key in keys if (text := _words(part.get(key)))), "")
            for keys in (_LICENCE_KEYS, _SOURCE_KEYS)
        )
        if licence or source:
            noted_here = Noted(licence, source, manifest, line_of(resource) or 1)
            made.entries.setdefault(posixpath.normpath(posixpath.join(folder, path)), noted_here)


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        value = next(
            (value[key] for key in ("name", "url", "path", "title", "@id") if isinstance(value.get(key), str)), ""
        )
    if isinstance(value, list):
        return _words(value[0]) if value else ""
    return value[:200] if isinstance(value, str) and not is_gap(value) else ""


def hash_holds(context: Context, path: str) -> bool:
    """Whether a manifest holds the digest of the file as it is; of a file too large to read, whether it holds one."""
    recorded = register(context).hashes.get(path)
    if recorded is None:
        return False
    entry = context.project.entry(path)
    if entry is None or entry.size > MAX_HASHED:
        return entry is not None
    kind = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}.get(len(recorded[0]))
    try:
        return (
            kind is not None
            and hashlib.new(kind, context.project.read(path), usedforsecurity=False).hexdigest() == recorded[0]
        )
    except Unreadable:
        return True


def noted(context: Context, name: str, path: str) -> Noted:
    """What is recorded of a data set by its id or address (`name`) and its file (`path`, "" where there is none)."""
    found = Noted()
    for part in context.config.datasets:
        meant = path and part.path and (_below(path, part.path) or ("*" in part.path and covers(part.path, path)))
        if meant or (name and name in (part.name, part.path, part.source)):
            place = context.config.place("datasets")
            _add(found, Noted(part.licence, part.source, place.file if place else "aiaudit.yaml", 1))
    made = register(context)
    for key in dict.fromkeys((path, posixpath.basename(path), name)):
        if key and key in made.entries:
            _add(found, made.entries[key])
    if not (found.licence and found.source):
        _from_documents(found, made.documents, name, path)
    return found


def _below(path: str, folder: str) -> bool:
    plain = folder.removeprefix("./").rstrip("/")
    return path == plain or path.startswith(f"{plain}/")


def _add(found: Noted, more: Noted) -> None:
    if not found.place and (more.licence or more.source):
        found.place, found.line = more.place, more.line
    found.licence = found.licence or more.licence
    found.source = found.source or more.source


def _from_documents(found: Noted, documents: tuple[Document, ...], name: str, path: str) -> None:
    """A section that names the data set, or the datasheet of its folder."""
    words = {name, name.rpartition(" ")[2], posixpath.basename(path)}  # a library's set: torchaudio LIBRISPEECH
    wanted = [
        re.compile(rf"(?<![\w.-]){re.escape(one)}(?![\w-])", re.IGNORECASE)
        for one in words
        if len(one) > 3 and one.lower() not in _GENERIC
    ]
    own_pages: list[tuple[Document, Section]] = []
    titled: list[tuple[Document, Section]] = []
    mentions: list[tuple[Document, Section]] = []
    stem = posixpath.basename(path).partition(".")[0]
    called = stem.lower() if len(stem) > 3 and stem.lower() not in _GENERIC else ""
    for document in documents:
        folder = posixpath.dirname(document.path)
        own = bool(path and folder and path.startswith(f"{folder}/") and "data" in folder.lower())
        licence = document.front.get("license") or document.front.get("licence")
        if own and isinstance(licence, str):
            _add(found, Noted(licence, "", document.path, 1))
        general: list[tuple[Document, Section]] = []
        before = len(titled)
        for at, section in enumerate(document.sections):
            title = section.title.strip().lower()
            if any(one.search(section.title) for one in wanted) or (called and title == called):
                titled.append((document, section))
                titled += [(document, one) for one in takewhile(_is_label, document.sections[at + 1 :])]
            elif own:
                general.append((document, section))
            elif near := [n for n, line in section.lines if any(one.search(line) for one in wanted)]:
                mentions.append((document, _around(section, near)))
                mentions += [(document, one) for one in _labels_beside(document, section)]
        below_title = min((one.level for one in document.sections if one.level), default=0) + 1
        if all(
            one.level < below_title for _, one in titled[before:] if one.level < LABEL_LEVEL
        ):  # else its other sections tell of other sets
            own_pages += general
    for document, section in (*titled, *own_pages, *mentions):  # the surest place first
        _add(found, _in_section(document, section))
    if not found.licence and (public := _spelled(name)):
        _add(found, _listed(documents, public))
    if (path or _A_FILE.fullmatch(name)) and not found.source:
        _add(found, _page_of_origin(documents))
        _add(found, _told_of_all(documents) if not found.source else Noted())


def _spelled(name: str) -> re.Pattern[str] | None:
    """The name of a public data set as people write it: `browse_comp_test_set.csv` at an address is BrowseComp, the
    hub's `hotpot_qa` HotpotQA. None for a file of the project's own, and for what is too short or too common."""
    if not (name.startswith(("https://", "http://")) or re.fullmatch(r"[\w.-]+(?:/[\w.-]+)?", name)):
        return None
    stem = posixpath.basename(name.partition("?")[0]).partition(".")[0]
    parts = [one for one in re.split(r"[^A-Za-z0-9]+", stem) if one]
    while parts and parts[-1].lower() in _PARTS_OF_A_SET:
        parts.pop()
    if sum(map(len, parts)) < 5 or all(one.lower() in _GENERIC or one.isdigit() for one in parts):
        return None
    return re.compile(r"(?<![\w./-])" + r"[ _-]?".join(map(re.escape, parts)) + r"(?![\w/-])", re.IGNORECASE)


def _listed(documents: tuple[Document, ...], name: re.Pattern[str]) -> Noted:
    """What one line says that names a data set and its licence, as in a list of the benchmarks of a project."""
    for document in documents:
        for section in document.sections:
            for number, line in section.lines:
                if name.search(line) and _LICENCE.search(line):
                    return _in_section(document, Section("", section.level, section.line, [(number, line)]))
    return Noted()


def _page_of_origin(documents: tuple[Document, ...]) -> Noted:
    """The one page of a competition or of a data set that the README links to: where the files in the project come
    from. Of several pages it is not known which."""
    pages: dict[str, Noted] = {}
    for document in documents:
        if posixpath.dirname(document.path) or not document.path.lower().startswith("readme"):
            continue
        for section in document.sections:
            for number, line in section.lines:
                for found in _ORIGIN.finditer(line):
                    page = Noted("", found[0][:200], document.path, number)
                    pages.setdefault(found[1].lower().rpartition("/")[2], page)
    return next(iter(pages.values())) if len(pages) == 1 else Noted()


def _told_of_all(documents: tuple[Document, ...]) -> Noted:
    """What a section of the README on the data, or the training data of a model's card, says of where it comes from. It
    speaks of the data as a whole: which file is from where is left open, and that is said with it."""
    for document in documents:
        name = posixpath.basename(document.path).lower()
        card = name.startswith("model_card") and not posixpath.dirname(document.path)
        if not card and (posixpath.dirname(document.path) or not name.startswith("readme")):
            continue
        for at, section in enumerate(document.sections):
            if not _DATA_TITLE.fullmatch(section.title.strip()):
                continue
            labels = [one for one in document.with_children(at)[1:] if one.level >= LABEL_LEVEL]
            for part in (section, *labels):
                for number, line in part.paragraphs:
                    told = _told_by(line, part)
                    if told and not is_gap(told):
                        return Noted("", f"{_OF_ALL} {' '.join(told.split())[:150]}", document.path, number)
    return Noted()


def _is_label(section: Section) -> bool:
    return section.level >= LABEL_LEVEL


def _told_by(line: str, section: Section) -> str:
    """Where data comes from, by a line of a section on it: in words, or as a list of names with their addresses."""
    text = _PICTURE.sub(" ", line)
    if hit := _COMES_FROM.search(text):
        return next((one for one in hit.groups() if one), "")
    listed = _LISTED.match(text)
    label = section.level >= LABEL_LEVEL
    if listed is None or not (label or text.lstrip()[:1] in "-*+|0123456789"):
        return ""
    words = " ".join((section.title if label else "", listed["name"] or "", listed["text"]))
    return "" if _NO_SOURCE.search(words) else listed["link"]


def _around(section: Section, lines: list[int]) -> Section:
    """What a section about other things says of data beside the data set's name; nothing where it speaks of code."""
    kept = [(n, line) for n, line in section.lines if any(abs(n - one) <= _NEAR for one in lines)]
    if not _OF_DATA.search(" ".join([section.title, *(line for _, line in kept)])):
        kept = []
    return Section("", section.level, section.line, kept)


def _labels_beside(document: Document, section: Section) -> list[Section]:
    """`**License:** …` and `**Origin:** …` under the heading whose label `section` is."""
    if section.level < LABEL_LEVEL:
        return []
    at = next(n for n, one in enumerate(document.sections) if one is section)
    heading = next((n for n in range(at, -1, -1) if document.sections[n].level < LABEL_LEVEL), 0)
    group = document.with_children(heading)
    return [one for one in group if one.level >= LABEL_LEVEL and _TELLING.search(one.title)]


def _in_section(document: Document, section: Section) -> Noted:
    """The first licence and the first source that a section names."""
    text = _PICTURE.sub(" ", "\n".join([section.title, *(line for _, line in section.lines)]))
    licence, source = _LICENCE.search(text), _SOURCE.search(text)
    named = licence.group(0).splitlines()[0] if licence else ""
    line = next((n for n, one in section.lines if named and named in one), section.line)
    terms = " ".join(licence.group(0).split()) if licence else ""
    return Noted(terms, " ".join(source.group(0).split())[:200] if source else "", document.path, line)


_NOT_SOLD: Final = (
    r"\bnc\b|non[- ]?commercial"
    r"|\b(?:research|academic|educational?|personal|private)(?: and \w+)?(?: purposes?| use)? only"
    r"|only for (?:\w+ )?(?:research|academic|educational?|personal|private)|not for commercial|no commercial use"
)


def terms_of(licence: str) -> str:
    """noncommercial, noderivatives, internal, copyleft, open, or "" where the words are not known."""
    text = licence.lower()
    if not text:
        return ""
    if re.search(_NOT_SOLD, text):
        return "noncommercial"
    if re.search(r"\bnd\b|no-?deriv", text):
        return "noderivatives"
    if re.search(r"proprietary|internal|in-house|confidential|company", text):
        return "internal"
    if re.search(r"gpl|odbl|\bsa\b|share-?alike|open database", text):
        return "copyleft"
    known = r"\bmit\b|apache|bsd|cc0|cc[- ]by|creative commons|public domain|pddl|odc|dbcl|database contents|government"
    return "open" if re.search(rf"{known}|openrail", text) else ""
