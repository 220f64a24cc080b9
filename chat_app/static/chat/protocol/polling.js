// Listening for what happens: one long poll after the other, for as long as the session lasts.
//
// Each poll acknowledges the sequence number up to which everything has been taken, so every entry is taken exactly once,
// also when an answer was lost on its way (docs/chat-server.md, "Delivery").

import { Refused } from "./calls.js";

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 20_000;
const TOO_QUICK = 1_000;
const BREATH = 2_000;

export class Listening {
    /**
     * `ask(position, signal)` polls and answers a list of entries; `take(entry)` takes one that is new;
     * `lost(isLost)` is told when the server stops answering and when it does again; `ended(refused)` when the session
     * is over. `probe()` is a call that is answered at once: after a failure it tells sooner than a poll that the server
     * is back. `position`: up to where everything was taken before.
     */
    constructor({ ask, take, probe, lost = () => {}, ended = () => {}, position = 0 }) {
        Object.assign(this, { ask, take, probe, lost, ended, position });
        this.failures = 0;
        this.isStopped = false;
        this.wake = () => this.awaken?.();
        this.cutOff = () => this.poll?.abort();
    }

    /** Listen until `stop` is called or the session is over. */
    async run() {
        addEventListener("online", this.wake);
        addEventListener("offline", this.cutOff); // a poll that waits would not notice
        document.addEventListener("visibilitychange", this.wake);
        while (!this.isStopped) {
            await this.once();
        }
        removeEventListener("online", this.wake);
        removeEventListener("offline", this.cutOff);
        document.removeEventListener("visibilitychange", this.wake);
    }

    stop() {
        this.isStopped = true;
        this.poll?.abort();
        this.wake();
    }

    async once() {
        const started = Date.now();
        this.poll = new AbortController();
        try {
            if (this.failures) {
                await this.probe().catch(passOver);
                this.answered();
            }
            const entries = await this.ask(this.position, this.poll.signal);
            this.answered();
            this.takeAll(entries);
            // Another window that listens with the same session sends us away at once; do not race it.
            if (!entries.length && Date.now() - started < TOO_QUICK) {
                await pause(BREATH, this);
            }
        } catch (failure) {
            await this.failed(failure);
        }
    }

    answered() {
        if (this.failures) {
            this.failures = 0;
            this.lost(false);
        }
    }

    takeAll(entries) {
        for (const entry of entries) {
            const number = Number(entry.sequenceNumber ?? 0);
            if (this.isStopped || (number && number <= this.position)) {
                continue;
            }
            this.position = Math.max(this.position, number);
            this.take(entry);
        }
    }

    async failed(failure) {
        if (this.isStopped) {
            return;
        }
        if (failure instanceof Refused) {
            this.stop();
            this.ended(failure);
            return;
        }
        this.failures += 1;
        this.lost(true);
        await pause(Math.max(pauseAfter(this.failures), (failure.retryAfterSeconds ?? 0) * 1_000), this);
    }
}

/** A probe that is refused was answered; what it means, the next poll says. */
function passOver(failure) {
    if (!(failure instanceof Refused)) {
        throw failure;
    }
}

/** Wait, but no longer once `sleeper.awaken` is called. */
export function pause(milliseconds, sleeper) {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        sleeper.awaken = () => {
            clearTimeout(timer);
            resolve();
        };
    });
}

/** Twice as long after each failure, up to a bound, and never the same for everybody who lost the server at once. */
export function pauseAfter(failures) {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
    return longest / 2 + Math.random() * (longest / 2);
}
