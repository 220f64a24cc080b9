"use strict";

// Passkeys. A form with the attribute data-passkey ("use" or "add") is hidden until this script has found that the
// browser knows passkeys. Then it fetches options, asks the browser, and sends its answer in the field "credential".
// Without this script the pages work by password and code.

const RENEW_AFTER = 8 * 60 * 1000; // milliseconds; the server's challenges live for ten minutes

let request = null; // what the browser was asked last; it takes one request at a time
let isPressed = false; // whether that was by a button

function toBytes(text) {
    const characters = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

function toText(buffer) {
    const characters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte));
    return btoa(characters.join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function withBytes(credentials) {
    return (credentials || []).map((each) => ({ ...each, id: toBytes(each.id) }));
}

async function fetchOptions(form) {
    const response = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
    if (!response.ok || response.redirected) throw new Error(`The options are not there: ${response.status}`);
    const options = await response.json();
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    options.allowCredentials = withBytes(options.allowCredentials);
    options.excludeCredentials = withBytes(options.excludeCredentials);
    return options;
}

// By hand, as Web Authentication, level 3, section 5.1 has it: not every browser with passkeys knows toJSON().
function toJson(credential) {
    const { clientDataJSON, attestationObject, authenticatorData, signature, userHandle } = credential.response;
    const response = { clientDataJSON: toText(clientDataJSON) };
    if (attestationObject) {
        response.attestationObject = toText(attestationObject);
        response.transports = credential.response.getTransports ? credential.response.getTransports() : [];
    } else {
        response.authenticatorData = toText(authenticatorData);
        response.signature = toText(signature);
        response.userHandle = userHandle ? toText(userHandle) : null;
    }
    return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
}

function send(form, credential) {
    form.elements.credential.value = toJson(credential);
    form.submit();
}

function ask(form, options) {
    if (request) request.abort();
    request = new AbortController();
    const asked = { ...options, signal: request.signal };
    return form.dataset.passkey === "add" ? navigator.credentials.create(asked) : navigator.credentials.get(asked);
}

function tell(form, isAtFault) {
    const fault = form.querySelector("[data-fault]");
    fault.hidden = !isAtFault;
    if (isAtFault) fault.focus();
}

// At the press of a button: the browser opens a window of its own.
async function askAtOnce(form) {
    isPressed = true;
    tell(form, false);
    try {
        send(form, await ask(form, { publicKey: await fetchOptions(form) }));
    } catch (error) {
        isPressed = false;
        tell(form, true);
        offerInField(form);
    }
}

// Among the names and passwords that the browser lists at the field with autocomplete="… webauthn".
async function offerInField(form) {
    const canOffer = PublicKeyCredential.isConditionalMediationAvailable;
    const isAsked = form.dataset.passkey === "use" && document.querySelector('input[autocomplete~="webauthn"]');
    if (!isAsked || !canOffer || !(await canOffer.call(PublicKeyCredential))) return;
    try {
        const publicKey = await fetchOptions(form);
        if (!isPressed) send(form, await ask(form, { publicKey, mediation: "conditional" }));
    } catch (error) {
        // Nobody chose a passkey before the options ran out or a button was pressed: the page is as it was.
    }
}

function prepare(form) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!isPressed) askAtOnce(form);
    });
    offerInField(form);
    setInterval(() => isPressed || offerInField(form), RENEW_AFTER);
    window.addEventListener("pageshow", (event) => {
        if (!event.persisted) return;
        isPressed = false;
        offerInField(form);
    });
}

if (window.PublicKeyCredential && navigator.credentials) {
    document.querySelectorAll("form[data-passkey]").forEach(prepare);
}
