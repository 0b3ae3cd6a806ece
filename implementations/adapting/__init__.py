"""What makes an adapter short: help for services that were written without the kit in mind.

Nothing here is needed by the kit; a module is imported only by the adapter that wants it.
"""
