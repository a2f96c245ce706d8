"""What the body of a route's handler does: what it reads of the request, what it checks, whether it only answers."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from aiaudit.probes.python.lengths import Lengths
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import FunctionNode, below, statements, walk
from aiaudit.probes.python.refusals import answers_400, answers_400_by, is_400, turns_away
from aiaudit.probes.python.sent_back import TURNED, sends_back

_AUTH_WORDS: Final = name_set(
    "auth token api_key apikey current_user login_required permission security jwt credential verify_key require_user"
    " bearer protected"
)
_ASKS_WHO: Final = _AUTH_WORDS | name_set("login user caller session limit throttl log_ csrf page")
_CHECKS: Final = name_set(
    "model_validate model_validate_json parse_obj parse_raw validate validate_python validate_json is_valid load"
    " check_schema TypeAdapter abort"
)
_REFUSALS: Final = ("answers 400", "raises 400", "allowed values", "abort")  # a schema says more than that it refuses
# Decorators that hold what comes in against a schema and refuse the rest before the handler runs.
_BY_DECORATOR: Final = name_set("arguments use_args use_kwargs expects_json validate_request validate_querystring")
MOST_NAMES: Final = 40  # names that a handler's body touches
_REQUEST_READS: Final = name_set(
    "get_json json form args values files data body stream query_params GET POST FILES"
    " media get_media bounded_stream get_body get_param"
)
_RECEIVED: Final = name_set("receive_json receive_text iter_json iter_text")
_ARGUMENTS: Final = name_set("get_argument get_arguments get_body_argument get_body_arguments")  # of Tornado
_MOST: Final = 5_000  # nodes of a long handler
# Of what Powertools calls the current event.
_EVENT_READS: Final = name_set("body json_body decoded_body query_string_parameters get_query_string_value")
_MALFORMED: Final = name_set("INVALID_ARGUMENT OUT_OF_RANGE FAILED_PRECONDITION RESOURCE_EXHAUSTED")  # of gRPC
_NUMBERS: Final = ("float", "int", "Decimal")
# What a view of Django may do with its request without taking anything in.
_PAGES: Final = name_set("render redirect TemplateResponse logout get_messages success info warning error get_token")
_ABOUT: Final = name_set(
    "user method session path path_info resolver_match is_secure get_host build_absolute_uri site"
    " app client state url base_url url_for is_disconnected"
)


class HandlerBody:
    """What a handler's body does, as far as routes are judged by it."""

    def __init__(self, scope: Scope, lengths: Lengths) -> None:
        self.touches: list[str] = []
        self.reads_request = False
        self.checks = ""
        self.called: list[str] = []  # what is called, as written
        self._calls: list[str] = []
        returned: list[bool] = []
        node = scope.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        named: dict[str, ast.expr] = {}  # what the body gives a name, where it does so once
        for statement, _ in statements(scope):
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    named[name] = value if name not in named else statement.targets[0]
                case ast.Return(value=ast.Name(id=name)) if name in named:
                    returned.append(_is_constant(named[name]))
                case ast.Return(value=ast.expr() as value):
                    returned.append(_is_constant(value))
        names: dict[str, None] = {}
        numbers: set[int] = set()  # reads that are turned into a number at once
        loose = False
        nodes = below(node, _MOST)
        for inner in nodes:
            if isinstance(inner, ast.Call):
                self._call(inner)
                if isinstance(inner.func, ast.Name) and inner.func.id in _NUMBERS:
                    numbers.update(id(one) for one in walk(inner) if isinstance(one, ast.Attribute))
            if isinstance(inner, ast.Attribute) and _reads(inner):
                self.reads_request = True
                loose = loose or id(inner) not in numbers
            if isinstance(inner, ast.Name | ast.Attribute) and (text := dotted(inner)):
                names.setdefault(text)
            if isinstance(inner, ast.Return) and (answers_400(inner.value) or _answers_by_another(scope, inner.value)):
                self.checks = self.checks or "answers 400"
            if isinstance(inner, ast.Raise) and isinstance(inner.exc, ast.Call) and is_400(inner.exc):
                self.checks = self.checks or "raises 400"
            if isinstance(inner, ast.If) and turns_away(inner):
                self.checks = self.checks or "allowed values"
        if not self.reads_request and (helper := _helper_that_reads(scope, nodes)) is not None:
            self.reads_request = loose = True
            if not self.checks and _refuses(helper):
                self.checks = "raises 400"
        if self.reads_request and not loose:
            self.checks = self.checks or "numbers"
        if self.reads_request and not self.checks and _all_to_numbers(nodes):
            self.checks = "numbers"
        if self.reads_request and not self.checks and _handed_to_a_check(scope, node):
            self.checks = "raises 400"
        if self.reads_request and not self.checks and sends_back(nodes, _reads):
            self.checks = TURNED
        if self.reads_request and self.checks in ("", TURNED, *_REFUSALS) and _made_a_model(scope, nodes):
            self.checks = "model_validate"
        self.checks = self.checks or next(filter(None, map(_refuses_others, node.decorator_list)), "")
        self.limits_length = lengths.are_limited(scope, node, nodes)
        self.looks_in = self.reads_request or _looks_in(nodes, scope)
        self.touches = [name for name in names if name not in ("self", "True")][:MOST_NAMES]
        idle = all(isinstance(one, ast.Pass) or _is_said(one) for one in node.body)  # it answers, and looks at nothing
        chooses = any(isinstance(one, ast.If | ast.IfExp | ast.Match | ast.Try) for one in nodes)
        self.constant = idle or (bool(returned) and all(returned) and not self._calls and not chooses)

    def _call(self, call: ast.Call) -> None:
        last = last_name(call.func)
        written = dotted(call.func)
        if written and written not in self.called and len(self.called) < 40:
            self.called.append(written)
        plain = last in ("dict", "JSONResponse", "jsonify", "Response", "PlainTextResponse", "str", "HTMLResponse")
        if not plain and not _is_record(call):
            self._calls.append(last)
        checks = last in _CHECKS and (isinstance(call.func, ast.Attribute) or last == "abort")
        if checks and not _of_caller(call) and (last != "load" or _of_schema(call)):
            self.checks = last if not self.checks or (self.checks in _REFUSALS and last != "abort") else self.checks


