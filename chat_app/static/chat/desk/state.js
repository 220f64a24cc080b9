// What an agent sees, and how each entry of the agent's `getMessages` changes it. Pure: a state and an entry in, a new
// state out.

import { idOf } from "../protocol/consumer.js";

/** `offers` and `chats` are in the order in which they came; `selected`: the id of the chat that keys go to. */
export function beginning() {
    return { offers: [], chats: [], selected: "", isLost: false, end: "" };
}

export function afterEntry(state, entry, now = Date.now()) {
    const id = idOf(entry, "engagementId");
    const change = OF_STATE[entry.messageName];
    if (change) {
        return change(state, entry, id, now);
    }
    const ofChat = OF_CHAT[entry.messageName];
    return ofChat ? withChat(state, id, (chat) => ofChat(chat, entry, idOf(entry, "clientId"))) : state;
}

/** Change one chat; the others stay the same objects. */
export function withChat(state, id, change) {
    return { ...state, chats: state.chats.map((chat) => (chat.id === id ? change(chat) : chat)) };
}

export function withoutOffer(state, id) {
    return { ...state, offers: state.offers.filter((offer) => offer.id !== id) };
}

/** An offer that was declined is gone; one that was taken stays, out of reach, until the server says that it is ours. */
export function withAnswer(state, id, isAccepted) {
    const taken = (offer) => (offer.id === id ? { ...offer, isTaken: true } : offer);
    return isAccepted ? { ...state, offers: state.offers.map(taken) } : withoutOffer(state, id);
}

/** Put a chat aside that is over; the next one is selected. */
export function withoutChat(state, id) {
    const chats = state.chats.filter((chat) => chat.id !== id);
    const selected = state.selected === id ? (chats[0]?.id ?? "") : state.selected;
    return { ...state, chats, selected };
}

/** Select a chat, whose messages count as read from then on. */
export function withSelected(state, id) {
    return withChat({ ...state, selected: id }, id, (chat) => ({ ...chat, unread: 0 }));
}

export function withLine(chat, line) {
    return { ...chat, lines: [...chat.lines, line] };
}

const OF_STATE = {
    ChatOffered: (state, entry, id, now) => ({
        ...withoutOffer(state, id),
        offers: [...withoutOffer(state, id).offers, offerOf(entry, id, now)],
    }),
    ChatOfferWithdrawn: (state, _entry, id) => withoutOffer(state, id),
    ChatAssigned: assigned,
    ChatSessionEnded: (state, entry) => ({ ...state, end: entry.reason || "DISCONNECTED" }),
};

const OF_CHAT = {
    ChatUnassigned: (chat, entry) => over(chat, entry, "unassigned", entry.reason ?? ""),
    ChatPropertyChanged: (chat, entry) => {
        const properties = { ...chat.properties, [entry.property]: entry.value };
        return { ...chat, properties, name: nameOf(properties) };
    },
    RNEngagementParticipantAddedMessage: added,
    RNEngagementParticipantLeftMessage: left,
    RNEngagementParticipantConnectionStateChangedMessage: connectionChanged,
    RNEngagementMessagePostedMessage: posted,
    RNEngagementActivityChangedMessage: (chat, entry, who) => ({
        ...chat,
        typing: entry.mode === "RESPONDING" ? who : "",
        preview: entry.mode === "RESPONDING" ? (entry.sneakPreview ?? "") : "",
    }),
    RNEngagementConcludedMessage: (chat, entry) => over(chat, entry, "concluded", entry.reason),
};

function offerOf(entry, id, now) {
    const seconds = Number(entry.expiresInSeconds ?? 15);
    return {
        id,
        name: nameOf(entry),
        email: entry.emailAddress ?? "",
        question: entry.question ?? "",
        queue: entry.queueName ?? "",
        waited: Number(entry.waitedSeconds ?? 0),
        offeredAt: now,
        until: now + seconds * 1_000,
        seconds,
    };
}

/** A customer who waits in a queue that agents pick from. */
export function pickOf(waiting, queue) {
    return {
        id: idOf(waiting, "engagementId"),
        name: nameOf(waiting),
        question: waiting.question ?? "",
        queue,
        waited: Number(waiting.waitedSeconds ?? 0),
    };
}

function assigned(state, entry, id) {
    const before = state.chats.filter((chat) => chat.id !== id);
    const offer = state.offers.find((each) => each.id === id);
    const chat = {
        id,
        me: idOf(entry, "clientId"),
        customer: idOf(entry, "customerClientId"),
        name: nameOf({ authUserName: entry.authUserName, ...entry.properties }),
        queue: entry.queueName ?? offer?.queue ?? "",
        properties: { authUserName: entry.authUserName, ...entry.properties },
        people: {},
        lines: (entry.transcript ?? []).map((said, number) => saidBefore(said, number)),
        connection: "ACTIVE",
        typing: "",
        preview: "",
        unread: 0,
        over: "",
        reason: "",
        allowsAttachments: String(entry.properties?.allowAgentAttachments ?? "") === "true",
    };
    return {
        ...withoutOffer(state, id),
        chats: [...before, chat],
        selected: before.length ? state.selected : id,
    };
}

function nameOf(known) {
    const name = known.customerName ?? [known.firstName, known.lastName].filter(Boolean).join(" ");
    return name || known.authUserName || known.emailAddress || "";
}

function saidBefore(said, number) {
    return {
        key: `before${number}`,
        who: said.kind === "consumer" ? "customer" : "agent",
        name: said.name ?? "",
        text: said.body ?? "",
        at: said.createdTime,
        offTheRecord: Boolean(said.offTheRecord),
    };
}

function posted(chat, entry, who) {
    const isCustomer = isCustomers(chat, who);
    const line = {
        key: `${entry.sequenceNumber}`,
        who: isCustomer ? "customer" : "agent",
        name: isCustomer ? chat.name : (chat.people[who] ?? ""),
        text: entry.body,
        at: entry.createdTime,
        offTheRecord: Boolean(entry.offTheRecord),
    };
    return { ...withLine(chat, line), typing: "", preview: "", unread: chat.unread + 1 };
}

function added(chat, entry, who) {
    if (who === chat.me) {
        return chat;
    }
    return withLine({ ...chat, people: { ...chat.people, [who]: entry.name } }, note(entry, "joined", entry.name));
}

function left(chat, entry, who) {
    return who === chat.me ? chat : withLine(chat, note(entry, "left", chat.people[who] ?? ""));
}

function connectionChanged(chat, entry, who) {
    if (!isCustomers(chat, who)) {
        return chat;
    }
    const connection = entry.connectionState;
    const how = { ACTIVE: "back", ABSENT: "absent", DISCONNECTED: "gone" }[connection];
    return withLine({ ...chat, connection, typing: "" }, note(entry, how, chat.name));
}

function isCustomers(chat, who) {
    return chat.customer ? who === chat.customer : !(who in chat.people) && who !== chat.me;
}

function over(chat, entry, how, reason) {
    // What the agent did is already known when the server tells of it, and says more.
    return { ...chat, over: chat.over || how, reason: chat.reason || reason, typing: "", preview: "" };
}

function note(entry, what, name) {
    return { key: `${entry.sequenceNumber}`, who: "note", what, name: name ?? "", text: "", at: entry.createdTime };
}
