"""The OAuth parameter ``state`` on its way: seen at the form, used up at our callback."""

import pytest
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries

from authenticate_app.audit.models import AuditEvent
from authenticate_app.messages import sign_ins
from authenticate_app.messages.models import SignInRequest, SignInResult
from authenticate_app.messages.reasons import Reason
from authenticate_app.oauth.seldom import seldom
from tests.messages.story import (
    ASKED,
    WEBHOOK,
    after,
    asked,
    asked_in_legacy_flow,
    come_back,
    confirm,
    end,
    identify,
    outcome,
    refusal,
    steps,
    stored,
)
from tests.messages.world import state_of

pytestmark = pytest.mark.django_db

State = SignInRequest.State


@pytest.fixture(autouse=True)
def nothing_written_lately() -> None:
    seldom.clear()


class TestState:
    """The OAuth parameter that comes back to our callback."""

    def test_it_opens_the_request_and_is_good_once(self) -> None:
        request = asked()
        claimed = come_back(request, 20)
        assert (claimed.pk, claimed.state, claimed.opened_at) == (request.pk, State.OPENED, after(20))
        assert claimed.business.webhook_url == WEBHOOK
        assert refusal(lambda: come_back(request, 21)) is Reason.STATE_USED
        assert stored(request)["state_used_at"] == after(20)

    def test_being_used_twice_ends_nothing(self) -> None:
        request = asked()
        come_back(request, 20)
        refusal(lambda: come_back(request, 21))
        refusal(lambda: come_back(request, 22))
        assert steps(request) == ["created", "returned", "state-refused"]
        identify(request, 23)
        confirm(request, 24)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    @pytest.mark.parametrize("unknown", ["", "short", "A" * 32, "A" * 33, "ä" * 32, "A" * 31 + "\n", "\ud800" * 32])
    def test_unknown(self, unknown: str) -> None:
        asked()
        assert refusal(lambda: sign_ins.consume_state(unverified_state=unknown, now=after(1))) is Reason.STATE_UNKNOWN

    def test_expired(self) -> None:
        request = asked()
        assert refusal(lambda: come_back(request, 180)) is Reason.STATE_EXPIRED
        assert stored(request)["state_used_at"] is None

    def test_of_a_request_that_has_ended(self) -> None:
        request = asked()
        state = state_of(request)
        end(request, 10, State.CANCELLED)
        assert refusal(lambda: sign_ins.consume_state(unverified_state=state, now=after(11))) is Reason.STATE_EXPIRED

    def test_of_the_legacy_flow_which_has_no_callback(self) -> None:
        request = asked_in_legacy_flow()
        assert refusal(lambda: come_back(request, 20)) is Reason.STATE_UNKNOWN

    def test_without_it_no_identity_is_taken(self) -> None:
        request = asked()
        assert not identify(request, 21)
        assert not SignInResult.objects.exists()

    def test_refusals_are_counted_each_and_audited_seldom(self) -> None:
        request = asked()
        come_back(request, 20)
        name, labels = "chatauth_messages_states_refused_total", {"reason": "state-used"}
        before = REGISTRY.get_sample_value(name, labels) or 0
        for seconds in (21, 22, 23):
            refusal(lambda at=seconds: come_back(request, at))  # type: ignore[misc]
        assert REGISTRY.get_sample_value(name, labels) == before + 3
        event = AuditEvent.objects.get(event="messages_state_refused")
        assert (event.reason, event.object_id) == ("state-used", str(request.pk))


class TestOpened:
    """The authorization request was seen."""

    def test_by_the_client_of_the_business(self) -> None:
        request = asked()
        sign_ins.mark_sent(sign_in_id=request.pk, now=after(1))
        for seconds in (10, 11):
            sign_ins.mark_opened(unverified_state=state_of(request), client_id="apple-new", now=after(seconds))
        assert stored(request)["opened_at"] is None
        client = request.business.client
        assert client is not None
        for seconds in (12, 13):
            sign_ins.mark_opened(
                unverified_state=state_of(request), client_id=str(client.client_id), now=after(seconds)
            )
        assert stored(request)["opened_at"] == after(12)
        assert outcome(request) == (State.OPENED, "")
        assert steps(request) == ["created", "sent", "opened"]

    def test_too_late(self) -> None:
        request = asked()
        assert request.business.client is not None
        client_id = str(request.business.client.client_id)
        sign_ins.mark_opened(unverified_state=state_of(request), client_id=client_id, now=after(180))
        assert stored(request)["opened_at"] is None

    def test_a_state_of_another_application_costs_no_query(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            sign_ins.mark_opened(unverified_state="af0ifjsldkj", client_id="web-1", now=ASKED)

    def test_one_that_looks_like_ours_costs_one(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(1):
            sign_ins.mark_opened(unverified_state="A" * 32, client_id="web-1", now=ASKED)
