"""The tables, one file per noun. Importing this room puts them all on `METADATA`."""
