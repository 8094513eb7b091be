"""The files in an app's form: whose they are, and how they are stored with the other values."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.files.references import STORED, FileReference, Owner, load_references

from .config import Variable


async def load_file_inputs(
    variables: Sequence[Variable], inputs: Mapping[str, Any], owner: Owner
) -> tuple[dict[str, Any], tuple[FileReference, ...]]:
    """The form's values with its files as they are stored, and those files.

    Raises:
        InvalidParam: as `load_references`.
    """
    values, files = dict(inputs), list[FileReference]()
    for variable in variables:
        given = inputs.get(variable.name)
        if variable.files is None or not given:
            continue
        objects = [given] if variable.kind == "file" else given
        # A running conversation sends its form along with each turn: what was looked up once is not asked for again.
        is_stored = all(item.get("dify_model_identity") == STORED for item in objects)
        found = await load_references(objects, variable.files, owner, check_urls=not is_stored)
        stored = [file.as_json(owner.workspace_id) for file in found]
        values[variable.name] = stored[0] if variable.kind == "file" else stored
        files += found
    return values, tuple(files)
