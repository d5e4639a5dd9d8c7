"""Fixtures shared by the tests of one tool that fill more than one file."""

from signing_world import issued, led, letter, pki_folder, signer  # noqa: F401 - pytest finds them by name
