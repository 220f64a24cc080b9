// What was said, as it is seen and read out.

import { element, isAtEnd, say, toEnd } from "../shared/dom.js";

export class Log {
    constructor(words) {
        this.words = words;
        this.shown = new Map();
        this.list = element("div", { class: "log", role: "log", tabindex: "0", "aria-label": words.say("log") });
        this.early = element("p", { class: "early", text: words.say("early") });
        this.list.append(this.early);
        this.typing = element("p", { class: "typing", role: "status" });
    }

    /** Show every line; answers how many of them are new and an agent's. */
    show(state) {
        const follows = isAtEnd(this.list);
        const fresh = state.lines.filter((line) => !this.shown.has(line.key));
        this.drop(state);
        state.lines.forEach((line) => this.place(line));
        this.early.hidden = state.lines.length > 0 || state.phase !== "waiting";
        this.list.hidden = state.phase === "idle" && state.lines.length === 0;
        const name = state.agents[state.typing] ?? "";
        say(this.typing, name && state.phase === "engaged" ? this.words.say("typing", { name }) : "");
        if (follows || fresh.some((line) => line.who === "me")) {
            this.toEnd();
        }
        return fresh.filter((line) => line.who === "agent").length;
    }

    toEnd() {
        toEnd(this.list);
    }

    drop(state) {
        const keys = new Set(state.lines.map((line) => line.key));
        for (const [key, shown] of this.shown) {
            if (!keys.has(key)) {
                shown.remove();
                this.shown.delete(key);
            }
        }
    }

    place(line) {
        const shown = this.shown.get(line.key) ?? this.add(line);
        if (shown.dataset.state !== (line.state ?? "")) {
            shown.dataset.state = line.state ?? "";
            say(shown.querySelector(".state"), this.stateOf(line));
        }
    }

    add(line) {
        const shown = line.who === "note" ? this.noteOf(line) : this.messageOf(line);
        shown.dataset.state = "new";
        this.shown.set(line.key, shown);
        this.list.append(shown);
        return shown;
    }

    noteOf(line) {
        const text = this.words.say(line.what, { name: line.name || this.words.say("agent") });
        return element("p", { class: "note" }, text, element("span", { class: "state" }));
    }

    messageOf(line) {
        const { words } = this;
        const who = line.who === "me" ? words.say("you") : line.name || words.say("agent");
        return element(
            "div",
            { class: `message is-${line.who}` },
            element("p", { class: "who" }, `${who} `, element("time", { datetime: line.at, text: words.time(line.at) })),
            element("p", { class: "text", dir: "auto", text: line.text }),
            element("p", { class: "state" }),
        );
    }

    stateOf(line) {
        if (line.offTheRecord) {
            return this.words.say("off_the_record");
        }
        return { sending: this.words.say("sending"), failed: this.words.say("failed") }[line.state] ?? "";
    }
}
