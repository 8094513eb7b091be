"""Users and their workspaces."""

from typing import Final

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.common import jobs
from apps.common.crypto import new_key_pair
from apps.common.errors import InvalidParam, NotFound
from apps.workspaces.choices import Role
from apps.workspaces.errors import AlreadyInstalled
from apps.workspaces.models import Installation, Membership, User, Workspace

from . import audit

DEMO_TASK: Final = "demo.fill"


def create_first_owner(*, email: str, password: str, name: str = "", workspace_name: str) -> Workspace:
    """Creates the first user, who is also the operator, and the first workspace. Works once in an installation.

    Parallel callers queue on the installation's single row: one wins, and if it fails the next one tries. Unless
    DEMO is 0, a worker fills the workspace with a demo after that.

    Args:
        email: the owner's address; kept in lower case.
        password: checked against AUTH_PASSWORD_VALIDATORS.
        name: how the owner is called in the console.
        workspace_name: 1 to 100 characters.

    Raises:
        InvalidParam: the address, password or a name is not acceptable.
        AlreadyInstalled: somebody was faster, or it was done long ago.
    """
    with transaction.atomic():
        _, is_first = Installation.objects.get_or_create(pk=1)
        if not is_first:
            raise AlreadyInstalled
        owner = create_user(email=email, password=password, name=name, is_operator=True)
        workspace = create_workspace(owner=owner, name=workspace_name)
        audit.record(
            workspace=workspace, user=owner, action="installation.complete", data={"demo": settings.DEMO}
        )  # fmt: skip
        if settings.DEMO:
            jobs.enqueue(DEMO_TASK)
    return workspace


def create_user(
    *, email: str, password: str, name: str = "", is_operator: bool = False, by: User | None = None
) -> User:
    """Creates a user.

    Args:
        by: who adds them; None for the first owner and for commands.
        is_operator: may open the operators' admin, which shows every workspace.

    Raises:
        InvalidParam: the address is malformed or taken, or the password is too weak.
    """
    email = _clean_email(email)
    if User.objects.filter(email=email).exists():
        raise InvalidParam("This e-mail address is in use.", params="email")
    user = User(email=email, name=_clean_name(name, "name"), is_staff=is_operator, is_superuser=is_operator)
    _set_password(user, password)
    with transaction.atomic():
        user.save(force_insert=True)
        audit.record(workspace=None, user=by, action="user.create", object_type="user", object_id=user.pk)
    return user


def create_workspace(*, owner: User, name: str) -> Workspace:
    """Creates a workspace with a key pair of its own and its owner.

    Raises:
        InvalidParam: the name is empty or too long.
    """
    name = _clean_name(name, "workspace")
    if not name:
        raise InvalidParam("A workspace needs a name.", params="workspace")
    public_key, private_key = new_key_pair()
    with transaction.atomic():
        workspace = Workspace.objects.create(name=name, public_key=public_key, wrapped_private_key=private_key)
        Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
        audit.record(
            workspace=workspace,
            user=owner,
            action="workspace.create",
            object_type="workspace",
            object_id=workspace.pk,
            data={"name": name},
        )
    return workspace


def reset_password(*, email: str, password: str, by: User | None = None) -> User:
    """Sets a user's password; every session of that user ends with it.

    Raises:
        NotFound: no such user.
        InvalidParam: the password is too weak.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound("There is no user with this e-mail address.")
    with transaction.atomic():
        _set_password(user, password)
        user.save(update_fields=["password"])
        audit.record(workspace=None, user=by, action="user.reset_password", object_type="user", object_id=user.pk)
    return user


def set_active(*, user: User, is_active: bool, by: User) -> None:
    """Lets a user in or locks them out; a locked-out user's sessions end at their next request."""
    with transaction.atomic():
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        action = "user.activate" if is_active else "user.deactivate"
        audit.record(workspace=None, user=by, action=action, object_type="user", object_id=user.pk)


def _clean_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidParam("This is not an e-mail address.", params="email") from error
    if len(email) > 254:
        raise InvalidParam("This e-mail address is too long.", params="email")
    return email


def _clean_name(name: str, field: str) -> str:
    name = name.replace("\x00", "").strip()
    if len(name) > 100:
        raise InvalidParam("A name may have at most 100 characters.", params=field)
    return name


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidParam(" ".join(error.messages), params="password") from error
    user.set_password(password)
