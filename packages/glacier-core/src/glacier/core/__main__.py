"""``python -m glacier.core`` is the command ``glacier``."""

from glacier.core.cli import main

if __name__ == "__main__":
    main()
