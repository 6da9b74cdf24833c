"""Bytes to records: one file a vendor format, recognised by content."""
