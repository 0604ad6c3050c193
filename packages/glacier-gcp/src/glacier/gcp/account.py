"""Which project and region: the settings of a provider, and what cannot be real in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, cast

from glacier.core.protocols import InvalidOption, nearest

__all__ = ["Account", "Network", "account_of"]

REGIONS = (
    "africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2",
    "asia-northeast3", "asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2",
    "asia-southeast3", "australia-southeast1", "australia-southeast2", "europe-central2",
    "europe-north1", "europe-north2", "europe-southwest1", "europe-west1", "europe-west10",
    "europe-west12", "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8",
    "europe-west9", "me-central1", "me-central2", "me-west1", "northamerica-northeast1",
    "northamerica-northeast2", "northamerica-south1", "southamerica-east1", "southamerica-west1",
    "us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2",
    "us-west3", "us-west4",
)  # fmt: skip
_REGION = re.compile(r"[a-z]+-[a-z]+\d+")
# The domain is of projects that were made for one, long ago.
_PROJECT = re.compile(r"([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_NETWORK = re.compile(r"(projects/[a-z0-9.:-]+/global/networks/)?[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class Network(NamedTuple):
    """The VPC network of yours that functions send into and databases are reached from.

    ``network`` is its name, or ``projects/…/global/networks/…`` for one of another project.
    ``subnetwork`` is where functions are put, by default the one of the network's name.
    """

    network: str
    subnetwork: str | None = None


class Account(NamedTuple):
    """The settings of a provider."""

    project: str
    region: str
    network: Network | None = None

    @property
    def network_path(self) -> str | None:
        """The network with its project; ``None`` where there is none."""
        if self.network is None or "/" in self.network.network:
            return None if self.network is None else self.network.network
        return f"projects/{self.project}/global/networks/{self.network.network}"

    def doubts(self) -> Iterator[str]:
        """What has the right form at most, and cannot be real."""
        if _PROJECT.fullmatch(self.project) is None:
            yield (
                f"GCP project {self.project!r} cannot be real: the id of a project has 6 to 30 "
                "lower-case letters, digits and hyphens, and begins with a letter"
            )
        if self.region not in REGIONS:
            guess = nearest(self.region, REGIONS)
            mend = f"; did you mean {guess!r}?" if guess else ""
            yield f"GCP region {self.region!r} is not known{mend}"
        if self.network is not None and _NETWORK.fullmatch(self.network.network) is None:
            yield (
                f"network {self.network.network!r} cannot be real: give the name of a VPC network, "
                "or projects/…/global/networks/…"
            )


def account_of(given: Account, where: str) -> Account:
    """The same settings. Raises :class:`~glacier.core.errors.InvalidOption` for another form."""
    for option in ("project", "region"):
        found = getattr(given, option)
        if not _is_text(found):
            mend = "Give the project's id, such as 'my-project-123', not its number."
            if option == "region":
                mend = "Give its name, such as 'europe-west1'."
            raise InvalidOption(where=where, option=option, found=found, mend=mend)
    if _REGION.fullmatch(given.region) is None:
        guess = nearest(given.region, REGIONS)
        mend = f"Did you mean {guess!r}?" if guess else "Give its name, such as 'europe-west1'."
        raise InvalidOption(where=where, option="region", found=given.region, mend=mend)
    network = cast("object", given.network)
    if network is not None and not _is_network(network):
        mend = "Give Network(network='…', subnetwork='…')."
        raise InvalidOption(where=where, option="network", found=network, mend=mend)
    return given


def _is_network(found: object) -> bool:
    if not isinstance(found, Network):
        return False
    name, subnetwork = cast("tuple[object, object]", found)
    return _is_text(name) and (subnetwork is None or _is_text(subnetwork))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
