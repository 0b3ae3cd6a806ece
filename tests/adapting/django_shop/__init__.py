"""A shop on Django: three services, each an app, written without the kit in mind."""
