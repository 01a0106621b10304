"""From logs to results, boards, comparisons and pages."""
