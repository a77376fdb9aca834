"""The two append-only ledgers, and how their rows fold into runs."""

from recommender.records.check import check_event, nearest_id
from recommender.records.columns import RESERVED, RUN_COLUMNS
from recommender.records.copying import Copied, copy
from recommender.records.event import Event, EventKind, same
from recommender.records.files import FileRecords
from recommender.records.fold import Conflict, Folded, fold
from recommender.records.opening import open_records
from recommender.records.protocol import Content, Contents, DatabaseLike, Records, Writer

__all__ = [
    "RESERVED",
    "RUN_COLUMNS",
    "Conflict",
    "Content",
    "Contents",
    "Copied",
    "DatabaseLike",
    "Event",
    "EventKind",
    "FileRecords",
    "Folded",
    "Records",
    "Writer",
    "check_event",
    "copy",
    "fold",
    "nearest_id",
    "open_records",
    "same",
]
