"""What can go wrong with accounts and members."""

from apps.common.errors import Conflict, Forbidden, NotFound, TooManyRequests, Unauthorized


class AlreadyInstalled(Forbidden):
    code = "already_installed"
    default_message = "The first owner exists already; sign in instead."


class SignInFailed(Unauthorized):
    code = "sign_in_failed"
    default_message = "E-mail address or password is wrong."


class SignInThrottled(TooManyRequests):
    code = "sign_in_throttled"
    default_message = "Too many failed attempts. Wait some minutes and try again."


class OwnerIsFixed(Conflict):
    code = "owner_is_fixed"
    default_message = "A workspace has exactly one owner; hand ownership over instead."


class AlreadyMember(Conflict):
    code = "already_member"
    default_message = "This person is a member already."


class TagNameTaken(Conflict):
    code = "tag_name_taken"
    default_message = "There is a tag of this name already."


class InvitationInvalid(NotFound):
    code = "invitation_invalid"
    default_message = "This invitation was used, withdrawn or replaced by a newer one. Ask for a new one."


class InvitationExpired(Conflict):
    code = "invitation_expired"
    default_message = "This invitation has expired. Ask for a new one."


class InvitedElsewhere(Conflict):
    code = "invited_elsewhere"
    default_message = "This invitation is for another e-mail address. Sign in with that one."


class ResetLinkInvalid(NotFound):
    code = "reset_link_invalid"
    default_message = "This link was used already or is older than an hour. Ask for a new one."


class TooManyAttempts(TooManyRequests):
    code = "too_many_attempts"
    default_message = "Too many attempts. Wait some minutes and try again."
