"""A report and its page in Amazon S3."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from load_client.errors import LoadClientError
from load_client.page import html_page
from load_client.report import Report
from load_client.report_file import to_json


class ShippingError(LoadClientError):
    """S3 refused the report."""


def ship(s3: Any, report: Report, *, bucket: str, prefix: str) -> list[str]:
    """Put ``<prefix><title>-<time>.json`` and ``.html``; returns their addresses.

    Raises `ShippingError` with what S3 said.
    """
    title = re.sub(r"[^a-z0-9]+", "-", report.title.lower()).strip("-") or "report"
    stem = f"{prefix}{title}-{report.created_at.replace(':', '')}"
    objects = (
        (f"{stem}.json", to_json(report), "application/json"),
        (f"{stem}.html", html_page(report).encode(), "text/html; charset=utf-8"),
    )
    places = []
    for key, body, kind in objects:
        place = f"s3://{bucket}/{key}"
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind)
        except (ClientError, BotoCoreError) as error:
            raise ShippingError(f"{place} cannot be written: {error}") from error
        places.append(place)
    return places
