"""Deeds about people and the workspace."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils.translation import gettext_noop as _

from apps.workspaces.contracts import Deeds, deeds
from apps.workspaces.models import User


@deeds.register
class People(Deeds):
    """Members, invitations, the workspace, tags."""

    key, label = "people", _("People and workspace")
    sentences = {
        "user.create": _("{who} created the account {what}"),
        "user.sign_in": _("{who} signed in"),
        "user.update": _("{who} changed the account {what}"),
        "user.change_password": _("{who} changed the password of {what}"),
        "user.reset_password": _("The password of {what} was set anew"),
        "installation.complete": _("{who} set the installation up"),
        "workspace.create": _("{who} created the workspace {what}"),
        "workspace.rename": _("{who} renamed the workspace to {what}"),
        "workspace.transfer": _("{who} handed the workspace over to {what}"),
        "workspace.reset_key_pair": _("{who} replaced the keys of the workspace; stored secrets are gone"),
        "demo.fill": _("The demo was put into the workspace"),
        "workspace.archive": _("{who} closed the workspace {what}"),
        "workspace.reopen": _("{who} opened the workspace {what} again"),
        "member.add": _("{who} made {what} a member"),
        "member.change_role": _("{who} changed the role of {what}"),
        "member.remove": _("{who} removed {what} from the workspace"),
        "member.leave": _("{who} left the workspace"),
        "invitation.create": _("{who} invited {what}"),
        "invitation.renew": _("{who} sent the invitation of {what} again"),
        "invitation.withdraw": _("{who} withdrew the invitation of {what}"),
        "invitation.mail": _("The invitation was mailed to {what}"),
        "invitation.mail_failed": _("The mail to {what} could not be sent"),
        "tag.create": _("{who} created the tag {what}"),
        "tag.rename": _("{who} renamed the tag {what}"),
        "tag.delete": _("{who} deleted the tag {what}"),
    }

    @classmethod
    def names(cls, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Of people."""
        return {user.pk: user.name or user.email for user in User.objects.filter(pk__in=ids)}
