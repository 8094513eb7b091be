"""Tables of users, workspaces, memberships, audit and sign-in throttling."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from apps.common.ids import new_id

from .choices import Role, TagKind, WorkspaceStatus


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by e-mail address (stored in lower case)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=16, blank=True, help_text="of the console; empty: the browser's")
    time_zone = models.CharField(max_length=64, blank=True, help_text="IANA name; empty: UTC")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the operators' admin.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="workspaces_user_email_lower")
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def initials(self) -> str:
        """One or two letters for the person's picture."""
        words = self.name.split()
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")) if words else self.email[:1]


class Workspace(models.Model):
    """A team's space. Its key pair wraps every secret it stores (`common.crypto`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=16, choices=WorkspaceStatus, default=WorkspaceStatus.NORMAL)
    public_key = models.TextField(editable=False)
    wrapped_private_key = models.BinaryField(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in a workspace."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role, default=Role.NORMAL)
    last_used_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="workspaces_membership_unique"),
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(role="owner"), name="workspaces_one_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Invitation(models.Model):
    """A place in a workspace kept for an e-mail address. Only the SHA-256 of the link's secret is stored."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=20, choices=Role, default=Role.NORMAL)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "email"], name="workspaces_invitation_unique"),
        ]

    def __str__(self) -> str:
        return self.email


class AuditEvent(models.Model):
    """Who did what to which object, written in the transaction that did it."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="audit_events")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=64, help_text="noun.verb, such as app.publish")
    object_type = models.CharField(max_length=32, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-created_at"], name="workspaces_audit_recent")]

    def __str__(self) -> str:
        return self.action


class Tag(models.Model):
    """A word by which a team sorts its apps or knowledge bases."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="tags")
    kind = models.CharField(max_length=16, choices=TagKind)
    name = models.CharField(max_length=50)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("workspace", "kind", Lower("name"), name="workspaces_tag_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class TagBinding(models.Model):
    """A tag on an app or knowledge base, which stands in a higher app: hence no foreign key."""

    id = models.BigAutoField(primary_key=True)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="bindings")
    target_id = models.UUIDField(db_index=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "target_id"], name="workspaces_tag_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} {self.target_id}"


class Installation(models.Model):
    """One row, written with the first owner: `/install` is closed from then on, whatever happens to that owner."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    completed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="workspaces_one_installation")]

    def __str__(self) -> str:
        return f"installed {self.completed_at:%Y-%m-%d}"


class SignInAttempt(models.Model):
    """A failed sign-in. `device` names a browser that had signed in to this account before, else it is empty."""

    id = models.BigAutoField(primary_key=True)
    account = models.CharField(max_length=254)
    device = models.CharField(max_length=32, blank=True)
    address = models.GenericIPAddressField(help_text="IPv6 addresses are cut to their /64 network")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-created_at"], name="workspaces_attempt_account"),
            models.Index(fields=["address", "-created_at"], name="workspaces_attempt_address"),
        ]

    def __str__(self) -> str:
        return self.account
