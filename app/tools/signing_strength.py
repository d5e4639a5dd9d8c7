"""What still proves something: keys and digests that the standards of signatures name, and that nobody breaks (S10)."""

from asn1crypto import algos, keys

#: digests and key lengths that still prove something
STRONG_DIGESTS, RSA_BITS, EC_BITS = {"sha256", "sha384", "sha512"}, 2048, 256


def is_strong(key: keys.PublicKeyInfo) -> bool:
    """A kind of key that the standards of signatures name, long enough; the size of any other is not asked."""
    least = {"rsa": RSA_BITS, "rsassa_pss": RSA_BITS, "ec": EC_BITS}.get(key.algorithm)
    return least is not None and key.bit_size >= least


def has_strong_digest(algorithm: algos.SignedDigestAlgorithm) -> bool:
    """Whether what was signed by it was hashed by a strong digest."""
    try:
        return algorithm.hash_algo in STRONG_DIGESTS
    except ValueError:  # it is none of those that one knows
        return False
