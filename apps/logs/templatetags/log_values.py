"""Looks a word up."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def value_of(labels: Mapping[str, str], key: str) -> str:
    """The label of a key; the key itself where it has none."""
    return labels.get(key, key)
