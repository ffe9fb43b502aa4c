"""Puts one published archive, whole and checked, into the volume of a task."""
