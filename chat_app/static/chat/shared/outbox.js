// What is said goes out one after the other, and again and again until the server has it: each message bears an id of its
// own, by which the server knows one that came twice.

import { Refused } from "../protocol/calls.js";
import { pause, pauseAfter } from "../protocol/polling.js";

export class Outbox {
    /** `send(line)` posts a line; `settled(key, state)` is told `sent` or `failed`. */
    constructor({ send, settled }) {
        Object.assign(this, { send, settled });
        this.waiting = [];
        this.isAtWork = false;
        this.isStopped = false;
        this.wake = () => this.awaken?.();
    }

    put(line) {
        this.waiting.push(line);
        if (!this.isAtWork) {
            this.work();
        }
    }

    stop() {
        this.isStopped = true;
        this.wake();
    }

    async work() {
        this.isAtWork = true;
        addEventListener("online", this.wake);
        for (let failures = 0; this.waiting.length && !this.isStopped; ) {
            const [line] = this.waiting;
            const state = await this.attempt(line);
            if (state) {
                failures = 0;
                this.waiting.shift();
                this.settled(line.key, state);
            } else {
                failures += 1;
                await pause(pauseAfter(failures), this);
            }
        }
        removeEventListener("online", this.wake);
        this.isAtWork = false;
        this.waiting.forEach((line) => this.settled(line.key, "failed"));
        this.waiting = [];
    }

    async attempt(line) {
        try {
            await this.send(line);
            return "sent";
        } catch (failure) {
            return failure instanceof Refused ? "failed" : "";
        }
    }
}
