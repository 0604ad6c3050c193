"""Which subscription and region: the settings of a provider, and what cannot be real in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, cast

from glacier.core.protocols import InvalidOption, nearest

__all__ = ["Account", "Cloud", "Network", "account_of"]

REGIONS = (
    "australiacentral", "australiacentral2", "australiaeast", "australiasoutheast", "austriaeast",
    "belgiumcentral", "brazilsouth", "brazilsoutheast", "canadacentral", "canadaeast",
    "centralindia", "centralus", "chilecentral", "chinaeast", "chinaeast2", "chinaeast3",
    "chinanorth", "chinanorth2", "chinanorth3", "denmarkeast", "eastasia", "eastus", "eastus2",
    "francecentral", "francesouth", "germanynorth", "germanywestcentral", "indonesiacentral",
    "israelcentral", "italynorth", "japaneast", "japanwest", "koreacentral", "koreasouth",
    "malaysiawest", "mexicocentral", "newzealandnorth", "northcentralus", "northeurope",
    "norwayeast", "norwaywest", "polandcentral", "qatarcentral", "southafricanorth",
    "southafricawest", "southcentralus", "southeastasia", "southindia", "spaincentral",
    "swedencentral", "swedensouth", "switzerlandnorth", "switzerlandwest", "uaecentral",
    "uaenorth", "uksouth", "ukwest", "usdodcentral", "usdodeast", "usgovarizona", "usgovtexas",
    "usgovvirginia", "westcentralus", "westeurope", "westindia", "westus", "westus2", "westus3",
)  # fmt: skip
_REGION = re.compile(r"[a-z]{5,}\d?")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOBODY = "00000000-0000-0000-0000-000000000000"
_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_IDS = {
    "functions": ("Microsoft.Network/virtualNetworks/{}/subnets/{}", "a subnet"),
    "databases": ("Microsoft.Network/virtualNetworks/{}/subnets/{}", "a subnet"),
    "zone": ("Microsoft.Network/privateDnsZones/{}", "a private DNS zone"),
}


class Cloud(NamedTuple):
    """One of the clouds that Azure is: its name, and what its services' addresses end with."""

    name: str
    storage: str
    vault: str


_CHINA = Cloud("china", "core.chinacloudapi.cn", "vault.azure.cn")
_GOVERNMENT = Cloud("usgovernment", "core.usgovcloudapi.net", "vault.usgovcloudapi.net")
_PUBLIC = Cloud("public", "core.windows.net", "vault.azure.net")


def cloud_of(region: str) -> Cloud:
    """Which of Azure's clouds a region belongs to."""
    if region.startswith("china"):
        return _CHINA
    return _GOVERNMENT if region.startswith(("usdod", "usgov")) else _PUBLIC


class Network(NamedTuple):
    """The parts of your network that functions and databases are put into, by resource id.

    The subnet ``functions`` is delegated to ``Microsoft.App/environments``, the subnet
    ``databases`` to ``Microsoft.DBforPostgreSQL/flexibleServers``. ``zone`` is the private DNS zone
    in which databases are found, and linked to the network.
    """

    functions: str
    databases: str
    zone: str


class Account(NamedTuple):
    """The settings of a provider."""

    subscription: str
    region: str
    resource_group: str | None = None
    network: Network | None = None

    @property
    def cloud(self) -> Cloud:
        """Which of Azure's clouds the region belongs to."""
        return cloud_of(self.region)

    def doubts(self) -> Iterator[str]:
        """What has the right form at most, and cannot be real."""
        if _GUID.fullmatch(self.subscription) is None or self.subscription == _NOBODY:
            yield (
                f"Azure subscription {self.subscription!r} cannot be real: its id is a GUID such "
                "as '12345678-90ab-cdef-1234-567890abcdef'"
            )
        if self.region not in REGIONS:
            guess = nearest(self.region, REGIONS)
            mend = f"; did you mean {guess!r}?" if guess else ""
            yield f"Azure region {self.region!r} is not known{mend}"
        if self.network is not None:
            for field, found in self.network._asdict().items():
                path, kind = _IDS[field]
                form = f"/subscriptions/{{}}/resourceGroups/{{}}/providers/{path}"
                pattern = re.escape(form).replace(r"\{\}", "[^/]+")
                if re.fullmatch(pattern, found, re.IGNORECASE) is None:
                    told = form.replace("{}", "…")
                    yield f"network {field}={found!r} cannot be real: {kind} has the id {told}"


def account_of(given: Account, where: str) -> Account:
    """The same settings. Raises :class:`~glacier.core.errors.InvalidOption` for another form."""
    for option in ("subscription", "region"):
        found = getattr(given, option)
        if not isinstance(found, str) or not found:
            mend = "Give its id, a GUID as text."
            if option == "region":
                mend = "Give its name, such as 'westeurope'."
            raise InvalidOption(where=where, option=option, found=found, mend=mend)
    if _REGION.fullmatch(given.region) is None:
        guess = nearest(re.sub(r"[\W_]", "", given.region.lower()), REGIONS)
        mend = f"Did you mean {guess!r}?" if guess else "Give its name, such as 'westeurope'."
        raise InvalidOption(where=where, option="region", found=given.region, mend=mend)
    group = cast("object", given.resource_group)
    if group is not None and (not isinstance(group, str) or _GROUP.fullmatch(group) is None):
        mend = (
            "Give the name of a group that is there: up to 90 letters, digits and '_-.()', and "
            "no dot at its end."
        )
        raise InvalidOption(where=where, option="resource_group", found=group, mend=mend)
    _check_network(given.network, where)
    return given


def _check_network(network: object, where: str) -> None:
    texts = isinstance(network, Network) and all(
        isinstance(one, str) for one in cast("tuple[object, ...]", network)
    )
    if network is not None and not texts:
        mend = "Give Network(functions='/subscriptions/…', databases='…', zone='…')."
        raise InvalidOption(where=where, option="network", found=network, mend=mend)
