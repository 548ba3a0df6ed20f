"""What venues cannot do. Touches nothing."""


class VenueError(Exception):
    """The venue cannot do what was asked."""
