from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.deps import get_current_user, get_db
from app.models import Chunk, Document, User

router = APIRouter()

from app.store import own_document


@router.get("/documents/{document_id}")
def read_document(document_id: int, user: User = Depends(get_current_user), db: Session = Depends(get_db)):
    document = own_document(db, document_id, user.id)
    return {"content": document.content}


@router.get("/documents/{document_id}/chunks")
def read_chunks(document_id: int, user: User = Depends(get_current_user), db: Session = Depends(get_db)):
    document = own_document(db, document_id, user.id)
    return db.query(Chunk).filter(Chunk.document_id == document.id).all()