def _of_schema(call: ast.Call) -> bool:
    """`OrderSchema().load(given)` holds what is given against a schema; `joblib.load(path)` reads a file."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    return "schema" in last_name(owner.func if isinstance(owner, ast.Call) else owner).lower()


def _reads(node: ast.Attribute) -> bool:
    """Whether a part of the request is read that the caller fills."""
    of = last_name(node.value)
    if of == "self":
        return node.attr in _ARGUMENTS
    if of == "current_event":
        return node.attr in _EVENT_READS
    return node.attr in _REQUEST_READS and of in ("request", "req")


def _all_to_numbers(nodes: Sequence[ast.AST]) -> bool:
    """Whether each name for what is read of the request is turned into numbers in a `try` whose handlers answer by
    themselves: `values = {k: request.form.get(k) for k in KEYS}` and `float(values[k])`."""
    read: set[str] = set()
    noted: set[int] = set()
    reads: set[int] = set()
    converted: set[str] = set()
    for inner in nodes:
        if isinstance(inner, ast.Attribute) and _reads(inner):
            reads.add(id(inner))
        if isinstance(inner, ast.Assign) and _is_read(inner.value, set()):
            noted.update(id(one) for one in walk(inner.value))
            for target in inner.targets:
                owner = target.value if isinstance(target, ast.Subscript) else target
                if not isinstance(owner, ast.Name):
                    return False
                read.add(owner.id)
        if isinstance(inner, ast.Try) and inner.handlers and all(_answers(one) for one in inner.handlers):
            for call in (one for statement in inner.body for one in walk(statement) if isinstance(one, ast.Call)):
                if isinstance(call.func, ast.Name) and call.func.id in _NUMBERS:
                    converted.update(one.id for one in walk(call) if isinstance(one, ast.Name))
    return bool(read) and reads <= noted and read <= converted


def _answers(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Return | ast.Raise)


def _handed_to_a_check(scope: Scope, node: FunctionNode) -> bool:
    """Whether what is read of the request goes to a function of the same file that refuses some of it with a 400:
    `job = validate_job(request.form)`, `files = request.files.getlist("cv")` and `validate_files(files)`."""
    outer = scope
    while outer.parent is not None:
        outer = outer.parent
    read: set[str] = set()  # names for what was read of the request
    for inner in below(node, _MOST):
        if isinstance(inner, ast.Assign) and _is_read(inner.value, read):
            read.update(one.id for one in inner.targets if isinstance(one, ast.Name))
        if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Name):
            continue
        helper = outer.children.get(inner.func.id)
        given = [*inner.args, *(one.value for one in inner.keywords)]
        if helper is None or not any(_is_read(one, read) for one in given):
            continue
        if isinstance(helper.node, ast.FunctionDef | ast.AsyncFunctionDef) and _refuses(helper.node):
            return True
    return False


def _helper_that_reads(scope: Scope, nodes: Sequence[ast.AST]) -> FunctionNode | None:
    """A function of the same file that reads the request for the handler: `body = _body()`, and there
    `return request.get_json(silent=True) or {}`. One that asks who calls reads it for something else."""
    outer = scope
    while outer.parent is not None:
        outer = outer.parent
    for inner in nodes:
        if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Name):
            continue
        helper = outer.children.get(inner.func.id)
        made = helper.node if helper is not None and helper is not scope else None
        if not isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef) or made.decorator_list:
            continue
        if any(word in made.name.lower() for word in _ASKS_WHO):
            continue
        if any(isinstance(one, ast.Attribute) and _reads(one) for one in below(made, _MOST)):
            return made
    return None


def _made_a_model(scope: Scope, nodes: Sequence[ast.AST]) -> bool:
    """Whether an object of a class of the same file that Pydantic holds to its types is made of what is read of the
    request: `form = await request.form()`, `Order(**dict(form))`."""
    outer = scope
    while outer.parent is not None:
        outer = outer.parent
    read: set[str] = set()
    given = sorted((one for one in nodes if isinstance(one, ast.Assign)), key=lambda one: one.lineno)
    for one in given:
        if _is_read(one.value, read):
            read.update(target.id for target in one.targets if isinstance(target, ast.Name))
    for inner in nodes:
        if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Name):
            continue
        if not any(one.arg is None and _is_read(one.value, read) for one in inner.keywords):
            continue
        made = outer.children.get(inner.func.id)
        bases = made.node.bases if made is not None and isinstance(made.node, ast.ClassDef) else []
        if any(last_name(base) == "BaseModel" for base in bases):
            return True
    return False


def made_of(node: FunctionNode, given: set[str]) -> list[ast.expr]:
    """The classes of which an object is made out of what comes in, answers left out: `Order(text=text)`,
    `data = await websocket.receive_json()` and `ChatRequest(message=data.get("message"))`."""
    nodes = below(node, _MOST)
    read = set(given)

    def comes_in(value: ast.expr) -> bool:
        return any(
            (isinstance(one, ast.Name) and one.id in read)
            or (isinstance(one, ast.Attribute) and (_reads(one) or one.attr in _RECEIVED))
            for one in walk(value)
        )

    for one in sorted((one for one in nodes if isinstance(one, ast.Assign)), key=lambda one: one.lineno):
        if comes_in(one.value):
            read.update(target.id for target in one.targets if isinstance(target, ast.Name))
    answers = {id(inner) for one in nodes if isinstance(one, ast.Return) and one.value for inner in walk(one.value)}
    return [
        one.func
        for one in nodes
        if isinstance(one, ast.Call)
        and id(one) not in answers
        and (last := last_name(one.func))[:1].isupper()
        and not last.isupper()
        and any(comes_in(each.value) for each in one.keywords)
    ]


def _is_read(node: ast.expr, read: set[str]) -> bool:
    """Whether it is a part of the request, or a name for one."""
    return any(
        (isinstance(one, ast.Attribute) and _reads(one)) or (isinstance(one, ast.Name) and one.id in read)
        for one in walk(node)
    )


def _refuses(node: FunctionNode) -> bool:
    for one in below(node, _MOST):
        if isinstance(one, ast.Raise) and isinstance(one.exc, ast.Call) and is_400(one.exc):
            return True
        if isinstance(one, ast.Call) and last_name(one.func) == "abort" and is_400(one):
            return True
    return False


def _refuses_others(decorator: ast.expr) -> str:
    """The name of a decorator that holds the request against a schema: webargs, flask-smorest, and the `expect` of
    Flask-RESTX where it validates; without `validate=True` that one only describes."""
    if not isinstance(decorator, ast.Call):
        return ""
    last = last_name(decorator.func)
    if last == "validate" and any(one.arg in ("json", "form", "query") for one in decorator.keywords):
        return last  # of Sanic
    if not decorator.args:
        return ""
    asked = any(
        one.arg == "validate" and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in decorator.keywords
    )
    return last if last in _BY_DECORATOR or (last == "expect" and asked) else ""


def _answers_by_another(scope: Scope, value: ast.expr | None) -> bool:
    """Whether a function of the same file answers that something is wrong with what was sent."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return False
    made = _of_the_file(scope, value.func.id)
    return made is not None and answers_400_by(value, made)


