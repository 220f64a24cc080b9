// Handing a chat over to another queue or agent; the transcript goes along.

import { element, say } from "../shared/dom.js";

export class HandOver {
    constructor(parts, words, session) {
        Object.assign(this, { parts, words, session });
        parts.handOverForm.addEventListener("submit", (event) => {
            event.preventDefault();
            this.submit();
        });
    }

    async open(id) {
        const { parts, words, session } = this;
        this.id = id;
        parts.targets.replaceChildren(element("p", { class: "hint", text: words.say("looking") }));
        parts.handOver.showModal();
        const found = await session.targets();
        if (this.id === id && parts.handOver.open) {
            this.list(found ?? { agents: [], queues: [] });
        }
    }

    list({ agents, queues }) {
        const { parts, words } = this;
        const groups = [
            this.group(words.say("queues"), queues.map((queue) => this.queueChoice(queue))),
            this.group(words.say("agents"), agents.map((agent) => this.agentChoice(agent))),
        ];
        parts.targets.replaceChildren(...groups);
        parts.targets.querySelector("input")?.focus();
    }

    group(title, choices) {
        const rows = choices.length ? choices : [element("p", { class: "hint", text: this.words.say("nobody") })];
        return element("fieldset", { class: "choices" }, element("legend", { text: title }), ...rows);
    }

    queueChoice({ queueId, name, room, waiting }) {
        const text = this.words.say("queue_state", { free: room, waiting });
        return this.choice(`queue ${queueId}`, name, text);
    }

    agentChoice({ agentId, name, freeCapacity }) {
        return this.choice(`agent ${agentId}`, name, this.words.say("agent_state", { free: freeCapacity }));
    }

    choice(value, name, state) {
        const input = element("input", { type: "radio", name: "target", value, required: true });
        return element("label", { class: "choice" }, input, element("span", { text: name }), element("span", { class: "hint", text: state }));
    }

    submit() {
        const chosen = new FormData(this.parts.handOverForm).get("target");
        if (chosen) {
            const [kind, id] = chosen.split(" ");
            this.session.handOver(this.id, kind === "queue" ? { queueId: Number(id) } : { agentId: Number(id) });
            this.parts.handOver.close();
            say(this.parts.announced, this.words.say("handing_over"));
        }
    }
}
