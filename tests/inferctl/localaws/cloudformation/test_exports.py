"""Exports and the lock that an import puts on them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Stacks


def _exporting(value: str | None = "one", name: str = "the-export") -> dict[str, Any]:
    outputs = {"Out": {"Value": value, "Export": {"Name": name}}} if value else {}
    return {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup"}}, "Outputs": outputs}


def _importing() -> dict[str, Any]:
    properties = {"Type": "String", "Value": {"Fn::ImportValue": "the-export"}}
    return {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": properties}}}


def test_import_of_nothing_is_refused(stacks: Stacks) -> None:
    with pytest.raises(ClientError, match="No export named the-export found"):
        stacks.create("importer", _importing())


def test_export_in_use_is_neither_changed_nor_deleted(stacks: Stacks) -> None:
    stacks.create("exporter", _exporting())
    stacks.create("importer", _importing())
    assert stacks.client.list_imports(ExportName="the-export")["Imports"] == ["importer"]

    changed = stacks.update("exporter", _exporting("two"))
    assert changed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "the-export cannot be updated as it is in use by importer" in stacks.reasons("exporter")
    assert stacks.update("exporter", _exporting(None))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "the-export cannot be deleted as it is in use by importer" in stacks.reasons("exporter")
    deleted = stacks.delete("exporter")
    assert deleted["StackStatus"] == "DELETE_FAILED"
    assert "in use by importer" in deleted["StackStatusReason"]
    assert stacks.client.list_exports()["Exports"][0]["Value"] == "one"

    stacks.delete("importer")
    assert stacks.delete("exporter")["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.client.list_exports()["Exports"] == []


def test_name_of_an_export_belongs_to_one_stack(stacks: Stacks) -> None:
    stacks.create("exporter", _exporting())

    assert stacks.create("second", _exporting())["StackStatus"] == "ROLLBACK_COMPLETE"

    assert "the-export is already exported by stack exporter" in stacks.reasons("second")
