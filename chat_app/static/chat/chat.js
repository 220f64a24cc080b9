// A chat for any site, by one tag (docs/chat-on-your-site.md):
//
//   <script type="module" src="https://chat.example.com/static/chat/chat.js" data-server="https://chat.example.com"
//       data-site="…" data-token-url="/chat-token"></script>

import { Words } from "./shared/words.js";
import { ChatElement } from "./widget/element.js";
import { tokenFrom } from "./widget/token.js";

const LANGUAGES = ["en", "de", "fr", "es", "ja"];
const NAME = "chatauth-chat";

async function begin(tag) {
    const { server, site, customer = "", tokenUrl, csrfHeader, csrfToken, lang } = tag.dataset;
    const language = languageOf(lang || document.documentElement.lang);
    const { default: texts } = await import(`./texts/${language}.js`);
    if (!customElements.get(NAME)) {
        customElements.define(NAME, ChatElement);
    }
    const chat = document.createElement(NAME);
    chat.lang = language;
    chat.settle({
        words: new Words(texts, language),
        server: server || new URL(import.meta.url).origin,
        site,
        customer,
        askForToken: tokenFrom({ tokenUrl, csrfHeader, csrfToken }),
    });
    document.body.append(chat);
}

/** The first language of ours that a tag such as `de-AT` means. */
function languageOf(tag) {
    const [language] = tag.toLowerCase().split("-");
    return LANGUAGES.includes(language) ? language : "en";
}

function ownTag() {
    const tags = document.querySelectorAll("script[data-site][data-token-url]");
    return [...tags].find((tag) => new URL(tag.src, document.baseURI).href === import.meta.url);
}

const tag = ownTag();
if (tag) {
    await begin(tag);
} else {
    console.error("The chat's script tag needs data-site and data-token-url (docs/chat-on-your-site.md).");
}
