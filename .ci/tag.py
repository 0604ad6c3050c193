"""Print the release tag of a package's tree, or refuse another one: tag.py PACKAGE [TAG]."""

import sys

from workspace import tag

if __name__ == "__main__":
    wanted = tag(sys.argv[1])
    if sys.argv[2:] not in ([], [wanted]):
        sys.exit(f"the tag is {sys.argv[2]}, but the tree says {wanted}")
    print(wanted)
