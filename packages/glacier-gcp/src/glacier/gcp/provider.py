"""The provider of environments on GCP; what it registers is in a module for each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from glacier.core.protocols import Location, NotAnEnvironment, caller, place_of
from glacier.gcp.account import Account, Network, account_of
from glacier.gcp.types import ADOPTS, DEPRECATED

if TYPE_CHECKING:
    from glacier.core.protocols import Provider, Site, Spec

__all__ = ["GCPProvider"]

_NUMBER = "<computed>"  # as a synthesis shows what Google alone knows, here a project's number


class GCPProvider:
    """One project and region of GCP: ``GCPProvider(project="my-project", region="us-central1")``.

    Credentials are those that Google's own tools find; whatever their own project is, resources are
    in this one. ``network`` is the VPC network that functions send into and databases are reached
    from, by default none of yours. Raises :class:`~glacier.core.errors.InvalidOption` for what has
    not the form of such a thing.
    """

    __glacier__ = "provider"
    kind: ClassVar[str] = "gcp"
    needs_program: ClassVar[bool] = True
    adopts: ClassVar[Mapping[str, str]] = ADOPTS
    deprecated: ClassVar[Mapping[str, str]] = DEPRECATED

    def __init__(self, *, project: str, region: str, network: Network | None = None) -> None:
        given = Account(project, region, network)
        self.account = account_of(given, f"GCPProvider ({place_of(caller())})")

    @property
    def location(self) -> Location:
        """The project and region."""
        return Location("gcp", self.account.project, self.account.region)

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        """What is known of the project and region without asking Google."""
        project, region, _ = self.account
        path = f"projects/{project}"
        of_storage = f"service-{_NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
        of_machines = f"{_NUMBER}-compute@developer.gserviceaccount.com"
        return {
            "gcp:compute/getDefaultServiceAccount:getDefaultServiceAccount": {
                "email": of_machines, "id": f"{path}/serviceAccounts/{of_machines}",
                "member": f"serviceAccount:{of_machines}", "project": project,
            },
            "gcp:organizations/getClientConfig:getClientConfig": {
                "id": f"{path}/regions/{region}/zones/", "project": project, "region": region,
            },
            "gcp:organizations/getProject:getProject": {
                "id": path, "name": project, "number": _NUMBER, "projectId": project,
            },
            "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": {
                "emailAddress": of_storage, "id": of_storage,
                "member": f"serviceAccount:{of_storage}", "project": project,
            },
        }  # fmt: skip

    @staticmethod
    def address_of(token: str, native_id: str, location: Location) -> str | None:
        """``gs://bucket``; the id of a bucket is its name."""
        return f"gs://{native_id}" if ADOPTS.get(token) == "object_storage" else None

    def doubts(self) -> Sequence[str]:
        """What cannot be real: fine while nothing is deployed."""
        return tuple(self.account.doubts())

    def register(self, spec: Spec, site: Site) -> Any:
        """Register what is behind a spec; a schedule is registered with what it starts."""
        from glacier.gcp.registering import register

        return register(spec, site, self.account)

    def __getattr__(self, name: str) -> Any:
        raise NotAnEnvironment(provider=type(self).__name__, attribute=name)

    def __repr__(self) -> str:
        project, region = self.account.project, self.account.region
        return f"GCPProvider(project={project!r}, region={region!r})"


if TYPE_CHECKING:
    _: type[Provider] = GCPProvider
