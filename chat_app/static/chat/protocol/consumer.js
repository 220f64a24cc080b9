// The customer's side of the engagement API (docs/chat-server.md, "Consumer API").

import { call } from "./calls.js";

const POLL_PATIENCE = 50_000;

export class ConsumerClient {
    /** `server`: scheme, host and port; `site` and `pool`: as the answer of `chatAuthenticate` names them. */
    constructor({ server, site, pool = "", sessionId = "" }) {
        Object.assign(this, { server, site, pool, sessionId });
    }

    /** Join the queue, or come back to the engagement that goes on: `{engagementId, clientId, sessionId}`. */
    async requestEngagement(jwt, { includeOwnMessages = true } = {}) {
        const answer = await call(this.address("requestEngagement"), {
            headers: { Authorization: `Bearer ${jwt}` },
            body: { includeOwnMessages },
        });
        this.sessionId = answer.sessionId;
        return {
            sessionId: answer.sessionId,
            engagementId: idOf(answer, "engagementId"),
            clientId: idOf(answer, "clientId"),
        };
    }

    /** What has happened since `position`; answers after half a minute if nothing does. */
    async getMessages(position, signal) {
        const body = { acknowledgedSequenceNumber: position };
        const answer = await this.post("getMessages", body, { signal, patience: POLL_PATIENCE });
        return [...(answer.systemMessages ?? []), ...(answer.errorMessages ?? [])];
    }

    /** Say something. The same `messageId` again is the same message, so that trying again does no harm. */
    postMessage({ body, messageId, offTheRecord = false }) {
        return this.post("postMessage", { body, messageId, offTheRecord });
    }

    /** `RESPONDING` while the customer types, else `LISTENING`. */
    activity(mode) {
        return this.post("activity", { mode });
    }

    concludeEngagement() {
        return this.post("concludeEngagement", {});
    }

    post(operation, body, options = {}) {
        const headers = { SessionId: this.sessionId };
        return call(this.address(operation), { body, headers, ...options });
    }

    address(operation) {
        const address = new URL(`engagement/api/consumer/${encodeURIComponent(this.site)}/v1/${operation}`, this.server);
        if (this.pool) {
            address.searchParams.set("pool", this.pool);
        }
        return address;
    }
}

/** A number of 64 bits, as text: JavaScript's numbers do not hold all of them, so the API says each in both ways. */
export function idOf(entry, name) {
    const id = entry[`${name}String`] ?? entry[name];
    return id === undefined || id === null ? "" : String(id);
}
