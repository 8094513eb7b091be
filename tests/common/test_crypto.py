"""Secrets at rest."""

import pytest

from apps.common import crypto


@pytest.fixture(scope="module")
def pair() -> tuple[str, bytes]:
    return crypto.new_key_pair()


@pytest.mark.parametrize("secret", ["", "sk-1", "ключ 🔑", "x" * 20_000])
def test_a_secret_of_any_length_comes_back(pair: tuple[str, bytes], secret: str) -> None:
    token = crypto.encrypt(pair[0], secret)
    assert secret.encode() not in token or not secret
    assert crypto.decrypt(pair[1], token) == secret
    assert crypto.decrypt(memoryview(pair[1]), memoryview(token)) == secret  # type: ignore[arg-type]  # psycopg's type


def test_the_same_secret_is_never_stored_twice_alike(pair: tuple[str, bytes]) -> None:
    assert crypto.encrypt(pair[0], "a") != crypto.encrypt(pair[0], "a")


def test_another_secret_key_says_what_to_do(pair: tuple[str, bytes], settings) -> None:
    token = crypto.encrypt(pair[0], "a")
    settings.SECRET_KEY = "another-secret-key-of-sufficient-length"
    with pytest.raises(crypto.CredentialsUnreadable) as caught:
        crypto.decrypt(pair[1], token)
    assert caught.value.code == "credentials_unreadable"
    assert "SECRET_KEY" in caught.value.message
    assert "reset_encrypt_key_pair" in caught.value.message


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-1], lambda t: t[1:], lambda t: b"", lambda t: t[:256], lambda t: bytes(300)]
)
def test_a_damaged_secret_is_an_error_of_its_own(pair: tuple[str, bytes], damage) -> None:
    with pytest.raises(crypto.CredentialsUnreadable):
        crypto.decrypt(pair[1], damage(crypto.encrypt(pair[0], "a")))


def test_mdl_28_another_workspaces_key_opens_nothing(pair: tuple[str, bytes]) -> None:
    with pytest.raises(crypto.CredentialsUnreadable):
        crypto.decrypt(crypto.new_key_pair()[1], crypto.encrypt(pair[0], "a"))


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("", ""), ("short", "****"), ("fifteen-chars-x", "****"), ("sk-0123456789abcdef", "sk-****ef")],
)
def test_masks_tell_little(secret: str, shown: str) -> None:
    assert crypto.mask(secret) == shown


def test_a_former_secret_key_opens_until_its_keys_are_wrapped_anew(pair: tuple[str, bytes], settings) -> None:
    token, former = crypto.encrypt(pair[0], "a"), settings.SECRET_KEY
    assert crypto.rewrap(pair[1]) is None
    settings.SECRET_KEY = "another-secret-key-of-sufficient-length"
    settings.SECRET_KEY_FALLBACKS = ["never-used-key-of-sufficient-length-00", former]
    assert crypto.decrypt(pair[1], token) == "a"
    wrapped = crypto.rewrap(pair[1])
    settings.SECRET_KEY_FALLBACKS = []
    assert wrapped is not None
    assert crypto.decrypt(wrapped, token) == "a"
    with pytest.raises(crypto.CredentialsUnreadable):
        crypto.rewrap(pair[1])
