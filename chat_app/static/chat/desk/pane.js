// One chat: who the customer is, what was said, and what the agent can do.

import { element, grow, isAtEnd, isSending, say, toEnd } from "../shared/dom.js";
import { known } from "./customer.js";

const LONGEST = 32_000;

export class Pane {
    constructor(chat, words, { session, handOver, correct, chosen }) {
        Object.assign(this, { words, session, id: chat.id });
        this.lines = new Map();
        this.makeParts(handOver, correct);
        this.box = element(
            "article",
            { class: "chat", "aria-labelledby": `name-${chat.id}` },
            this.head(),
            this.log,
            this.typing,
            this.form,
            this.actions,
            this.over,
        );
        this.box.addEventListener("focusin", chosen);
        this.box.addEventListener("pointerdown", chosen);
    }

    makeParts(handOver, correct) {
        const { words, session, id } = this;
        this.name = element("h2", { id: `name-${id}` });
        this.meta = element("p", { class: "meta" });
        this.question = element("p", { class: "question", dir: "auto", hidden: true });
        this.details = element("dl", { class: "known" });
        this.correct = this.action("correct", () => correct(this.shownProperties));
        this.log = element("div", { class: "log", role: "log", tabindex: "0", "aria-label": words.say("log") });
        this.typing = element("p", { class: "typing", role: "status" });
        this.form = this.composer();
        this.actions = element(
            "div",
            { class: "actions" },
            this.action("hand_over", handOver),
            this.action("release", () => session.release(id)),
            this.action("conclude", () => session.conclude(id), "is-grave"),
        );
        this.overText = element("p", { role: "status" });
        this.aside = element("button", { type: "button", class: "button is-quiet", text: words.say("put_aside") });
        this.aside.addEventListener("click", () => session.putAside(id));
        this.over = element("div", { class: "over", hidden: true }, this.overText, this.aside);
    }

    action(name, act, kind = "") {
        const text = this.words.say(name);
        return element("button", { type: "button", class: `action ${kind}`, "data-action": name, text, onclick: act });
    }

    head() {
        const summary = element("summary", { text: this.words.say("who") });
        const details = element("details", { class: "about" }, summary, this.details, this.correct);
        details.addEventListener("toggle", () => toEnd(this.log)); // which has another height now
        return element("header", { class: "chat-head" }, this.name, this.meta, this.question, details);
    }

    composer() {
        const { words, id } = this;
        this.field = element("textarea", { rows: "2", maxlength: String(LONGEST), "aria-label": words.say("write"), placeholder: words.say("write") });
        this.secret = element("input", { type: "checkbox", id: `secret-${id}` });
        this.field.addEventListener("keydown", (event) => this.pressed(event));
        this.field.addEventListener("input", () => {
            grow(this.field);
            this.session.typed(id);
        });
        const form = element(
            "form",
            { class: "composer" },
            this.field,
            element(
                "div",
                { class: "below" },
                element("label", { class: "secret", for: `secret-${id}` }, this.secret, ` ${words.say("off_the_record")}`),
                element("button", { type: "submit", class: "button is-small", text: words.say("send") }),
            ),
        );
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.submit();
        });
        return form;
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
            this.session.say(this.id, text, this.secret.checked);
            this.field.value = "";
            this.secret.checked = false;
            grow(this.field);
        }
        this.field.focus();
    }

    focus() {
        (this.over.hidden ? this.field : this.aside).focus();
        this.box.scrollIntoView({ block: "nearest", inline: "nearest" });
    }

    /** Do what a key asks for, as if its button had been pressed. */
    act(name) {
        if (this.over.hidden) {
            this.actions.querySelector(`[data-action="${name}"]`)?.click();
        }
    }

    show(chat, isSelected) {
        const focused = this.box.contains(document.activeElement) ? document.activeElement : null;
        this.box.classList.toggle("is-selected", isSelected);
        say(this.name, chat.name || this.words.say("customer"));
        say(this.meta, this.metaOf(chat));
        this.meta.dataset.connection = chat.connection;
        this.showKnown(chat);
        this.showLines(chat);
        say(this.typing, this.typingOf(chat));
        this.showOver(chat);
        if (focused?.closest("[hidden]")) {
            this.focus();
        }
    }

    metaOf(chat) {
        const connection = chat.over ? "" : this.words.say(`connection_${chat.connection}`);
        const files = chat.allowsAttachments ? this.words.say("attachments") : "";
        return [chat.queue, connection, files].filter(Boolean).join(" · ");
    }

    typingOf(chat) {
        const typing = this.words.say("typing", { name: chat.name || this.words.say("customer") });
        return chat.typing ? [typing, chat.preview].filter(Boolean).join(" ") : "";
    }

    showKnown(chat) {
        if (this.shownProperties !== chat.properties) {
            this.shownProperties = chat.properties;
            const question = String(chat.properties.question ?? "");
            this.question.hidden = !question;
            say(this.question, question);
            const rows = known(chat.properties, this.words);
            this.details.replaceChildren(
                ...rows.flatMap(([label, value]) => [
                    element("dt", { text: label }),
                    element("dd", { dir: "auto", text: value }),
                ]),
            );
        }
    }

    showOver(chat) {
        const isOver = Boolean(chat.over);
        this.over.hidden = !isOver;
        this.form.hidden = this.actions.hidden = this.correct.hidden = isOver;
        if (isOver) {
            const byReason = `over_${chat.reason}`;
            const name = chat.over === "concluded" && this.words.has(byReason) ? byReason : `over_${chat.over}`;
            say(this.overText, this.words.say(name));
        }
    }

    showLines(chat) {
        const follows = isAtEnd(this.log);
        for (const line of chat.lines) {
            const shown = this.lines.get(line.key) ?? this.addLine(line);
            say(shown.querySelector(".state"), this.stateOf(line));
        }
        if (follows) {
            toEnd(this.log);
        }
    }

    addLine(line) {
        const shown = line.who === "note" ? this.noteOf(line) : this.messageOf(line);
        this.lines.set(line.key, shown);
        this.log.append(shown);
        return shown;
    }

    noteOf(line) {
        const name = line.name || this.words.say("customer");
        return element("p", { class: "note" }, this.words.say(line.what, { name }), element("span", { class: "state" }));
    }

    messageOf(line) {
        const { words } = this;
        const name = line.who === "me" ? words.say("you") : line.name || words.say(line.who);
        return element(
            "div",
            { class: `message is-${line.who}` },
            element("p", { class: "from" }, `${name} `, element("time", { datetime: line.at, text: words.time(line.at) })),
            element("p", { class: "text", dir: "auto", text: line.text }),
            element("p", { class: "state" }),
        );
    }

    stateOf(line) {
        const record = line.offTheRecord ? this.words.say("off_the_record") : "";
        const way = { sending: this.words.say("sending"), failed: this.words.say("failed") }[line.state] ?? "";
        return [record, way].filter(Boolean).join(" · ");
    }
}
