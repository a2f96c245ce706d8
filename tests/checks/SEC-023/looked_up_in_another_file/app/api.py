from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.deps import get_current_user, get_db
from app.models import Chunk, Document, User

router = APIRouter()

from app.store import chunks_of


@router.get("/documents/{document_id}/chunks")
def read_chunks(document_id: int, user: User = Depends(get_current_user), db: Session = Depends(get_db)):
    return chunks_of(db, document_id)
