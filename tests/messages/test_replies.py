"""What phones reply, and what comes of it."""

from typing import Any

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from authenticate_app.audit.models import AuditEvent
from authenticate_app.messages import legacy_tokens, processing, sign_ins
from authenticate_app.messages.models import Conversation, SignInRequest, SignInResult, WebhookDelivery
from authenticate_app.messages.reasons import CallbackError, Reason
from tests.messages.apple import text
from tests.messages.inbound import AUTHENTICATION, at, failure, handed_on, legacy, process, received, reply, sealed
from tests.messages.story import ASKED, after, outcome, signed_in
from tests.messages.world import business, conversation, identity, sign_in
from tests.tokens import store_token
from tests.world import store_user

__all__ = ["at", "legacy"]

pytestmark = pytest.mark.django_db

State = SignInRequest.State


class TestReplies:
    """New flow: ``success``, ``failure``, ``cancel``."""

    def test_success_after_the_callback(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        process(at, reply(request, "success"), now=after(21))
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    def test_success_before_the_callback(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, "success"), now=after(20))
        assert outcome(request) == (State.CREATED, "")
        signed_in(request, 21)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    def test_it_counts_from_when_it_was_received(self, at: Conversation) -> None:
        """A worker that was away for an hour changes nothing."""
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        stored = received(at, reply(request, "SUCCESS"), now=after(179))
        assert sign_ins.settle(sign_in_id=request.pk, now=after(1000)) is not None
        processing.process(inbound_id=stored.pk, now=after(1000))
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    @pytest.mark.parametrize("error", CallbackError)
    def test_failure_with_a_number_of_our_callback(self, at: Conversation, error: CallbackError) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, "failure", error_code=int(error)), now=after(20))
        state = State.CANCELLED if error is CallbackError.CONSENT_REFUSED else State.FAILED
        assert outcome(request) == (state, error.reason)

    @pytest.mark.parametrize("number", [None, 0, 999, "not a number", True, 10**30])
    def test_failure_with_any_other_number(self, at: Conversation, number: object) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, "failure", error_code=number), now=after(20))
        assert outcome(request) == (State.FAILED, Reason.PHONE_FAILED)

    @pytest.mark.parametrize(
        ("number", "reason"),
        [(None, Reason.PHONE_CANCELLED), (99, Reason.PHONE_CANCELLED), (4, Reason.CONSENT_REFUSED)],
    )
    def test_cancel(self, at: Conversation, number: int | None, reason: Reason) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, "cancel", error_code=number), now=after(20))
        assert outcome(request) == (State.CANCELLED, reason)

    @pytest.mark.parametrize("status", ["failure", "cancel"])
    def test_whoever_signed_in_is_forgotten_when_the_phone_says_no(self, at: Conversation, status: str) -> None:
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        process(at, reply(request, status), now=after(21))
        assert outcome(request)[0] in {State.FAILED, State.CANCELLED}
        assert not SignInResult.objects.exists()

    @pytest.mark.parametrize("status", ["authenticated", "maybe", "", None, 5])
    def test_anything_else(self, at: Conversation, status: Any) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, status, token="AAAA"), now=after(20))
        assert outcome(request) == (State.FAILED, Reason.REPLY_UNEXPECTED)

    def test_the_same_reply_under_another_id(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        for seconds in (21, 22):
            process(at, reply(request, "success"), now=after(seconds))
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert handed_on() == []

    @pytest.mark.parametrize(("first", "then"), [("cancel", "success"), ("success", "cancel"), ("failure", "cancel")])
    def test_the_first_final_answer_counts(self, at: Conversation, first: str, then: str) -> None:
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        process(at, reply(request, first), now=after(21))
        ended = outcome(request)
        process(at, reply(request, then), now=after(22))
        assert outcome(request) == ended
        assert WebhookDelivery.objects.filter(event="sign_in.ended").count() == 1

    def test_a_reply_to_an_older_request(self, at: Conversation) -> None:
        older, newer = sign_in(at, now=ASKED), sign_in(at, now=after(1))
        signed_in(newer, 20)
        process(at, reply(older, "success"), now=after(21))
        assert outcome(newer) == (State.OPENED, "")
        process(at, reply(newer, "success"), now=after(22))
        assert outcome(newer) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert outcome(older) == (State.CREATED, "")

    def test_a_reply_to_somebody_else_s_request_does_nothing_and_is_audited(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        stranger = conversation(at.business, customer_id="urn:mbid:stranger")
        for status in ("success", "cancel", "failure"):
            process(stranger, reply(request, status), now=after(21))
        assert outcome(request) == (State.OPENED, "")
        events = AuditEvent.objects.filter(event="messages_reply_refused", object_id=str(request.pk))
        assert events.count() == 3
        assert handed_on() == []

    def test_nor_does_one_at_another_business(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        elsewhere = conversation(business(business_id="other", client=at.business.client), customer_id=at.customer_id)
        process(elsewhere, reply(request, "cancel"), now=after(21))
        assert outcome(request) == (State.CREATED, "")

    def test_after_the_business_cancelled(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        cancelled = {"state": State.CANCELLED, "reason": Reason.CANCELLED_BY_ASKER, "now": after(21)}
        sign_ins.end(sign_in_id=request.pk, **cancelled)  # type: ignore[arg-type]
        process(at, reply(request, "success"), now=after(22))
        assert outcome(request) == (State.CANCELLED, Reason.CANCELLED_BY_ASKER)

    def test_after_the_customer_closed_the_conversation(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        process(at, text(type="close"), now=after(21))
        process(at, reply(request, "success"), now=after(22))
        assert outcome(request) == (State.CANCELLED, Reason.CONVERSATION_CLOSED)

    def test_after_the_time_is_over(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        process(at, reply(request, "success"), now=after(180))
        sign_ins.settle(sign_in_id=request.pk, now=after(181))
        assert outcome(request) == (State.TIMED_OUT, Reason.PHONE_DID_NOT_CONFIRM)

    def test_worth_is_counted(self, at: Conversation, django_capture_on_commit_callbacks: Any) -> None:
        request = sign_in(at, now=ASKED)
        name = "chatauth_messages_replies_total"
        counts = [REGISTRY.get_sample_value(name, {"worth": worth}) or 0 for worth in ("cancellation", "late")]
        with django_capture_on_commit_callbacks(execute=True):
            process(at, reply(request, "cancel"), now=after(20))
            process(at, reply(request, "cancel"), now=after(21))
        for worth, before in zip(("cancellation", "late"), counts, strict=True):
            assert REGISTRY.get_sample_value(name, {"worth": worth}) == before + 1


class TestLegacyReplies:
    @pytest.mark.parametrize(
        ("domain", "code", "reason"),
        [
            (AUTHENTICATION, 0, Reason.REDIRECT_WITHOUT_CODE),
            (AUTHENTICATION, 2, Reason.TOKEN_MISSING),
            ("com.apple.icloud.messages.business.cryptor", 4, Reason.ENCRYPTION_FAILED),
            ("NSURLErrorDomain", -1009, Reason.PHONE_OFFLINE),
            ("NSCocoaErrorDomain", 3840, Reason.TOKEN_ANSWER_NOT_JSON),
            ("com.example.new", 1, Reason.PHONE_FAILED),
        ],
    )
    def test_errors(self, legacy: SignInRequest, domain: str, code: int, reason: Reason) -> None:
        process(legacy.conversation, reply(legacy, "failed", **failure(domain, code)), now=after(20))
        assert outcome(legacy) == (State.FAILED, reason)
        last = legacy.steps.last()
        assert last is not None
        assert last.detail == f"{domain} {code}"

    def test_no_text_of_the_phone_is_kept(self, legacy: SignInRequest) -> None:
        process(legacy.conversation, reply(legacy, "failed", **failure("john@example.com <b>", 7)), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.PHONE_FAILED)
        assert not legacy.steps.filter(detail__contains="john").exists()

    def test_failed_without_errors(self, legacy: SignInRequest) -> None:
        process(legacy.conversation, reply(legacy, "Failed"), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.PHONE_FAILED)

    def test_success_is_no_word_of_the_legacy_flow(self, legacy: SignInRequest) -> None:
        process(legacy.conversation, reply(legacy, "success"), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.REPLY_UNEXPECTED)

    @pytest.mark.parametrize("token", ["", "AAAA", "no base64", "A" * 200, None])
    def test_what_can_not_be_decrypted(self, legacy: SignInRequest, token: str | None) -> None:
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.DECRYPTION_FAILED)

    def test_a_token_encrypted_for_another_request(self, legacy: SignInRequest) -> None:
        other = sign_in(legacy.conversation, now=ASKED)
        token = sealed(other, "an access token")
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.DECRYPTION_FAILED)

    def test_a_private_key_that_we_cannot_decrypt_any_more(self, at: Conversation, legacy: SignInRequest) -> None:
        token = sealed(legacy, "an access token")
        SignInRequest.objects.update(encrypted_private_key=b"of a key that was taken away")
        assert process(at, reply(legacy, "authenticated", token=token), now=after(20)).processed_at == after(20)
        assert outcome(legacy) == (State.FAILED, Reason.DECRYPTION_FAILED)

    def test_a_token_that_the_provider_does_not_vouch_for(self, legacy: SignInRequest) -> None:
        token = sealed(legacy, "A-token-that-nobody-issued")
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.TOKEN_INACTIVE)

    def test_a_token_of_our_own_server_signs_in(self, at: Conversation) -> None:
        """Times are real ones, since the server notes when it issued the token."""
        Conversation.objects.update(capabilities=["AUTH"])
        request, user = sign_in(at), store_user("john.smith")
        assert at.business.client is not None
        token = store_token(at.business.client, user=user, scope=request.scopes)
        message = reply(request, "authenticated", token=sealed(request, token))
        process(at, message, now=timezone.now(), capabilities="AUTH")
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)
        result = SignInResult.objects.get()
        assert (result.subject, result.user, result.is_verified) == (str(user.subject), user, True)
        assert token not in str(result.claims)
        another = sign_in(at)
        process(at, reply(another, "authenticated", token=sealed(another, token)), now=timezone.now())
        assert outcome(another) == (State.FAILED, Reason.TOKEN_REPLAYED)


class Checks:
    """A provider that is asked for tokens, and answers as a test wants."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, *, unverified_access_token: str, **_: object) -> Any:
        self.asked.append(unverified_access_token)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class TestTokens:
    def test_a_good_one_signs_in(self, legacy: SignInRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        checks = Checks(identity(token_checksum="a" * 64))
        monkeypatch.setattr(legacy_tokens, "check_token", checks)
        token = sealed(legacy, "an access token")
        process(legacy.conversation, reply(legacy, "Authenticated", token=token), now=after(20))
        assert checks.asked == ["an access token"]
        assert outcome(legacy) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert SignInResult.objects.get().token_checksum == "a" * 64
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(21))
        assert checks.asked == ["an access token"]

    def test_one_that_is_not_accepted(self, legacy: SignInRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        refused = legacy_tokens.TokenNotAccepted(Reason.TOKEN_SCOPE, "missing: email")
        monkeypatch.setattr(legacy_tokens, "check_token", Checks(refused))
        token = sealed(legacy, "an access token")
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.TOKEN_SCOPE)

    def test_a_provider_that_is_away_is_asked_again_in_time(
        self, legacy: SignInRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away = legacy_tokens.TokenNotAccepted(Reason.PROVIDER_UNAVAILABLE)
        monkeypatch.setattr(legacy_tokens, "check_token", Checks(away, away, identity(token_checksum="a" * 64)))
        message = reply(legacy, "authenticated", token=sealed(legacy, "an access token"))
        stored = received(legacy.conversation, message, now=after(20))
        for seconds in (20, 23):
            assert processing.process(inbound_id=stored.pk, now=after(seconds)) == processing.PAUSE
            assert outcome(legacy) == (State.CREATED, "")
        assert processing.process(inbound_id=stored.pk, now=after(26)) is None
        assert outcome(legacy) == (State.SUCCEEDED, Reason.SIGNED_IN)

    def test_but_not_for_ever(self, legacy: SignInRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        away = legacy_tokens.TokenNotAccepted(Reason.PROVIDER_UNAVAILABLE)
        monkeypatch.setattr(legacy_tokens, "check_token", Checks(away))
        message = reply(legacy, "authenticated", token=sealed(legacy, "an access token"))
        stored = received(legacy.conversation, message, now=after(20))
        assert processing.process(inbound_id=stored.pk, now=after(180)) is None
        assert outcome(legacy) == (State.FAILED, Reason.PROVIDER_UNAVAILABLE)
