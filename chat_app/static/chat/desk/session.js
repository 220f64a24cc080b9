// An agent's session: signing on and off, listening, and everything that the agent does, without anything to be seen.

import { Refused } from "../protocol/calls.js";
import { AgentClient } from "../protocol/agent.js";
import { Listening } from "../protocol/polling.js";
import { Kept, newId } from "../shared/kept.js";
import { Outbox } from "../shared/outbox.js";
import { SignedOut } from "./token.js";
import { afterEntry, beginning, pickOf, withAnswer, withChat, withLine, withoutChat, withoutOffer, withSelected } from "./state.js";

const TYPING_ENDS_AFTER = 4_000;

export class Session {
    /** `changed()` is called after every change; `trouble(name)` with what to say when something did not work. */
    constructor({ token, user, changed, trouble }) {
        Object.assign(this, { token, changed, trouble });
        this.kept = new Kept("chatauth-desk", user);
        this.state = beginning();
        this.isOn = false;
        this.capacity = 0;
        this.outboxes = new Map();
        this.typing = new Map();
        this.taken = new Set();
    }

    /** Go on with the session that a reload interrupted; answers whether there was one. */
    takeUp() {
        const kept = this.kept.read();
        if (!kept?.client) {
            return false;
        }
        this.state = { ...beginning(), ...kept.state, offers: [], isLost: false };
        this.capacity = kept.capacity;
        this.wanted = kept.wanted;
        this.client = new AgentClient({ ...kept.client, token: this.token });
        this.isOn = true;
        this.listen(kept.position);
        this.sendWhatWaits();
        this.changed();
        return true;
    }

    /** Sign on. Answers `conflict` where the agent is signed on elsewhere and `logonOverride` was not asked for. */
    async signOn({ place, capacity, logonOverride }) {
        this.client = new AgentClient({ ...place, token: this.token });
        try {
            await this.client.createAutomatedAgentSession({ logonOverride });
            await this.client.requestAssignment({ capacity });
        } catch (failure) {
            return failure.errorCode === "CONFLICT" ? "conflict" : this.failed(failure);
        }
        this.isOn = true;
        this.capacity = this.wanted = capacity;
        this.state = beginning();
        this.listen(0);
        this.set(this.state);
        return "on";
    }

    /** Sign off; answers `conflict` while chats are open and nothing is forced. */
    async signOff({ forceLogoff }) {
        try {
            await this.client.logoff({ forceLogoff });
        } catch (failure) {
            return failure.errorCode === "CONFLICT" ? "conflict" : this.failed(failure);
        }
        this.over("");
        return "off";
    }

    /** Take new chats, so many at once; 0: none, while those that are open go on. */
    async setCapacity(capacity) {
        await this.attempt(async () => {
            await this.client.requestAssignment({ capacity });
            this.capacity = capacity;
            this.wanted = capacity || this.wanted;
        });
    }

    async answer(id, isAccepted) {
        this.set(withAnswer(this.state, id, isAccepted));
        const isDone = await this.acknowledge(id, isAccepted);
        if (!isDone) {
            this.dropOffer(id);
        }
    }

    /** Take a customer who waits in a queue that agents pick from, without an offer. */
    pick(id) {
        return this.acknowledge(id, true);
    }

    async acknowledge(id, isAccepted) {
        if (isAccepted) {
            this.taken.add(id);
        }
        const isDone = await this.attempt(() => this.client.assignmentAcknowledgement(id, isAccepted), "offer_gone");
        if (!isDone) {
            this.taken.delete(id);
        }
        return isDone;
    }

    /** Whether the agent has just asked for this chat; answers it once. */
    wasTaken(id) {
        return this.taken.delete(id);
    }

    /** Let an offer go that was not answered in time; the server has given it to somebody else. */
    dropOffer(id) {
        this.set(withoutOffer(this.state, id));
    }

    say(id, text, offTheRecord) {
        const line = { key: newId(), who: "me", name: "", text, at: new Date().toISOString(), state: "sending", offTheRecord };
        this.set(withChat(this.state, id, (chat) => withLine(chat, line)));
        this.outboxOf(id).put(line);
        this.typed(id, false);
    }

    typed(id, isTyping = true) {
        const known = this.typing.get(id) ?? {};
        clearTimeout(known.timer);
        const timer = isTyping ? setTimeout(() => this.typed(id, false), TYPING_ENDS_AFTER) : 0;
        const isNews = isTyping !== Boolean(known.isTyping);
        const hinted = isNews ? this.hint(id, isTyping ? "RESPONDING" : "LISTENING", known.hinted) : known.hinted;
        this.typing.set(id, { timer, isTyping, hinted });
    }

    /** One hint after the other, so that the last one is the last to arrive; one that is lost is no harm. */
    hint(id, mode, before = Promise.resolve()) {
        return before.then(() => this.client.setActivityStatus(id, mode).catch(() => {}));
    }

