"""The agents' desk and the customer's chat in a real browser, against the real chat server."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser import chatting
from tests.browser.chatting import DESKTOP, PHONE, Agent, Customer
from tests.browser.conftest import NO_CHROMIUM
from tests.browser.site import CHROMIUM, PATIENCE, running_site
from tests.browser.test_admin import faults_of, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("chat")]

JOHN = "John Smith"
SMALL: ViewportSize = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One with a chat server."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with running_site(tmp_path_factory.mktemp("chat"), with_chat=True) as address:
        yield address


@pytest.fixture
def john(chromium: Browser, site: str) -> Iterator[Customer]:
    with chatting.customer(chromium, site) as customer:
        yield customer


@pytest.fixture
def anna(chromium: Browser, site: str) -> Iterator[Agent]:
    with chatting.agent(chromium, site) as agent:
        yield agent


def test_a_chat_from_its_beginning_to_its_end(john: Customer, anna: Agent, chromium: Browser, site: str) -> None:
    faults = [faults_of(john.page), faults_of(anna.page)]
    john.start("Where is my order?")
    anna.take(JOHN)
    john.reads("You are talking with Anna Agnelli.")
    expect(anna.chat(JOHN)).to_contain_text("Where is my order?")

    john.message.press_sequentially("Hel")
    expect(anna.chat(JOHN).get_by_text("John Smith is typing")).to_be_visible(timeout=PATIENCE)
    john.say("Hello?")
    anna.hears(JOHN, "Hello?")
    anna.chat(JOHN).get_by_label("Your message").press_sequentially("G")
    john.reads("Anna Agnelli is typing")
    anna.say(JOHN, "Good day.")
    john.hears("Good day.")
    anna.say(JOHN, "Between you and me.", off_the_record=True)
    john.reads("Off the record")

    john.page.reload()
    john.hears("Hello?")
    john.hears("Good day.")
    john.say("I am back.")
    anna.hears(JOHN, "I am back.")
    anna.page.reload()
    anna.hears(JOHN, "Hello?")
    anna.say(JOHN, "Me too.")
    john.hears("Me too.")

    with chatting.agent(chromium, site, "ben.agent") as ben:
        anna.hand_over(JOHN, "Ben Bauer")
        expect(anna.chat(JOHN)).to_contain_text("You have handed the chat over.", timeout=PATIENCE)
        ben.take(JOHN)
        ben.hears(JOHN, "Hello?")
        ben.hears(JOHN, "Good day.")
        expect(ben.chat(JOHN)).not_to_contain_text("Between you and me.")
        john.reads("You are talking with Ben Bauer.")
        ben.say(JOHN, "It comes tomorrow.")
        john.hears("It comes tomorrow.")
        ben.conclude(JOHN)
        expect(ben.chat(JOHN)).to_contain_text("You have ended the chat.", timeout=PATIENCE)
    john.reads("The agent has ended the chat.")
    john.page.get_by_role("button", name="Start a new chat").click()
    expect(john.page.get_by_label("What is it about?")).to_be_focused()
    assert faults == [[], []]


def test_who_signs_in_next_in_a_tab_sees_nothing_of_the_one_before(john: Customer) -> None:
    john.start()
    john.say("For no one else.")
    john.hears("For no one else.")
    maria = Customer(john.page, "maria")
    maria.open()
    expect(maria.page.get_by_label("What is it about?")).to_be_visible(timeout=PATIENCE)
    expect(maria.page.get_by_text("For no one else.")).to_have_count(0)
    john.start()
    john.hears("For no one else.")
    john.end()


def test_what_people_write_is_text_and_nothing_else(john: Customer, anna: Agent) -> None:
    html = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
    john.start(html)
    john.say(html)
    anna.take(JOHN)
    anna.hears(JOHN, html)
    anna.say(JOHN, html)
    expect(john.log.get_by_text(html, exact=True)).to_have_count(2, timeout=PATIENCE)
    assert "owned" not in john.page.title() + anna.page.title()
    john.end()
    expect(anna.chat(JOHN)).to_contain_text("The customer has ended the chat.", timeout=PATIENCE)


def test_the_network_may_fail_meanwhile(john: Customer, anna: Agent) -> None:
    john.start()
    anna.take(JOHN)
    john.page.context.set_offline(True)
    john.say("Is this thing on?")
    john.reads("There is no connection at the moment.")
    anna.say(JOHN, "Yes, it is.")
    john.page.context.set_offline(False)
    anna.hears(JOHN, "Is this thing on?")
    john.hears("Yes, it is.")
    expect(anna.chat(JOHN).get_by_text("Is this thing on?", exact=True)).to_have_count(1)
    expect(john.page.get_by_text("There is no connection")).to_be_hidden()
    anna.page.context.set_offline(True)
    expect(anna.page.locator("#lost")).to_be_visible(timeout=PATIENCE)
    anna.page.context.set_offline(False)
    expect(anna.page.locator("#lost")).to_be_hidden(timeout=PATIENCE)
    anna.conclude(JOHN)
    john.reads("The agent has ended the chat.")


STALLED = """async ([module, end]) => {
    const { call, Unreachable } = await import(module);
    const whenBegun = {};
    const begun = new Promise((resolve) => (whenBegun.tell = resolve));
    globalThis.fetch = async (_address, { signal }) =>
        new Response(new ReadableStream({
            start(body) {
                body.enqueue(new TextEncoder().encode('{"systemMessages": ['));
                signal.addEventListener("abort", () => body.error(signal.reason));
                whenBegun.tell();
            },
        }));
    const outside = new AbortController();
    const calling = call("/", { signal: outside.signal, patience: end === "patience" ? 20 : 60_000 });
    await begun;
    if (end === "signal") {
        outside.abort();
    }
    const hung = new Promise((resolve) => setTimeout(resolve, 5_000, "hung"));
    return Promise.race([hung, calling.then(() => "answered", (failure) => failure instanceof Unreachable)]);
}"""


@pytest.mark.parametrize("end", ["patience", "signal"])
def test_an_answer_that_breaks_off_in_its_middle_is_not_waited_for(john: Customer, end: str) -> None:
    john.open()
    assert john.page.evaluate(STALLED, ["/static/chat/protocol/calls.js", end]) is True


def test_figures_stay_while_they_cannot_be_had(john: Customer, anna: Agent) -> None:
    john.start()
    figures = anna.page.locator("#waiting")
    expect(figures).to_contain_text("1", timeout=PATIENCE)
    shown = figures.inner_text()
    address = "**/retrieveAgentsAndQueues*"
    anna.page.route(address, lambda route: route.fulfill(status=500, body="{}"))
    with anna.page.expect_response(address), anna.page.expect_response(address):
        pass
    expect(figures).to_have_text(shown)
    anna.page.unroute(address)
    john.end()


def test_a_double_click_signs_on_once(chromium: Browser, site: str) -> None:
    with chatting.window(chromium, site) as page:
        ben = Agent(page, "ben.agent")
        ben.sign_in()
        page.locator("#begin").evaluate("button => { button.click(); button.click(); }")
        expect(page.locator("#ready")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#elsewhere")).to_be_hidden()
        expect(page.locator("#trouble")).to_be_hidden()
        ben.sign_off()


def test_a_chat_does_not_begin_with_the_question_whether_to_end_it(john: Customer, anna: Agent) -> None:
    john.start()
    anna.take(JOHN)
    john.page.get_by_role("button", name="End the chat").click()
    anna.conclude(JOHN)
    john.page.get_by_role("button", name="Start a new chat").click()
    john.page.get_by_role("button", name="Start the chat").click()
    expect(john.page.get_by_role("button", name="End the chat")).to_be_visible(timeout=PATIENCE)
    expect(john.page.get_by_role("button", name="Yes, end it")).to_be_hidden()
    john.end()


def test_a_chat_goes_on_in_another_window(john: Customer, anna: Agent, chromium: Browser, site: str) -> None:
    john.start("One")
    anna.take(JOHN)
    john.say("Here I am.")
    anna.hears(JOHN, "Here I am.")
    with chatting.customer(chromium, site) as elsewhere:
        elsewhere.start()
        elsewhere.hears("Here I am.")
        john.reads("This chat goes on in another window")
        anna.say(JOHN, "There you are.")
        elsewhere.hears("There you are.")
        john.page.get_by_role("button", name="Continue here").click()
        elsewhere.reads("This chat goes on in another window")
        john.hears("There you are.")
        anna.say(JOHN, "And back again.")
        john.hears("And back again.")
        expect(elsewhere.log.get_by_text("And back again.")).to_have_count(0)
    john.end()
    john.reads("You have ended the chat.")


def test_two_chats_side_by_side(john: Customer, anna: Agent, chromium: Browser, site: str) -> None:
    with chatting.customer(chromium, site, "maria") as maria:
        john.start("My glasses")
        maria.start("My lenses")
        for name in (JOHN, "Maria López"):
            anna.take(name)
            expect(anna.chat(name).get_by_label("Your message")).to_be_focused(timeout=PATIENCE)
        anna.page.get_by_role("navigation").get_by_role("button", name=JOHN).click()
        maria.say("Round ones.")
        anna.hears("Maria López", "Round ones.")
        mark = anna.page.get_by_role("navigation").get_by_role("button", name="Maria López")
        expect(mark).to_contain_text("1 new")
        expect(anna.page).to_have_title("(1) Desk · Vision Corporation")
        mark.click()
        expect(mark).not_to_contain_text("new")
        anna.page.keyboard.type("Of course.")
        anna.page.keyboard.press("Enter")
        maria.hears("Of course.")
        expect(john.log).not_to_contain_text("Of course.")
        maria.end()
        john.end()


def test_the_desk_corrects_what_is_known(john: Customer, anna: Agent) -> None:
    john.start("My glases")
    anna.take(JOHN)
    chat, dialog = anna.chat(JOHN), anna.page.get_by_role("dialog")
    chat.get_by_text("Who it is").click()
    anna.correct(JOHN, "Question", "My glasses")
    expect(dialog).to_be_hidden(timeout=PATIENCE)
    expect(chat.get_by_text("My glasses", exact=True)).to_be_visible(timeout=PATIENCE)
    anna.correct(JOHN, "Product", "glasses")
    expect(dialog.get_by_role("alert")).to_contain_text("a number is expected", timeout=PATIENCE)
    expect(dialog.get_by_label("Value")).to_be_focused()
    dialog.get_by_label("Value").fill("4711")
    dialog.get_by_role("button", name="Save").click()
    expect(chat.get_by_role("definition").filter(has_text="4711")).to_be_visible(timeout=PATIENCE)
    anna.page.reload()  # what was corrected before is there again, and can be taken back
    chat.get_by_text("Who it is").click()
    chat.get_by_role("button", name="Correct what is known").click()
    dialog.get_by_label("What").select_option("Product")
    expect(dialog.get_by_label("Value")).to_have_value("4711")
    dialog.get_by_label("Value").fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(chat.get_by_text("4711")).to_have_count(0, timeout=PATIENCE)
    anna.correct(JOHN, "First name", "Johnny")
    expect(anna.chat("Johnny Smith")).to_be_visible(timeout=PATIENCE)
    john.end()
    expect(anna.page.get_by_role("button", name="Correct what is known")).to_be_hidden(timeout=PATIENCE)


def test_who_takes_a_chat_writes_at_once_but_is_not_interrupted(
    john: Customer, anna: Agent, chromium: Browser, site: str
) -> None:
    john.start("First")
    anna.page.get_by_role("button", name="Take the chat").press("Enter")
    expect(anna.chat(JOHN).get_by_label("Your message")).to_be_focused(timeout=PATIENCE)
    with chatting.customer(chromium, site, "maria") as maria:
        maria.start("Second")
        expect(anna.page.get_by_role("button", name="Take the chat")).to_be_visible(timeout=PATIENCE)
        anna.page.keyboard.type("Good ")
        anna.page.keyboard.press("Alt+Shift+A")
        expect(anna.chat("Maria López")).to_be_visible(timeout=PATIENCE)
        anna.page.keyboard.type("day.")
        anna.page.keyboard.press("Enter")
        john.hears("Good day.")
        maria.end()
    john.end()


def test_the_desk_by_keys_alone(john: Customer, anna: Agent) -> None:
    john.start("Keys")
    keys = anna.page.keyboard
    expect(anna.page.get_by_role("button", name="Take the chat")).to_be_visible(timeout=PATIENCE)
    keys.press("Alt+Shift+A")
    expect(anna.chat(JOHN).get_by_label("Your message")).to_be_focused(timeout=PATIENCE)
    keys.type("By keys.")
    keys.press("Enter")
    john.hears("By keys.")
    anna.page.locator("#ready").focus()
    keys.press("Alt+Shift+1")
    keys.type("Still here.")
    keys.press("Enter")
    john.hears("Still here.")
    keys.press("Alt+Shift+R")
    expect(anna.page.get_by_role("button", name="Away")).to_be_visible(timeout=PATIENCE)
    keys.press("Alt+Shift+E")
    john.reads("The agent has ended the chat.")
    john.page.keyboard.press("Escape")
    expect(john.page.get_by_role("button", name="Chat with us")).to_be_focused()


def test_an_offer_that_is_declined_goes_back(john: Customer, anna: Agent, chromium: Browser, site: str) -> None:
    john.start("Decline me")
    anna.page.get_by_role("button", name="Decline the chat with John Smith").click()
    with chatting.agent(chromium, site, "ben.agent") as ben:
        ben.take(JOHN)
        ben.chat(JOHN).get_by_role("button", name="Back to the queue").click()
        expect(ben.chat(JOHN)).to_contain_text("You have given the chat back to the queue.", timeout=PATIENCE)
    john.end()
    john.reads("You have ended the chat.")


def test_another_desk_of_the_same_agent_ends_this_one(anna: Agent, chromium: Browser, site: str) -> None:
    with chatting.agent(chromium, site):  # which chooses to go on there
        text = "You have signed on at another desk, so this one has ended."
        expect(anna.page.get_by_text(text)).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("size", "scheme", "language"),
    [(DESKTOP, "light", "en"), (PHONE, "dark", "en"), (SMALL, "light", "en"), (SMALL, "dark", "de")],
    ids=["desktop", "phone", "small", "small with long words"],
)
def test_both_break_no_rule_of_accessibility(
    chromium: Browser, site: str, size: ViewportSize, scheme: Literal["light", "dark"], language: str
) -> None:
    look: dict[str, Any] = {"size": size, "color_scheme": scheme, "words": chatting.Words(language)}
    with chatting.customer(chromium, site, **look) as john, chatting.agent(chromium, site, **look) as anna:
        for name, page in chatting.scenes(john, anna):
            assert violations(page) == {}, name
            assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name


STRICT = "default-src 'none'; img-src data:; script-src {site}; connect-src 'self' {site}"
PAGE = """<!doctype html><html lang="de"><title>Laden</title><link rel="icon" href="data:,">
<script type="module" src="{site}/static/chat/chat.js" data-server="{site}" data-site="demonstration"
    data-token-url="/chat-token"></script>"""


@contextmanager
def shop(site: str) -> Iterator[str]:
    """The site of somebody else: a page with the tag and a strict policy, and nobody is signed in."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, "text/html", PAGE.format(site=site))

        def do_POST(self) -> None:
            self._answer(401, "application/json", "{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

        def _answer(self, status: int, content_type: str, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Security-Policy", STRICT.format(site=site))
            self.end_headers()
            self.wfile.write(body.encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_site_with_a_strict_policy_can_have_it(chromium: Browser, site: str) -> None:
    """No inline style, no script but ours; and a customer who is not signed in."""
    with shop(site) as address, chatting.window(chromium, address) as page:
        faults = faults_of(page)
        page.goto("/")
        page.get_by_role("button", name="Chatten Sie mit uns").click()
        panel = page.get_by_role("dialog", name="Chat")
        assert panel.evaluate("panel => getComputedStyle(panel).borderRadius") == "20px"
        page.get_by_role("button", name="Chat beginnen").click()
        sentence = "Bitte melden Sie sich zuerst an und beginnen Sie den Chat dann noch einmal."
        expect(panel.get_by_role("alert")).to_have_text(sentence)
        assert [fault for fault in faults if "401" not in fault] == []
