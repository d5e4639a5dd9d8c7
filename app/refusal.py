"""A rule said no: the root of every domain error.

A subclass lies beside the rule that raises it. Its docstring is its default message (English, for logs);
`code` names it for the doors, which answer with `status` and the Vietnamese sentence of `web/words.py`.
It knows nothing of HTTP beyond that number, and nothing of any other package.
"""


class Refusal(Exception):
    """The request breaks a rule."""

    #: stable name, snake_case; the key of the Vietnamese sentence
    code = "refused"
    #: HTTP status the doors answer with: 403, 404, 409, 413, 422 or 503
    status = 422
    #: the clause that orders the rule, e.g. "Art. 9.1.a"; empty when no article does
    article = ""

    def __init__(self, message: str = "", **facts: object) -> None:
        """`facts` are plain values for the sentence shown to the person (names, limits, field keys)."""
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])
        self.facts = facts
