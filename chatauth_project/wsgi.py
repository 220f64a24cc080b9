"""The WSGI application that the server's workers run."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatauth_project.settings")

application = get_wsgi_application()
