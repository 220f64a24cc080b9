"use strict";

// Keeps the page of the sandbox up to date while somebody looks at it; without a script, a link does.

const PAUSE = 1000;

function follow(element) {
    element.scrollTop = element.scrollHeight;
}

function replaceWhole(shown, fresh) {
    // Forms hold a token that is new in every answer; what has the focus stays.
    const text = (element) => element.innerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
    if (text(shown) === text(fresh) || (shown.contains(document.activeElement) && shown !== document.activeElement)) {
        return;
    }
    shown.replaceChildren(...fresh.childNodes);
    if ("follow" in shown.dataset) {
        follow(shown);
    }
}

function grow(shown, fresh) {
    // What is open stays open: only new lines are added. After a new beginning there are others.
    const ids = new Set([...fresh.children].map((line) => line.id));
    for (const line of [...shown.children]) {
        if (!ids.has(line.id)) {
            line.remove();
        }
    }
    for (const line of [...fresh.children]) {
        if (!document.getElementById(line.id)) {
            shown.append(line);
        }
    }
}

async function look() {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (!answer.ok) {
        return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const shown of document.querySelectorAll("[data-live]")) {
        const now = fresh.getElementById(shown.id);
        if (now) {
            (shown.dataset.live === "grow" ? grow : replaceWhole)(shown, now);
        }
    }
}

async function watch() {
    try {
        if (!document.hidden) {
            await look();
        }
    } catch {
        // The server is away for a moment; the next look tells.
    }
    setTimeout(watch, PAUSE);
}

for (const shown of document.querySelectorAll("[data-follow]")) {
    follow(shown);
}
setTimeout(watch, PAUSE);
