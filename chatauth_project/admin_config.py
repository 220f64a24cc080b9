"""Django's admin, with our site as its only one."""

from django.contrib.admin.apps import AdminConfig


class ChatauthAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS in place of ``django.contrib.admin``."""

    default_site = "chatauth_project.admin_site.ChatauthAdminSite"
