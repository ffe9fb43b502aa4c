"""The section `cluster`: pools, services and tasks."""
