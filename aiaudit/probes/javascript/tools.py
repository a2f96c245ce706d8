"""Tools that a model may call: where they are defined, what they take, what their code does, and who must agree.

Read are `tool({…})` and its like of the AI SDK, OpenAI's and Mastra's agents, LangChain's `tool(function, {…})`, tools
of MCP servers, objects with a name, a schema and a function, and schemas without code of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.effects import EffectFinder
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, first_named, named_in
from aiaudit.probes.javascript.names import GLOBAL, UNKNOWN, package
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.javascript.schemas import arguments_of
from aiaudit.probes.javascript.steps import known, may_be_own
from aiaudit.probes.javascript.values import Values
from aiaudit.probes.python.approvals import reads_by_its_word, said_in
from aiaudit.probes.python.effects import effect_by_name
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAKES: Final = lazy.linear(
    rb"\b\w{0,40}[tT]ool\s*(?:<[^>\n]{0,80}>)?\(|\b(?:extends|implements)\s+\w{0,40}Tool(?:Base)?\b|\bexecute\s*:|[\"']?type[\"']?\s*:\s*[\"']function[\"']|\binput_?[sS]chema\b|\bfunctionDeclarations\b|\bschema\s*:\s*z\."
    rb"|@langchain/community/tools|\blangchain/(?:tools|agents)\b"
)
MARKS: Final = lazy.linear(  # and what tools may reach
    MAKES.pattern + rb"|child_process|\bexeca\b|nodemailer|\.(?:insert|update|upsert|delete|sendMail|execute)\("
)
MAX_ROWS: Final = 150
_BUILT_IN: Final[dict[str, tuple[str, bool]]] = {  # tools of frameworks: effect, and whether the model writes it
    **dict.fromkeys(
        name_set("SerpAPI Calculator createRetrieverTool TavilySearch TavilySearchResults DuckDuckGoSearch"
                 " WikipediaQueryRun WebBrowser SearchApi BraveSearch ExaSearchResults Serper GoogleCustomSearch"
                 " WolframAlphaTool webSearchTool fileSearchTool"), ("read", False)),
    **dict.fromkeys(name_set("QuerySqlTool SqlToolkit"), ("sql", True)),
    **dict.fromkeys(name_set("RequestsPostTool RequestsGetTool RequestsToolkit"), ("network", False)),
    **dict.fromkeys(name_set("WriteFileTool"), ("file", True)),
    **dict.fromkeys(name_set("GmailSendMessage GmailCreateDraft ZapierToolKit"), ("communicate", False)),
    **dict.fromkeys(name_set("PythonInterpreterTool codeInterpreterTool"), ("execute", True)),
}  # fmt: skip
_MAKERS: Final = name_set(
    "tool dynamicTool createTool defineTool addTool betaZodTool betaTool functionTool DynamicStructuredTool DynamicTool"
)
_SERVES: Final = name_set("tool registerTool")  # methods of an MCP server that take a name first
_RUNS: Final = ("execute", "handler", "func", "run", "invoke", "callback")
_SCHEMAS: Final = ("inputSchema", "parameters", "schema", "input_schema", "argsSchema", "args")
_HOLDS: Final = name_set("needsApproval requireApproval requiresApproval requiresConfirmation needs_approval")
_FRAMEWORKS: Final = (
    ("ai", lazy.regex(r"^ai$|^@ai-sdk/")),
    ("agents", lazy.regex(r"^@openai/agents")),
    ("mastra", lazy.regex(r"^@mastra/")),
    ("langchain", lazy.regex(r"^@?langchain")),
    ("mcp", lazy.regex(r"^@modelcontextprotocol/|^fastmcp$|^mcp-framework$|^mcp-handler$|^@vercel/mcp-adapter$")),
    ("anthropic", lazy.regex(r"^@anthropic-ai/")),
    ("llamaindex", lazy.regex(r"^@?llamaindex")),
)
_INTERRUPTS: Final = lazy.regex(r"^@langchain/langgraph.*\.interrupt$|\.elicitInput$|\.elicit$")
_ASKS: Final = lazy.regex(
    r"^(?:@inquirer/prompts\.confirm|@clack/prompts\.confirm|inquirer\.prompt|prompts|enquirer\.prompt)$"
    r"|(?:^|\.)(?:request|require|await|ask|get|wait|check|obtain|ensure)(?:For)?(?:User|Human|Manager)?(?:Approval|Confirmation|Consent)$"
)
_EACH: Final = lazy.regex(r"\.(?:map|forEach|reduce|flatMap|fromEntries)$")
_TAKES_TOOLS: Final = lazy.regex(r"(?i)tools?\w*$|\.push$|^satisfies$")
_TABLE: Final = lazy.regex(r"^[\"']?(?:\w*_)?(?:tools|\w*Tools)[\"']?$")
_TOOL_CLASS: Final = lazy.regex(r"\bclass\s+\w*Tool\b|\b(?:extends|implements)\s+(?:\w+\.)?\w*Tool(?:Base)?\b")
_UNASKED: Final = lazy.regex(r"(?i)\b(?:without|no need)\b[^.]{0,30}\b(?:ask|confirm|approv|permission)")


class ToolFinder:
    """One row for each tool that a file defines."""

    def __init__(self, module: Module, resolver: Resolver, values: Values) -> None:
        self.module = module
        self.resolver = resolver
        self.values = values
        self.effects = EffectFinder(module, resolver, values)
        self.rows: list[dict[str, Any]] = []
        self._seen: set[int] = set()  # where objects begin that were read
        self._of_server = any("modelcontextprotocol" in one.spec or "mcp" in one.spec.lower() for one in module.imports)

    def found(self) -> list[dict[str, Any]]:
        for call in self.module.calls:
            if len(self.rows) < MAX_ROWS:
                self._call(call)
        for node in self._objects():
            if len(self.rows) < MAX_ROWS and node.range().start.index not in self._seen:
                self._object(node)
        if "extends" in self.module.text or "implements" in self.module.text:
            for node in self.module.root.find_all(kind="class_declaration")[:50]:
                self._class(node)
        return sorted(self.rows, key=lambda row: int(row["line"]))

    def _call(self, call: SgNode) -> None:
        target = call.field("constructor") if call.kind() == "new_expression" else call.field("function")
        last = target.text()[-80:].rpartition(".")[2] if target is not None else ""
        if last in _BUILT_IN:
            self._built_in(call, last)
        if last not in _MAKERS and last not in _SERVES:
            return
        arguments = call.field("arguments")
        given = named_in(arguments) if arguments else []
        if not given or arguments is None or arguments.kind() == "template_string":
            return
        named = self.resolver.called(call)
        spec = "" if named.spec in (GLOBAL, UNKNOWN) else package(named.spec)
        framework = next((name for name, pattern in _FRAMEWORKS if pattern.search(spec)), "")
        first = given[0]
        if len(given) >= 2 and last in _SERVES and target is not None and target.kind() == "member_expression":
            if self._of_server or framework == "mcp":
                self._served(call, given)
        elif last == "tool" and framework == "anthropic" and len(given) >= 4:
            self._served(call, given, framework)  # of the Agent SDK: `tool(name, description, schema, function)`
        elif first.kind() == "object":
            fields = _fields(first)
            runs = next((fields[key] for key in _RUNS if key in fields), None)
            schema = next((fields[key] for key in _SCHEMAS if key in fields), None)
            if self._converts(call) or (schema is None and runs is None):
                return
            if not framework and (schema is None or (runs is None and "description" not in fields)):
                return
            self._seen.add(first.range().start.index)
            framework = "mcp" if last == "addTool" and not framework else framework or "own"
            kind = "constructed" if runs is not None else "schema"
            self._add(call, self._name(fields, call), framework, kind, fields, schema, runs)
        elif len(given) == 2 and given[1].kind() == "object" and last == "tool":
            fields = _fields(given[1])
            if "name" in fields:
                self._seen.add(given[1].range().start.index)
                schema = next((fields[key] for key in _SCHEMAS if key in fields), None)
                self._add(
                    call, self._name(fields, call), framework or "langchain", "constructed", fields, schema, first
                )

    def _built_in(self, call: SgNode, last: str) -> None:
        spec = package(self.resolver.called(call).spec)
        framework = next((name for name, pattern in _FRAMEWORKS if pattern.search(spec)), "")
        if not framework:
            return
        effect, free = _BUILT_IN[last]
        line = call.range().start.line + 1
        function = self.module.function_at(call.range().start.index)
        row = {
            "line": line,
            "function": function,
            "name": last,
            "framework": framework,
            "kind": "built-in",
            "body": True,
        }
        self.rows.append({**row, "sinks": [[effect, last, line, free]]})

    def _converts(self, call: SgNode) -> bool:
        """Whether tools of another kind are turned into these, one by one: they were told of where they are defined."""
        for one in call.ancestors():
            if one.kind() in FUNCTIONS:
                outer = one.parent()
                called = outer.parent() if outer is not None and outer.kind() == "arguments" else None
                function = called.field("function") if called is not None else None
                if function is not None and _EACH.search(function.text()[-60:]):
                    return True
            elif one.kind() == "for_in_statement":
                return True
        return False

    def _served(self, call: SgNode, given: list[SgNode], framework: str = "mcp") -> None:
        """`server.tool(name, description?, schema?, function)` and `server.registerTool(name, {…}, function)`."""
        name = self.values.of(given[0])
        if not isinstance(name, str):
            alternative = given[0].field("right") if given[0].kind() == "binary_expression" else None
            name = self.values.of(alternative) if alternative is not None else None
        last = 3 if framework == "anthropic" else len(given) - 1  # annotations may follow
        runs, between = given[last], given[1:last]
        if not isinstance(name, str) or runs.kind() in ("object", "string", "template_string"):
            return
        fields: dict[str, SgNode] = {}
        schema: SgNode | None = None
        for one in between:
            if one.kind() == "object" and ({"inputSchema", "description", "title", "annotations"} & set(_fields(one))):
                fields = _fields(one)
                self._seen.add(one.range().start.index)
                schema = fields.get("inputSchema", schema)
            elif one.kind() in ("string", "template_string", "binary_expression"):
                fields.setdefault("description", one)
            elif schema is None:
                schema = one
        self._add(call, name, framework, "constructed", fields, schema, runs)

    def _objects(self) -> Iterator[SgNode]:
        """Objects that hold a function to run, or the schema of a tool."""
        keys = "|".join((*_RUNS, "inputSchema", "input_schema", "parameters"))
        found = self.module.root.find_all(
            {
                "rule": {
                    "any": [
                        {"kind": "pair", "regex": rf"^[\"']?(?:{keys})[\"']?\s*:"},
                        {"kind": "method_definition", "regex": rf"^(?:async\s+)?(?:{'|'.join(_RUNS)})\s*\("},
                        {"kind": "shorthand_property_identifier", "regex": rf"^(?:{'|'.join(_RUNS)})$"},
                    ]
                }
            }
        )
        done: set[int] = set()
        for one in found[:1000]:
            node = one.parent()
            if node is not None and node.kind() == "object" and (at := node.range().start.index) not in done:
                done.add(at)
                yield node

    def _class(self, node: SgNode) -> None:
        """`class DeleteTool extends StructuredTool { name = …; schema = …; async _call(…) {…} }`."""
        body, named = node.field("body"), node.field("name")
        if body is None or named is None or not _TOOL_CLASS.search(node.text()[:200]):
            return
        fields: dict[str, SgNode] = {}
        for one in body.children():
            key, value = one.field("name"), one.field("value")
            if one.kind() == "method_definition" and key is not None:
                fields[key.text()] = one
            elif one.kind() == "public_field_definition" and key is not None and value is not None:
                fields[key.text()] = value
        name = self._text(fields.get("name") or fields.get("toolName"))
        runs = next((fields[key] for key in ("_call", *_RUNS, "call") if key in fields), None)
        if name and runs is not None and runs.kind() == "method_definition":
            schema = next((fields[key] for key in (*_SCHEMAS, "argsShape") if key in fields), None)
            self._add(node, name, "mcp" if self._of_server else "own", "class", fields, schema, runs)

    def _object(self, node: SgNode) -> None:
        """`{name, schema, execute}`, and the schema alone: `{name, description, parameters: {type: "object"}}`."""
        fields = _fields(node)
        name = self._text(fields.get("name") or fields.get("id")) or _key_among_tools(node)
        schema = next((fields[key] for key in _SCHEMAS if key in fields), None)
        runs = next((fields[key] for key in _RUNS if key in fields), None)
        if not name or schema is None or self._of_another(node):
            return
        if runs is not None and ("description" in fields or "inputSchema" in fields or _is_schema(schema, self)):
            self._add(node, name, "mcp" if self._of_server else "own", "constructed", fields, schema, runs)
        elif runs is None and "description" in fields and _is_schema(schema, self):
            self._add(node, name, "mcp" if self._of_server else "own", "schema", fields, schema, None)
            if "inputSchema" in fields and "name" in fields:
                self.rows[-1]["listed"] = True  # as servers of tools tell of theirs

    def _of_another(self, node: SgNode) -> bool:
        """Whether the object is handed to a function that makes something else of it: a step of a workflow, a route."""
        parent = node.parent()
        call = parent.parent() if parent is not None and parent.kind() == "arguments" else None
        called = (call.field("function") or call.field("constructor")) if call is not None else None
        return called is not None and not _TAKES_TOOLS.search(called.text()[-80:])

    def _name(self, fields: dict[str, SgNode], call: SgNode) -> str:
        """The name that is given, else that of the property or variable that holds the tool, or of its maker."""
        given = self._text(fields.get("name") or fields.get("id"))
        if given:
            return given
        parent = call.parent()
        while parent is not None and parent.kind() in WRAPPERS:
            parent = parent.parent()
        if parent is not None and parent.kind() in ("pair", "variable_declarator", "assignment_expression"):
            name = parent.field("key") or parent.field("name") or parent.field("left")
            if name is not None:
                return name.text().rpartition(".")[2].strip("'\"")[:80]
        return self.module.function_at(call.range().start.index) or "tool"

    def _text(self, node: SgNode | None) -> str:
        value = self.values.of(node) if node is not None else ""
        return value[:80] if isinstance(value, str) else ""

    def _add(
        self,
        node: SgNode,
        name: str,
        framework: str,
        kind: str,
        fields: dict[str, SgNode],
        schema: SgNode | None,
        runs: SgNode | None,
    ) -> None:
        place = node.range()
        told = self.values.text(fields.get("description")) or ""
        row: dict[str, Any] = {
            "line": place.start.line + 1,
            "function": self.module.function_at(place.start.index),
            "name": name,
            "framework": framework,
            "kind": kind,
            "args": arguments_of(schema, self.module),
            "named": effect_by_name(name, told),
            "said": said_in(told) and not _UNASKED.search(told),
            "reads": reads_by_its_word(name, told),
        }
        held = next((fields[key] for key in _HOLDS if key in fields), None)
        if held is not None and held.kind() not in ("false", "null", "undefined"):
            row |= {"approval": "framework", "approval_line": held.range().start.line + 1}
        if runs is not None:
            self._body(runs, row)
        self.rows.append({key: value for key, value in row.items() if value not in (False, "", 0, [])})

    def _body(self, runs: SgNode, row: dict[str, Any]) -> None:
        """What the code of a tool does and calls, callbacks in it included."""
        node: SgNode = runs
        while node.kind() in WRAPPERS:
            node = first_named(node) or node
        if node.kind() in ("identifier", "shorthand_property_identifier"):
            bound = self.module.bound(node.text(), node.range().start.index)
            if bound is None or bound.node is None or bound.imported is not None or bound.kind == "param":
                named = self.resolver.of(node)
                if named is not None and may_be_own(named):
                    row |= {"own": [[named.spec, named.rest]], "body": True}
                return
            node = bound.node
        elif node.kind() == "member_expression":
            row |= {"own": [[UNKNOWN, node.text()[-60:].rpartition(".")[2]]], "body": True}
            return
        sinks: list[list[Any]] = []
        own: list[list[str]] = []
        place = node.range()
        for call in self.module.calls_in(place.start.index, place.end.index):
            named = self.resolver.called(call)
            full = f"{package(named.spec)}.{named.rest}" if named.spec not in (GLOBAL, UNKNOWN) else named.rest
            if "approval" not in row and (_INTERRUPTS.search(full) or _ASKS.search(full)):
                kind = "interrupt" if _INTERRUPTS.search(full) else "confirm"
                row |= {"approval": kind, "approval_line": call.range().start.line + 1}
            effect = self.effects.of(call, named)
            if effect is not None:
                sinks.append(list(effect))
            elif may_be_own(named):
                if [named.spec, named.rest] not in own:
                    own.append([named.spec, named.rest])
            elif not known(call, named):
                row["outside"] = True
        row |= {"body": True, "sinks": sinks[:40], "own": own[:40]}


def _key_among_tools(node: SgNode) -> str:
    """`tools: {refund: {description, parameters, execute}}`: the name that a tool has in the table it stands in."""
    pair = node.parent()
    table = pair.parent() if pair is not None and pair.kind() == "pair" else None
    holder = table.parent() if table is not None and table.kind() == "object" else None
    while holder is not None and holder.kind() in WRAPPERS:
        holder = holder.parent()
    of = (holder.field("key") or holder.field("name")) if holder is not None else None
    key = pair.field("key") if pair is not None else None
    if of is None or key is None or not _TABLE.search(of.text()):
        return ""
    return key.text().strip("'\"")[:80]


def _fields(node: SgNode) -> dict[str, SgNode]:
    """key -> value of an object's own properties; methods stand for themselves."""
    found: dict[str, SgNode] = {}
    for one in node.children():
        kind = one.kind()
        if kind == "pair":
            key, value = one.field("key"), one.field("value")
            if key is not None and value is not None:
                found[key.text().strip("'\"")] = value
        elif kind == "method_definition":
            name = one.field("name")
            if name is not None:
                found[name.text()] = one
        elif kind == "shorthand_property_identifier":
            found[one.text()] = one
    return found


def _is_schema(node: SgNode, finder: ToolFinder) -> bool:
    """Whether a value is a schema by its looks: zod, or a JSON Schema of an object."""
    while node.kind() in WRAPPERS:
        node = first_named(node) or node
    if node.kind() == "identifier":
        bound = finder.module.bound(node.text(), node.range().start.index)
        if bound is None or bound.node is None:
            return node.text().lower().endswith("schema")
        node = bound.node
    text = node.text()[:200]
    return "z." in text or "Type.Object" in text or ("type" in text and "object" in text) or "properties" in text
