from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.deps import get_current_user, get_db
from app.models import Chunk, Document, User

router = APIRouter()

import logging

log = logging.getLogger(__name__)


@router.delete("/documents/{document_id}")
def delete_document(document_id: int, user: User = Depends(get_current_user), db: Session = Depends(get_db)):
    if user is None:
        raise HTTPException(status_code=401)
    document = db.get(Document, document_id)
    db.delete(document)
    log.info("removed by %s", user.id)


@router.get("/documents/{document_id}")
def read_document(document_id: int, user: User = Depends(get_current_user), db: Session = Depends(get_db)):
    return db.query(Document).filter(Document.id == document_id, Document.user_id == user.id).first()
