// Chats that wait for this agent's answer, each with the time that is left.

import { element, say } from "../shared/dom.js";

const TICK = 250;

export class Offers {
    constructor(parts, words, session) {
        Object.assign(this, { parts, words, session });
        this.cards = new Map();
        setInterval(() => this.tick(), TICK);
    }

    show() {
        const { offers } = this.session.state;
        for (const [id, card] of this.cards) {
            if (!offers.some((offer) => offer.id === id)) {
                card.box.remove();
                this.cards.delete(id);
            }
        }
        offers.forEach((offer) => this.place(offer));
        this.cards.forEach((card) => this.count(card));
        this.parts.noOffers.hidden = offers.length > 0;
    }

    place(offer) {
        const card = this.cards.get(offer.id) ?? this.add(offer);
        card.offer = offer;
        card.take.setAttribute("aria-disabled", String(Boolean(offer.isTaken)));
        card.decline.hidden = Boolean(offer.isTaken);
    }

    add(offer) {
        const { words, session } = this;
        const isOpen = () => !this.cards.get(offer.id)?.offer.isTaken;
        const name = offer.name || words.say("customer");
        const card = {
            left: element("span", { class: "left" }),
            bar: element("progress", { class: "time", max: String(offer.seconds), "aria-hidden": "true" }),
            take: element("button", {
                type: "button",
                class: "button",
                text: words.say("take"),
                "aria-label": words.say("take_whom", { name }),
                onclick: () => isOpen() && session.answer(offer.id, true),
            }),
            decline: element("button", {
                type: "button",
                class: "button is-quiet",
                text: words.say("decline"),
                "aria-label": words.say("decline_whom", { name }),
                onclick: () => session.answer(offer.id, false),
            }),
        };
        card.box = element(
            "li",
            { class: "offer" },
            element("h3", { text: name }),
            element("p", { class: "meta" }, this.metaOf(offer), " · ", card.left),
            offer.question ? element("p", { class: "question", dir: "auto", text: offer.question }) : null,
            card.bar,
            element("div", { class: "pair" }, card.take, card.decline),
        );
        this.cards.set(offer.id, card);
        this.parts.offers.append(card.box);
        this.announce(offer, name);
        return card;
    }

    metaOf(offer) {
        const waited = this.words.say("waited", { time: this.words.duration(offer.waited) });
        return [offer.queue, waited].filter(Boolean).join(" · ");
    }

    /** Read out once, without the countdown, which would be read again each second. */
    announce(offer, name) {
        say(this.parts.announced, this.words.say("offered", { name, queue: offer.queue, seconds: offer.seconds }));
    }

    tick() {
        for (const [id, card] of this.cards) {
            if (!this.count(card) && !card.offer.isTaken) {
                this.session.dropOffer(id);
            }
        }
    }

    /** Show how much time is left; answers it, in seconds. */
    count(card) {
        const left = Math.max(0, card.offer.until - Date.now()) / 1_000;
        card.bar.value = left;
        say(card.left, this.words.say("time_left", { time: this.words.duration(Math.ceil(left)) }));
        return left;
    }
}
