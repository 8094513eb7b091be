"""What forms of the console share: their fields' widgets, and showing what a service refused."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms

from .errors import AppError, Forbidden, NotFound

T = TypeVar("T")


def attempt(form: forms.Form, action: Callable[[dict[str, Any]], T]) -> T | None:
    """What the action makes of a valid form; None where form or action found a fault, which the form then shows.

    Raises:
        NotFound, Forbidden: from the action; no form can put that right.
    """
    if not form.is_valid():
        return None
    try:
        return action(form.cleaned_data)
    except (NotFound, Forbidden):
        raise
    except AppError as problem:
        form.add_error(problem.params if problem.params in form.fields else None, problem.message)
        return None
