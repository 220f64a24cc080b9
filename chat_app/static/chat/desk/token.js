// The desk's own access token: got with the session of whoever is signed in, and got anew before it expires.

import { call, Refused } from "../protocol/calls.js";

const EARLY = 60_000;

/** Nobody is signed in any more, or whoever is may not answer chats. */
export class SignedOut extends Refused {
    constructor(status) {
        super(status, {});
    }
}

export function tokens({ url, csrf }) {
    let known = null;
    let asking = null;

    async function ask() {
        try {
            const answer = await call(new URL(url, location.href), {
                headers: { "X-CSRFToken": csrf },
                credentials: "same-origin",
            });
            known = { token: answer.access_token, until: Date.now() + answer.expires_in * 1_000 - EARLY };
            return known.token;
        } catch (failure) {
            throw failure instanceof Refused ? new SignedOut(failure.status) : failure;
        } finally {
            asking = null;
        }
    }

    return async ({ afresh }) => {
        if (!afresh && known && Date.now() < known.until) {
            return known.token;
        }
        asking ??= ask();
        return asking;
    };
}
