"""Every refusal, once: the field's code, a text the caller may see, a reason for the log.

    WatchwordError
    ├── Refusal                      a caller is told no
    │   ├── OAuthRefusal             by the OAuth endpoints (RFC 6749 section 5.2)
    │   │   ├── InvalidRequest
    │   │   ├── InvalidClient
    │   │   ├── UnsupportedGrantType
    │   │   ├── InvalidScope
    │   │   ├── InvalidTarget        (RFC 8707 section 2)
    │   │   ├── UnauthorizedClient
    │   │   ├── UnsupportedTokenType (RFC 7009 section 2.2.1)
    │   │   └── SlowDown
    │   ├── CallRefusal              by the guard (RFC 6750 section 3.1)
    │   │   ├── TokenMissing
    │   │   ├── TokenInvalid
    │   │   │   ├── TokenExpired
    │   │   │   ├── TokenSuperseded
    │   │   │   ├── TokenRevoked
    │   │   │   └── AccountDisabled
    │   │   ├── SessionEnded         (a browser's, in place of a token)
    │   │   ├── ApiKeyRefused
    │   │   │   ├── ApiKeyMissing
    │   │   │   └── ApiKeyInvalid
    │   │   ├── ServiceNotAllowed
    │   │   │   └── PlanGrantsNothing
    │   │   └── LimitRefusal
    │   │       ├── RateLimited
    │   │       └── QuotaExceeded
    │   ├── RequestRefusal           the request itself cannot be read
    │   │   ├── MalformedRequest
    │   │   ├── ContentTooLarge
    │   │   ├── RequestTooSlow
    │   │   ├── UnsupportedContentType
    │   │   ├── NotAcceptable
    │   │   ├── MethodNotAllowed
    │   │   ├── CrossSite            (a browser's, sent by no page of ours)
    │   │   ├── NotPermitted         (the console's, to who may only look)
    │   │   └── NotFound
    │   ├── DocumentRefusal          the call was admitted, and its document does not run
    │   │   ├── DocumentNotFound
    │   │   ├── DocumentNotTrusted
    │   │   ├── AnswerTooLarge
    │   │   └── DocumentNotRun       (services.documents: over a limit of the plan, or not valid)
    │   ├── ServiceBusy              the service has as much to answer as it takes
    │   ├── UpstreamFailure          the service behind has no answer that can be passed on
    │   │   ├── UpstreamUnreachable
    │   │   ├── UpstreamTimeout
    │   │   └── UpstreamBusy
    │   ├── OperatorRefused          the admin API does not know the operator
    │   │   ├── OperatorTokenMissing
    │   │   └── SignInRefused        (the console's, to a person)
    │   └── OperationRefused         the admin API cannot carry it out: an OperatorError
    ├── StoreUnavailable             nobody can be judged now; never an admission
    │   └── Overloaded
    └── OperatorError                an operator's command cannot be carried out
        ├── Unknown
        ├── AlreadyExists
        ├── Malformed
        │   └── OutOfRange
        └── NotAllowed

Status codes and headers are given by `web.responses` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from datetime import timedelta

    from watchword.access.metering import Allowance
    from watchword.access.model import AccountId, KeyId, ServiceName, Username


class WatchwordError(Exception):
    """Base of all errors that watchword raises on purpose."""


class Refusal(WatchwordError):
    """A caller is told no.

    Attributes:
        code: What a program reads.
        public: What the caller reads. The same for all causes it must not tell apart.
        reason: What the log says. Holds no secret.
    """

    code: str
    default_public: ClassVar[str]

    def __init__(self, *, reason: str = "", public: str | None = None) -> None:
        self.public = self.default_public if public is None else public
        self.reason = reason or self.public
        super().__init__(self.reason)


class OAuthRefusal(Refusal):
    """An OAuth endpoint refuses: token, revocation or introspection (RFC 6749 section 5.2)."""


class InvalidRequest(OAuthRefusal):
    """The request is malformed, or says the same thing twice."""

    code = "invalid_request"
    default_public = "The request is malformed."


class InvalidClient(OAuthRefusal):
    """Client authentication failed. One text, whatever the cause.

    Attributes:
        was_compared: Whether a chosen password was compared for it, which takes long.
    """

    code = "invalid_client"
    default_public = "Client authentication failed."

    def __init__(self, *, reason: str = "", was_compared: bool = False) -> None:
        self.was_compared = was_compared
        super().__init__(reason=reason)


class UnsupportedGrantType(OAuthRefusal):
    """Only `client_credentials` is served."""

    code = "unsupported_grant_type"
    default_public = "The grant type is not supported; send grant_type=client_credentials."


class InvalidScope(OAuthRefusal):
    """A scope is unknown, malformed or not the account's."""

    code = "invalid_scope"
    default_public = "A requested scope is unknown or not granted to this account."


