"""What each function of a file calls of the project, and which of its calls other work on the event loop waits for.

`await client.chat()` lets other requests go on, and `client.chat()` in a coroutine does not. A call that is handed to a
thread (`asyncio.to_thread`, `submit`, `sync_to_async`), or becomes a task, holds nobody up; what stands in a `lambda`
runs when somebody calls it. A function that is given to `BackgroundTasks` runs on the loop if it is a coroutine, and in
a thread if not; a plain generator runs where somebody goes through it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.guards import spans_done_once
from aiaudit.probes.python.import_lines import FOREIGN
from aiaudit.probes.python.in_threads import is_handed
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import children_of, header, statements

HITS: Final = (
    rb"^[ \t]*async[ \t]+def[ \t]|^[ \t]*(?:import|from)[ \t]+streamlit\b|^[ \t]*@(?:\w+\.)?callback\("
    rb"|^[ \t]*@\w+(?:\.\w+)*\.(?:route|get|post|put|patch|api_route)\("
    rb"|^class[ \t]+\w*(?:Service|Client|Agent|Chain|Engine|Manager|Handler|Provider|Generator|Model|LLM|Bot|RAG"
    rb"|Retriever|Processor|Analyzer|Analyser|Assistant|Predict|Detector|Classifier|Summarizer|Embedder|Adapter|Validator"
    rb"|Recommender|Inference|Operation|Loader|Cache|Learner)\w*\b"
    rb"|^def[ \t]+\w*(?:ask|answer|generat|quer|chat|respon|predict|process|run|call|fetch|summar|analy[sz]|transcrib"
    rb"|translat|embed|infer|detect|classif|extract|retriev|search|handle|send|create|evaluat|llm|gpt|ai_|recommend|load"
    rb"|forecast|score)\w*[ \t]*\("
)
ASYNC: Final = "async"
GENERATOR: Final = "generator"
THREAD: Final = "thread"  # its decorator hands each call to a thread
SYNC: Final = "sync"
AWAITED: Final = "awaited"
APART: Final = "apart"  # in a thread, or when somebody calls it
LATER: Final = "later"  # after the answer: a coroutine on the loop, a plain function in a thread
CALLBACK: Final = "callback"  # the decorator of what Dash asks at each change of a page
GONE_THROUGH: Final = "gone through"  # what it hands out is taken here, one after the other
_MOST: Final = 200  # functions of one file
_MOST_CALLS: Final = 60  # of one function
_TASKS: Final = name_set(
    "gather create_task ensure_future wait_for shield wait as_completed start_soon run_coroutine_threadsafe timeout"
)
_GATHERS: Final = name_set("gather as_completed wait")
_HANDS_OVER: Final = name_set("sync_to_async database_sync_to_async make_async asyncify to_thread run_in_threadpool")
_HANDED_TO: Final = name_set("submit run_sync map_async apply_async")
_BACKGROUND: Final = name_set("add_task BackgroundTask")  # of Starlette, and so of FastAPI
_THREADS: Final = name_set("Thread Process Timer")
_TAKES_ALL: Final = name_set("list tuple set dict sum next join sorted max min any all extend deque")
_HANDS_ON_EACH: Final = name_set("enumerate zip map filter islice chain tqdm")  # of what it is given, when it is asked
_GRAPH_RUNS: Final = name_set("invoke ainvoke stream astream astream_events batch abatch")
_PASSED: Final = (ast.Starred, ast.List, ast.Tuple, ast.IfExp, ast.ListComp, ast.GeneratorExp, ast.SetComp)
_COMPREHENSIONS: Final = (ast.ListComp, ast.GeneratorExp, ast.SetComp)
_NOT_FOLLOWED: Final = name_set("split append join format lower upper get items keys values replace strip info debug")


def steps(view: FileView) -> dict[str, Any]:
    """By function: its kind, the decorators of a coroutine, the functions of the project that it calls, which of its
    calls nobody waits for on the event loop, by line and last name, and where it does what is done once."""
    found: dict[str, Any] = {}
    if view.source.idle and not view.text_has(b"async def"):
        return {}  # of a large tree: what such a function calls may be left out anyway
    page = view.text_has(b"streamlit")  # which runs from its first line to its last
    for scope in view.module.scopes:
        if (scope.kind == "function" or (page and scope.kind == "module")) and len(found) < _MOST:
            told = _Function(view, scope).told()
            if told is not None:
                found[scope.qualname] = told
    return {"steps": found}


class _Function:
    """One function, gone through once."""

    def __init__(self, view: FileView, scope: Scope) -> None:
        self.view = view
        self.scope = scope
        node = scope.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module)
        self.node = node
        self.line = view.source.line(getattr(node, "lineno", 1))
        self.calls: dict[tuple[str, str], int] = {}
        self.apart: dict[tuple[int, str], str] = {}
        self.runs: dict[tuple[str, str], int] = {}  # what may be a graph, that runs its nodes
        self.named: dict[str, ast.Call] = {}  # `parts = ask()`
        self.gone_through: set[str] = set()  # `for part in parts`
        self.gathers = False
        self.later: set[str] = set()  # names of what is awaited after it was made: `made = ask(); await made`
        if isinstance(node, ast.AsyncFunctionDef):
            self._look_ahead()

    def told(self) -> dict[str, Any] | None:
        """What is known of it; None where it is a plain function that calls nothing of the project."""
        generates = False
        for statement, _ in statements(self.scope):
            for root, how in self._roots(statement):
                generates = self._expression(root, how) or generates
        for name in self.gone_through & self.named.keys():
            call = self.named[name]
            self._note(call.func, self.view.source.line(call.lineno), GONE_THROUGH)
        decorators = [one for one in map(_decorator, getattr(self.node, "decorator_list", ())) if one]
        kind = self._kind(generates, {last_name_of(one) for one in decorators})
        once = self._once()
        if kind == SYNC and not self.calls and not self.apart and not self.runs and not once:
            return None
        told: dict[str, Any] = {"kind": kind, "line": self.line}
        if kind == ASYNC or CALLBACK in map(last_name_of, decorators):
            told["decorators"] = decorators
        if isinstance(self.node, ast.AsyncFunctionDef):
            told["given"] = [one.arg for one in self.node.args.args[:3]]
        if self.calls:
            told["calls"] = [[name, line, how] for (name, how), line in self.calls.items()]
        if self.apart:
            told["apart"] = [[line, name, how] for (line, name), how in self.apart.items()]
        if self.runs:
            told["runs"] = [[name, line, how] for (name, how), line in self.runs.items()]
        if once:
            told["once"] = once
        return told

    def _once(self) -> list[list[int]]:
        """The lines, first and last, on which it does only what was not done before, where that is all of it or it
        calls something of the project there."""
        number = self.view.source.line
        called = [*self.calls.values(), *self.runs.values()]
        spans = ([number(first), number(last)] for first, last in spans_done_once(self.scope))
        return [one for one in spans if one[0] == self.line or any(one[0] <= line <= one[1] for line in called)]

    def _kind(self, generates: bool, decorators: set[str]) -> str:
        if isinstance(self.node, ast.AsyncFunctionDef):
            return ASYNC
        if decorators & _HANDS_OVER:
            return THREAD
        return GENERATOR if generates and "contextmanager" not in decorators else SYNC

    def _look_ahead(self) -> None:
        """Whether it gathers what it has begun, and which names it awaits, or a function in it."""
        within = [self.scope, *(one for one in self.scope.children.values() if one.kind == "function")]
        for statement in (one for scope in within for one, _ in statements(scope)):
            for root in header(statement):
                for one in _below(root):
                    match one:
                        case ast.Await(value=ast.Name(id=name)):
                            self.later.add(name)
                        case ast.Call(args=given) if last_name(one.func) in _TASKS:
                            self.gathers = self.gathers or last_name(one.func) in _GATHERS
                            self.later.update(each.id for each in given if isinstance(each, ast.Name))

    def _roots(self, statement: ast.stmt) -> Iterator[tuple[ast.AST, str]]:
        """The expressions of a statement; what is awaited later, or by `async for` and `async with`, is awaited."""
        how = AWAITED if isinstance(statement, ast.AsyncFor | ast.AsyncWith) else ""
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        if isinstance(statement, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id in self.later for one in statement.targets
        ):
            how = AWAITED
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as made):
                self.named[name] = made
            case ast.For(iter=through, target=target):
                yield through, GONE_THROUGH
                yield target, ""
                return
        for root in header(statement):
            yield (root.context_expr if isinstance(root, ast.withitem) else root), how

    def _expression(self, root: ast.AST, how: str) -> bool:
        """Note the calls in an expression; whether it yields."""
        yields = False
        stack: list[tuple[ast.AST, str]] = [(root, how)]
        while stack:
            node, how = stack.pop()
            match node:
                case ast.Await(value=value):
                    stack.append((value, how or AWAITED))
                case ast.Lambda(body=body):
                    stack.append((body, APART))
                case ast.Yield() | ast.YieldFrom():
                    yields = True
                    through = GONE_THROUGH if isinstance(node, ast.YieldFrom) else ""
                    stack += ((one, through) for one in children_of(node))
                case ast.Call():
                    self._call(node, how, stack)
                case ast.Name(id=name) if how == GONE_THROUGH:
                    self.gone_through.add(name)
                case _:
                    inner = how if how == APART or isinstance(node, _PASSED) else ""
                    if isinstance(node, _COMPREHENSIONS):
                        each = inner or (AWAITED if self.gathers else "")
                        stack.append((node.elt, "" if each == GONE_THROUGH else each))
                        stack += self._sources(node, how)
                    else:
                        stack += ((one, inner) for one in children_of(node))
        return yields

    @staticmethod
    def _sources(node: ast.ListComp | ast.SetComp | ast.GeneratorExp, how: str) -> Iterator[tuple[ast.AST, str]]:
        """What a comprehension goes through: `(part for part in ask())` does so only when it is gone through itself."""
        at_once = how == GONE_THROUGH or not isinstance(node, ast.GeneratorExp)
        for one in node.generators:
            yield one.iter, GONE_THROUGH if at_once and not one.is_async else ""
            yield from ((condition, "") for condition in one.ifs)

    def _call(self, call: ast.Call, how: str, stack: list[tuple[ast.AST, str]]) -> None:
        last = last_name(call.func)
        if is_handed(call):
            how = APART
        line = self.view.source.line(call.lineno)
        if how in (AWAITED, APART) and len(self.apart) < _MOST_CALLS:
            self.apart[line, last] = how
        self._note(call.func, line, how)
        if last in _GRAPH_RUNS and isinstance(call.func, ast.Attribute):
            self._note_run(call.func, line, how)
        if last in _HANDED_TO and call.args:
            self.apart[line, last_name(call.args[0])] = APART
            self._note(call.args[0], line, APART)
        if isinstance(call.func, ast.Call) and last_name(call.func.func) in _HANDS_OVER and call.func.args:
            self._note(call.func.args[0], line, APART)  # `await sync_to_async(ask)(question)`
        for function, later in _begun(call, last):
            self._note(function, line, later)
        inner = APART if how == APART and not is_handed(call) else ""
        given = inner or (AWAITED if last in _TASKS else "")
        if last in _TAKES_ALL or (how == GONE_THROUGH and last in _HANDS_ON_EACH):
            given = given or GONE_THROUGH
        stack.append((call.func, inner))
        stack += ((one, given) for one in call.args)
        stack += ((one.value, given) for one in call.keywords)

    def _note(self, function: ast.expr, line: int, how: str) -> None:
        """Keep the name of what is called where that may be the project's."""
        if last_name(function) in _NOT_FOLLOWED or len(self.calls) >= _MOST_CALLS:
            return
        for one in self.view.resolver.names(function, self.scope):
            elsewhere = bool(one.origin) and one.origin.lstrip(".").partition(".")[0] not in FOREIGN
            if (one.local is not None or elsewhere) and not one.name.startswith("?"):
                name = f"{one.name}.__call__" if one.instance else one.name  # `model(x)`, where `model = Model()`
                self.calls.setdefault((name, how), line)

    def _note_run(self, function: ast.Attribute, line: int, how: str) -> None:
        """Keep the name of what may be a graph that runs."""
        names = [one.name for one in self.view.resolver.names(function, self.scope)] or [f"?.{dotted(function)}"]
        for name in names:
            if len(self.runs) < _MOST_CALLS:
                self.runs.setdefault((name, how), line)


def _begun(call: ast.Call, last: str) -> Iterator[tuple[ast.expr, str]]:
    """The function that a call sets going without calling it: after the answer, or in a thread."""
    given: ast.expr | None = None
    if last in _BACKGROUND:
        given = call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "func"), None)
    elif last in _THREADS:
        given = next((one.value for one in call.keywords if one.arg in ("target", "function")), None)
        if given is None and last == "Timer" and len(call.args) > 1:
            given = call.args[1]
    if isinstance(given, ast.Call) and last_name(given.func) == "partial" and given.args:
        given = given.args[0]
    if isinstance(given, ast.Name | ast.Attribute):
        yield given, LATER if last in _BACKGROUND else APART


def last_name_of(name: str) -> str:
    """The last part of a dotted name."""
    return name.rpartition(".")[2]


def _decorator(node: ast.expr) -> str:
    return dotted(node.func if isinstance(node, ast.Call) else node)


def _below(root: ast.AST) -> Iterator[ast.AST]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack += children_of(node)
