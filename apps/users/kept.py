"""What a person typed into a form whose session ended meanwhile is kept until they have signed in again.

A form that wants this says by a signed hidden field who is typing; nobody else is shown it.
"""

from django.core import signing
from django.http import HttpRequest, QueryDict

from apps.users.models import User

FIELD = "typed_by"
SESSION_KEY = "typed_before_sign_in"
LONGEST = 8_000
NEVER_KEPT = (FIELD, "csrfmiddlewaretoken", "code", "credential", "password")
_signer = signing.Signer(salt="apps.users.kept")


def typist(user: User) -> str:
    """The value of the hidden field."""
    return _signer.sign(str(user.pk))


def keep_typed(request: HttpRequest, page: str) -> None:
    """Keep what a visitor who is not signed in (any more) has just sent from `page` (a path), if the form said whose
    it is."""
    try:
        owner = _signer.unsign(request.POST.get(FIELD, ""))
    except signing.BadSignature:
        return
    typed = request.POST.copy()
    for name in NEVER_KEPT:
        typed.pop(name, None)
    text = typed.urlencode()
    if len(text) <= LONGEST:
        request.session[SESSION_KEY] = {"path": page, "owner": owner, "typed": text}


def kept_typed(request: HttpRequest) -> QueryDict | None:
    """What the person now signed in had typed into the page that is shown, once; None when there is nothing."""
    kept = request.session.get(SESSION_KEY)
    if not kept or kept["path"] != request.path or kept["owner"] != str(request.user.pk):
        return None
    del request.session[SESSION_KEY]
    return QueryDict(kept["typed"])
