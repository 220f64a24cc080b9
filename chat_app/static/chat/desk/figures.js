// How many wait in the agent's queues, and how long; and those whom agents pick themselves.

import { element, say } from "../shared/dom.js";

const PAUSE = 5_000;

export class Figures {
    constructor(parts, words, session) {
        Object.assign(this, { parts, words, session });
        setInterval(() => this.look(), PAUSE);
    }

    show() {
        if (this.session.isOn && !this.wasOn) {
            this.look();
        }
        this.wasOn = this.session.isOn;
    }

    async look() {
        if (!this.session.isOn || document.hidden || this.isLooking) {
            return;
        }
        this.isLooking = true;
        const found = await this.session.targets({ isQuiet: true });
        this.isLooking = false;
        if (!found) {
            return; // what was there before is nearer to the truth than nothing
        }
        const own = found.queues.filter((queue) => queue.isOwn);
        this.showFigures(own);
        this.showPicks(own.flatMap((queue) => queue.toPick));
    }

    showFigures(queues) {
        const { parts, words } = this;
        const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
        const longest = Math.max(0, ...queues.map((queue) => queue.longestWait));
        say(parts.waiting, words.say("waiting", { count: words.number(waiting) }));
        parts.longest.hidden = !longest;
        say(parts.longest, longest ? ` · ${words.say("longest", { time: words.duration(longest) })}` : "");
    }

    /** The list is made anew only where other people are in it, so that nobody loses the focus in it. */
    showPicks(picks) {
        const ids = picks.map((pick) => pick.id).join(" ");
        if (this.shownIds !== ids) {
            this.shownIds = ids;
            this.parts.picks.replaceChildren(...picks.map((pick) => this.card(pick)));
        }
    }

    card(pick) {
        const { words, session } = this;
        const name = pick.name || words.say("customer");
        const take = element("button", {
            type: "button",
            class: "button is-quiet",
            text: words.say("take"),
            "aria-label": words.say("take_whom", { name }),
            onclick: () => session.pick(pick.id),
        });
        const question = pick.question ? element("p", { class: "question", dir: "auto", text: pick.question }) : null;
        const waited = words.say("waited", { time: words.duration(pick.waited) });
        const meta = element("p", { class: "meta", text: [pick.queue, waited].filter(Boolean).join(" · ") });
        return element("li", { class: "offer is-pick" }, element("h3", { text: name }), meta, question, take);
    }
}
