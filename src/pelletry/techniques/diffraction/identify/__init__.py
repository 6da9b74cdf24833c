"""Which phases are in a pattern: peaks, a fast screen of candidates, a search by whole profiles, and what stays unexplained."""
