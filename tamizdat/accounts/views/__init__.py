"""The pages about accounts: sign-in, second factor, sessions, requests, the audit log."""
