"""Addresses of the room. The names `account_…` and `mfa_…` are those of django-allauth."""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.urls import include, path, re_path

from accounts import desk_views, views
from accounts.second_factor import views as factor_views

_open_pages = {
    "business/": "business",
    "individuals/": "individuals",
    "privacy/": "privacy",
    "accessibility/": "accessibility",
    "help/": "help",
}

_COMPANY = "access/companies/<int:company>/"
_REQUESTS = f"{_COMPANY}requests/"
_desk = [
    path(_COMPANY, desk_views.CompanyAccessView.as_view(), name="company-access"),
    path(f"{_COMPANY}<int:membership>/end/", desk_views.AccessEndView.as_view(), name="access-end"),
    path(
        f"{_COMPANY}<int:membership>/narrow/",
        desk_views.AccessNarrowView.as_view(),
        name="access-narrow",
    ),
    path(_REQUESTS, desk_views.AccessRequestListView.as_view(), name="access-request-list"),
    path(f"{_REQUESTS}new/", desk_views.AccessRequestNewView.as_view(), name="access-request-new"),
    path(
        f"{_REQUESTS}<str:number>/", desk_views.AccessRequestView.as_view(), name="access-request"
    ),
    path(
        f"{_REQUESTS}<str:number>/withdraw/",
        desk_views.AccessRequestWithdrawView.as_view(),
        name="access-request-withdraw",
    ),
]

_room = (
    [
        path("", views.FrontView.as_view(), name="front"),
        *(
            path(
                address,
                views.OpenPage.as_view(
                    template_name=f"accounts/{name}.html", extra_context={"nav": name}
                ),
                name=name,
            )
            for address, name in _open_pages.items()
        ),
        path("business/cabinet/agreement.pdf", views.AgreementView.as_view(), name="agreement"),
        path("account/first-password/", views.FirstPasswordView.as_view(), name="first-password"),
        path("account/appearance/", views.ColorSchemeView.as_view(), name="color-scheme"),
        path("account/notifications/", views.NotificationsView.as_view(), name="notifications"),
        path("viewing/end/", views.ViewingEndView.as_view(), name="viewing-end"),
        path("access/history/", views.AccessHistoryView.as_view(), name="access-history"),
        path(
            "account/second-factor/",
            factor_views.SecondFactorView.as_view(),
            name="second-factor",
        ),
        path(
            "account/second-factor/set/",
            factor_views.SecondFactorSetView.as_view(),
            name="second-factor-set",
        ),
        path(
            "account/second-factor/codes/",
            factor_views.RecoveryCodesNewView.as_view(),
            name="recovery-codes-new",
        ),
        path(
            "account/second-factor/off/",
            factor_views.SecondFactorOffView.as_view(),
            name="second-factor-off",
        ),
        path("access/", views.AccessView.as_view(), name="access"),
        *_desk,
        path(
            "access/sessions/<int:session>/end/", views.SessionEndView.as_view(), name="session-end"
        ),
    ],
    "accounts",
)

urlpatterns = [
    path("", include(_room)),
    path("business/cabinet/", views.LoginView.as_view(), name="account_login"),
    path("business/cabinet/code/", factor_views.LoginCodeView.as_view(), name="mfa_authenticate"),
    path(
        "account/second-factor/confirm/",
        factor_views.ConfirmCodeView.as_view(),
        name="mfa_reauthenticate",
    ),
    path(
        "logout/",
        allauth_views.LogoutView.as_view(template_name="accounts/logout.html"),
        name="account_logout",
    ),
    path("account/email/", views.EmailView.as_view(), name="account_email"),
    path(
        "account/email/confirm/<str:key>/",
        views.ConfirmEmailView.as_view(),
        name="account_confirm_email",
    ),
    path("account/password/", views.PasswordChangeView.as_view(), name="account_change_password"),
    path(
        "account/password/reset/", views.PasswordResetView.as_view(), name="account_reset_password"
    ),
    path(
        "account/password/reset/done/",
        views.PasswordResetDoneView.as_view(),
        name="account_reset_password_done",
    ),
    re_path(
        r"^account/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/reset/ready/",
        views.PasswordResetFromKeyDoneView.as_view(),
        name="account_reset_password_from_key_done",
    ),
]
