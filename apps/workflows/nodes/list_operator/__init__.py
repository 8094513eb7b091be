"""Filters, sorts and cuts a list."""

from .node import ListOperator as ListOperator