class InvalidTarget(OAuthRefusal):
    """A resource is unknown or not the account's (RFC 8707 section 2)."""

    code = "invalid_target"
    default_public = "The requested resource is unknown or not granted to this account."


class UnauthorizedClient(OAuthRefusal):
    """The client is known, and may not do this to another's token (RFC 7009 section 2.1)."""

    code = "unauthorized_client"
    default_public = "The token is not this client's."


class UnsupportedTokenType(OAuthRefusal):
    """What was presented is no access token, and is not ended here (RFC 7009 section 2.2.1)."""

    code = "unsupported_token_type"
    default_public = "Only access tokens are revoked here."


class SlowDown(OAuthRefusal):
    """Too many authentications failed at this address, or are under way there.

    Attributes:
        retry_after: After how long it is worth trying again.
    """

    code = "slow_down"
    default_public = "Too many failed attempts. Try again later."

    def __init__(
        self,
        *,
        retry_after: timedelta,
        reason: str = "too many authentications failed at this address",
    ) -> None:
        self.retry_after = retry_after
        super().__init__(reason=reason)


class About(NamedTuple):
    """Whose call was refused, as far as the guard knew. For the log alone.

    Attributes:
        username: Whom the token was issued to.
        account: The account of that service user.
        key_id: The API key that came with the call, whosever it is.
    """

    service: ServiceName
    username: Username
    account: AccountId | None = None
    key_id: KeyId | None = None


class CallRefusal(Refusal):
    """The guard refuses a call to a service.

    Attributes:
        about: Whose call it was; None for a token that is not of our making.
    """

    about: About | None = None


class TokenMissing(CallRefusal):
    """No access token came with the call."""

    code = "TOKEN_MISSING"
    default_public = (
        "No access token. Ask POST /oauth2/token for one and send it as 'Authorization: Bearer'."
    )


class TokenInvalid(CallRefusal):
    """The token is not one of ours, or not one of ours any more."""

    code = "TOKEN_INVALID"
    default_public = "The access token is not valid."


class TokenExpired(TokenInvalid):
    """The token was ours and its time has passed."""

    code = "TOKEN_EXPIRED"
    default_public = "The access token has expired. Ask for a new one."


class TokenSuperseded(TokenInvalid):
    """A newer token of the same service user was issued."""

    code = "TOKEN_SUPERSEDED"
    default_public = "The access token was superseded by a newer one of the same service user."


class TokenRevoked(TokenInvalid):
    """The service user's tokens were revoked."""

    code = "TOKEN_REVOKED"
    default_public = "The access token was revoked."


class AccountDisabled(TokenInvalid):
    """The service user or its account is disabled."""

    code = "ACCOUNT_DISABLED"
    default_public = "The service user or its account is disabled."


class SessionEnded(CallRefusal):
    """A browser asks with a session that has ended, or from another site's page."""

    code = "SESSION_ENDED"
    default_public = "Your session has ended. Sign in again."


class ApiKeyRefused(CallRefusal):
    """The API key does not open this account."""


