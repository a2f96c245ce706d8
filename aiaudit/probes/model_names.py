"""How code and configuration write the name of a model: the patterns that find one, and what makes a hit no use.

A name is *used* where it is given as a value (`model="gpt-4"`, `model: gpt-4`, `ChatOpenAI("gpt-4")`) or offered for
choice. It is *mentioned* where it stands as a text of its own and how it is used was not seen: as an element of a list,
in a language whose calls are not followed. A table of prices, a comparison and a message name a model and ask none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.text.groups import Judge, Pattern, PatternGroup
from aiaudit.project.roles import PRODUCTION

# What the names of models begin with that a provider serves; a pattern has room for so many.
_FAMILY: Final = (
    r"gpt|chatgpt|o[134]|(?:text-)?(?:davinci|curie|babbage)|text-(?:ada|embedding)|code-davinci|claude|gemini|"
    r"imagen|dall-e|whisper-|tts-|open-mi[sx]tral|mistral|mixtral|codestral|pixtral|ministral|magistral|devstral|command-|"
    r"c4ai-|embed-|embedding-|rerank-|jamba|j2-|grok|deepseek|llama|qwen|sonar"
)
_MORE: Final = (
    r"glm-\d|kimi-|moonshot-|minimax-|nova-|titan-|yandexgpt|gigachat|ernie-|hunyuan-|doubao-|text-bison|chat-bison|"
    r"gemma|phi-?\d|nemotron|qwq|codellama|solar-|granite"
)
_REST: Final = r"[A-Za-z0-9.\-]*(?::[\w.\-]*)*"  # after a colon, the tag of Ollama: `q4_K_M`
_NAME: Final = rf"((?:{_FAMILY}){_REST})"
_PROVIDERS: Final = (
    "openai|anthropic|google|google_genai|google_vertexai|gemini|mistral|mistralai|cohere|groq|xai|deepseek|bedrock|azure|"
    "azure_openai|openrouter|meta|ollama"
)
# Amazon Bedrock puts the maker before the name, and where it runs before that: `us.anthropic.claude-…-v1:0`.
_PREFIX: Final = r"(?:[A-Za-z_]+/){0,2}(?:[a-z]\w*\.){0,2}"
_LONG: Final = 4_000  # bytes of a line
_ON_A_LINE: Final = 40  # models that are mentioned on it
_LISTED: Final = 4  # models of a list
_PATTERNS: Final = (
    *(
        Pattern(
            name,
            r'(?i:model|engine|deployment|llm)\w*["\']?\s*(?::[\w\s|\[\]]*)?[=:]\s*["\']'
            + _PREFIX
            + rf"""((?i:{family}){_REST})["\']""",
        )
        for name, family in (("named", _FAMILY), ("named_more", _MORE))
    ),
    Pattern(
        "prefixed",
        rf"""(?i:default\w*|\bid|\bname)["']?\s*[=:]\s*["'](?:{_PROVIDERS})[/:]([A-Za-z][A-Za-z0-9.\-:]*)["']""",
    ),
    Pattern(
        "called",
        r'(?:\w*Chat\w*|OpenAI\w*|Anthropic\w*|LM|init_chat_model|GenerativeModel)\(\s*["\']'
        + _PREFIX
        + _NAME
        + r'["\']',
    ),
    Pattern(  # the makers of models of the AI SDK: `openai("gpt-4o")`, `google.chat("gemini-2.5-pro")`
        "made",
        r"(?:^|[\s=:(,{])(?:openai|anthropic|google|vertex|mistral|groq|xai|deepseek|cohere|azure|bedrock|openrouter)"
        r"(?:\.(?:chat|responses|languageModel|completion|chatModel|embedding|textEmbedding\w*|image))?\(\s*[\"']"
        + _PREFIX
        + r"((?:gpt|o[134]|claude|gemini|text-embedding|mi[sx]tral|codestral|llama|grok|deepseek|command-|qwen)"
        + _REST
        + r""")["']""",
    ),
    Pattern(  # in the address of a request: `…/v1beta/models/gemini-2.5-flash:generateContent`
        "addressed",
        r"/models/((?:gemini|imagen|gemma|text-embedding|embedding)-[A-Za-z0-9.\-]*):(?:generate|streamGenerate|embed|batchEmbed|predict)[A-Za-z]*",
    ),
    Pattern(  # a list from which people choose: `"gpt-4": {"name": "GPT-4", "provider": "OpenAI"}`
        "offered",
        r"""["']"""
        + _PREFIX
        + _NAME
        + r"""["']\s*:\s*\{\s*["'](?:name|label|title|display_name)["']\s*:[^{}]{1,120}["']provider["']\s*:""",
    ),
    Pattern(  # the same in TypeScript: `{ id: "gpt-4o", label: "GPT-4o" }`; a list with prices has more behind it
        "choice",
        r"""[{,]\s*["']?(?:id|value)["']?\s*:\s*["']"""
        + _PREFIX
        + r"((?:gpt|o[134]|text-embedding|claude|gemini|mi[sx]tral|command-|grok|deepseek|llama|qwen)[A-Za-z0-9.\-:]*)"
        + r"""["']\s*,\s*["']?(?:label|name|title|displayName)["']?\s*:\s*(?:"[^"\n]*"|'[^'\n]*')\s*,?\s*\}""",
    ),
    Pattern(  # the model of each provider: `{"anthropic": "claude-3-haiku-20240307"}`; `claude.svg` is none
        "of_provider",
        r"""[{,\s]["'](?i:openai|anthropic|claude|google|gemini|mistral|cohere|groq|deepseek|xai|bedrock|openrouter)["']"""
        + r"""\s*:\s*["']"""
        + _PREFIX
        + r"((?:gpt|o[134]|claude|gemini|mi[sx]tral|codestral|command|grok|deepseek|llama)[A-Za-z.\-:]*\d[\w.\-:]*)"
        + r"""["']\s*[,}\n]""",
    ),
    Pattern(  # of a list of constants: `GPT_4O_MINI = "gpt-4o-mini"` of an enumeration, `GPT_4O: "gpt-4o",` of a map
        "constant",
        r"""^\s*(?:(?:export|static|const)\s+)*[A-Z][A-Z0-9]*_[A-Z0-9_]+\s*[:=]\s*["']"""
        + r"""((?:gpt|o[134]|claude|gemini|mi[sx]tral|codestral|command|grok|deepseek)-?[A-Za-z0-9.\-:]*)"""
        + r"""["']\s*[,;]?\s*$""",
    ),
    # `model: gpt-4`; where nothing is set, `${MODEL:-gpt-4}` of Compose and `${MODEL:gpt-4}` of Spring are the same.
    *(
        Pattern(
            name,
            rf"^\s*(?i:[\w.\-]*model\w*)\s*[:=]\s*(?:\$\{{\w+:-?)?{_PREFIX}((?i:{family}){_REST})\}}?\s*(?:#.*)?$",
        )
        for name, family in (("assigned", _FAMILY), ("assigned_more", _MORE))
    ),
    Pattern(  # `getenv("MODEL", "gpt-4")`, `process.env.MODEL || "gpt-4"`, `environ.get("MODEL") or "gpt-4"`
        "fallback",
        r'(?i:model|engine|llm)\w*(?:["\']\s*,|["\']?\]?\)?\s*(?:\|\||\?\?|\bor\b))\s*["\']'
        + _PREFIX
        + _NAME
        + r'["\']',
    ),
    Pattern("otherwise", r'(?i:model|engine|llm)\w*\s*=[^=\n]{1,120}\belse\s+["\']' + _PREFIX + _NAME + r'["\']'),
    # What is fallen back on: `DEFAULT_MODELS = ["gpt-4o", "gpt-4"]`.
    *(
        Pattern(
            f"listed_{place}",
            r"""^\s*\w*(?i:default|fallback|backup)_?(?i:llm_?|chat_?)?(?i:models)\w*\s*(?::[^=\n]*)?=\s*[\[(]\s*"""
            + (rf"""(?:["'][^"'\n]{{1,60}}["']\s*,\s*){{{place}}}""" if place else "")  # Hyperscan has no `{0}`
            + r"""["']"""
            + _PREFIX
            + _NAME
            + r"""["']""",
        )
        for place in range(_LISTED)
    ),
    Pattern("image", r"^\s*(?i:FROM)\s+(?:--platform=\S+\s+)?(?:[\w.\-]+/)*([\w.\-]+:[\w.\-]+)"),
    Pattern("runtime", r"""^\s*(?i:runtime)["']?\s*[:=]\s*["']?((?:python3\.|nodejs)\d+)(?:\.x)?\b"""),
    Pattern(  # of a container of SageMaker: `py_version="py310"`
        "container",
        r"""\bpy(?:thon)?_version["']?\s*(?::\s*\w+\s*)?[=:]\s*(?:Field\(\s*(?:default\s*=\s*)?)?["']py(3\d{1,2})["']""",
    ),
    Pattern("api", r"\.beta\.((?:assistants|threads))\."),
    # A text of its own, however it is used: a number tells the name of a model from that of a tool.
    *(
        Pattern(name, rf"""["'`]{_PREFIX}((?:{family})[A-Za-z.\-]*\d{_REST})["'`]""")
        for name, family in (("mentioned", _FAMILY), ("mentioned_more", _MORE))
    ),
    Pattern("mentioned_plain", rf"""["'`]{_PREFIX}(deepseek-(?:chat|reasoner)|gemini-pro(?:-vision)?)["'`]"""),
)
_CODE: Final = ("**/*.py", "**/*.ipynb", "**/*.ts", "**/*.tsx", "**/*.js", "**/*.mjs", "**/*.jsx", "**/*.cjs")
_OTHER_CODE: Final = tuple(
    f"**/*.{end}" for end in ("go", "java", "kt", "cs", "php", "rb", "rs", "swift", "dart", "scala", "vue", "svelte")
)
_CONFIG: Final = ("**/*.yaml", "**/*.yml", "**/*.toml", "**/*.json", "**/*.env", "**/.env*", "**/*.ini", "**/*.cfg")
_IMAGES: Final = ("**/Dockerfile*", "**/*.Dockerfile", "**/Containerfile*")
# What stands before a name that is compared with another, or told in a comment.
_COMPARED: Final = lazy.regex(
    rb"(?i)(?:[=!]==?\s*|\b(?:in|of)\s*[\[({][^\])}]*|\bcase\s+[^:]*"
    rb"|\b(?:starts_?with|includes|has|hasprefix|contains|match\w*|get|replace\w*|test|indexof|equals\w*)\(+\s*[^)]*)"
    rb"[\"'`][\w./]*$"
)
_NO_MODEL: Final = lazy.regex(
    rb"(?i)o[134][a-z0-9]|.*[.](?:v\d+|svg|png|json|ya?ml|md|txt|html?|[jt]sx?|py|ipynb|csv|gguf|bin|onnx|pt"
    rb"|safetensors)$"
)
_TOLD: Final = lazy.regex(rb"(?:^|\s)(?:#|//|/?\*)(?:\s|$)")
# What stands around a model that people choose by another name: `{ name: 'GPT-4 Omni', key: 'gpt-4o' }`.
_CHOSEN_BEFORE: Final = lazy.regex(
    rb"""[{,]\s*["']?(?:label|name|title|displayName)["']?\s*:\s*(?:"[^"\n]*"|'[^'\n]*')\s*,"""
    rb"""\s*["']?(?:id|value|key|model)["']?\s*:\s*$"""
)
_CHOSEN_AFTER: Final = lazy.regex(rb"\s*+(?:,\s*+)?\}")
# What follows a name in a table of what models cost or hold: `"gpt-4": 8192`, `"gpt-4": {"input": 0.03`.
_PRICED: Final = lazy.regex(
    rb"(?is)\s*+(?::|=>)\s*+[\[({]?\s*[\d.]+"
    rb"|[^{}\n]*(?:\n[^{}\n]*){0,4}?(?:(?:cost|pric(?:e|ing)|per_?(?:1k|million|token)|context_?(?:window|length))"
    rb"\w{0,16}[\"']?\s*[:=]|\b(?:in|out)put\w*[\"']?\s*:\s*[\d.])"
    rb"|\s*:\s*\{[^{}]{0,200}?(?:cost|pric(?:e|ing)|input|output|per_?(?:1k|million|token)|max_?tokens|context)\w*[\"']?\s*:"
)
_HOSTED_ELSEWHERE: Final = lazy.regex(rb"deepseek/deepseek")


