"""Secrets at rest: a key pair for each workspace, its private half wrapped by a key derived from SECRET_KEY.

A secret is sealed with a fresh AES-256-GCM key, which RSA-OAEP wraps (RFC 8017 section 7.1): credentials are
longer than one OAEP block. The private key is wrapped with AES-256-GCM under an HKDF-SHA256 key (RFC 5869).
Losing SECRET_KEY therefore makes every stored secret unreadable; changing it does, unless the former one is among
SECRET_KEY_FALLBACKS until `rotate_secret_key` has wrapped the private keys anew.
"""

import os
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from .errors import AppError

KEY_BITS: Final = 2048
NONCE_BYTES: Final = 12
WRAPPED_KEY_BYTES: Final = KEY_BITS // 8
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class CredentialsUnreadable(AppError):
    """A stored secret cannot be opened: SECRET_KEY is not the one it was written under, or the row is damaged."""

    code = "credentials_unreadable"
    default_message = (
        "The stored credentials cannot be read because SECRET_KEY has changed. Restore the former SECRET_KEY, "
        "or run `manage.py reset_encrypt_key_pair` and enter the credentials again."
    )


def new_key_pair() -> tuple[str, bytes]:
    """A workspace's new key pair.

    Returns:
        The public key as PEM, and the private key (PKCS #8 DER) wrapped under the key derived from SECRET_KEY.
    """
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode(), _seal(_wrapping_key(settings.SECRET_KEY), der)


def encrypt(public_key: str, plaintext: str) -> bytes:
    """Seals a secret of any length for the workspace that owns `public_key` (PEM)."""
    public = _public_key(public_key)
    key = AESGCM.generate_key(256)
    return public.encrypt(key, _OAEP) + _seal(key, plaintext.encode())


def decrypt(wrapped_private_key: bytes, token: bytes) -> str:
    """Opens what `encrypt` sealed.

    Args:
        wrapped_private_key: as `new_key_pair` returned it.
        token: as `encrypt` returned it.

    Raises:
        CredentialsUnreadable: SECRET_KEY has changed, or one of the two is damaged.
    """
    token = bytes(token)
    try:
        private = _opened(bytes(wrapped_private_key))
        key = private.decrypt(token[:WRAPPED_KEY_BYTES], _OAEP)
        return _open(key, token[WRAPPED_KEY_BYTES:]).decode()
    except (InvalidTag, ValueError) as error:
        raise CredentialsUnreadable from error


def rewrap(wrapped_private_key: bytes) -> bytes | None:
    """A private key wrapped under the present SECRET_KEY; None where it is already.

    Raises:
        CredentialsUnreadable: it was wrapped under none of the known keys.
    """
    wrapped = bytes(wrapped_private_key)
    for number, secret_key in enumerate(secret_keys()):
        try:
            der = _open(_wrapping_key(secret_key), wrapped)
        except InvalidTag:
            continue
        return _seal(_wrapping_key(settings.SECRET_KEY), der) if number else None
    raise CredentialsUnreadable


def secret_keys() -> list[str]:
    """The present SECRET_KEY, then the former ones that are still accepted."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def mask(secret: str) -> str:
    """A secret as it may be shown: a hint of its ends if it is long, never its length."""
    if len(secret) < 16:
        return "****" if secret else ""
    return f"{secret[:3]}****{secret[-2:]}"


def _seal(key: bytes, data: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, None)


def _open(key: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)


@lru_cache(16)
def _wrapping_key(secret_key: str) -> bytes:
    derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"workspace private key v1")
    return derivation.derive(secret_key.encode())


@lru_cache(256)
def _public_key(pem: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("A workspace's public key is an RSA key.")
    return key


def _opened(wrapped: bytes) -> rsa.RSAPrivateKey:
    *first, last = secret_keys()
    for secret_key in first:
        try:
            return _private_key(wrapped, secret_key)
        except InvalidTag:
            continue
    return _private_key(wrapped, last)


@lru_cache(256)
def _private_key(wrapped: bytes, secret_key: str) -> rsa.RSAPrivateKey:
    key = serialization.load_der_private_key(_open(_wrapping_key(secret_key), wrapped), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key