class ApiKeyMissing(ApiKeyRefused):
    """No API key came with the call."""

    code = "API_KEY_MISSING"
    default_public = "No API key. Send it as the header 'x-api-key'."


class ApiKeyInvalid(ApiKeyRefused):
    """The API key is unknown, disabled, expired or another account's. One text for all."""

    code = "API_KEY_INVALID"
    default_public = "The API key is not valid for this account."


class ServiceNotAllowed(CallRefusal):
    """The account, or the token, is not for this service."""

    code = "SERVICE_NOT_ALLOWED"
    default_public = "This service is not granted to the account, or not to the token."


class PlanGrantsNothing(ServiceNotAllowed):
    """The usage plan of the API key has no limit for this service. No other token helps."""

    code = "SERVICE_NOT_ALLOWED"
    default_public = "The usage plan of the API key grants nothing at this service."


class LimitRefusal(CallRefusal):
    """The call is over what the usage plan grants.

    Attributes:
        retry_after: After how long it is worth trying again.
        allowance: Where the caller stands; None while it is not known.
    """

    def __init__(self, *, retry_after: timedelta, allowance: Allowance | None = None) -> None:
        self.retry_after = retry_after
        self.allowance = allowance
        super().__init__()


class RateLimited(LimitRefusal):
    """The bucket has no token now."""

    code = "RATE_LIMITED"
    default_public = "More requests than the usage plan's rate and burst allow. Slow down."


class QuotaExceeded(LimitRefusal):
    """The day's requests are used up."""

    code = "QUOTA_EXCEEDED"
    default_public = (
        "The usage plan's requests of this day are used up. They begin anew at 00:00 UTC."
    )


class RequestRefusal(Refusal):
    """The request cannot be read, whoever sent it."""


class MalformedRequest(RequestRefusal):
    """The request contradicts itself or does not parse."""

    code = "BAD_REQUEST"
    default_public = "The request is malformed."


class ContentTooLarge(RequestRefusal):
    """The body is larger than the setting allows."""

    code = "CONTENT_TOO_LARGE"
    default_public = "The request body is too large."


class RequestTooSlow(RequestRefusal):
    """The body did not arrive in time."""

    code = "REQUEST_TIMEOUT"
    default_public = "The request body did not arrive in time."


class UnsupportedContentType(RequestRefusal):
    """The body is of a type that is not read here."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    default_public = "Send the body as 'Content-Type: application/json', in UTF-8."


class NotAcceptable(RequestRefusal):
    """The caller takes none of the media types that there are."""

    code = "NOT_ACCEPTABLE"
    default_public = (
        "Name 'application/graphql-response+json' or 'application/json' in the header 'Accept'."
    )


class MethodNotAllowed(RequestRefusal):
    """The path is served, with other methods.

    Attributes:
        allowed: The methods that are served.
    """

    code = "METHOD_NOT_ALLOWED"
    default_public = "This method is not served here."

    def __init__(self, *allowed: str) -> None:
        self.allowed = allowed
        super().__init__(public=f"This method is not served here; use {' or '.join(allowed)}.")


class CrossSite(RequestRefusal):
    """A browser asks for something that no page of ours has sent."""

    code = "CROSS_SITE"
    default_public = (
        "The page that sent this is not one of ours, or has been open for too long. "
        "Open it again, and repeat."
    )


class NotPermitted(RequestRefusal):
    """Somebody has signed in to the console who may look, and change nothing."""

    code = "NOT_PERMITTED"
    default_public = (
        "Your role in the console is viewer: you may look at everything and change nothing. "
        "Ask an operator whose role is admin."
    )


class NotFound(RequestRefusal):
    """Nothing is served at this path."""

    code = "NOT_FOUND"
    default_public = "Nothing is served here."


class DocumentRefusal(Refusal):
    """The call was admitted, and its document has no answer: a GraphQL answer says so."""


class DocumentNotFound(DocumentRefusal):
    """The call names a document that is not registered for its account.

    Code and text are those by which clients know that they have to send the document itself.
    """

    code = "PERSISTED_QUERY_NOT_FOUND"
    default_public = "PersistedQueryNotFound"


class DocumentNotTrusted(DocumentRefusal):
    """The caller's plan runs registered documents alone."""

    code = "DOCUMENT_NOT_TRUSTED"
    default_public = (
        "The usage plan runs registered documents alone. Have this one registered, to the byte."
    )


