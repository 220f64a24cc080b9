"""The customer's chat: a script that any site can have (docs/chat-on-your-site.md), and a site to try it on."""
