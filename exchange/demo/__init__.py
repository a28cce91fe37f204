"""The demo: made-up companies with a past that adds up, the same for the same seed and day."""

SEED = 2026