class AnswerTooLarge(DocumentRefusal):
    """The document was run, and its answer is larger than one may be."""

    code = "ANSWER_TOO_LARGE"
    default_public = (
        "The answer is larger than the server sends. Ask for smaller pages or fewer fields."
    )


class ServiceBusy(Refusal):
    """A service of this process has as many slow documents under way as it takes.

    Either those of the account or those of all: a caller can do the same about both.
    """

    code = "SERVICE_BUSY"
    default_public = (
        "Too many slow documents are under way. Try again when one has ended, or ask for less."
    )


class UpstreamFailure(Refusal):
    """The call was admitted, and the service behind gave no answer that can be passed on.

    One text for all causes of a kind: a caller learns nothing of what stands behind.
    """


class UpstreamUnreachable(UpstreamFailure):
    """The service cannot be reached, broke off, or answered what cannot be passed on."""

    code = "UPSTREAM_UNREACHABLE"
    default_public = "The service gave no answer that can be passed on."


class UpstreamTimeout(UpstreamFailure):
    """The service took too long, or has no connection to spare."""

    code = "UPSTREAM_TIMEOUT"
    default_public = "The service did not answer in time."


class UpstreamBusy(UpstreamFailure):
    """The account has as many calls to the service under way as one may have."""

    code = "UPSTREAM_BUSY"
    default_public = "Too many calls to the service are under way. Try again when one has ended."


class OperatorRefused(Refusal):
    """No operator token, or none that opens this. One text, whatever the cause."""

    code = "unauthorized"
    default_public = "Send an operator token as 'Authorization: Bearer'."


class OperatorTokenMissing(OperatorRefused):
    """No operator token came with the request."""


class SignInRefused(OperatorRefused):
    """A person who would sign in to the console is not who it says. One text for all causes."""

    default_public = (
        "Name, password and code do not belong together, or you are disabled. A code works once: "
        "wait for the next one."
    )


class OperationRefused(Refusal):
    """An operator's request over the network cannot be carried out.

    Attributes:
        error: Why not; its text is the operator's to read.
    """

    code = "operation_refused"
    default_public = "The request cannot be carried out."

    def __init__(self, error: OperatorError) -> None:
        self.error = error
        super().__init__(public=str(error))


class StoreUnavailable(WatchwordError):
    """The store gave no answer, so nobody can be judged. Answered with 503, never with a yes."""


class Overloaded(StoreUnavailable):
    """Too much waits to be judged already."""


class OperatorError(WatchwordError):
    """An operator's command cannot be carried out; the text says what to do."""


class Unknown(OperatorError):
    """What the command names does not exist."""


class AlreadyExists(OperatorError):
    """What the command would make exists.

    Attributes:
        name: Says which, of several that were to be made together.
    """

    def __init__(self, text: str = "", name: str = "") -> None:
        self.name = name
        super().__init__(text)


class Malformed(OperatorError):
    """A name or a figure cannot be one; the text says what may."""


class OutOfRange(Malformed):
    """A figure is too small or too large.

    Attributes:
        name: Which one.
        problem: The rest of the sentence.
    """

    def __init__(self, name: str, least: int, most: int, figure: int) -> None:
        self.name = name
        self.problem = f"is {least:,} to {most:,}, not {figure:,}"
        super().__init__(f"{name} {self.problem}")


class NotAllowed(OperatorError):
    """The command would break a rule."""
