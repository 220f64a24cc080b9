// How the chat looks. A constructed stylesheet: pages whose policy forbids inline styles can have it, too. A page may set
// --chatauth-accent and --chatauth-on-accent (the colour of text on it) on `chatauth-chat`, for light and dark.

export function sheet() {
    const made = new CSSStyleSheet();
    made.replaceSync(STYLE);
    return made;
}

const STYLE = `
:host {
    --accent: var(--chatauth-accent, #4338ca);
    --on-accent: var(--chatauth-on-accent, #ffffff);
    --link: var(--chatauth-accent, #4338ca);
    --surface: #ffffff;
    --raised: #f2f2f7;
    --text: #1c1c1e;
    --quiet: #5b5b63;
    --line: #d8d8de;
    --edge: #85858d;
    --fault: #b3001b;
    --fault-surface: #fff0f1;
    --pass: #7a4a00;
    --pass-surface: #fff4dc;
    all: initial;
    position: fixed;
    inset-block-end: 0;
    inset-inline-end: 0;
    z-index: 2147483000;
    color-scheme: light dark;
    color: var(--text);
    font: 1rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Hiragino Sans", "Noto Sans", "Noto Sans CJK JP",
        sans-serif;
    overflow-wrap: anywhere;
}
@media (prefers-color-scheme: dark) {
    :host {
        --accent: var(--chatauth-accent, #818cf8);
        --on-accent: var(--chatauth-on-accent, #000000);
        --link: var(--chatauth-accent, #a5b0ff);
        --surface: #1c1c1e;
        --raised: #2e2e31;
        --text: #f5f5f7;
        --quiet: #b4b4bb;
        --line: #3a3a3d;
        --edge: #8a8a92;
        --fault: #ffa8ac;
        --fault-surface: #3b1d20;
        --pass: #ffd48a;
        --pass-surface: #3a2c10;
    }
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, p { margin: 0; }
button, textarea { color: inherit; font: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.launcher {
    display: flex;
    gap: 0.625rem;
    align-items: center;
    min-height: 3.5rem;
    margin: 1rem max(1rem, env(safe-area-inset-right)) max(1rem, env(safe-area-inset-bottom)) 1rem;
    padding: 0 1.375rem;
    color: var(--on-accent);
    font-weight: 600;
    background: var(--accent);
    border: 1px solid transparent;
    border-radius: 1.75rem;
    box-shadow: 0 0.375rem 1.5rem rgb(0 0 0 / 22%);
}
.bubble {
    width: 1.25rem;
    height: 1.0625rem;
    border: 0.1875rem solid currentcolor;
    border-radius: 0.375rem 0.375rem 0.375rem 0;
}
.badge {
    padding: 0 0.5rem;
    color: var(--accent);
    font-size: 0.875rem;
    background: var(--on-accent);
    border-radius: 1rem;
}
.panel {
    display: flex;
    flex-direction: column;
    width: 23.5rem;
    max-width: calc(100vw - 2rem);
    height: min(37rem, calc(100vh - 2rem));
    height: min(37rem, calc(100dvh - 2rem));
    margin: 1rem;
    overflow: hidden;
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: 1.25rem;
    box-shadow: 0 1rem 3rem rgb(0 0 0 / 24%);
}
@media (max-width: 30rem) {
    .panel {
        width: 100vw;
        max-width: none;
        height: 100vh;
        height: 100dvh;
        margin: 0;
        padding: env(safe-area-inset-top) 0 env(safe-area-inset-bottom);
        border: 0;
        border-radius: 0;
    }
}
.head {
    display: flex;
    gap: 0.5rem;
    align-items: start;
    padding: 1rem 0.625rem 0.875rem 1.25rem;
    border-bottom: 1px solid var(--line);
}
.heading { flex: 1; min-width: 0; }
h2 { font-size: 1.125rem; font-weight: 700; line-height: 1.3; }
.status { color: var(--quiet); font-size: 0.9375rem; }
.status:empty, .typing:empty { display: none; }
.quiet {
    flex: none;
    width: 2.75rem;
    height: 2.75rem;
    margin: -0.375rem 0 0;
    background: none;
    border: 0;
    border-radius: 0.75rem;
}
.quiet:hover { background: var(--raised); }
.minimize {
    display: block;
    width: 0.75rem;
    height: 0.75rem;
    margin: -0.375rem auto 0;
    border: solid currentcolor;
    border-width: 0 0.15rem 0.15rem 0;
    transform: rotate(45deg);
}
.fault {
    padding: 0.625rem 1.25rem;
    color: var(--fault);
    font-size: 0.9375rem;
    background: var(--fault-surface);
}
.fault.is-passing { color: var(--pass); background: var(--pass-surface); }
.log {
    flex: 1;
    display: flex;
    flex-direction: column;
    gap: 0.625rem;
    min-height: 0;
    padding: 1rem 1.25rem;
    overflow-y: auto;
    overscroll-behavior: contain;
}
.log:focus-visible { outline-offset: -3px; }
.log > .early + * { margin-top: auto; }
.early { margin-block: auto; color: var(--quiet); text-align: center; }
.message { display: grid; gap: 0.1875rem; max-width: 85%; }
.message.is-me { align-self: flex-end; justify-items: end; }
.message.is-agent { align-self: flex-start; justify-items: start; }
.who, .state, .note, .typing { color: var(--quiet); font-size: 0.8125rem; }
.text {
    padding: 0.5rem 0.875rem;
    white-space: pre-wrap;
    background: var(--raised);
    border-radius: 1.125rem 1.125rem 1.125rem 0.25rem;
}
.is-me .text { color: var(--on-accent); background: var(--accent); border-radius: 1.125rem 1.125rem 0.25rem; }
.state:empty { display: none; }
[data-state="failed"] .state { color: var(--fault); }
.note { text-align: center; }
.typing { padding: 0 1.25rem 0.5rem; }
.opening, .ending { display: grid; gap: 0.75rem; padding: 1.25rem; }
.opening { flex: 1; align-content: start; }
.opening > p { margin-bottom: 0.5rem; color: var(--quiet); }
label { font-weight: 600; }
textarea {
    width: 100%;
    max-height: 9rem;
    padding: 0.6875rem 0.875rem;
    background: var(--surface);
    border: 1px solid var(--edge);
    border-radius: 0.875rem;
    resize: none;
}
textarea::placeholder { color: var(--quiet); opacity: 1; }
.main {
    min-height: 3rem;
    padding: 0.5rem 1.25rem;
    color: var(--on-accent);
    font-weight: 600;
    background: var(--accent);
    border: 1px solid transparent;
    border-radius: 0.875rem;
}
[aria-disabled="true"] { cursor: progress; opacity: 0.75; }
.ending { border-top: 1px solid var(--line); text-align: center; }
.composer { padding: 0.75rem 1rem 0.375rem; border-top: 1px solid var(--line); }
.line { display: flex; gap: 0.5rem; align-items: end; }
.send {
    flex: none;
    width: 2.875rem;
    height: 2.875rem;
    color: var(--on-accent);
    background: var(--accent);
    border: 1px solid transparent;
    border-radius: 50%;
}
.arrow {
    display: block;
    width: 0.75rem;
    height: 0.75rem;
    margin: 0.25rem auto 0;
    border: solid currentcolor;
    border-width: 0.1875rem 0 0 0.1875rem;
    transform: rotate(45deg);
}
.ends { display: flex; justify-content: center; min-height: 2.75rem; }
.sure { display: flex; gap: 1rem; }
.link {
    min-height: 2.5rem;
    padding: 0.25rem 0.625rem;
    color: var(--link);
    font-size: 0.9375rem;
    text-decoration: underline;
    text-underline-offset: 0.2em;
    background: none;
    border: 0;
    border-radius: 0.5rem;
}
.link.is-grave { color: var(--fault); }
@media (forced-colors: active) {
    .text, .launcher, .main, .send, .badge { border: 1px solid; }
}
`;
