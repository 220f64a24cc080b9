// Who the customer is: what `chatAuthenticate` was told and verified, and what agents corrected since, in words.

const SHOWN = [
    "emailAddress",
    "authUserName",
    "signedInBy",
    "contactId",
    "organizationId",
    "incidentName",
    "incidentSeverityCode",
    "productId",
    "categoryId",
    "chatPriority",
    "customFields",
];

/** Pairs of a label and a value: first those that agents look for, then whatever else there is, under its own name. */
export function known(properties, words) {
    // Who did not sign in at our own door is vouched for by the business whose site it is.
    const shown = { signedInBy: "BUSINESS", ...properties };
    const others = Object.keys(properties).filter((name) => !isShown(name) && !INTERNAL.has(name));
    return [...SHOWN, ...others]
        .filter((name) => hasValue(shown[name]))
        .flatMap((name) => (name === "customFields" ? custom(shown[name]) : [pair(name, shown[name], words)]));
}

/** Seen elsewhere, or of no use to anybody who answers. */
const INTERNAL = new Set([
    "firstName",
    "lastName",
    "question",
    "clientType",
    "resumeType",
    "interfaceId",
    "queueId",
    "allowAgentAttachments",
]);

/** Numbers come twice, also as text under a name of their own; once is enough. */
function isShown(name) {
    return SHOWN.includes(name) || (name.endsWith("String") && !name.startsWith("String"));
}

function hasValue(value) {
    return value !== undefined && value !== null && value !== "";
}

function pair(name, value, words) {
    const label = words.has(`known_${name}`) ? words.say(`known_${name}`) : name;
    const inWords = `signed_in_${value}`;
    return [label, name === "signedInBy" && words.has(inWords) ? words.say(inWords) : String(value)];
}

/** The business's own fields come as a JSON object in a string. */
function custom(text) {
    try {
        const fields = typeof text === "string" ? JSON.parse(text) : text;
        return Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
    } catch {
        return [["customFields", String(text)]];
    }
}
