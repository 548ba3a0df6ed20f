"""The one catalogue of tables, and how their constraints are named. Touches nothing.

Every constraint and index has a name that follows from its table and columns, so that a migration can drop it on
either database.
"""

from typing import Final

from sqlalchemy import MetaData

NAMES: Final = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
METADATA: Final = MetaData(naming_convention=NAMES)
