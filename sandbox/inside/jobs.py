"""Runs users' Python and Jinja2, behind the walls. Everything here can be reached and changed by the user's code.

The payload on descriptor 0 is one JSON object `{"mode": "main"|"script"|"template", "jobs": [{"code", "inputs"}]}`.
The answer on descriptor 3 is one line of JSON per job: `{"result": ...}` or `{"error": {kind, message, line, trace}}`.
"""

import asyncio
import gc
import inspect
import json
import os
import random
import sys
import traceback
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

CODE_NAME, TEMPLATE_NAME = "<code>", "<template>"
MESSAGE_CHARACTERS, TRACE_CHARACTERS = 4000, 20000
RESULT = 3
REHEARSALS = 64

_MODULE = "user_code"
_SAMPLE_CODE = "import json\ndef main(x):\n    return {'result': x}\n"
_environment = ImmutableSandboxedEnvironment(autoescape=False)
# Once here instead of in every run: the lexer's expressions, and what a first compilation and a first error load.
_SAMPLE = (
    "{% for a in b if a is even %}{{ a | string | trim }}{% else %}{# - #}{% endfor %}{% set c = 1 %}{{ d.e['f'] }}"
)
with suppress(jinja2.UndefinedError):
    _environment.from_string(_SAMPLE).render(b=[1, 2], d={})
_decode = json.JSONDecoder().raw_decode
_dumps = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode


class WrongCodeError(Exception):
    """The code does not do what is asked of it; `kind` says in which way."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def run() -> None:
    """All jobs of the payload; returns when the answers are written."""
    payload, _ = _decode(_read_all().decode())
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    gc.enable()
    perform = _MODES[payload["mode"]]
    for job in payload["jobs"]:
        _send(_attempt(perform, job))
    _flush_output()


def rehearse() -> None:
    """Takes the way of a run in the fork server so often that the interpreter has adapted its code to it."""
    for _ in range(REHEARSALS):
        job, _ = _decode(_dumps({"code": _SAMPLE_CODE, "inputs": {"x": 1}}))
        _attempt(_main, job)
        _attempt(_template, {"code": _SAMPLE, "inputs": {"b": [1, 2], "d": {"e": {"f": 1}}}})
        _templates.clear()
    del sys.modules[_MODULE]


def _read_all() -> bytes:
    """The payload; afterwards descriptor 0 is empty."""
    parts = []
    while part := os.read(0, 1 << 20):
        parts.append(part)
    os.close(0)
    os.open(os.devnull, os.O_RDONLY)  # the lowest number that is free: 0
    return b"".join(parts)


def _send(answer: str) -> None:
    """At once, so that it survives a later job's end."""
    data = memoryview(answer.encode("utf-8", "backslashreplace") + b"\n")  # a lone surrogate as JSON writes it
    while data:
        data = data[os.write(RESULT, data) :]


def _attempt(perform: Callable[[str, Any], Any], job: dict[str, Any]) -> str:
    try:
        return '{"result":' + _encode(perform(job["code"], job["inputs"])) + "}"
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its answer
        return _dumps({"error": _described(error)})


def _encode(result: Any) -> str:
    try:
        return _dumps(result)
    except (TypeError, ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise WrongCodeError("result", f"The result cannot be written as JSON: {_place(result)}{reason}") from None


def _place(result: Any) -> str:
    """Names the first key whose value cannot be encoded."""
    for key, value in result.items() if isinstance(result, dict) else ():
        try:
            _dumps({key: value})
        except (TypeError, ValueError, RecursionError):
            return f"in {str(key)[:100]!r}: "
    return ""


def _module(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__["__builtins__"] = __builtins__
    sys.modules[name] = module
    return module


def _main(code: str, inputs: dict[str, Any]) -> Any:
    """Calls the code's `main` with the inputs as keywords."""
    module = _module(_MODULE)
    exec(compile(code, CODE_NAME, "exec"), module.__dict__)  # noqa: S102 - it is what the walls are for
    main = module.__dict__.get("main")
    if not callable(main):
        raise WrongCodeError("no_main", "The code has no function `main`.")
    result = _called(main, inputs)
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    if not isinstance(result, dict):
        raise WrongCodeError("result", f"`main` must return a dict, not {type(result).__name__}.")
    return result


def _called(main: Callable[..., Any], inputs: dict[str, Any]) -> Any:
    try:
        return main(**inputs)
    except TypeError as error:
        if error.__traceback__ and not error.__traceback__.tb_next:  # raised by the call, not in the function
            raise WrongCodeError("arguments", f"`main` does not take these inputs: {error}.") from None
        raise


def _script(code: str, inputs: dict[str, Any]) -> None:
    """Runs the code as a program of its own; what it prints is its result."""
    module = _module("__main__")
    try:
        exec(compile(code, CODE_NAME, "exec"), module.__dict__)  # noqa: S102 - it is what the walls are for
    except SystemExit as end:
        if end.code not in (None, 0):
            raise


def _template(code: str, inputs: dict[str, Any]) -> str:
    return _compiled(code).render(inputs)


_MODES: dict[str, Callable[[str, Any], Any]] = {"main": _main, "script": _script, "template": _template}
_templates: dict[str, jinja2.Template] = {}


def _compiled(code: str) -> jinja2.Template:
    """A batch often renders one template many times."""
    if code not in _templates:
        _templates[code] = _environment.from_string(code)
    return _templates[code]


def _described(error: BaseException) -> dict[str, Any]:
    if isinstance(error, WrongCodeError):
        return {"kind": error.kind, "message": str(error), "line": None, "trace": str(error)}
    if isinstance(error, MemoryError):
        kind = "memory"
    elif isinstance(error, (SyntaxError, jinja2.TemplateSyntaxError)):
        kind = "syntax"
    else:
        kind = "exception"
    return {"kind": kind, "message": _message(error), "line": _line(error), "trace": _trace(error)}


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - a class of the user's
        text = ""
    name = type(error).__name__
    return f"{name}: {text}"[:MESSAGE_CHARACTERS] if text else name


def _line(error: BaseException) -> int | None:
    """The line of the user's code the error came from."""
    if isinstance(error, (SyntaxError, jinja2.TemplateSyntaxError)):
        return error.lineno
    lines = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename in {CODE_NAME, TEMPLATE_NAME}
    ]
    return lines[-1] if lines else None


def _trace(error: BaseException) -> str:
    """As Python prints it, without our own frames."""
    tb = error.__traceback__
    while tb and tb.tb_frame.f_code.co_filename not in {CODE_NAME, TEMPLATE_NAME}:
        tb = tb.tb_next
    try:
        return "".join(traceback.format_exception(type(error), error, tb, limit=50))[-TRACE_CHARACTERS:]
    except BaseException:  # noqa: BLE001 - a class of the user's
        return _message(error)


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stdout__):
        with suppress(BaseException):  # closed or replaced by the user's code, which is its affair
            if stream:
                stream.flush()
