"""The provider of environments on Azure; what it registers is in a module for each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from glacier.azure.account import Account, Network, account_of
from glacier.azure.types import ADOPTS, DEPRECATED
from glacier.core.protocols import Location, NotAnEnvironment, caller, place_of

if TYPE_CHECKING:
    from glacier.core.protocols import Provider, Site, Spec

__all__ = ["AzureProvider"]

_UNKNOWN = "<computed>"  # as a synthesis shows whatever only the cloud knows


class AzureProvider:
    """One subscription and region of Azure: ``AzureProvider(subscription="…", region="uksouth")``.

    Credentials are those that Azure's own tools find; no other subscription is reached with them.
    All is put into ``resource_group``, by default into one that is made for each environment.
    ``network`` is where functions and databases are, by default in none of yours. Raises
    :class:`~glacier.core.errors.InvalidOption` for what has not the form of such a thing.
    """

    __glacier__ = "provider"
    kind: ClassVar[str] = "azure"
    needs_program: ClassVar[bool] = True
    adopts: ClassVar[Mapping[str, str]] = ADOPTS
    deprecated: ClassVar[Mapping[str, str]] = DEPRECATED

    def __init__(
        self,
        *,
        subscription: str,
        region: str,
        resource_group: str | None = None,
        network: Network | None = None,
    ) -> None:
        given = Account(subscription, region, resource_group, network)
        self.account = account_of(given, f"AzureProvider ({place_of(caller())})")

    @property
    def location(self) -> Location:
        """The subscription and region."""
        return Location("azure", self.account.subscription, self.account.region)

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        """What is known of the caller without asking Azure: the subscription, and no tenant."""
        subscription = self.account.subscription
        unknown = {"clientId": _UNKNOWN, "objectId": _UNKNOWN, "tenantId": _UNKNOWN}
        known = {**unknown, "subscriptionId": subscription}
        return {
            "azure-native:authorization:getClientConfig": known,
            "azure:core/getClientConfig:getClientConfig": {
                **known,
                "id": f"/subscriptions/{subscription}",
            },
        }

    @staticmethod
    def address_of(token: str, native_id: str, location: Location) -> str | None:
        """``abfss://container@account.dfs.core.windows.net``, of either form that ids have."""
        if ADOPTS.get(token) != "object_storage":
            return None
        from glacier.azure.containers import address_of

        return address_of(native_id, region=location.region if location.cloud == "azure" else "")

    def doubts(self) -> Sequence[str]:
        """What cannot be real: fine while nothing is deployed."""
        return tuple(self.account.doubts())

    def register(self, spec: Spec, site: Site) -> Any:
        """Register what is behind a spec; a schedule is registered with what it starts."""
        from glacier.azure.registering import register

        return register(spec, site, self.account)

    def __getattr__(self, name: str) -> Any:
        raise NotAnEnvironment(provider=type(self).__name__, attribute=name)

    def __repr__(self) -> str:
        subscription, region = self.account.subscription, self.account.region
        return f"AzureProvider(subscription={subscription!r}, region={region!r})"


if TYPE_CHECKING:
    _: type[Provider] = AzureProvider
