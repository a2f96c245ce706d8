from fastapi import HTTPException

from app.models import Document


def own_document(db, document_id, user_id):
    found = db.query(Document).filter(Document.id == document_id, Document.user_id == user_id).first()
    if found is None:
        raise HTTPException(status_code=404)
    return found
