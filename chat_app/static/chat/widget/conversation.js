// What a customer's conversation is: from asking for a token to its end, without anything that can be seen.

import { Refused } from "../protocol/calls.js";
import { ConsumerClient } from "../protocol/consumer.js";
import { Listening } from "../protocol/polling.js";
import { Kept, newId } from "../shared/kept.js";
import { Outbox } from "../shared/outbox.js";
import { afterEntry, beginning } from "./state.js";
import { NotSignedIn } from "./token.js";

const TYPING_ENDS_AFTER = 4_000;

export class Conversation {
    /** `changed()` is called after every change of `state`. */
    constructor({ server, site, customer, askForToken, changed }) {
        Object.assign(this, { server, site, askForToken, changed });
        this.kept = new Kept(`chatauth-chat ${server} ${site}`, customer);
        this.state = beginning();
    }

    /** Go on with what a reload interrupted; answers whether there was anything. */
    takeUp() {
        const kept = this.kept.read();
        if (!kept?.session) {
            return false;
        }
        this.state = { ...beginning(), ...kept.state, isLost: false };
        if (this.state.phase !== "ended") {
            this.connect(kept.session, kept.position);
        }
        this.changed();
        return true;
    }

    /** Join the queue; if the customer's conversation goes on elsewhere, it comes here with all that was said. */
    async start(question = "") {
        const unsent = this.state.lines.filter((line) => line.state === "sending");
        this.set({ ...beginning(), phase: "starting", lines: unsent });
        try {
            const given = await this.askForToken({ question });
            const place = { server: this.server, site: given.chatSiteName ?? this.site, pool: given.poolId ?? "" };
            const client = new ConsumerClient(place);
            const joined = await client.requestEngagement(given.jwt);
            this.set({ ...this.state, phase: "waiting", me: joined.clientId });
            this.connect({ ...place, sessionId: joined.sessionId }, 0);
        } catch (failure) {
            this.set({ ...this.state, phase: "idle", fault: faultOf(failure) });
        }
    }

    connect(session, position) {
        this.session = session;
        this.client = new ConsumerClient(session);
        this.outbox = new Outbox({
            send: (line) => this.client.postMessage({ body: line.text, messageId: line.key }),
            settled: (key, state) => this.settle(key, state),
        });
        this.listening = new Listening({
            position,
            ask: (after, signal) => this.client.getMessages(after, signal),
            probe: () => this.client.activity("LISTENING"),
            take: (entry) => this.take(entry),
            lost: (isLost) => this.set({ ...this.state, isLost }),
            ended: (refused) => this.closed(refused),
        });
        this.keep();
        this.state.lines.filter((line) => line.state === "sending").forEach((line) => this.outbox.put(line));
        this.listening.run();
    }

    say(text) {
        const line = { key: newId(), who: "me", text, at: new Date().toISOString(), state: "sending" };
        this.set({ ...this.state, lines: [...this.state.lines, line] });
        this.outbox.put(line);
        this.typed(false);
    }

    /** Note that the customer types; after a while without, that they do not. */
    typed(isTyping = true) {
        clearTimeout(this.typingEnds);
        if (isTyping) {
            this.typingEnds = setTimeout(() => this.typed(false), TYPING_ENDS_AFTER);
        }
        if (isTyping !== Boolean(this.isTyping) && this.state.phase === "engaged") {
            this.isTyping = isTyping;
            this.hint(isTyping ? "RESPONDING" : "LISTENING");
        }
    }

    /** One hint after the other, so that the last one is the last to arrive; one that is lost is no harm. */
    hint(mode) {
        this.hinted = (this.hinted ?? Promise.resolve()).then(() => this.client.activity(mode).catch(() => {}));
    }

    /** End the conversation. If the server cannot be reached, say so and go on. */
    async end() {
        try {
            await this.client.concludeEngagement();
            this.over("END_USER_CONCLUDED");
        } catch (failure) {
            this.set({ ...this.state, fault: faultOf(failure) });
        }
    }

    /** Forget what was said, so that another conversation can begin. */
    clear() {
        this.listening?.stop();
        this.kept.forget();
        this.session = null;
        this.state = beginning();
        this.changed();
    }

    take(entry) {
        if (entry.messageName === "RNEngagementConfigurationChangedMessage") {
            this.session = { ...this.session, pool: entry.poolId ?? entry.pool ?? this.session.pool };
            this.client.pool = this.session.pool;
        }
        this.set(afterEntry(this.state, entry));
        if (this.state.phase === "ended") {
            this.over(this.state.reason);
        }
    }

    settle(key, state) {
        const lines = this.state.lines.map((line) => (line.key === key ? { ...line, state } : line));
        this.set({ ...this.state, lines });
    }

    /** The session is good for nothing any more: it goes on in another window, or was over long ago. */
    closed(refused) {
        this.outbox.stop();
        this.set({ ...this.state, phase: "moved", fault: refused.status === 403 ? "" : "trouble" });
        this.kept.forget();
    }

    over(reason) {
        this.listening.stop();
        this.outbox.stop();
        this.set({ ...this.state, phase: "ended", reason, typing: "", isLost: false });
    }

    set(state) {
        this.state = state;
        this.keep();
        this.changed();
    }

    keep() {
        if (this.session) {
            this.kept.write({ session: this.session, position: this.listening?.position ?? 0, state: this.state });
        }
    }
}

function faultOf(failure) {
    if (failure instanceof NotSignedIn) {
        return "signed_out";
    }
    if (failure instanceof Refused) {
        return failure.status === 409 ? "refused" : "trouble";
    }
    return "unreachable";
}
