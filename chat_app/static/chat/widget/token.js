// The chat token, which the site's own back end gets from `chatAuthenticate`: it alone knows who is signed in there.

import { call, Refused } from "../protocol/calls.js";

/**
 * A function that asks the site for a token: `ask({question})` answers the body of `chatAuthenticate`.
 * It throws `NotSignedIn` where the site says that nobody is signed in (401, 403).
 */
export function tokenFrom({ tokenUrl, csrfHeader, csrfToken }) {
    const headers = csrfHeader && csrfToken ? { [csrfHeader]: csrfToken } : {};
    return async ({ question }) => {
        try {
            return await call(new URL(tokenUrl, document.baseURI), {
                headers,
                body: { question },
                credentials: "same-origin",
            });
        } catch (failure) {
            throw failure instanceof Refused && [401, 403].includes(failure.status) ? new NotSignedIn() : failure;
        }
    };
}

export class NotSignedIn extends Error {}
