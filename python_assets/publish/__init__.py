"""What everybody opens: one complete folder per publication, put in place by the rename of one link."""

from python_assets.publish.publication import Publication, publish

__all__ = ["Publication", "publish"]
