// What survives a reload: kept for this tab alone, until it is closed or the conversation is over.

export class Kept {
    /** `whose`: who is signed in; what somebody else left in the tab is forgotten, not shown. */
    constructor(key, whose = "") {
        Object.assign(this, { key, whose });
    }

    read() {
        const kept = this.stored();
        if (kept && (kept.whose ?? "") !== this.whose) {
            this.forget();
            return null;
        }
        return kept;
    }

    stored() {
        try {
            return JSON.parse(sessionStorage.getItem(this.key) ?? "null");
        } catch {
            return null; // storage is switched off, or holds what we did not write
        }
    }

    write(value) {
        try {
            sessionStorage.setItem(this.key, JSON.stringify({ ...value, whose: this.whose }));
        } catch {
            // Full or switched off: everything works, but for the reload.
        }
    }

    forget() {
        try {
            sessionStorage.removeItem(this.key);
        } catch {
            // Nothing was kept.
        }
    }
}

/** An id for a message, made up once: 128 bits of chance. Works without TLS, too. */
export function newId() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
