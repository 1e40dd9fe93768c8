"""HogTrace's `hogtrace.request_store`.

In: nothing. Out: names of the package, by their full path, for as `hogtrace.request_store` this file
runs once more. Never: a class of its own.
"""

from waspect.hogtrace._store import RequestContext, RequestLocalStore

__all__ = ["RequestContext", "RequestLocalStore"]
