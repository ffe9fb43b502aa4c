"""Programs that the commands need and that no package manager may install into our environment."""
