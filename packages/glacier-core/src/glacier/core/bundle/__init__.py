"""A deployable archive of a pipeline: the user's files, Glacier's own, and what they require.

=================  ============================================================================
module             noun
=================  ============================================================================
making             all parts put together: ``make_bundle``
records            what a bundle is made for and of: ``Platform``, ``Limits``, ``Bundle``
whereabouts        the folder that a file's imports start from, and the project around it
sources            the user's files, as ``ignoring`` and ``confidential`` allow
importing          what files import, from their text; ``missing``: what will not be found
declarations       the requirements and where they stand; ``requirements``, ``requirements_txt``
resolving          requirements → unpacked wheels: ``resolvers`` asks uv or pip, ``cleaning``
portions           Glacier's own files, as they are installed
archive, report    the zip; a bundle as text
=================  ============================================================================

::

    root, target = locate("flow.py")
    bundle = make_bundle(
        root=root, target=target, deployed={…}, packages=["glacier-aws"],
        platform=Platform("3.13", "aarch64"), limits=Limits("AWS Lambda", 262_144_000, 52_428_800),
        into=Path(".glacier/bundles"),
    )
"""

from glacier.core.bundle.making import make_bundle
from glacier.core.bundle.records import Bundle, Limits, Missing, Part, Platform
from glacier.core.bundle.whereabouts import Whereabouts, locate

__all__ = [
    "Bundle",
    "Limits",
    "Missing",
    "Part",
    "Platform",
    "Whereabouts",
    "locate",
    "make_bundle",
]
