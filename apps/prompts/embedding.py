"""What a team pastes into its own pages to have an app there (contracts: extensions 5.2)."""

import json

from .addresses import embed_path
from .models import App


def iframe_snippet(app: App, base_url: str) -> str:
    """The app in a frame of the page."""
    return (
        f'<iframe\n  src="{base_url}{embed_path(app)}"\n  style="width: 100%; height: 100%; min-height: 700px"\n'
        '  frameborder="0"\n  allow="microphone">\n</iframe>'
    )


def script_snippet(app: App, base_url: str) -> str:
    """A bubble in the page's corner that opens the app."""
    config = json.dumps({"token": app.site_code, "baseUrl": base_url}, indent=2)
    return (
        f"<script>\n  window.difyChatbotConfig = {config}\n</script>\n"
        f'<script src="{base_url}/embed.min.js" id="{app.site_code}" defer></script>'
    )
