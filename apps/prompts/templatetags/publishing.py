"""The publish menu of an app's pages."""

from typing import Any

from django import template

from apps.prompts.publishing import Publishing, publishing_of

register = template.Library()


@register.simple_tag(takes_context=True)
def publishing_state(context: dict[str, Any]) -> Publishing:
    """How the page's `app` stands."""
    return publishing_of(context["app"])
