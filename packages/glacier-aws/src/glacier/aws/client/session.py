"""Who asks AWS, by boto3, and what becomes of a refusal."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from glacier.core.protocols import GlacierError, library

if TYPE_CHECKING:
    from glacier.aws.account import Account

__all__ = ["NoAnswer", "Refused", "Session", "asking"]

_NEED = "pipelines that are deployed on AWS"
_INSTALL = "glacier-aws[client]"
_LATER = ("InternalFailure", "RequestLimitExceeded", "ServiceUnavailable", "SlowDown")


class Refused(GlacierError):
    """AWS refuses what it is asked for; ``code`` is its name for why."""

    def __init__(self, *, doing: str, code: str, message: str) -> None:
        self.code = code
        self.retryable = "Throttl" in code or code in _LATER
        mend = ""
        if "AccessDenied" in code or code in ("UnrecognizedClientException", "ExpiredToken"):
            mend = (
                " Use credentials that may do that: AWS_PROFILE, or profile= and assume_role= of "
                "AWSProvider."
            )
        super().__init__(f"AWS refuses {doing}: {code}: {message.rstrip('.')}.{mend}")


class NoAnswer(GlacierError):
    """AWS could not be asked: nobody says who asks, or nobody answers."""

    def __init__(self, *, doing: str, problem: str) -> None:
        super().__init__(
            f"AWS could not be asked for {doing}: {problem.rstrip('.')}. See to credentials "
            "(AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) and to the network."
        )


class Session:
    """Asks AWS in the name of whom the settings of a provider name.

    ``client`` gives boto3's client of a service, each made once. Raises
    :class:`~glacier.core.errors.MissingLibrary` where boto3 is not installed.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self._clients: dict[str, Any] = {}
        self._session: Any = None

    @property
    def boto3(self) -> Any:
        """The session of boto3."""
        if self._session is None:
            self._session = _session_of(self.account)
        return self._session

    def client(self, service: str) -> Any:
        """The client of a service, which tries again by itself where AWS has too much to do."""
        if service not in self._clients:
            config = _botocore("config").Config(retries={"mode": "standard", "max_attempts": 5})
            with asking(f"the service {service}"):
                self._clients[service] = self.boto3.client(service, config=config)
        return self._clients[service]


def _session_of(account: Account) -> Any:
    boto3 = library("boto3", need=_NEED, install=_INSTALL)
    with asking("credentials"):
        session = boto3.Session(profile_name=account.profile, region_name=account.region)
        if account.assume_role is None:
            return session
        return _as_role(boto3, session, account.assume_role, account.region)


def _as_role(boto3: Any, session: Any, role: str, region: str) -> Any:
    """The same session in a role, whose credentials are renewed when they expire."""
    credentials = _botocore("credentials")
    fetcher = credentials.AssumeRoleCredentialFetcher(
        client_creator=session.client,
        source_credentials=session.get_credentials(),
        role_arn=role,
        extra_args={"RoleSessionName": "glacier"},
    )
    own = _botocore("session").get_session()
    own._credentials = credentials.DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return boto3.Session(botocore_session=own, region_name=region)


def _botocore(module: str) -> Any:
    return library(f"botocore.{module}", need=_NEED, install=_INSTALL)


@contextmanager
def asking(doing: str) -> Generator[None, None, None]:
    """Make errors of boto3 errors of Glacier's; ``doing`` is what AWS is asked for."""
    exceptions = _botocore("exceptions")
    try:
        yield
    except exceptions.ClientError as error:
        told: dict[str, Any] = dict(error.response.get("Error") or {})
        code, message = str(told.get("Code", "")), str(told.get("Message") or error)
        raise Refused(doing=doing, code=code, message=message) from error
    except exceptions.BotoCoreError as error:
        raise NoAnswer(doing=doing, problem=str(error)) from error
