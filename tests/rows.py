"""Rows of any table, made from nothing but what the table says of itself; for sweeps over all tables."""

import uuid
from itertools import count
from typing import Any

from django.db import models
from django.utils import timezone

_numbers = count(1000)


def make_row(model: type[models.Model], **given: Any) -> models.Model:
    """A row with `given` fields and something that fits in every other one that must be filled.

    Args:
        given: by column name (`app_id`); handed on to the rows this one stands on, where they have such a column.
    """
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.attname in given:
            values[field.attname] = given[field.attname]
        elif isinstance(field, models.ForeignKey) and not field.null:
            target = field.related_model
            assert isinstance(target, type)
            own = given.get(f"{target._meta.model_name}_id")
            values[field.attname] = own or make_row(target, **given).pk
        elif _must_be_filled(field):
            values[field.attname] = _something(field)
    return model._default_manager.create(**values)


def _must_be_filled(field: models.Field) -> bool:
    if isinstance(field, models.AutoField | models.ForeignKey) or field.null:
        return False
    return not field.has_default() and not getattr(field, "auto_now", False)


def _something(field: models.Field) -> Any:
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.CharField | models.TextField):
        return uuid.uuid4().hex[: field.max_length or 32]
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.BinaryField):
        return b""
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.DateField):
        return timezone.now().date()
    return next(_numbers)
