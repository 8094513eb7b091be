"""Creates a knowledge base."""

import json
from typing import Any

from django.core.management.base import CommandParser

from apps.common.errors import InvalidParam
from apps.knowledge.access import require_builder
from apps.knowledge.choices import IndexingTechnique
from apps.knowledge.commands import add_user_option, find_user
from apps.knowledge.services.datasets import create_dataset
from apps.workspaces.commands import WorkspaceCommand


class Command(WorkspaceCommand):
    help = "Creates a knowledge base and prints its id."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--indexing", choices=IndexingTechnique.values, default=IndexingTechnique.HIGH_QUALITY)
        parser.add_argument("--embedding", metavar="PROVIDER/MODEL", help="default: the workspace's default model")
        parser.add_argument("--retrieval", metavar="JSON", help="retrieval settings as the service API writes them")
        parser.add_argument("--description", default="")
        parser.add_argument("--permission", choices=["only_me", "all_team_members"], default="all_team_members")
        add_user_option(parser)

    def run(self, **options: Any) -> dict[str, Any]:
        provider, model = parse_model(options["embedding"])
        workspace, user = self.workspace(options), find_user(options)
        if user is not None:
            require_builder(user, workspace=workspace)
        dataset = create_dataset(
            workspace=workspace,
            user=user,
            name=options["name"],
            description=options["description"],
            indexing_technique=options["indexing"],
            embedding_provider=provider,
            embedding_model=model,
            retrieval_model=parse_json(options["retrieval"], "retrieval"),
            permission=options["permission"],
        )
        return {"dataset_id": str(dataset.pk)}


def parse_model(text: str | None) -> tuple[str | None, str | None]:
    """Provider and model of an option. Raises InvalidParam."""
    if text is None:
        return None, None
    provider, _, model = text.partition("/")
    if not (provider and model):
        raise InvalidParam("--embedding must be PROVIDER/MODEL.", params="embedding")
    return provider, model


def parse_json(text: str | None, name: str) -> dict[str, Any] | None:
    """An option's JSON object. Raises InvalidParam."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InvalidParam(f"--{name} is not JSON.", params=name) from error
    if not isinstance(value, dict):
        raise InvalidParam(f"--{name} must be a JSON object.", params=name)
    return value
