"""Backups: everything that is kept, as of one moment, in one file; and back again."""

from outreach.backups.file import BACKUPS, Pulse
from outreach.backups.keeping import BackupThere, Kept, backups_there, keep_daily
from outreach.backups.restoring import restore
from outreach.backups.writing import BackupReport, backup

__all__ = [
    "BACKUPS",
    "BackupReport",
    "BackupThere",
    "Kept",
    "Pulse",
    "backup",
    "backups_there",
    "keep_daily",
    "restore",
]
