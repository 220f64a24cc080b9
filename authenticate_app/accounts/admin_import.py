"""The admin's page that imports users from a CSV file."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminFileFieldWidget

from authenticate_app.accounts.errors import SignInBusy
from authenticate_app.accounts.import_columns import COLUMNS
from authenticate_app.accounts.import_file import LARGEST_FILE, Fault, ImportRefused
from authenticate_app.accounts.signed_in import signed_in_user
from authenticate_app.accounts.users_import import MOST_PASSWORDS_OF_A_PAGE, import_users

MOST_FAULTS_SHOWN = 200
"""Nobody mends more at one go, and the page stays readable."""

EXAMPLE = """username,email,email_verified,first_name,last_name,roles
jane.doe@vision.com,jane.doe@vision.com,yes,Jane,Doe,ORA_SVC_CUSTOMER_SELF_SERVICE_USER_ABSTRACT
"""


class FileForm(forms.Form):
    """The file to import."""

    file = forms.FileField(label=_("CSV file"), widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}))

    def clean_file(self) -> Any:
        """Refuse a file that is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size is None or file.size > LARGEST_FILE:
            megabytes = LARGEST_FILE // 1024**2
            raise ValidationError(
                _("The file is larger than %d MB. Split it, or use the command import_users.") % megabytes
            )
        return file


def import_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show the form; store all users of a file that is without fault, else show every fault with its line."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    faults: list[Fault] = []
    if form.is_valid():
        faults = _import(request, form)
        if not faults and form.is_valid():
            return HttpResponseRedirect(reverse("admin:authenticate_app_user_changelist"))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Import users"),
        "opts": model_admin.opts,
        "form": form,
        "faults": faults[:MOST_FAULTS_SHOWN],
        "further_faults": max(0, len(faults) - MOST_FAULTS_SHOWN),
        "columns": COLUMNS,
        "example": EXAMPLE,
    }
    return TemplateResponse(request, "admin/authenticate_app/import.html", context)


def _import(request: HttpRequest, form: FileForm) -> list[Fault]:
    """Import the file; answers what is wrong with it."""
    try:
        stored = import_users(
            raw_file=form.cleaned_data["file"].read(),
            actor=signed_in_user(request),
            now=timezone.now(),
            most_passwords=MOST_PASSWORDS_OF_A_PAGE,
        )
    except ImportRefused as refused:
        return refused.faults
    except SignInBusy:
        form.add_error(None, _("Too many passwords are being checked at this moment. Nothing was stored; try again."))
        return []
    messages.success(request, ngettext("%d user was imported.", "%d users were imported.", stored) % stored)
    return []
