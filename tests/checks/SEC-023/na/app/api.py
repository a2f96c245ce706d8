from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.deps import get_current_user, get_db
from app.models import Chunk, Document, User

router = APIRouter()


@router.get("/documents/{document_id}")
def read_document(document_id: int, db: Session = Depends(get_db)):
    return db.query(Document).filter(Document.id == document_id).first()
