"""The front end: as a bundle, in a package, and in a real browser."""