def _of_the_file(scope: Scope, name: str) -> FunctionNode | None:
    outer = scope
    while outer.parent is not None:
        outer = outer.parent
    found = outer.children.get(name)
    made = found.node if found is not None and found is not scope else None
    return made if isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _looks_in(nodes: Sequence[ast.AST], scope: Scope, name: str = "request", hops: int = 0) -> bool:
    """Whether a handler does more with the `request` than to ask who it is from and to hand it to a page, or to a
    function of the same file that does no more."""
    harmless: set[int] = set()
    for inner in nodes:
        if isinstance(inner, ast.Attribute) and inner.attr in _ABOUT:
            harmless.add(id(inner.value))
        if isinstance(inner, ast.Call) and last_name(inner.func) in _PAGES:
            given = [*inner.args, *(one.value for one in inner.keywords)]
            harmless.update(id(one) for one in given)
            harmless.update(id(one) for each in given if isinstance(each, ast.Dict) for one in each.values)
        match inner:
            case ast.Call(func=ast.Name(id=called), args=[ast.Name(id=handed) as first, *_]) if (
                handed == name and not hops
            ):
                made = _of_the_file(scope, called)
                taken = [*made.args.posonlyargs, *made.args.args] if made is not None else []
                if made is not None and taken and not _looks_in(below(made, _MOST), scope, taken[0].arg, hops + 1):
                    harmless.add(id(first))
    return any(isinstance(one, ast.Name) and one.id == name and id(one) not in harmless for one in nodes)


