"""The console's pages of knowledge, as a member's browser uses them."""

import re
from html import unescape
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.workspaces.models import User, Workspace
from apps.workspaces.services.members import add_member
from tests.factories import make_user
from tests.knowledge import samples

HTMX = {"HX-Request": "true"}
PAGES = [
    ["Warranty", "Every pump is under warranty for two years."],
    ["Returns", "Send it back within thirty days with the receipt."],
]


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def owner_of(workspace: Workspace) -> User:
    return workspace.memberships.get(role="owner").user


def member(workspace: Workspace, role: str, name: str = "") -> User:
    user = make_user(f"{name or role}@example.org")
    add_member(workspace=workspace, user=user, role=role)
    return user


def text_of(response: Any) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def handbook(name: str = "handbook.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, samples.pdf(*PAGES), "application/pdf")


def process(mode: str = "automatic", **fields: Any) -> dict[str, Any]:
    """What step 2 sends, as it stands when the page is opened."""
    return {
        "mode": mode,
        "separator": "\\n",
        "max_tokens": "500",
        "overlap": "50",
        "parent_separator": "\\n\\n",
        "parent_max_tokens": "1024",
        "parent_mode": "paragraph",
        "child_separator": "\\n",
        "child_max_tokens": "512",
        "remove_extra_spaces": "on",
        "language": "English",
        "technique": "high_quality",
        "embedding": "demo/demo-embedding",
        "search_method": "semantic_search",
        "vector_weight": "0.7",
        "rerank": "",
        "top_k": "3",
        "threshold": "0.5",
        **fields,
    }
