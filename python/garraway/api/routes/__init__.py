"""The routes, one file per noun. Each parses, asks for a permission, calls another room, renders."""
