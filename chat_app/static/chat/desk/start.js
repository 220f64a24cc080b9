// Signing on.

import { say } from "../shared/dom.js";
import { bounded } from "./controls.js";

export class Start {
    /** `interfaces`: `{name, server, site, pool}` of each that an agent can sign on at. */
    constructor(parts, words, session, interfaces) {
        Object.assign(this, { parts, words, session, interfaces });
        parts.startForm.addEventListener("submit", (event) => {
            event.preventDefault();
            this.signOn(false);
        });
        parts.override.addEventListener("click", () => this.signOn(true));
    }

    async signOn(logonOverride) {
        const { parts } = this;
        if (this.isAtWork) {
            return; // a second click would find the session that the first one has begun, and take it for another desk's
        }
        this.isAtWork = true;
        const place = this.interfaces[Number(parts.interface?.value ?? 0)];
        this.isElsewhere = false;
        parts.begin.setAttribute("aria-disabled", "true");
        const came = await this.session.signOn({ place, capacity: bounded(parts.startCapacity.value), logonOverride });
        this.isAtWork = false;
        parts.begin.setAttribute("aria-disabled", "false");
        this.isElsewhere = came === "conflict";
        this.show();
        if (this.isElsewhere) {
            parts.override.focus();
        } else if (came === "on") {
            parts.ready.focus();
        }
    }

    show() {
        const { parts, session, words } = this;
        parts.elsewhere.hidden = !this.isElsewhere;
        const { end } = session.state;
        const text = end ? words.say(words.has(`end_${end}`) ? `end_${end}` : "end_DISCONNECTED") : "";
        parts.ended.hidden = !text;
        say(parts.ended, text);
    }
}