_MENTIONED: Final = ("mentioned", "mentioned_more", "mentioned_plain")
_KINDS: Final = {"image": "image", "runtime": "runtime", "api": "api", **dict.fromkeys(_MENTIONED, "mentioned")}


def _keep(pattern: Pattern, match: Any, text: bytes) -> dict[str, Any] | None:
    """The name that was found; nothing inside a triple-quoted text or a message, which show a use and make none."""
    before = text[: match.start()]
    if pattern.name == "addressed":  # inside a text, which is the address
        return {"name": match.group(1).decode("utf-8", "replace").lower(), "kind": "model"}
    if before.count(b'"""') % 2 or before.count(b"'''") % 2 or _in_message(before):
        return None
    if pattern.name == "container":
        return {"name": f"python3.{match.group(1).decode()[1:]}", "kind": "runtime"}
    if pattern.name in _MENTIONED and _is_offered(before[-300:], text[match.end() : match.end() + 60]):
        return {"name": match.group(1).decode("utf-8", "replace").lower(), "kind": "model"}
    if pattern.name in _MENTIONED:
        names = [name for name in _of_line(pattern.regex, match.start(), text) if name]
        return {"names": names, "kind": "mentioned"} if names else None
    if pattern.name != "image" and _NO_MODEL.match(match.group(1)):
        return None
    name = match.group(1).decode("utf-8", "replace").lower()
    if _HOSTED_ELSEWHERE.search(match.group(0)) and name.startswith("deepseek"):
        name = f"deepseek/{name}"  # a gateway's own name, behind which others may serve the weights
    return {"name": name, "kind": _KINDS.get(pattern.name, "model")}


