// How each entry of `getMessages` changes what a customer sees. Pure: a state and an entry in, a new state out.

import { idOf } from "../protocol/consumer.js";

/** `lines`: what was said and what happened, in order; `agents`: names by `clientId`; `place`: in the queue. */
export function beginning() {
    return {
        phase: "idle",
        me: "",
        lines: [],
        agents: {},
        place: null,
        typing: "",
        isLost: false,
        fault: "",
        reason: "",
    };
}

export function afterEntry(state, entry) {
    return (CHANGES[entry.messageName] ?? unchanged)(state, entry, idOf(entry, "clientId"));
}

const CHANGES = {
    RNEngagementWaitInformationChangedMessage: (state, entry) => ({
        ...state,
        phase: "waiting",
        place: { position: Number(entry.position), seconds: Number(entry.expectedWaitTimeSeconds) },
    }),
    RNEngagementParticipantAddedMessage: added,
    RNEngagementParticipantLeftMessage: left,
    RNEngagementParticipantConnectionStateChangedMessage: connectionChanged,
    RNEngagementMessagePostedMessage: posted,
    RNEngagementActivityChangedMessage: (state, entry, id) => ({
        ...state,
        typing: entry.mode === "RESPONDING" && id !== state.me ? id : "",
    }),
    RNEngagementConcludedMessage: (state, entry) => ({ ...state, phase: "ended", reason: entry.reason }),
};

function unchanged(state) {
    return state;
}

function added(state, entry, id) {
    if (id === state.me) {
        return state;
    }
    const agents = { ...state.agents, [id]: entry.name };
    const joined = { ...state, phase: "engaged", place: null, agents, lines: [...state.lines, note(entry, "joined")] };
    return entry.greeting ? withLine(joined, lineOf(entry, "agent", entry.greeting, entry.name)) : joined;
}

function left(state, entry, id) {
    const { [id]: name, ...agents } = state.agents;
    const how = entry.disconnectReason === "TRANSFERRED_TO_QUEUE" ? "handed_over" : "left";
    const isAlone = Object.keys(agents).length === 0;
    const line = { ...note(entry, how), name: name ?? "" };
    return { ...state, phase: isAlone ? "waiting" : state.phase, typing: "", agents, lines: [...state.lines, line] };
}

function connectionChanged(state, entry, id) {
    const name = state.agents[id];
    const how = { ACTIVE: "back", ABSENT: "absent" }[entry.connectionState];
    return name && how ? withLine(state, { ...note(entry, how), name }) : state;
}

function posted(state, entry, id) {
    if (id === state.me) {
        return ownLine(state, entry);
    }
    const name = state.agents[id] ?? "";
    const line = { ...lineOf(entry, "agent", entry.body, name), offTheRecord: Boolean(entry.offTheRecord) };
    return { ...withLine(state, line), typing: "" };
}

/** After a take-over the server tells what the customer said, too; a line that waits to be sent may be among it. */
function ownLine(state, entry) {
    const key = entry.messageId || `${entry.sequenceNumber}`;
    const others = state.lines.filter((line) => line.key !== key);
    return { ...state, lines: [...others, { ...lineOf(entry, "me", entry.body, ""), key, state: "sent" }] };
}

function withLine(state, line) {
    return { ...state, lines: [...state.lines, line] };
}

function note(entry, what) {
    return { ...lineOf(entry, "note", "", entry.name ?? ""), what };
}

function lineOf(entry, who, text, name) {
    return { key: `${entry.sequenceNumber}${who}`, who, text, name, at: entry.createdTime };
}
