"""Where an app's public pages stand (contracts: extensions 5.1)."""

from .choices import AppMode
from .models import App

_PAGES = {AppMode.COMPLETION: "completion", AppMode.WORKFLOW: "workflow"}


def site_path(app: App) -> str:
    """The full page's path."""
    return f"/{_PAGES.get(AppMode(app.mode), 'chat')}/{app.site_code}"


def embed_path(app: App) -> str:
    """The path of the view for frames."""
    return f"/chatbot/{app.site_code}"
