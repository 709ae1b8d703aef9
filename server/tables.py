"""Every table: SQLAlchemy knows one when its module is imported, and these are all such modules."""

from server import orm
from server.accounts import tables as account_tables
from server.library import tables as library_tables

MODULES = (orm, account_tables, library_tables)
METADATA = orm.Base.metadata
