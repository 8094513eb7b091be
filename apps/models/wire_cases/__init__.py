"""Cases of `provider_check`, a file a topic."""
