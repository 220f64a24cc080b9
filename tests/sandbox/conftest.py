import pytest
from django.utils import timezone
from pytest_django import Settings

from authenticate_app.messages.models import Business
from authenticate_app.sandbox import demonstration, services
from authenticate_app.sandbox.models import SandboxPhone
from tests.sandbox import urls  # while the sandbox is off: the project's own table of addresses is made once


@pytest.fixture
def sandbox(db: None, settings: Settings) -> Business:
    """A sandbox that is on, and its business."""
    settings.SANDBOX = True
    settings.ROOT_URLCONF = urls.__name__
    demonstration.load({})
    return Business.objects.select_related("account", "client").get(business_id=demonstration.BUSINESS)


@pytest.fixture
def phone(sandbox: Business) -> SandboxPhone:
    """A new phone of a customer of the business."""
    return services.new_phone(business=sandbox, flow="new", now=timezone.now())
