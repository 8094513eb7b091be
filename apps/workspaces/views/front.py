"""The pages in front of the console: installation, signing in and out, choosing a workspace."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from apps.common.addresses import peer_network
from apps.common.errors import InvalidParam, NotFound
from apps.workspaces.errors import AlreadyInstalled, SignInFailed, SignInThrottled
from apps.workspaces.forms import InstallForm, SignInForm
from apps.workspaces.permissions import MEMBERS, SESSION_KEY, ConsoleRequest, requires
from apps.workspaces.selectors import get_membership, is_installed
from apps.workspaces.services import accounts, members
from apps.workspaces.services import sign_in as sign_in_service

from .preferences import remember, remember_language

protected_form = [never_cache, sensitive_post_parameters("password")]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return redirect("workspaces:sign_in" if is_installed() else "workspaces:install")


@method_decorator(protected_form, name="dispatch")
class InstallView(View):
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if is_installed():
            return redirect("workspaces:sign_in")
        return _render_install(request, InstallForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        if is_installed():
            raise AlreadyInstalled
        form = InstallForm(request.POST)
        if not form.is_valid():
            return _render_install(request, form, status=400)
        fields = form.cleaned_data
        try:
            workspace = accounts.create_first_owner(
                email=fields["email"],
                password=fields["password"],
                name=fields["name"],
                workspace_name=fields["workspace"],
            )
        except InvalidParam as problem:
            form.add_error(problem.params, problem.message)
            return _render_install(request, form, status=400)
        login(request, workspace.memberships.select_related("user").get().user)
        return redirect(settings.LOGIN_REDIRECT_URL)


def _render_install(request: HttpRequest, form: InstallForm, status: int = 200) -> HttpResponse:
    return render(request, "workspaces/install.html", {"form": form}, status=status)


@method_decorator(protected_form, name="dispatch")
class SignInView(View):
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return HttpResponseRedirect(_target(request))
        if not is_installed():
            return redirect("workspaces:install")
        return _render_sign_in(request, SignInForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SignInForm(request.POST)
        if not form.is_valid():
            return _render_sign_in(request, form, status=400)
        try:
            signed_in = sign_in_service.sign_in(
                request,
                email=form.cleaned_data["email"],
                password=form.cleaned_data["password"],
                address=peer_network(request),
                device_cookie=request.COOKIES.get(sign_in_service.DEVICE_COOKIE, ""),
            )
        except (SignInFailed, SignInThrottled) as problem:
            form.add_error(None, problem.message)
            return _render_sign_in(request, form, status=problem.http_status)
        return _enter(request, signed_in)


def _enter(request: HttpRequest, signed_in: sign_in_service.SignedIn) -> HttpResponse:
    login(request, signed_in.user)
    response = HttpResponseRedirect(_target(request))
    remember(response, signed_in.user)
    response.set_cookie(
        sign_in_service.DEVICE_COOKIE,
        signed_in.device_cookie,
        max_age=sign_in_service.DEVICE_COOKIE_AGE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _render_sign_in(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": request.POST.get("next", request.GET.get("next", ""))}
    return render(request, "workspaces/sign_in.html", context, status=status)


def _target(request: HttpRequest) -> str:
    """Where the visitor wanted to go, if that is a page of ours."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else resolve_url(settings.LOGIN_REDIRECT_URL)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """What the pages in front of the console speak in this browser; a signed-in person's choice is in the account."""
    response = HttpResponseRedirect(_target(request))
    remember_language(response, request.POST.get("language", ""))
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("workspaces:sign_in")


@require_POST
@requires(*MEMBERS)
def switch(request: ConsoleRequest) -> HttpResponse:
    wanted = request.POST.get("workspace", "")
    membership = get_membership(user=request.user, workspace_id=wanted)
    if membership is None or str(membership.workspace_id) != wanted:
        raise NotFound("There is no such workspace among yours.")
    members.use_workspace(membership=membership)
    request.session[SESSION_KEY] = wanted
    return redirect(settings.LOGIN_REDIRECT_URL)
