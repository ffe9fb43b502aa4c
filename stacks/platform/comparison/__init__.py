"""The section `comparison`: one server plain, one accelerated."""
