"""Base of the operators' admin: every table can be read; changes go through actions that call services."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest

from apps.common.errors import AppError

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[models.Model]
else:
    ModelAdmin = admin.ModelAdmin


class ReadMostlyAdmin(ModelAdmin):
    """Lists and shows rows. Nothing can be added, changed or deleted unless the child overrides that permission.

    Attributes:
        secret: fields never shown (hashes, wrapped keys, encrypted credentials).
    """

    secret: ClassVar[tuple[str, ...]] = ()
    show_full_result_count = False
    list_per_page = 50

    def apply(self, request: HttpRequest, rows: Iterable[Any], change: Callable[[Any], object]) -> None:
        """Calls a service for each row; says how many it took, and why it refused the others."""
        done = 0
        for row in rows:
            try:
                change(row)
            except AppError as error:
                self.message_user(request, f"{error.message} ({row})", messages.WARNING)
            else:
                done += 1
        self.message_user(request, f"Done for {done}.", messages.SUCCESS if done else messages.WARNING)

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        """All columns but the secret ones."""
        return [field.name for field in self.model._meta.concrete_fields if field.name not in self.secret]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        """All of them."""
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody."""
        return False
