"""moto makes six copies of AWS's 1,582 managed policies before it answers anything.

For the account of an access key it looks into the IAM backend of every partition, and looking makes
a backend with all policies; at about 0.16 s each that is one second of every start. A partition
that nobody has used has no keys, so only backends that exist are asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inferctl.localaws.clients import ACCOUNT

from .patch import Patch


def _get_account_id_from(_original: Any) -> Callable[[str], str]:
    def get_account_id_from(access_key: str) -> str:
        from moto.iam.models import iam_backends

        for account_id, partitions in list(iam_backends.items()):
            if any(access_key in one.access_keys for one in list(partitions.values())):
                return account_id
        return ACCOUNT

    return get_account_id_from


PATCHES = (Patch("iam", "moto.iam.models", "get_account_id_from", _get_account_id_from),)
