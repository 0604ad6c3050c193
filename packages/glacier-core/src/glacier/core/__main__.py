"""The command ``glacier`` as ``python -m glacier.core``."""

from glacier.core.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
