from tests.chat.conftest import app, client, workspace

__all__ = ["app", "client", "workspace"]
