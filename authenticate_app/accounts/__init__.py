"""DCS users, what their roles allow, and how they prove who they are."""
