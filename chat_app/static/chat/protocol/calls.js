// One call of the chat server: JSON in, JSON out, and two kinds of failure. docs/chat-server.md has the operations.

/** The server answered, and the answer was no: asking again would not change it. */
export class Refused extends Error {
    constructor(status, problem) {
        super(problem.detail || problem.title || `The chat server refused (${status}).`);
        this.status = status;
        this.errorCode = problem.errorCode || "";
    }
}

/** No answer, or one that says nothing about the call (a proxy's, an overloaded server's): worth asking again. */
export class Unreachable extends Error {
    constructor(message, retryAfterSeconds = 0) {
        super(message);
        this.retryAfterSeconds = retryAfterSeconds;
    }
}

const PATIENCE = 20_000;
const WORTH_ASKING_AGAIN = new Set([408, 425, 429]);

/**
 * Call an operation and return the fields of its answer.
 * `signal` ends the call from outside (it throws `AbortError` then); `patience` is in milliseconds.
 */
export async function call(address, { body, headers = {}, method = "POST", signal, patience = PATIENCE, ...options }) {
    const [response, fields] = await answerTo(address, {
        method,
        headers: { "Content-Type": "application/json; charset=utf-8", ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
        ...options,
    }, signal, patience);
    if (response.ok && fields) {
        return fields;
    }
    if (!fields || response.status >= 500 || WORTH_ASKING_AGAIN.has(response.status)) {
        throw new Unreachable(`HTTP ${response.status}`, Number(response.headers.get("Retry-After")) || 0);
    }
    throw new Refused(response.status, fields);
}

/** The answer and its fields; `patience` is for all of it, since a network may fail in the middle. */
async function answerTo(address, options, signal, patience) {
    const timer = new AbortController();
    const giveUp = () => timer.abort();
    const alarm = setTimeout(giveUp, patience);
    signal?.addEventListener("abort", giveUp);
    try {
        const response = await fetch(address, { ...options, signal: timer.signal });
        return [response, await fieldsOf(response)];
    } catch (failure) {
        if (signal?.aborted) {
            throw failure;
        }
        throw new Unreachable(String(failure));
    } finally {
        clearTimeout(alarm);
        signal?.removeEventListener("abort", giveUp);
    }
}

/** The answer as an object; null for anything else, such as a proxy's page. */
async function fieldsOf(response) {
    try {
        const fields = await response.json();
        return fields !== null && typeof fields === "object" ? fields : null;
    } catch {
        return response.status >= 400 && response.status < 500 ? {} : null;
    }
}
