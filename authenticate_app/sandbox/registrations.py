"""What Apple's register says of a business: the simulator takes it from the business's record."""

from django.conf import settings
from django.urls import reverse

from authenticate_app.messages.models import Business
from authenticate_app.sandbox.sign_in_message import Registration


def registration_of(business: Business) -> Registration:
    """Where a phone sends customers of this business to, and as which client."""
    if business.provider == Business.Provider.OTHER or business.client is None:
        return Registration(
            business.authorization_url,
            business.token_url,
            business.provider_client_id,
            business.additional_parameters,
        )
    return Registration(
        f"{settings.PUBLIC_BASE_URL}{reverse('oauth-authorize')}",
        f"{settings.PUBLIC_BASE_URL}{reverse('oauth-token')}",
        business.client.client_id,
        business.additional_parameters,
    )
