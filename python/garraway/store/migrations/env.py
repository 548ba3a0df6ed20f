"""How alembic runs a migration: on the connection, and in the transaction, that `schema` hands over."""

from alembic import context

from garraway.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
