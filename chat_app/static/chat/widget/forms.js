// What a customer fills in: the question before a chat, the messages in it, and what is left to do after it.

import { element, grow, isSending, say } from "../shared/dom.js";

const LONGEST_QUESTION = 1_000;
const LONGEST_MESSAGE = 32_000;

export class Opening {
    constructor(words, { start }) {
        this.words = words;
        this.field = element("textarea", { id: "question", rows: "3", maxlength: String(LONGEST_QUESTION) });
        this.button = element("button", { type: "submit", class: "main", text: words.say("start") });
        this.form = element(
            "form",
            { class: "opening" },
            element("p", { text: words.say("welcome") }),
            element("label", { for: "question", text: words.say("question") }),
            this.field,
            this.button,
        );
        this.form.addEventListener("submit", (event) => {
            event.preventDefault();
            if (!this.isStarting) {
                start(this.field.value.trim());
            }
        });
    }

    show(isShown, isStarting) {
        this.form.hidden = !isShown;
        this.isStarting = isStarting;
        this.button.setAttribute("aria-disabled", String(isStarting)); // which keeps the focus, unlike `disabled`
        say(this.button, this.words.say(isStarting ? "starting" : "start"));
    }
}

export class Composer {
    constructor(words, { send, typed, end }) {
        Object.assign(this, { words, send, typed, end });
        this.field = element("textarea", {
            id: "message",
            rows: "1",
            maxlength: String(LONGEST_MESSAGE),
            "aria-label": words.say("write"),
            placeholder: words.say("write"),
        });
        this.form = element(
            "form",
            { class: "composer" },
            element("div", { class: "line" }, this.field, this.sendButton()),
            this.endButtons(),
        );
        this.field.addEventListener("keydown", (event) => this.pressed(event));
        this.field.addEventListener("input", () => {
            grow(this.field);
            this.typed();
        });
        this.form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.submit();
        });
    }

    sendButton() {
        return element(
            "button",
            { type: "submit", class: "send", "aria-label": this.words.say("send") },
            element("span", { class: "arrow", "aria-hidden": "true" }),
        );
    }

    /** To end a chat takes two steps, so that nobody does it by mistake. */
    endButtons() {
        const { words } = this;
        this.endButton = element("button", { type: "button", class: "link", text: words.say("end") });
        this.sure = element("button", { type: "button", class: "link is-grave", text: words.say("end_sure") });
        this.stay = element("button", { type: "button", class: "link", text: words.say("end_not") });
        this.question = element("span", { class: "sure", hidden: true }, this.sure, this.stay);
        this.endButton.addEventListener("click", () => this.ask(true));
        this.stay.addEventListener("click", () => this.ask(false));
        this.sure.addEventListener("click", () => {
            this.ask(false);
            this.end();
        });
        return element("div", { class: "ends" }, this.endButton, this.question);
    }

    ask(isAsking) {
        this.showQuestion(isAsking);
        (isAsking ? this.sure : this.endButton).focus();
    }

    showQuestion(isShown) {
        this.question.hidden = !isShown;
        this.endButton.hidden = isShown;
    }

    pressed(event) {
        if (isSending(event)) {
            event.preventDefault();
            this.submit();
        }
    }

    submit() {
        const text = this.field.value.trim();
        if (text) {
            this.send(text);
            this.field.value = "";
            grow(this.field);
        }
        this.field.focus();
    }

    show(isShown) {
        this.form.hidden = !isShown;
        if (!isShown) {
            this.showQuestion(false); // the chat ended while it was asked; the next one does not begin with it
        }
    }
}

export class Ending {
    constructor(words, { again, here }) {
        Object.assign(this, { words, again, here });
        this.text = element("p", { role: "status" });
        this.button = element("button", { type: "button", class: "main" });
        this.other = element("button", { type: "button", class: "link", text: words.say("again") });
        this.box = element("div", { class: "ending", hidden: true }, this.text, this.button, this.other);
        this.other.addEventListener("click", () => this.again());
        this.button.addEventListener("click", () => (this.hasMoved ? this.here() : this.again()));
    }

    show({ phase, reason }) {
        this.hasMoved = phase === "moved";
        this.box.hidden = phase !== "ended" && phase !== "moved";
        this.other.hidden = !this.hasMoved;
        if (!this.box.hidden) {
            say(this.text, this.words.say(this.hasMoved ? "moved" : this.reasonOf(reason)));
            say(this.button, this.words.say(this.hasMoved ? "continue_here" : "again"));
        }
    }

    reasonOf(reason) {
        const name = `ended_${reason}`;
        return this.words.has(name) ? name : "ended_otherwise";
    }
}
