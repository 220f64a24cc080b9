// The agent's own state: ready or away, how many chats at once, signing off.

import { say } from "../shared/dom.js";

const MOST_AT_ONCE = 20;

export class Controls {
    constructor(parts, words, session) {
        Object.assign(this, { parts, words, session });
        parts.ready.addEventListener("click", () => this.toggle());
        parts.capacity.addEventListener("change", () => this.take());
        parts.signOff.addEventListener("click", () => this.signOff());
        parts.signOffForced.addEventListener("click", () => this.signOff(true));
        parts.help.addEventListener("click", () => parts.shortcuts.showModal());
        for (const button of document.querySelectorAll("dialog [data-close]")) {
            button.addEventListener("click", () => button.closest("dialog").close());
        }
    }

    toggle() {
        return this.session.setCapacity(this.session.capacity ? 0 : this.session.wanted || 1);
    }

    take() {
        const capacity = bounded(this.parts.capacity.value);
        this.parts.capacity.value = String(capacity);
        this.session.wanted = capacity;
        if (this.session.capacity) {
            this.session.setCapacity(capacity);
        }
    }

    async signOff(forceLogoff = false) {
        const end = await this.session.signOff({ forceLogoff });
        if (end === "conflict") {
            this.parts.sure.showModal();
        } else {
            this.parts.sure.close();
        }
    }

    show() {
        const { parts, session, words } = this;
        const isReady = session.capacity > 0;
        parts.ready.setAttribute("aria-pressed", String(isReady));
        say(parts.readyText, words.say(isReady ? "ready" : "away"));
        if (document.activeElement !== parts.capacity && session.isOn) {
            parts.capacity.value = String(session.wanted || 1);
        }
    }
}

/** A number of chats at once, whatever was written. */
export function bounded(text) {
    return Math.min(MOST_AT_ONCE, Math.max(1, Math.round(Number(text)) || 1));
}
