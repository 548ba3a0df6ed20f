"""What can be wrong with a backup or a restore, as texts that name the remedy. Touches nothing.

BackupError
├── BackupMissing     there is no backup, or no folder of backups
├── BackupDamaged     a part is gone, cut, changed or not what it is said to be
├── BackupNewer       a newer Garraway made it, or one whose engine behaves otherwise
├── KeyWrong          it needs a key that was not given, or another one
├── NotEncrypted      a key was given, but the backup proves nothing about who wrote it
├── SourceUnfit       what is to be backed up does not fit together
├── RoomLacking       the disk has not the room
├── BackupUnderWay    another backup is being made there
├── VenueRuns         the venue that would be replaced runs
├── TargetTaken       something is where the venue should come
└── PointOutside      the moment asked for lies outside the backup
"""


class BackupError(Exception):
    """Something about a backup; the text says what to do."""


class BackupMissing(BackupError):
    """There is no backup, or no folder of backups."""


class BackupDamaged(BackupError):
    """A part of a backup is gone, cut, changed, or not what it is said to be."""


class BackupNewer(BackupError):
    """A newer Garraway made it, or one whose engine behaves otherwise."""


class KeyWrong(BackupError):
    """It needs a key that was not given, or another one."""


class NotEncrypted(BackupError):
    """A key was given, but the backup is not encrypted."""


class SourceUnfit(BackupError):
    """Journal and database do not fit together, or there is nothing yet."""


class RoomLacking(BackupError):
    """The disk has not the room."""


class BackupUnderWay(BackupError):
    """Another backup is being made."""


class VenueRuns(BackupError):
    """The venue that would be replaced runs."""


class TargetTaken(BackupError):
    """Something is where the venue should come."""


class PointOutside(BackupError):
    """The moment asked for lies outside the backup."""
