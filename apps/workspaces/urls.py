"""Console addresses."""

from django.urls import path

from .views import account, audit, find, front, invitations, members, passwords, workspace

app_name = "workspaces"
urlpatterns = [
    path("", front.home, name="home"),
    path("install", front.InstallView.as_view(), name="install"),
    path("signin", front.SignInView.as_view(), name="sign_in"),
    path("signout", front.sign_out, name="sign_out"),
    path("switch", front.switch, name="switch"),
    path("find", find.find, name="find"),
    path("language", front.language, name="language"),
    path("forgot", passwords.ForgotView.as_view(), name="forgot_password"),
    path("reset/<str:user_id>/<str:token>", passwords.ResetView.as_view(), name="reset_password"),
    path("invitations/<str:secret>", invitations.InvitationView.as_view(), name="invitation"),
    path("settings/account", account.profile, name="account"),
    path("settings/account/password", account.change_password, name="change_password"),
    path("settings/workspace", workspace.settings_page, name="workspace"),
    path("settings/workspace/new", workspace.create, name="new_workspace"),
    path("settings/workspace/leave", workspace.leave, name="leave"),
    path("settings/workspace/transfer", workspace.transfer, name="transfer"),
    path("settings/workspace/archive", workspace.archive, name="archive"),
    path("settings/members", members.member_list, name="members"),
    path("settings/members/invite", members.invite, name="invite"),
    path("settings/members/<uuid:user_id>/role", members.change_role, name="change_role"),
    path("settings/members/<uuid:user_id>/remove", members.remove, name="remove_member"),
    path("settings/invitations/<uuid:invitation_id>/renew", members.renew, name="renew_invitation"),
    path("settings/invitations/<uuid:invitation_id>/withdraw", members.withdraw, name="withdraw_invitation"),
    path("settings/audit", audit.events, name="audit"),
]