def _is_offered(before: bytes, after: bytes) -> bool:
    return bool(_CHOSEN_AFTER.match(after) and _CHOSEN_BEFORE.search(before))


def _of_line(regex: str, start: int, text: bytes) -> Iterator[str]:
    """The models that are mentioned on the rest of the line and may be asked: neither compared, nor priced, nor named
    in a comment. A search gives the first hit of a line alone."""
    begins, ends = text.rfind(b"\n", 0, start) + 1, text.find(b"\n", start)
    ends = len(text) if ends < 0 else ends
    for match in islice(_mention(regex).finditer(text[start:ends][:_LONG]), _ON_A_LINE):
        before = text[begins : start + match.start()][-500:] + b'"'
        after = text[start + match.end() :][:300]
        if any((_NO_MODEL.match(match[1]), _COMPARED.search(before), _TOLD.search(before), _PRICED.match(after))):
            continue
        yield match[1].decode("utf-8", "replace").lower()


@cache
def _mention(regex: str) -> re.Pattern[bytes]:
    return re.compile(regex.encode())


def _in_message(before: bytes) -> bool:
    """Whether a text that began on the line is still open (`"Try LM('gpt-5')"`). A key's own quote does not count."""
    line = re.sub(rb"""["']?[\w.\-]*$""", b"", before[before.rfind(b"\n") + 1 :][-500:])
    return bool(line.count(b'"') % 2 or line.count(b"`") % 2)


def _group(files: tuple[str, ...], *names: str) -> PatternGroup:
    judge: Judge = _keep
    chosen = tuple(pattern for pattern in _PATTERNS if pattern.name in names)
    return PatternGroup(chosen, files, PRODUCTION, unless=r"^\s*(#|//|\*)", judge=judge, judged_by="lifecycle 20")


GROUPS: Final = (
    _group(
        _CODE,
        *(
            "named",
            "named_more",
            "prefixed",
            "called",
            "made",
            "addressed",
            "offered",
            "choice",
            "of_provider",
            "constant",
            "fallback",
            "otherwise",
            "container",
            "api",
            *_MENTIONED,
        ),
        *(f"listed_{place}" for place in range(_LISTED)),
    ),
    _group(_CONFIG, "named", "named_more", "assigned", "assigned_more", "runtime", *_MENTIONED),
    _group(_OTHER_CODE, *_MENTIONED),
    _group(_IMAGES, "image"),
)
