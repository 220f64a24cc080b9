// Correcting what is known of a customer: one property and its value.

import { say } from "../shared/dom.js";

export class Correction {
    constructor(parts, words, session) {
        Object.assign(this, { parts, words, session });
        parts.correctName.addEventListener("change", () => this.showValue());
        parts.correctForm.addEventListener("submit", (event) => {
            event.preventDefault();
            this.submit();
        });
    }

    /** `properties`: what is known now, under the names of attributes. */
    open(id, properties) {
        Object.assign(this, { id, properties });
        this.showValue();
        this.parts.correct.showModal();
        this.parts.correctName.focus();
    }

    showValue() {
        const { correctName, correctValue } = this.parts;
        correctValue.value = String(this.properties[correctName.selectedOptions[0].dataset.property] ?? "");
        this.showFault("");
    }

    async submit() {
        const { correct, correctName, correctValue } = this.parts;
        const { id } = this;
        const fault = await this.session.correct(id, correctName.value, correctValue.value.trim());
        if (this.id === id && correct.open) {
            this.showFault(fault);
            if (fault) {
                correctValue.focus();
            } else {
                correct.close();
            }
        }
    }

    showFault(name) {
        const { correctFault, correctValue } = this.parts;
        correctFault.hidden = !name;
        say(correctFault, name ? this.words.say(name) : "");
        correctValue.setAttribute("aria-invalid", String(Boolean(name)));
    }
}
