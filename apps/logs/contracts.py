"""Figures of an app's overview."""

from typing import ClassVar

from apps.common.registry import Registry


class Figure:
    """A number for each day, drawn as a line.

    Attributes:
        label: in English; the page translates it (mark it with `gettext_noop`), like `explanation` and `unit`.
        explanation: how it is counted, in one or two sentences.
        position: figures are sorted by it.
        modes: of the apps that have it; empty: all.
        sql: what is selected over the day's messages `m` and the likes `f` of their readers (null where there is none).
        decimals: of what is shown.
        of_nothing: the number of a day without messages; None where there is none, as of an average.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    explanation: ClassVar[str]
    unit: ClassVar[str] = ""
    position: ClassVar[int]
    modes: ClassVar[frozenset[str]] = frozenset()
    sql: ClassVar[str]
    decimals: ClassVar[int] = 0
    of_nothing: ClassVar[int | None] = 0


figures: Registry[Figure] = Registry("figure", "figures", Figure)
