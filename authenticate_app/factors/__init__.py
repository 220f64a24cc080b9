"""What a person proves themselves with beside the password: passkeys, one-time codes, recovery codes."""
