"""The JSON schema of study.toml, decisions.toml and claims.toml, for editors and for the form in the browser."""

from __future__ import annotations

from typing import Any

from pelletry.study.claims import ClaimsSpec
from pelletry.study.decisions import DecisionsSpec
from pelletry.study.samples import all_columns
from pelletry.study.settings import cards, setting_keys
from pelletry.study.spec import StudySpec

__all__ = ["claims_schema", "decisions_schema", "study_schema"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def study_schema() -> dict[str, Any]:
    """Schema of study.toml with the tables of all installed techniques."""
    schema = StudySpec.model_json_schema()
    schema["$schema"] = _DRAFT
    schema["title"] = "study.toml of Pelletry"
    properties = schema["properties"]
    for name, model in cards().items():
        table = model.model_json_schema()
        schema.setdefault("$defs", {}).update(table.pop("$defs", {}))
        for spelled, (field, unit) in setting_keys(model).items():
            if spelled == field:
                continue
            described = table["properties"][field].get("description", "")
            kind: dict[str, Any] = {"type": "string"}
            if "array" in str(table["properties"][field]):
                kind = {"type": "array", "items": {"type": "string"}}
            table["properties"][spelled] = {
                **kind,
                "description": f"As text with a unit of {unit}. {described}".strip(),
            }
        properties[name] = table
    properties["sample"] = {
        "type": "array",
        "description": "The pellets, instead of a samples table",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["sample"],
            "properties": {
                column.key: {
                    "type": ["string", "array"] if column.key == "files" else "string",
                    "description": column.meaning,
                }
                for column in all_columns().values()
            },
        },
    }
    return schema


def decisions_schema() -> dict[str, Any]:
    """Schema of decisions.toml."""
    return {**DecisionsSpec.model_json_schema(), "$schema": _DRAFT, "title": "decisions.toml of Pelletry"}


def claims_schema() -> dict[str, Any]:
    """Schema of claims.toml."""
    return {**ClaimsSpec.model_json_schema(), "$schema": _DRAFT, "title": "claims.toml of Pelletry"}
