"""What can go wrong with accounts and members."""

from apps.common.errors import Conflict, Forbidden, TooManyRequests, Unauthorized


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
