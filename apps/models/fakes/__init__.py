"""Servers that speak the providers' protocols, one file a protocol: for `provider_check` and the tests."""
