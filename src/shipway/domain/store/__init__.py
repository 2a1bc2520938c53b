"""The object store's values and decisions: names, conditions, ranges, listings, lifecycle, multipart, checksums."""
