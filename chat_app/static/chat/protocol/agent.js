// The agent's side of the engagement API (docs/chat-server.md, "Agent API").

import { call, Refused } from "./calls.js";

const POLL_PATIENCE = 50_000;
const TIMED_OUT = "ChatGetTimeout";
const NOT_LET_IN = new Set([401, 403]);

export class AgentClient {
    /**
     * `token({afresh})` answers a bearer token with the scope `chat.agent`; it is asked once more, for a fresh one, when
     * the server no longer takes the one before. `session`: `{sessionId, accountId}` of one that goes on.
     */
    constructor({ server, site, pool = "", token, session = null }) {
        Object.assign(this, { server, site, pool, token, session });
    }

    /** Sign on. `logonOverride` ends an older session of the same agent; without it such a session is a conflict. */
    async createAutomatedAgentSession({ logonOverride = false } = {}) {
        const answer = await this.post("createAutomatedAgentSession", { logonOverride });
        this.session = { sessionId: answer.sessionId, accountId: String(answer.accountId) };
        return this.session;
    }

    /** Be ready for so many engagements at once; 0: for none. `queueIds`: of these queues alone. */
    requestAssignment({ capacity, queueIds = null }) {
        return this.post("requestAssignment", { capacity, queueIds });
    }

    assignmentAcknowledgement(engagementId, accepted) {
        return this.about(engagementId, "assignmentAcknowledgement", { accepted });
    }

    /** What has happened since `position`; empty after half a minute of nothing. */
    async getMessages(position, signal) {
        const answer = await this.post(
            "getMessages",
            { acknowledgedSequenceNumber: position },
            { signal, patience: POLL_PATIENCE },
        );
        return entriesOf(answer).filter((entry) => entry.messageName !== TIMED_OUT);
    }

    postMessage(engagementId, { body, messageId, offTheRecord = false }) {
        return this.about(engagementId, "postMessage", { body, messageId, offTheRecord });
    }

    setActivityStatus(engagementId, mode) {
        return this.about(engagementId, "setActivityStatus", { mode });
    }

    /** Correct what is known of the customer, such as `QUESTION`; null forgets it. */
    setEngagementProperty(engagementId, { name, value }) {
        return this.about(engagementId, "setEngagementProperty", { type: "USER", name, value });
    }

    /** Hand over to a queue or to an agent: `{queueId}` or `{agentId}`. */
    rerouteEngagement(engagementId, target) {
        return this.about(engagementId, "rerouteEngagement", target);
    }

    releaseChat(engagementId) {
        return this.about(engagementId, "releaseChat", {});
    }

    concludeChat(engagementId) {
        return this.about(engagementId, "concludeChat", {});
    }

    retrieveAgentsAndQueues() {
        return this.post("retrieveAgentsAndQueues", {});
    }

    /** Sign off; with engagements running only if forced, which gives them back to their queues. */
    logoff({ forceLogoff = false } = {}) {
        return this.post("logoff", { forceLogoff });
    }

    about(engagementId, operation, body) {
        // As a number where JavaScript can hold it: that is the field's type. Else as text, which is read alike.
        const id = Number.isSafeInteger(Number(engagementId)) ? Number(engagementId) : engagementId;
        return this.post(operation, { engagementId: id, ...body });
    }

    async post(operation, body, options = {}) {
        try {
            return await this.attempt(operation, body, options, await this.token({ afresh: false }));
        } catch (failure) {
            if (!(failure instanceof Refused) || !NOT_LET_IN.has(failure.status)) {
                throw failure;
            }
            return this.attempt(operation, body, options, await this.token({ afresh: true }));
        }
    }

    attempt(operation, body, options, token) {
        const ofSession = this.session
            ? { "X-JSESSIONID": this.session.sessionId, "X-AID": this.session.accountId }
            : {};
        const headers = { Authorization: `Bearer ${token}`, ...ofSession };
        return call(this.address(operation), { body, headers, ...options });
    }

    address(operation) {
        const address = new URL(`engagement/api/agent/${encodeURIComponent(this.site)}/v1/${operation}`, this.server);
        if (this.pool) {
            address.searchParams.set("pool", this.pool);
        }
        return address;
    }
}

function entriesOf(answer) {
    return [...(answer.systemMessages ?? answer.messages ?? []), ...(answer.errorMessages ?? [])];
}
