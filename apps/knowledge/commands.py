"""What the commands of this app share: acting as a member, who sees and does no more than on the pages."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.errors import NotFound
from apps.workspaces.models import User

from .access import require_builder
from .models import Dataset
from .selectors import find_dataset


def add_user_option(parser: CommandParser) -> None:
    """`--user EMAIL`; without it the command may do everything."""
    parser.add_argument("--user", metavar="EMAIL", help="act as this member; default: as the operator")


def find_user(options: dict[str, Any]) -> User | None:
    """The person named by `--user`. Raises NotFound."""
    if options["user"] is None:
        return None
    user = User.objects.filter(email=options["user"].strip().lower(), is_active=True).first()
    if user is None:
        raise NotFound(f"There is no user {options['user']}.")
    return user


def dataset_to_build(options: dict[str, Any]) -> tuple[Dataset, User | None]:
    """The base that is to be changed, and by whom. Raises NotFound, Forbidden."""
    user = find_user(options)
    dataset = find_dataset(options["dataset_id"], for_user=user)
    if user is not None:
        require_builder(user, workspace=dataset.workspace_id)
    return dataset, user
