// The chat as an element of a page: a button, and a panel that it opens. What the page styles does not reach in here.

import { element, say } from "../shared/dom.js";
import { Conversation } from "./conversation.js";
import { Composer, Ending, Opening } from "./forms.js";
import { Log } from "./log.js";
import { sheet } from "./style.js";

export class ChatElement extends HTMLElement {
    /** Has to be called before the element is put into a page. */
    settle({ words, server, site, customer, askForToken }) {
        this.words = words;
        this.unread = 0;
        this.conversation = new Conversation({ server, site, customer, askForToken, changed: () => this.show() });
    }

    connectedCallback() {
        const root = this.attachShadow({ mode: "open" });
        root.adoptedStyleSheets = [sheet()];
        root.append(this.makeLauncher(), this.makePanel());
        root.addEventListener("keydown", (event) => this.keyPressed(event));
        if (this.conversation.takeUp()) {
            this.open({ takesFocus: false });
        } else {
            this.show();
        }
    }

    disconnectedCallback() {
        this.conversation.listening?.stop();
    }

    makeLauncher() {
        this.badge = element("span", { class: "badge", hidden: true });
        this.launcher = element(
            "button",
            { type: "button", class: "launcher", "aria-expanded": "false", "aria-controls": "panel", onclick: () => this.open() },
            element("span", { class: "bubble", "aria-hidden": "true" }),
            element("span", { text: this.words.say("open") }),
            this.badge,
        );
        return this.launcher;
    }

    makePanel() {
        const { words, conversation } = this;
        this.status = element("p", { class: "status", role: "status" });
        this.fault = element("p", { class: "fault", role: "alert", hidden: true });
        this.log = new Log(words);
        this.opening = new Opening(words, { start: (question) => conversation.start(question) });
        this.composer = new Composer(words, {
            send: (text) => conversation.say(text),
            typed: () => conversation.typed(),
            end: () => conversation.end(),
        });
        this.ending = new Ending(words, {
            again: () => this.again(),
            here: () => conversation.start(),
        });
        this.panel = element(
            "section",
            { id: "panel", class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
            this.makeHead(),
            this.fault,
            this.log.list,
            this.log.typing,
            this.opening.form,
            this.composer.form,
            this.ending.box,
        );
        return this.panel;
    }

    makeHead() {
        return element(
            "header",
            { class: "head" },
            element("div", { class: "heading" }, element("h2", { id: "title", text: this.words.say("title") }), this.status),
            element(
                "button",
                { type: "button", class: "quiet", "aria-label": this.words.say("minimize"), onclick: () => this.close() },
                element("span", { class: "minimize", "aria-hidden": "true" }),
            ),
        );
    }

    /** Open the panel; a page may call this, from a button of its own for instance. */
    open({ takesFocus = true } = {}) {
        this.panel.hidden = false;
        this.launcher.hidden = true;
        this.launcher.setAttribute("aria-expanded", "true");
        this.unread = 0;
        this.show();
        this.log.toEnd();
        if (takesFocus) {
            this.focusFirst();
        }
    }

    close() {
        this.panel.hidden = true;
        this.launcher.hidden = false;
        this.launcher.setAttribute("aria-expanded", "false");
        this.launcher.focus();
        this.show();
    }

    again() {
        this.conversation.clear();
        this.focusFirst();
    }

    focusFirst() {
        const { phase } = this.conversation.state;
        ({ idle: this.opening.field, ended: this.ending.button, moved: this.ending.button }[phase] ?? this.composer.field).focus();
    }

    keyPressed(event) {
        if (event.key === "Escape" && !this.panel.hidden) {
            event.stopPropagation();
            this.close();
        }
    }

    show() {
        if (!this.panel) {
            return;
        }
        const { state } = this.conversation;
        const { phase } = state;
        const isTalking = phase === "waiting" || phase === "engaged";
        const hadFocus = this.shadowRoot.activeElement;
        say(this.status, this.statusOf(state));
        this.showFault(state);
        this.opening.show(phase === "idle" || phase === "starting", phase === "starting");
        this.composer.show(isTalking);
        this.ending.show(state);
        this.showUnread(this.log.show(state));
        if (hadFocus?.closest("[hidden]") && !this.panel.hidden) {
            this.focusFirst(); // what had the focus is gone
        }
    }

    showFault(state) {
        const text = state.isLost ? "lost" : state.fault;
        this.fault.hidden = !text;
        this.fault.classList.toggle("is-passing", state.isLost);
        say(this.fault, text ? this.words.say(text) : "");
    }

    showUnread(heard) {
        this.unread = this.panel.hidden ? this.unread + heard : 0;
        this.badge.hidden = this.unread === 0;
        say(this.badge, this.unread ? this.words.say("unread", { count: this.words.number(this.unread) }) : "");
    }

    statusOf(state) {
        const { words } = this;
        if (state.phase === "waiting" && state.place) {
            return this.waitOf(state.place);
        }
        if (state.phase === "engaged") {
            return words.say("talking", { name: Object.values(state.agents).join(", ") });
        }
        return words.has(`status_${state.phase}`) ? words.say(`status_${state.phase}`) : "";
    }

    waitOf({ position, seconds }) {
        const { words } = this;
        const place = position === 1 ? words.say("next") : words.say("position", { position: words.number(position) });
        return seconds > 0 ? `${place} ${words.say("wait", { time: words.duration(Math.max(60, seconds)) })}` : place;
    }
}
