"""`python -m bithuman` is `bithuman`."""

from bithuman.cli import main

if __name__ == "__main__":
    main()
