"""Compiles one model of a fleet: fetch, compile, verify, assemble, report, publish."""
