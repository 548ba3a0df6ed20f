"""`python -m garraway.cli`: the same as `garraway`."""

from garraway.cli.app import main

main()
