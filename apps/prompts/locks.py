"""Row locks, taken in this order: app."""

from uuid import UUID

from .models import App


def lock_app(app_id: UUID) -> App:
    """The app's row, locked until the transaction ends."""
    return App.objects.select_for_update(of=("self",)).select_related("workspace").get(id=app_id)
