"""The HTTP application: thin. Parse, permit, call, render; every rule stands in another room."""

from garraway.api.app import create_app, serve
from garraway.api.services import EdgeSettings, Health, Services

__all__ = ["EdgeSettings", "Health", "Services", "create_app", "serve"]
