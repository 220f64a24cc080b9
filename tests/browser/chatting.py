"""A customer and agents who chat, each in a window of their own."""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.browser.site import PASSWORD, PATIENCE
from tests.databases import ROOT

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
AGENTS = {"anna.agent": "Anna Agnelli", "ben.agent": "Ben Bauer"}


class Words:
    """The product's texts in a language, by the English ones."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._translations = gettext.translation("django", ROOT / "locale", [language], fallback=language == "en")

    def say(self, text: str, **places: str) -> str:
        """The text as it is shown, with its places filled in."""
        said = self._translations.gettext(text)
        return said % places if places else said


ENGLISH = Words()


@contextmanager
def window(browser: Browser, address: str, size: ViewportSize = DESKTOP, **options: Any) -> Iterator[Page]:
    """A window that shares nothing with the others."""
    with browser.new_context(base_url=address, viewport=size, **options) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        yield page


class Customer:
    """A customer at the site of the demonstration's business."""

    def __init__(self, page: Page, name: str = "john", words: Words = ENGLISH) -> None:
        self.page, self.name, self.words = page, name, words
        self.log = page.get_by_role("log")
        self.message = page.get_by_label(words.say("Your message"))

    def open(self) -> None:
        self.page.goto(f"/demo/?customer={self.name}")
        self._button("Chat with us").click()

    def start(self, question: str = "") -> None:
        self.open()
        self.page.get_by_label(self.words.say("What is it about?")).fill(question)
        self._button("Start the chat").click()
        expect(self.message).to_be_visible(timeout=PATIENCE)

    def say(self, text: str) -> None:
        self.message.fill(text)
        self.message.press("Enter")

    def end(self) -> None:
        self._button("End the chat").click()
        self._button("Yes, end it").click()

    def hears(self, text: str) -> None:
        expect(self.log.get_by_text(text, exact=True)).to_be_visible(timeout=PATIENCE)

    def reads(self, text: str, **places: str) -> None:
        """See a sentence anywhere in the chat."""
        shown = self.page.locator("chatauth-chat").get_by_text(self.words.say(text, **places))
        expect(shown.first).to_be_visible(timeout=PATIENCE)

    def _button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=self.words.say(name))


class Agent:
    """An agent at the desk."""

    def __init__(self, page: Page, name: str, words: Words = ENGLISH) -> None:
        self.page, self.name, self.words = page, name, words

    def sign_in(self) -> None:
        self.page.goto("/login/?next=/desk/")
        self.page.locator("#id_username").fill(self.name)
        self.page.locator("#id_password").fill(PASSWORD)
        self.page.locator("#id_password").press("Enter")
        self.page.wait_for_url("**/desk/")

    def start(self, capacity: int = 2) -> None:
        self.sign_in()
        self.page.get_by_label(self.words.say("Chats at once")).last.fill(str(capacity))
        self.page.get_by_role("button", name=self.words.say("Start"), exact=True).click()
        elsewhere, ready = self.page.locator("#override"), self.page.locator("#ready")
        self.page.locator("#override:visible, #ready:visible").first.wait_for(timeout=PATIENCE)
        if elsewhere.is_visible():  # another test has left this agent's desk open
            elsewhere.click()
            expect(ready).to_be_visible(timeout=PATIENCE)

    def take(self, customer: str) -> None:
        self.offer(customer).click()
        expect(self.chat(customer)).to_be_visible(timeout=PATIENCE)

    def offer(self, customer: str) -> Locator:
        """The button that takes the chat."""
        return self.page.get_by_role("button", name=self.words.say("Take the chat with %(name)s", name=customer))

    def chat(self, customer: str) -> Locator:
        return self.page.get_by_role("article", name=customer)

    def say(self, customer: str, text: str, *, off_the_record: bool = False) -> None:
        chat = self.chat(customer)
        if off_the_record:
            chat.get_by_label(self.words.say("Off the record")).check()
        self.message(customer).fill(text)
        self.message(customer).press("Enter")

    def message(self, customer: str) -> Locator:
        return self.chat(customer).get_by_label(self.words.say("Your message"))

    def press(self, customer: str, button: str) -> None:
        """Press a button of a chat."""
        self.chat(customer).get_by_role("button", name=self.words.say(button)).click()

    def hears(self, customer: str, text: str) -> None:
        log = self.chat(customer).get_by_role("log")
        expect(log.get_by_text(text, exact=True)).to_be_visible(timeout=PATIENCE)

    def hand_over(self, customer: str, target: str) -> None:
        self.press(customer, "Hand over")
        self.page.get_by_role("dialog").get_by_label(target).check()
        self.page.get_by_role("dialog").get_by_role("button", name=self.words.say("Hand over")).click()

    def correct(self, customer: str, what: str, value: str) -> None:
        """Correct what is known, and leave the dialog open if it is refused."""
        dialog = self.page.get_by_role("dialog")
        self.press(customer, "Correct what is known")
        dialog.get_by_label(self.words.say("What")).select_option(self.words.say(what))
        dialog.get_by_label(self.words.say("Value")).fill(value)
        dialog.get_by_role("button", name=self.words.say("Save")).click()

    def conclude(self, customer: str) -> None:
        self.press(customer, "End the chat")

    def sign_off(self) -> None:
        """Sign off, whatever is still open."""
        self.page.get_by_role("button", name=self.words.say("Sign off")).first.click()
        sure, start = self.page.locator("#sign-off-forced"), self.page.locator("#begin")
        self.page.locator("#sign-off-forced:visible, #begin:visible").first.wait_for(timeout=PATIENCE)
        if sure.is_visible():
            sure.click()
            expect(start).to_be_visible(timeout=PATIENCE)