def _is_said(node: ast.stmt) -> bool:
    """A docstring; `...` stands for what is written elsewhere."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _of_caller(call: ast.Call) -> bool:
    """Whether a check looks at who asks, not at what is sent: `auth.validate(request.headers)`, `abort(401)`."""
    receiver = dotted(call.func).rpartition(".")[0].lower()
    if any(word in receiver for word in _AUTH_WORDS):
        return True
    given = [*call.args, *(one.value for one in call.keywords)]
    codes = [one.attr for one in given if isinstance(one, ast.Attribute) and last_name(one.value) == "StatusCode"]
    if codes:  # `context.abort(grpc.StatusCode.INTERNAL, …)` is no look at what was sent
        return not set(codes) & _MALFORMED
    refused = any(isinstance(one, ast.Constant) and one.value in (401, 403) for one in given)
    return refused or any(dotted(one).endswith((".headers", ".cookies")) for one in given)


def _is_constant(node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and _is_constant(key) for key in keys) and all(map(_is_constant, values))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(map(_is_constant, elements))
        case ast.Call(func=function, args=args, keywords=keywords):
            wraps = last_name(function) in ("JSONResponse", "jsonify", "Response", "PlainTextResponse", "dict")
            given = all(map(_is_constant, args)) and all(_is_constant(one.value) for one in keywords)
            return given and (wraps or _is_record(node))
    return False


def _is_record(node: ast.expr) -> bool:
    """A class that is filled with constants by name alone, such as the model of an answer: `Status(alive=True)`."""
    if not isinstance(node, ast.Call) or node.args or not node.keywords or not last_name(node.func)[:1].isupper():
        return False
    return all(one.arg is not None and _is_constant(one.value) for one in node.keywords)
