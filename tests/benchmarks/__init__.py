"""How fast the losses are, and how much memory the large ones take: ``make bench``.

Nothing here is a test: no machine is fast or slow enough to pass or fail.
"""