@contextmanager
def customer(
    browser: Browser, address: str, name: str = "john", words: Words = ENGLISH, **options: Any
) -> Iterator[Customer]:
    """A customer in a window of their own."""
    with window(browser, address, locale=words.language, **options) as page:
        yield Customer(page, name, words)


@contextmanager
def agent(
    browser: Browser, address: str, name: str = "anna.agent", words: Words = ENGLISH, **options: Any
) -> Iterator[Agent]:
    """An agent who is ready, and who signs off in the end."""
    with window(browser, address, locale=words.language, **options) as page:
        agent = Agent(page, name, words)
        agent.start()
        yield agent
        if page.locator("#work").is_visible():
            agent.sign_off()


def scenes(john: Customer, anna: Agent) -> Iterator[tuple[str, Page]]:
    """Go through a chat; at each place that is worth a look, its name and the page to look at."""
    name = "John Smith"
    yield "desk", anna.page
    john.open()
    yield "chat-question", john.page
    john.page.keyboard.press("Escape")
    john.start("Where is my order 4711? It should have come on Friday.")
    john.reads("You are next.")
    yield "chat-waiting", john.page
    expect(anna.offer(name)).to_be_visible(timeout=PATIENCE)
    yield "desk-offer", anna.page
    anna.take(name)
    _talk(john, anna, name)
    yield "desk-chat", anna.page
    yield "chat", john.page
    anna.press(name, "Hand over")
    anna.page.get_by_role("dialog").get_by_role("radio").first.wait_for()
    yield "desk-hand-over", anna.page
    anna.page.keyboard.press("Escape")
    anna.correct(name, "Product", "glasses")
    anna.page.get_by_role("dialog").get_by_role("alert").wait_for()
    yield "desk-correct", anna.page
    anna.page.keyboard.press("Escape")
    anna.conclude(name)
    john.reads("The agent has ended the chat. Thank you for talking with us.")
    yield "chat-ended", john.page


def _talk(john: Customer, anna: Agent, name: str) -> None:
    john.reads("You are talking with %(name)s.", name=AGENTS["anna.agent"])
    john.say("Hello? Is anybody there?")
    anna.hears(name, "Hello? Is anybody there?")
    answer = "Good day, Mr Smith. I am looking for it: one moment, please."
    anna.say(name, answer)
    john.hears(answer)
    john.say("Thank you.")
    anna.hears(name, "Thank you.")
    anna.chat(name).get_by_text(anna.words.say("Who it is")).click()
    anna.message(name).press_sequentially("It is")
    john.reads("%(name)s is typing …", name=AGENTS["anna.agent"])
