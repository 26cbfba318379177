"""The HTTP side: blueprints, templates and assets."""
