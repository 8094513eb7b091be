"""A text made of variables."""

from .node import TemplateTransform as TemplateTransform
