"""Backups: everything that is kept, as of one moment, in one file; and back again."""

from outreach.backups.file import Pulse
from outreach.backups.keeping import Kept, keep_daily
from outreach.backups.restoring import restore
from outreach.backups.writing import BackupReport, backup

__all__ = ["BackupReport", "Kept", "Pulse", "backup", "keep_daily", "restore"]
