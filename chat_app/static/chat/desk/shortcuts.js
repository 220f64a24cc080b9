// Keys. All with Alt and Shift, so that none is in the way of writing, and none is taken by a browser's own menu.

const ACTIONS = {
    a: (desk) => desk.parts.offers.querySelector("button")?.click(),
    d: (desk) => desk.parts.offers.querySelector("button + button")?.click(),
    r: (desk) => desk.controls.toggle(),
    h: (desk) => desk.chats.current?.act("hand_over"),
    b: (desk) => desk.chats.current?.act("release"),
    e: (desk) => desk.chats.current?.act("conclude"),
};

export function listenToKeys(desk) {
    addEventListener("keydown", (event) => {
        if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || !desk.session.isOn) {
            return;
        }
        const act = actionOf(event);
        if (act && !document.querySelector("dialog[open]")) {
            event.preventDefault();
            act(desk);
        }
    });
}

/** By the letter, or by the place of the key where Alt makes another character of it, as on a Mac. */
function actionOf(event) {
    const digit = /^Digit([1-9])$/.exec(event.code);
    if (digit) {
        return (desk) => {
            const chat = desk.session.state.chats[Number(digit[1]) - 1];
            if (chat) {
                desk.chats.select(chat.id);
            }
        };
    }
    const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace("Key", "").toLowerCase();
    return ACTIONS[letter];
}
