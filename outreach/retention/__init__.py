"""How long things are kept, and what then becomes of them: the table of docs/rules.md, with the office's own periods.

What goes is asked for as "over and still there", so whatever was missed goes the next time, and nothing goes twice.
Each kind is worked in batches, every batch for a transaction of its own: nobody waits long for a night's forgetting.
"""

from collections.abc import Mapping
from types import MappingProxyType

from outreach.retention.batches import Batch, Forget, Periods
from outreach.retention.case_texts import case_texts
from outreach.retention.clearing import answers, audit_entries, notices, photos, runs, sign_ins, uploads
from outreach.retention.outbox import messages

KINDS: Mapping[str, Forget] = MappingProxyType(
    {
        "case_texts": case_texts,
        "notices": notices,
        "photos": photos,
        "audit_entries": audit_entries,
        "answers": answers,
        "sign_ins": sign_ins,
        "uploads": uploads,
        "runs": runs,
    }
)
"""What is forgotten, by the word that counts it: `clockwork.count_forgot_…` in the catalogues says it."""

__all__ = ["KINDS", "Batch", "Forget", "Periods", "messages"]
