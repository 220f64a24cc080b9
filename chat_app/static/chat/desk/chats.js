// The chats that are open: a list to choose from, and side by side what is said in each.

import { element, say } from "../shared/dom.js";
import { Pane } from "./pane.js";

export class Chats {
    constructor(parts, words, session, { handOver, correct }) {
        Object.assign(this, { parts, words, session, handOver, correct });
        this.panes = new Map();
        this.tabs = new Map();
        document.addEventListener("visibilitychange", () => this.read());
        addEventListener("focus", () => this.read());
    }

    show() {
        const { chats, selected } = this.session.state;
        this.drop(chats);
        chats.forEach((chat, number) => this.place(chat, number, chat.id === selected));
        this.parts.noChats.hidden = chats.length > 0;
        this.parts.tabs.hidden = chats.length === 0;
    }

    /** The selected chat, which keys are for. */
    get current() {
        return this.panes.get(this.session.state.selected);
    }

    select(id, { takesFocus = true } = {}) {
        this.session.select(id);
        if (takesFocus) {
            this.panes.get(id)?.focus();
        }
    }

    drop(chats) {
        const ids = new Set(chats.map((chat) => chat.id));
        for (const [id, pane] of this.panes) {
            if (!ids.has(id)) {
                pane.box.remove();
                this.tabs.get(id).item.remove();
                this.panes.delete(id);
                this.tabs.delete(id);
            }
        }
    }

    place(chat, number, isSelected) {
        if (this.session.wasTaken(chat.id) && !isWriting()) {
            queueMicrotask(() => this.select(chat.id)); // to be greeted
        }
        const pane = this.panes.get(chat.id) ?? this.add(chat);
        pane.show(chat, isSelected);
        this.showTab(this.tabs.get(chat.id), chat, number, isSelected);
        if (isSelected && chat.unread && isLookedAt()) {
            queueMicrotask(() => this.read());
        }
    }

    /** What is in the selected chat counts as read while somebody looks at the page. */
    read() {
        const { chats, selected } = this.session.state;
        if (isLookedAt() && chats.some((chat) => chat.id === selected && chat.unread)) {
            this.session.select(selected);
        }
    }

    add(chat) {
        const pane = new Pane(chat, this.words, {
            session: this.session,
            handOver: () => this.handOver(chat.id),
            correct: (properties) => this.correct(chat.id, properties),
            chosen: () => this.session.state.selected !== chat.id && this.select(chat.id, { takesFocus: false }),
        });
        this.panes.set(chat.id, pane);
        this.parts.chats.append(pane.box);
        this.tabs.set(chat.id, this.addTab(chat));
        return pane;
    }

    addTab(chat) {
        const tab = {
            name: element("span", { class: "tab-name" }),
            mark: element("span", { class: "mark", hidden: true }),
        };
        tab.button = element(
            "button",
            { type: "button", class: "tab", onclick: () => this.select(chat.id) },
            tab.name,
            tab.mark,
        );
        tab.item = element("li", {}, tab.button);
        this.parts.tabList.append(tab.item);
        return tab;
    }

    showTab(tab, chat, number, isSelected) {
        const { words } = this;
        say(tab.name, `${number + 1}. ${chat.name || words.say("customer")}`);
        tab.button.setAttribute("aria-current", String(isSelected));
        tab.button.classList.toggle("is-over", Boolean(chat.over));
        tab.mark.hidden = !chat.unread;
        say(tab.mark, chat.unread ? words.say("unread", { count: words.number(chat.unread) }) : "");
    }
}

/** Whether the keys go to a field that they must not be taken from. */
function isWriting() {
    return document.activeElement?.matches("textarea, input, select") || document.querySelector("dialog[open]") !== null;
}

function isLookedAt() {
    return !document.hidden && document.hasFocus();
}