    /** Correct what is known of the customer; "" forgets it. Answers what did not work, "" if it did. */
    async correct(id, name, value) {
        try {
            await this.client.setEngagementProperty(id, { name, value: value || null });
            return "";
        } catch (failure) {
            return troubleOf(failure, "not_corrected");
        }
    }

    async handOver(id, target) {
        await this.leave(id, () => this.client.rerouteEngagement(id, target), "handed_over");
    }

    async release(id) {
        await this.leave(id, () => this.client.releaseChat(id), "released");
    }

    async conclude(id) {
        await this.leave(id, () => this.client.concludeChat(id), "concluded");
    }

    async leave(id, act, how) {
        await this.attempt(async () => {
            await act();
            this.set(withChat(this.state, id, (chat) => ({ ...chat, over: chat.over || how, reason: chat.reason || "AGENT_CONCLUDED" })));
        });
    }

    /** Whom and what a chat can be handed over to, and how much waits there: `{agents, queues}`; null if it failed. */
    async targets({ isQuiet = false } = {}) {
        try {
            return targetsOf(await this.client.retrieveAgentsAndQueues());
        } catch (failure) {
            if (!isQuiet) {
                this.failed(failure);
            }
            return null;
        }
    }

    select(id) {
        this.set(withSelected(this.state, id));
    }

    putAside(id) {
        this.outboxes.get(id)?.stop();
        this.outboxes.delete(id);
        this.set(withoutChat(this.state, id));
    }

    // Listening

    listen(position) {
        this.listening = new Listening({
            position,
            ask: (after, signal) => this.client.getMessages(after, signal),
            probe: () => this.client.retrieveAgentsAndQueues(),
            take: (entry) => this.take(entry),
            lost: (isLost) => this.set({ ...this.state, isLost }),
            ended: (refused) => this.over(refused instanceof SignedOut ? "signed_out" : "DISCONNECTED"),
        });
        this.listening.run();
    }

    take(entry) {
        this.set(afterEntry(this.state, entry));
        if (this.state.end) {
            this.over(this.state.end);
        }
    }

    /** The session is over: `end` says why, unless the agent wanted it so. */
    over(end) {
        this.listening?.stop();
        this.outboxes.forEach((outbox) => outbox.stop());
        this.outboxes.clear();
        this.isOn = false;
        this.kept.forget();
        this.state = { ...beginning(), end };
        this.changed();
    }

    outboxOf(id) {
        if (!this.outboxes.has(id)) {
            this.outboxes.set(id, new Outbox({
                send: (line) => this.client.postMessage(id, { body: line.text, messageId: line.key, offTheRecord: line.offTheRecord }),
                settled: (key, state) => this.set(withChat(this.state, id, (chat) => settled(chat, key, state))),
            }));
        }
        return this.outboxes.get(id);
    }

    sendWhatWaits() {
        for (const chat of this.state.chats) {
            chat.lines.filter((line) => line.state === "sending").forEach((line) => this.outboxOf(chat.id).put(line));
        }
    }

    // What does not work

    async attempt(act, whenRefused = "trouble") {
        try {
            await act();
            this.set(this.state);
            return true;
        } catch (failure) {
            this.failed(failure, whenRefused);
            return false;
        }
    }

    failed(failure, whenRefused = "trouble") {
        this.trouble(troubleOf(failure, whenRefused));
        return "failed";
    }

    set(state) {
        this.state = state;
        if (this.isOn) {
            const { server, site, pool, session } = this.client;
            const { capacity, wanted } = this;
            const position = this.listening?.position ?? 0;
            this.kept.write({ client: { server, site, pool, session }, position, capacity, wanted, state });
        }
        this.changed();
    }
}

/** What to say of a failure. */
function troubleOf(failure, whenRefused) {
    if (failure instanceof SignedOut) {
        return "signed_out";
    }
    return failure instanceof Refused ? whenRefused : "unreachable";
}

function settled(chat, key, state) {
    return { ...chat, lines: chat.lines.map((line) => (line.key === key ? { ...line, state } : line)) };
}

function targetsOf(answer) {
    const agents = (answer.agents ?? []).map((agent) => ({
        agentId: String(agent.agentId),
        name: agent.name,
        freeCapacity: agent.freeCapacity,
    }));
    const queues = (answer.queues ?? []).map((queue) => ({
        queueId: String(queue.queueId),
        name: queue.queueName,
        room: queue.availableAgentSessions,
        waiting: queue.engagementsInQueue,
        longestWait: queue.longestWaitSeconds ?? 0,
        isOwn: queue.isOwn,
        toPick: (queue.engagements ?? []).map((waiting) => pickOf(waiting, queue.queueName)),
    }));
    return { agents, queues };
}
