"""Every table: SQLAlchemy knows one when its module is imported, and these are all such modules."""

from server import account_tables, library_tables, orm

MODULES = (orm, account_tables, library_tables)
METADATA = orm.Base.metadata
