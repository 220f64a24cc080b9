"""What the admin's pages of clients show: columns, the parts of the form, and what stands there as text."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from authenticate_app.login.accents import (
    DARK_PAGE,
    LIGHT_PAGE,
    TEXT_CONTRAST,
    WHITE,
    Color,
    contrast,
    readable,
    text_on,
)
from authenticate_app.oauth.addresses import issuer, public_url
from authenticate_app.oauth.client_selectors import Count, given_out
from authenticate_app.oauth.concessions import concessions_of
from authenticate_app.oauth.logos import logo_url, version_of
from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken
from authenticate_app.oauth.purposes import CLIENT_CREDENTIALS, RULES, Purpose

SHOWN = [
    "purpose",
    "fixed_id",
    "secret_state",
    "fixed_redirect_uri",
    "given_out",
    "addresses",
    "all_concessions",
]
PREVIEWS = ["logo_preview", "accent_preview"]
MAY_BE_SIGNED = (Purpose.WEB, Purpose.INTEGRATION)
"""Tokens of Apple Messages come back to this server, which looks them up: a signature would help nobody."""


SWATCH = '<span class="ca-swatch" style="background:{};color:{}">Aa</span>'
BLACK_ON_IT = _("Buttons in this colour have black letters: a contrast of %(ratio).1f to 1.")
WHITE_ON_IT = _("Buttons in this colour have white letters: a contrast of %(ratio).1f to 1.")
CHANGED = _(
    "Links are in %(by_day)s by day and %(by_night)s by night, since the colour itself would be hard to read there."
)


def fieldsets(purpose: Purpose, *, client: Client | None, is_form: bool) -> list[tuple[Any, dict[str, Any]]]:
    """The parts of a client's page; ``client`` is None for a new one, ``is_form`` False where all is text."""
    parts = [
        (None, _names(purpose)),
        (_("How it proves who it is"), _proof(purpose, client)),
        (_("What it may do"), _rights(purpose)),
        (_("What customers see"), _looks(purpose, client, is_form)),
        (_("Exceptions"), _exceptions(purpose, client)),
        (_("What it was given"), [] if client is None else ["given_out"]),
        (_("Where it asks"), [] if client is None else ["addresses"]),
    ]
    return [(title, {"fields": fields}) for title, fields in parts if fields]


def readonly_fields() -> list[str]:
    """What is shown and not asked for."""
    return [*SHOWN, *PREVIEWS]


def _names(purpose: Purpose) -> list[Any]:
    names = ["name", "display_name"] if _has_customers(purpose) else ["name"]
    return ["purpose", *names, "is_active"]


def _proof(purpose: Purpose, client: Client | None) -> list[Any]:
    if client is not None:
        return ["fixed_id", "secret_state"]
    return ["client_id", *(["client_type"] if RULES[purpose].may_be_public else [])]


def _rights(purpose: Purpose) -> list[Any]:
    if not _has_customers(purpose):
        return ["acting_user", "allowed_scopes"]
    redirects = ["fixed_redirect_uri", "serves_new_flow"] if RULES[purpose].redirect_uri else ["redirect_uris"]
    after = ["post_logout_redirect_uris"] if purpose == Purpose.WEB else []
    return [*redirects, *after, "allowed_scopes", "is_trusted"]


def _looks(purpose: Purpose, client: Client | None, is_form: bool) -> list[Any]:
    if not _has_customers(purpose):
        return []
    preview = ["logo_preview"] if client is not None and client.logo else []
    removal = ["without_logo"] if preview and is_form else []
    colors = [] if client is None else ["accent_preview"]
    return [*preview, *removal, *(["logo_file"] if is_form else []), "accent_color", *colors]


def _exceptions(purpose: Purpose, client: Client | None) -> list[Any]:
    shown = [] if client is None else ["all_concessions"]
    return [*shown, *(["signed_access_tokens", "signed_because"] if purpose in MAY_BE_SIGNED else [])]


def _has_customers(purpose: Purpose) -> bool:
    return bool(RULES[purpose].grant_type != CLIENT_CREDENTIALS)


