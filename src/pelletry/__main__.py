"""``python -m pelletry`` is the ``pelletry`` command."""

from pelletry.cli import main

if __name__ == "__main__":
    main()
