// The agents' desk (docs/chat-desk.md): puts the session and what is seen of it together.

import { element } from "../shared/dom.js";
import { Words } from "../shared/words.js";
import { Chats } from "./chats.js";
import { Controls } from "./controls.js";
import { Correction } from "./correction.js";
import { Figures } from "./figures.js";
import { HandOver } from "./handover.js";
import { Offers } from "./offers.js";
import { Session } from "./session.js";
import { listenToKeys } from "./shortcuts.js";
import { Start } from "./start.js";
import { tokens } from "./token.js";

const TROUBLE_STAYS = 8_000;

class Desk {
    constructor(given) {
        this.words = new Words(given.texts, given.language);
        this.title = document.title;
        this.parts = partsOfPage();
        const token = tokens({ url: given.tokenUrl, csrf: given.csrf });
        const session = (this.session = new Session({
            token,
            user: given.user,
            changed: () => this.show(),
            trouble: (name) => this.trouble(name),
        }));
        this.controls = new Controls(this.parts, this.words, session);
        this.start = new Start(this.parts, this.words, session, given.interfaces);
        this.offers = new Offers(this.parts, this.words, session);
        this.handOver = new HandOver(this.parts, this.words, session);
        this.correction = new Correction(this.parts, this.words, session);
        this.chats = new Chats(this.parts, this.words, session, {
            handOver: (id) => this.handOver.open(id),
            correct: (id, properties) => this.correction.open(id, properties),
        });
        this.figures = new Figures(this.parts, this.words, session);
        listenToKeys(this);
    }

    begin() {
        if (!this.session.takeUp()) {
            this.show();
        }
    }

    show() {
        const { session, parts } = this;
        parts.start.hidden = session.isOn;
        parts.work.hidden = parts.controls.hidden = !session.isOn;
        parts.lost.hidden = !session.state.isLost;
        this.controls.show();
        this.start.show();
        this.offers.show();
        this.chats.show();
        this.figures.show();
        this.showTitle();
    }

    /** How much waits for the agent, where it is seen while another page is looked at. */
    showTitle() {
        const { offers, chats } = this.session.state;
        const count = offers.length + chats.reduce((sum, chat) => sum + chat.unread, 0);
        document.title = count ? `(${count}) ${this.title}` : this.title;
    }

    trouble(name) {
        const shown = this.parts.trouble;
        shown.hidden = false;
        shown.replaceChildren(this.words.say(name));
        if (name === "signed_out") {
            const again = this.words.say("sign_in");
            shown.append(" ", element("a", { href: location.pathname, text: again }));
        }
        clearTimeout(this.quiet);
        this.quiet = setTimeout(() => (shown.hidden = name !== "signed_out"), TROUBLE_STAYS);
    }
}

/** Every element of the page that has an id, by that id in camel case. */
function partsOfPage() {
    const parts = {};
    for (const part of document.querySelectorAll("[id]")) {
        parts[part.id.replace(/-(\w)/g, (_whole, letter) => letter.toUpperCase())] = part;
    }
    return parts;
}

new Desk(JSON.parse(document.getElementById("given").textContent)).begin();
