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
from apps.common.languages import LANGUAGES
from apps.workspaces.choices import Role
from apps.workspaces.errors import AlreadyInstalled
from apps.workspaces.models import Installation, Membership, User, Workspace
from apps.workspaces.time_zones import all_zones

from . import audit, brakes

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
    email = clean_email(email)
    if User.objects.filter(email=email).exists():
        raise InvalidParam("This e-mail address is in use.", params="email")
    user = User(email=email, name=clean_name(name, "name"), is_staff=is_operator, is_superuser=is_operator)
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
    name = clean_name(name, "workspace")
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


def update_profile(*, user: User, name: str, language: str, time_zone: str) -> None:
    """Keeps how a person is called and what their console speaks.

    Args:
        language: one of `common.languages.LANGUAGES`; empty: as the browser asks.
        time_zone: an IANA name; empty: UTC.

    Raises:
        InvalidParam: no such language or time zone, or the name is too long.
    """
    user.name = clean_name(name, "name")
    user.language, user.time_zone = _clean_language(language), _clean_time_zone(time_zone)
    with transaction.atomic():
        user.save(update_fields=["name", "language", "time_zone"])
        audit.record(workspace=None, user=user, action="user.update", object_type="user", object_id=user.pk)


def change_password(*, user: User, old: str, new: str, address: str) -> None:
    """A person changes their own password; their other sessions end.

    Args:
        address: where the request comes from; guesses at the old password are counted as at the sign-in.

    Raises:
        InvalidParam: the old password is wrong, or the new one too weak.
        TooManyAttempts.
    """
    attempt = brakes.count(purpose="password", account=user.email, address=address)
    if not user.check_password(old):
        raise InvalidParam("This is not your present password.", params="old")
    _set_password(user, new, "new")
    with transaction.atomic():
        user.save(update_fields=["password"])
        attempt.delete()
        audit.record(workspace=None, user=user, action="user.change_password", object_type="user", object_id=user.pk)


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


def clean_email(email: str) -> str:
    """An address as accounts hold it, in lower case. Raises InvalidParam."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidParam("This is not an e-mail address.", params="email") from error
    if len(email) > 254:
        raise InvalidParam("This e-mail address is too long.", params="email")
    return email


def clean_name(name: str, field: str) -> str:
    """A person's or workspace's name without NUL and outer blanks. Raises InvalidParam, which names `field`."""
    name = name.replace("\x00", "").strip()
    if len(name) > 100:
        raise InvalidParam("A name may have at most 100 characters.", params=field)
    return name


def _clean_language(language: str) -> str:
    if language and language not in LANGUAGES:
        raise InvalidParam("The console does not speak this language.", params="language")
    return language


def _clean_time_zone(name: str) -> str:
    if name and name not in all_zones():
        raise InvalidParam("There is no such time zone; choose one such as Europe/Oslo.", params="time_zone")
    return name


def _set_password(user: User, password: str, field: str = "password") -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidParam(" ".join(error.messages), params=field) from error
    user.set_password(password)
