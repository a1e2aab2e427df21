"""Erasure 删除: somebody is forgotten because they ask for it, and becomes a number; figures and records stay."""

from outreach.erasure.erasing import erase_again, erase_person

__all__ = ["erase_again", "erase_person"]
