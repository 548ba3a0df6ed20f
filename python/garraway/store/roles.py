"""Who may do what in PostgreSQL: the owner's tables, the service's role, the projector's role. Touches the database.

The service answers the network: its role reads and writes what is people's, only adds to the audit chain, and only
reads the view tables. The projector listens to nobody: its role owns the view tables, makes and drops their months,
and reaches nothing else. Migrations are the owner's.
"""

from psycopg import sql
from sqlalchemy import Connection

from garraway.store.database import Database
from garraway.store.errors import PostgresqlFailed


def service_grants(role: str) -> list[str]:
    """SQL, run by the owner of the tables after each migration: what the service's role may do, and nothing else.

    The role must not own the tables.
    """
    name = _name(role)
    return [
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_entries FROM {name}",
        f"REVOKE INSERT, DELETE, TRUNCATE ON audit_heads FROM {name}",
        f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON alembic_version FROM {name}",
        _each_view("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ", f" FROM {name}"),
    ]


def projector_grants(role: str) -> list[str]:
    """SQL, run after each migration by a superuser or an owner who is a member of the role: the view tables are its."""
    name = _name(role)
    return [
        f"GRANT USAGE, CREATE ON SCHEMA public TO {name}",
        f"GRANT SELECT ON alembic_version TO {name}",
        _each_view("ALTER TABLE ", f" OWNER TO {name}"),
    ]


def provide_role(connection: Connection, role: str, password: str) -> None:
    """Makes the role where there is none, and gives it this password; the server is sent only its verifier."""
    driver = connection.connection.driver_connection
    if driver is None:
        raise PostgresqlFailed("the connection was given back: take a new one")
    found = driver.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verifier = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    verb = sql.SQL("CREATE" if found is None else "ALTER")
    statement = sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
    driver.execute(statement.format(verb, sql.Identifier(role), sql.Literal(verifier)))


def grant(owner: Database, *, service: tuple[str, str], projector: tuple[str, str]) -> None:
    """Makes both roles, each (name, password), and gives them their rights. Raises: DatabaseAway."""
    with owner.writing() as connection:
        for role, password in (service, projector):
            provide_role(connection, role, password)
        connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for statement in (*service_grants(service[0]), *projector_grants(projector[0])):
            connection.exec_driver_sql(statement)


def _each_view(before: str, after: str) -> str:
    """A statement for each view table and each of its months, whose name stands between the two parts."""
    quoted = after.replace("'", "''")
    found = "relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND starts_with(relname, 'view_')"
    loop = f"FOR one IN SELECT oid FROM pg_class WHERE {found}"  # noqa: S608 - nothing of it comes from outside
    return f"DO $$ DECLARE one regclass; BEGIN {loop} LOOP EXECUTE '{before}' || one || '{quoted}'; END LOOP; END $$"


def _name(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