class ClientColumns:
    """Columns of the list, and the fields of the page that are text."""

    @display(description=_("client"), ordering="name", header=True)
    def names(self, client: Client) -> list[str]:
        return [str(client), client.client_id]

    @display(description=_("exceptions"))
    def concessions(self, client: Client) -> str:
        return ", ".join(str(each.name) for each in concessions_of(client)) or "–"

    @display(description=_("state"), label={"active": "success", "off": "danger"})
    def state(self, client: Client) -> tuple[str, Any]:
        if client.is_active:
            return "active", _("active")
        return "off", pgettext_lazy("client", "disabled")

    @display(description=_("client id"))
    def fixed_id(self, client: Client) -> SafeString:
        return format_html("<code>{}</code>", client.client_id)

    @display(description=_("secret"))
    def secret_state(self, client: Client) -> str:
        if not client.is_confidential:
            return gettext("None: it runs where no secret can be kept.")
        return gettext("Stored as a hash, so that nobody can see it. If it got lost, make a new one.")

    @display(description=_("redirect URI"))
    def fixed_redirect_uri(self, client: Client) -> SafeString:
        return format_html("<code>{}</code>", RULES[Purpose.APPLE_LEGACY].redirect_uri)

    @display(description=_("exceptions"))
    def all_concessions(self, client: Client) -> SafeString | str:
        rows = format_html_join(
            "", "<li><strong>{}</strong> – {}</li>", ((each.name, each.explanation) for each in concessions_of(client))
        )
        return format_html('<ul class="ca-plain">{}</ul>', rows) if rows else gettext("None.")

    @display(description=_("logo"))
    def logo_preview(self, client: Client) -> SafeString:
        address = logo_url(client.client_id, version=version_of(bytes(client.logo)))
        return format_html('<img class="ca-logo" src="{}" alt="{}">', address, gettext("The stored logo"))

    @display(description=_("contrast"))
    def accent_preview(self, client: Client) -> SafeString | str:
        if not client.accent_color:
            return "–"
        color = Color.parse(client.accent_color[1:])
        swatch = format_html(SWATCH, color, text_on(color))
        return format_html("{}{} {}", swatch, _of_buttons(color), _of_links(color))

    @display(description=_("valid now"))
    def given_out(self, client: Client) -> SafeString:
        counted = given_out(client, now=timezone.now())
        rows = [_line(client, AccessToken, counted.access_tokens)]
        if client.authorization_grant_type != CLIENT_CREDENTIALS:
            rows.append(_line(client, RefreshToken, counted.refresh_tokens))
            rows.append(_line(client, Grant, counted.codes))
        lines = format_html_join("", '<li><a class="ca-link" href="{}">{}</a>: {}</li>', rows)
        return format_html('<ul class="ca-plain">{}</ul>', lines)

    @display(description=_("addresses"))
    def addresses(self, client: Client) -> SafeString:
        lines = format_html_join("", "<li>{}: <code>{}</code></li>", addresses_of(client))
        return format_html('<ul class="ca-plain">{}</ul>', lines)


def _of_buttons(color: Color) -> Any:
    words = WHITE_ON_IT if text_on(color) == WHITE else BLACK_ON_IT
    return words % {"ratio": contrast(text_on(color), color)}


def _of_links(color: Color) -> Any:
    by_day, by_night = (readable(color, on=page, ratio=TEXT_CONTRAST) for page in (LIGHT_PAGE, DARK_PAGE))
    return "" if color == by_day == by_night else CHANGED % {"by_day": by_day, "by_night": by_night}


def addresses_of(client: Client) -> list[tuple[Any, str]]:
    """Where an application of this client finds what it needs."""
    rows = [(_("Issuer (discovery)"), issuer()), (_("Token endpoint"), public_url("oauth-token"))]
    if client.authorization_grant_type != CLIENT_CREDENTIALS:
        rows.insert(1, (_("Authorization endpoint"), public_url("oauth-authorize")))
    return rows


def _line(client: Client, model: Any, count: Count) -> tuple[str, Any, Any]:
    name = model._meta.model_name
    where = f"{reverse(f'admin:authenticate_app_{name}_changelist')}?client={client.pk}"
    number = _("more than %d") % count.number if count.is_more else count.number
    return where, model._meta.verbose_name_plural, number
