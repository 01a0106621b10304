"""Results: a run as one small JSON, made of its log's header and samples."""
