// Making elements. Text only ever becomes text: nothing that somebody wrote is read as HTML.

/** An element with these properties and attributes; functions under `on…` names are listeners, null leaves out. */
export function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
        if (value === null || value === undefined || value === false) {
            continue;
        }
        if (key.startsWith("on")) {
            made.addEventListener(key.slice(2), value);
        } else if (key === "text") {
            made.textContent = value;
        } else {
            made.setAttribute(key, value === true ? "" : String(value));
        }
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
}

/** Set a text, but only where it differs: what did not change is not read out again. */
export function say(shown, text) {
    if (shown.textContent !== text) {
        shown.textContent = text;
    }
}

/** Whether whoever looks at a list sees its end, and so wants to go on seeing it. */
export function isAtEnd(list) {
    return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

export function toEnd(list) {
    list.scrollTop = list.scrollHeight;
}

/** Let a text field grow with what is written, up to the height that its style allows. */
export function grow(field) {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
}

/** Whether a key sends: Enter without Shift, and not the one that ends the choice of a Japanese word. */
export function isSending(event) {
    return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}
