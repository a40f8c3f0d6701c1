"""What a tenant is sent: a document per issued invoice, as PDF and as HTML, from the published tables alone.

`facts` says what stands on a document, once for both; `pdf` and `page` make it, each with a template; `setting` has
that done on all processors; `files` links what has not changed and has the rest set. Drafts have no document.
"""

from python_assets.documents.files import PROBLEMS, document_problems, write_documents

__all__ = ["PROBLEMS", "document_problems", "write_documents"]
