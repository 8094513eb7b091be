"""A call of the service API in the languages its users write. The key comes from the environment: code is shared."""

import json
import pprint
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

_WIDTH: Final = 88


@dataclass(frozen=True, slots=True)
class Call:
    """A request.

    Args:
        url: without its query.
        body: sent as JSON.
        form, file: sent as multipart; `file` is a name.
    """

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    file: str = ""

    @property
    def address(self) -> str:
        """With its query."""
        return f"{self.url}?{urlencode(self.query, quote_via=quote)}" if self.query else self.url


def curl(call: Call) -> str:
    """For a shell with API_KEY set."""
    lines = [f"curl -sS -X {call.method} {shlex.quote(call.address)}", '-H "Authorization: Bearer $API_KEY"']
    if call.body is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(_json(call.body))}"]
    if call.file:
        lines.append(f"-F file=@{shlex.quote(call.file)}")
    lines += [f"-F {shlex.quote(f'{name}={value}')}" for name, value in call.form.items()]
    return " \\\n  ".join(lines)


def python(call: Call) -> str:
    """With the library `requests`."""
    arguments = [repr(call.url), 'headers={"Authorization": f"Bearer {os.environ[\'API_KEY\']}"}']
    if call.query:
        arguments.append(f"params={_literal(call.query)}")
    if call.body is not None:
        arguments.append(f"json={_literal(call.body)}")
    if call.form:
        arguments.append(f"data={_literal(call.form)}")
    if call.file:
        arguments.append(f'files={{"file": open({call.file!r}, "rb")}}')
    inside = "".join(f"    {argument},\n" for argument in arguments)
    return (
        f"import os\n\nimport requests\n\nanswer = requests.{call.method.lower()}(\n{inside})\n"
        "answer.raise_for_status()\nprint(answer.text)"
    )


def javascript(call: Call) -> str:
    """For Node 20 or a bundler; keys do not belong into browsers."""
    before, options = "", [f'method: "{call.method}"']
    headers = ["Authorization: `Bearer ${process.env.API_KEY}`"]
    if call.body is not None:
        headers.append('"Content-Type": "application/json"')
        options.append(f"body: JSON.stringify({_indented(_json(call.body), 2)})")
    if call.file:
        before = 'import { openAsBlob } from "node:fs";\n\nconst form = new FormData();\n'
        before += f'form.append("file", await openAsBlob({json.dumps(call.file)}), {json.dumps(call.file)});\n'
        before += "".join(
            f"form.append({json.dumps(name)}, {json.dumps(value)});\n" for name, value in call.form.items()
        )
        options.append("body: form")
    options.insert(1, f"headers: {{ {', '.join(headers)} }}")
    inside = "".join(f"  {option},\n" for option in options)
    return (
        f"{before}const answer = await fetch({json.dumps(call.address)}, {{\n{inside}}});\n"
        "if (!answer.ok) throw new Error(await answer.text());\nconsole.log(await answer.text());"
    )


# key: what it is called, what writes it
LANGUAGES: Final[Mapping[str, tuple[str, Callable[[Call], str]]]] = {
    "curl": ("curl", curl),
    "python": ("Python", python),
    "javascript": ("JavaScript", javascript),
}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _literal(value: Mapping[str, Any]) -> str:
    return _indented(pprint.pformat(dict(value), width=_WIDTH, sort_dicts=False), 4)


def _indented(text: str, spaces: int) -> str:
    first, *others = text.split("\n")
    return "\n".join([first, *(" " * spaces + line for line in others)])
