"""Settings: `base` reads the environment, for every installation; `test` fixes it for tests."""
