"""Erasure 删除: somebody is forgotten because they ask for it, and becomes a number; figures and records stay."""

from outreach.erasure.beside_backups import erased_in, write_erased
from outreach.erasure.erasing import erase_again, erase_person

__all__ = ["erase_again", "erase_person", "erased_in", "write_erased"]
