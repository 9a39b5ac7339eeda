"""Graded exercises, one source notebook each, and the editions made from them."""
