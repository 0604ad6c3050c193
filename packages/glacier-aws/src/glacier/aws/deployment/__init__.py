"""A pipeline deployed on AWS, as resources of Pulumi.

``pipeline`` puts it together, with a ``context`` that all others register with: the ``workspace``
(a bucket), its code and ``manifest`` in it, ``tasks`` with their ``functions`` of certain ``sizes``
and their ``roles``, the machines of ``orchestration``, and ``scheduling`` with its ``timing`` and
what starts a pipeline only while it is ``idling``. ``places`` says where datasets are, ``settings``
what users may say.
"""

from __future__ import annotations

from glacier.aws.deployment.pipeline import objections_to, register_pipeline
from glacier.aws.deployment.settings import Settings, settings_of

__all__ = ["Settings", "objections_to", "register_pipeline", "settings_of"]
