"""The admin's look and its menu (django-unfold's setting ``UNFOLD``)."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

Text = str | Promise
MenuItem = dict[str, Any]

_static = lazy(static, str)  # the storage of static files is not ready while settings load


def _page(title: Text, icon: str, model: str) -> MenuItem:
    """A menu item for the list of ``model`` ("app.model"), shown to whoever may see the list."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may_see(app, name),
    }


def _may_see(app: str, name: str) -> Callable[[HttpRequest], bool]:
    permissions = (f"{app}.view_{name}", f"{app}.change_{name}")
    return lambda request: any(request.user.has_perm(permission) for permission in permissions)


def _group(title: Text, *items: MenuItem) -> MenuItem:
    return {"title": title, "separator": True, "items": list(items)}


MENU = [
    {
        "items": [
            {
                "title": _("Overview"),
                "icon": "monitoring",
                "link": reverse_lazy("admin:index"),
                "permission": lambda request: request.user.is_staff,
            }
        ]
    },
    _group(
        _("Chat"),
        _page(_("Chat sessions"), "forum", "chat_app.chatsession"),
        {
            "title": _("Live"),
            "icon": "monitor_heart",
            "link": reverse_lazy("admin:supervision"),
            "permission": "chatauth_project.supervision.may_look",
        },
        _page(_("Engagements"), "question_answer", "chat_app.engagement"),
        _page(_("Agent sessions"), "support_agent", "chat_app.agentsession"),
        _page(_("Queues"), "stacks", "chat_app.queue"),
        _page(_("Interfaces"), "door_front", "chat_app.interface"),
        _page(_("Assignment rules"), "alt_route", "chat_app.assignmentrule"),
        _page(_("Hours of service"), "schedule", "chat_app.servicecalendar"),
        _page(_("Teams"), "groups", "chat_app.team"),
    ),
    _group(
        _("Apple Messages"),
        _page(_("Sign-ins"), "login", "authenticate_app.signinrequest"),
        _page(_("Conversations"), "chat", "authenticate_app.conversation"),
        _page(_("Businesses"), "storefront", "authenticate_app.business"),
        _page(_("MSP accounts"), "hub", "authenticate_app.mspaccount"),
        _page(_("Webhooks"), "webhook", "authenticate_app.webhookdelivery"),
    ),
    _group(
        _("People"),
        _page(_("Users"), "person", "authenticate_app.user"),
        _page(_("Roles"), "badge", "authenticate_app.role"),
        _page(_("Identities elsewhere"), "link", "authenticate_app.linkedidentity"),
    ),
    _group(
        _("Security"),
        _page(_("Clients"), "apps", "authenticate_app.client"),
        _page(_("Signing keys"), "key", "authenticate_app.signingkey"),
        _page(_("Audit events"), "history", "authenticate_app.auditevent"),
        _page(_("Failed sign-ins"), "gpp_bad", "authenticate_app.failurecount"),
    ),
    _group(
        _("Settings"),
        _page(_("Profile options"), "tune", "chat_app.profileoption"),
    ),
]

INDIGO = {
    "50": "oklch(96.2% .018 272.314)",
    "100": "oklch(93% .034 272.788)",
    "200": "oklch(87% .065 274.039)",
    "300": "oklch(78.5% .115 274.713)",
    "400": "oklch(67.3% .182 276.935)",
    "500": "oklch(58.5% .233 277.117)",
    "600": "oklch(51.1% .262 276.966)",
    "700": "oklch(45.7% .24 277.023)",
    "800": "oklch(39.8% .195 277.366)",
    "900": "oklch(35.9% .144 278.697)",
    "950": "oklch(25.7% .09 281.288)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "chatauth",
    "SITE_HEADER": "chatauth",
    "SITE_SUBHEADER": _("Who may chat, and where to"),
    "SITE_SYMBOL": "verified_user",
    "SITE_FAVICONS": [{"rel": "icon", "href": "data:,"}],  # none, as on the pages of customers: nothing asks in vain
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "chatauth_project.admin_site.environment_badge",
    "DASHBOARD_CALLBACK": "chatauth_project.dashboard.dashboard",
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": INDIGO,
        # Darker than unfold's own greys: small text keeps a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3).
        "font": {
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-300)",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-200)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "STYLES": [lambda request: _static("chatauth/admin.css")],
    "SCRIPTS": [lambda request: _static("chatauth/admin.js")],
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": MENU},
}
