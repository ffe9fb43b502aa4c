"""The custom resource that empties a capacity pool before its stack deletes it."""
