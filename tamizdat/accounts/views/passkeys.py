"""The ceremonies of passkeys: django-otp-webauthn's views, with our rules around them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.i18n import JavaScriptCatalog
from django_otp_webauthn import views
from django_otp_webauthn.exceptions import OTPWebAuthnApiError
from django_otp_webauthn.helpers import WebAuthnHelper
from webauthn.helpers.structs import UserVerificationRequirement

from tamizdat.accounts import factors
from tamizdat.accounts.models import Passkey
from tamizdat.accounts.views.second_factor import bind, let_in, member


class NotEnrolled(OTPWebAuthnApiError):
    """The member has no passkey: there is nothing to prove with one."""

    status_code = 400
    default_code = "not_enrolled"
    default_detail = "You have no passkey here. Use a code."


class Ceremony(WebAuthnHelper):
    """What is asked of a browser, and what is kept of its answer."""

    def get_credential_display_name(self, user: Any) -> str:
        return str(user.get_username())  # no full name on other people's devices

    def create_attestation(self, *args: Any, **kwargs: Any) -> None:
        """Keep nothing about the make of somebody's device."""

    def create_credential(self, *args: Any, **kwargs: Any) -> Any:
        made = super().create_credential(*args, **kwargs)
        made.aaguid = ""  # the make again
        return made

    def get_generate_authentication_options_kwargs(self, **asked: Any) -> dict[str, Any]:
        kwargs = super().get_generate_authentication_options_kwargs(**asked)
        # The password came first; a key without a sensor does.
        return {**kwargs, "user_verification": UserVerificationRequirement.PREFERRED}


class CompleteRegistration(views.CompleteCredentialRegistrationView):
    def post(self, *args: Any, **kwargs: Any) -> JsonResponse:
        was_proven = self.request.user.is_verified()
        answer: JsonResponse = super().post(*args, **kwargs)
        user = member(self.request)
        passkey = Passkey.objects.filter(user=user).latest("pk")
        factors.name_passkey(user, passkey, timezone.now())
        bind(self.request, user)
        if not was_proven:
            let_in(self.request, passkey)
        return answer


class BeginAuthentication(views.BeginCredentialAuthenticationView):
    def check_can_authenticate(self) -> None:
        super().check_can_authenticate()
        if not Passkey.objects.filter(user_id=self.request.user.pk).exists():
            raise NotEnrolled


class CompleteAuthentication(views.CompleteCredentialAuthenticationView):
    def complete_auth(self, device: Any) -> Any:
        let_in(self.request, device)


def catalog(request: HttpRequest) -> Any:
    return JavaScriptCatalog.as_view(packages=["django_otp_webauthn"])(request)


app_name = "otp_webauthn"
urlpatterns = [
    path(
        "registration/begin/",
        views.BeginCredentialRegistrationView.as_view(),
        name="credential-registration-begin",
    ),
    path(
        "registration/complete/",
        CompleteRegistration.as_view(),
        name="credential-registration-complete",
    ),
    path(
        "authentication/begin/",
        BeginAuthentication.as_view(),
        name="credential-authentication-begin",
    ),
    path(
        "authentication/complete/",
        CompleteAuthentication.as_view(),
        name="credential-authentication-complete",
    ),
    path("words/", catalog, name="js-i18n-catalog"),
]
